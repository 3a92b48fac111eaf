"""Whose bucket a request is taken from."""

import pytest
from django.test import Client

from clinic.api.buckets import buckets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def full_buckets(settings, monkeypatch):
    """Full at first, and never filled again: the clock stands."""
    monkeypatch.setattr("clinic.api.buckets.monotonic", lambda: 1000.0)
    settings.LIMITS_SHARED = False
    buckets.clear()
    yield
    buckets.clear()


def asked(person, *, from_="192.0.2.1"):
    headers = {"Authorization": f"Bearer {person.token}"}
    client = Client(headers=headers, REMOTE_ADDR=from_)
    return lambda: client.get("/api/tasks?limit=1").status_code


def register(from_):
    return Client(REMOTE_ADDR=from_).post(
        "/api/auth/register", {}, content_type="application/json"
    ).status_code  # fmt: skip


def login(from_):
    body = {"email": "nobody@example.org", "password": "x"}
    return Client(REMOTE_ADDR=from_).post(
        "/api/auth/login", body, content_type="application/json"
    ).status_code  # fmt: skip


def test_each_person_has_a_bucket_wherever_they_ask_from(alice, bob, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    here, there = asked(alice), asked(alice, from_="192.0.2.2")
    assert [here(), there(), here(), there()] == [200, 200, 429, 429]
    assert [asked(bob)(), asked(bob)(), asked(bob)()] == [200, 200, 429]


def test_an_address_has_a_bucket_for_each_kind_of_door(settings):
    settings.REGISTRATIONS_PER_MINUTE = 1
    settings.LOGINS_PER_MINUTE = 1
    assert [register("192.0.2.1"), register("192.0.2.1")] == [400, 429]
    assert register("192.0.2.2") == 400
    assert [login("192.0.2.1"), login("192.0.2.1"), login("192.0.2.2")] == [401, 429, 401]


def test_a_limit_of_nothing_is_none(alice, settings):
    settings.API_REQUESTS_PER_MINUTE = 0
    ask = asked(alice)
    assert {ask() for _ in range(5)} == {200}
