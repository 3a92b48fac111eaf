"""Every address of the API says who may call it and what it answers."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from backline.api_urls import api_patterns
from clinic.api.docs_views import openapi
from clinic.api.views import ClinicView, NothingHere, OpenView

# Answers without a login: (view, method).
OPEN = {
    ("RegisterView", "post"),
    ("LoginView", "post"),
    ("RefreshView", "post"),
    ("SchemaView", "get"),
    ("Webhook", "post"),
}


def walk(patterns) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns)
        else:
            yield pattern


def views() -> Iterator[tuple[str, type[ClinicView]]]:
    for pattern in walk(api_patterns):
        view = getattr(pattern.callback, "cls", None)
        if view is not None and view is not NothingHere:
            yield str(pattern.pattern), view


def methods(view):
    return [m for m in ("get", "post", "put", "patch", "delete") if m in vars_of(view)]


def vars_of(view):
    return {name for one in view.__mro__ for name in vars(one)} & set(view.http_method_names)


def test_every_method_names_its_rule_or_is_known_to_be_open():
    unguarded = set()
    for _, view in views():
        assert issubclass(view, ClinicView), view
        for method in methods(view):
            if getattr(getattr(view, method), "rule", None) is None:
                unguarded.add((view.__name__, method))
            else:
                assert not issubclass(view, OpenView)
    assert unguarded == OPEN


def test_every_address_is_there_with_and_without_a_slash():
    addresses = {str(pattern.pattern) for pattern in walk(api_patterns)} - {""}
    for address in addresses:
        assert address.rstrip("/") in addresses
        assert address.rstrip("/") + "/" in addresses


def operations():
    for path, item in openapi()["paths"].items():
        for method, operation in item.items():
            yield pytest.param(path, method, operation, id=operation["operationId"])


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_every_operation_is_described_whole(path, method, operation):
    assert path.startswith("/api/") and not path.endswith("/")
    assert operation["summary"]
    assert "may" in operation["description"] or "no access token" in operation["description"]
    statuses = set(operation["responses"])
    assert {"400", "429", "500"} <= statuses
    if "{" in path:
        assert "404" in statuses
    if "Needs no access token" not in operation["description"]:
        assert {"401", "403"} <= statuses
    if method == "post" and "201" in statuses and operation.get("security") != [{}]:
        assert {"409", "422"} <= statuses
        assert "Idempotency-Key" in {p["name"] for p in operation["parameters"]}
    for status in statuses - {"200", "201", "204"}:
        schema = operation["responses"][status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}


def test_operations_have_names_of_their_own():
    names = [o["operationId"] for item in openapi()["paths"].values() for o in item.values()]
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_the_description_and_its_page_need_no_login_and_nothing_from_elsewhere():
    schema = Client().get(reverse("api-schema"))
    assert (schema.status_code, schema.json()["openapi"][:2]) == (200, "3.")
    page = Client().get(reverse("api-docs"))
    assert page.status_code == 200
    assert "http" not in page.content.decode().replace("https://backline", "")
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
