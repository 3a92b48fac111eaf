"""No address that the portal makes holds anything of a patient: links, forms, redirects."""

from __future__ import annotations

import re
from collections import deque
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote_plus, urljoin, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.urls import resolve

from agents import runner
from agents.models import AgentRun
from backline.tests.test_isolation import SAMPLES, more_objects
from conftest import make_person
from documents.actions import receive_upload
from documents.models import Document
from patients.actions import create_patient

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = ["admin", "doctor", "staff"]
# The signed-in person's way out, and what is no page of the portal.
LEFT_OUT = ("/logout", "/static/", "/admin", "/api/")
PERSONAL = {
    "first_name", "last_name", "name", "mrn", "dob", "dob_day", "dob_month", "dob_year", "gender",
    "phone", "phone_number", "email", "address", "preconditions",
}  # fmt: skip
QUILL = {
    "first_name": "Xanthippe",
    "last_name": "Quillfeather",
    "phone": "+1 212 555 0187",
    "email": "x.feather@example.org",
}
WRITTEN = [
    "xanthippe",
    "quillfeather",
    "mrnquill",
    "1947-03-09",
    "5550187",
    "555 0187",
    "x.feather",
]


class Addresses(HTMLParser):
    """The addresses a page holds, and for each form that goes into one, the names it puts there."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.sent: list[set[str]] = []
        self._form: set[str] | None = None
        self._in_address = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "hx-push-url"):
            if given.get(name, "").startswith(("/", "?", "http")):
                self.addresses.append(given[name])
        if tag == "form":
            self._form, self._in_address = set(), given.get("method", "get").lower() != "post"
        if self._form is None:
            return
        if "hx-get" in given and "closest form" in given.get("hx-include", ""):
            self._in_address = True
        if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self._form.add(given.get("name", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            if self._in_address:
                self.sent.append(self._form)
            self._form = None


@pytest.fixture
def filled(alice) -> Any:
    """A clinic with one of everything about a patient whose every detail is known."""
    with alice.at_work():
        patient = create_patient(
            by=alice.actor,
            mrn="MRNQUILL7",
            dob=date(1947, 3, 9),
            address={"city": "Utica"},
            **QUILL,
        )
        for number, name in enumerate(("referral-smith.pdf", "lab-rodriguez.pdf")):
            data = (SAMPLES / name).read_bytes()
            receive_upload(
                file=ContentFile(data, name=f"{number}.pdf"), by=alice.actor, patient_id=patient.pk
            )
        for run in AgentRun.objects.all():
            runner.perform(run.pk)
        more_objects(alice, patient)
        Document.objects.order_by("pk").update(name="one.pdf")
    return patient


def walked(browser: Any) -> dict[str, Addresses]:
    """One page of each name that links lead to: what it holds, or where it leads on to."""
    found: dict[str, Addresses] = {}
    waiting = deque(["/"])
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        name = resolve(path).view_name
        if name in found:
            continue
        answer = browser.get(address)
        page = found[name] = Addresses()
        if answer.status_code == 405:
            continue  # a form's address alone
        assert answer.status_code in (200, 302), address
        assert [one for one in answer.headers if one.lower().startswith("hx-")] == []
        if answer.status_code == 302:
            page.addresses.append(answer["Location"])
        elif answer["Content-Type"].startswith("text/html"):
            page.feed(answer.content.decode())
        for one in page.addresses:
            target = urljoin(address, one)
            if target.startswith("/") and not target.startswith(LEFT_OUT):
                waiting.append(target.partition("#")[0])
    return found


def written_in(address: str) -> list[str]:
    said = unquote_plus(address).lower()
    return [word for word in WRITTEN if word in said]


@pytest.mark.parametrize("role", ROLES)
def test_no_link_form_or_redirect_of_a_roles_pages_holds_a_patients_details(clinic, filled, role):
    member = make_person(clinic, "dana@example.org", "Dana Diaz", role)
    found = walked(member.client)
    assert {"patient", "document", "document_move", "task", "claim", "consent", "call"} <= set(
        found
    )
    addresses = {one for page in found.values() for one in page.addresses}
    assert len(addresses) > 100
    assert any(str(filled.pk) in one for one in addresses)
    assert [one for one in addresses if written_in(one)] == []
    searches = [names for page in found.values() for names in page.sent]
    assert {"q"} in searches
    assert [names for names in searches if names & PERSONAL] == []


@pytest.mark.parametrize("role", ROLES)
def test_what_is_written_leads_to_an_address_of_ids(clinic, filled, role):
    browser = make_person(clinic, "dana@example.org", "Dana Diaz", role).client
    other = {**QUILL, "first_name": "Zenobia", "dob_day": "9", "dob_month": "3", "dob_year": "1947"}
    document = next(iter(documents_of(clinic)))
    led = {
        path: browser.post(path, sent)
        for path, sent in {
            "/patients/new": other | {"confirm": "1"},
            "/tasks/new": {
                "title": "Call Xanthippe Quillfeather",
                "priority": "high",
                "patient_id": filled.pk,
            },
            f"/documents/{document}/move": {"patient_id": filled.pk, "patient_q": "Quillfeather"},
            "/calls/new": {"patient_id": filled.pk, "purpose": "Xanthippe Quillfeather's call"},
        }.items()
    }
    for path in ("/patients/new", "/tasks/new", "/calls/new"):
        assert led[path].status_code == 302, path
    places = [answer["Location"] for answer in led.values() if answer.status_code == 302]
    assert [place for place in places if written_in(place)] == []
    # The same form refused shows what was typed on the page and not in an address.
    again = browser.post("/patients/new", other)
    assert again.status_code == 422
    assert "Quillfeather" in again.content.decode()


def documents_of(clinic) -> list[Any]:
    from clinic.current import enter_clinic

    with enter_clinic(clinic.pk):
        return list(Document.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/patients?q=Xanthippe+Quillfeather&status=active", "/patients?status=active"),
        ("/patients?q=MRNQUILL7", "/patients"),
        ("/copilot?question=What+does+Quillfeather+take", "/copilot"),
        ("/tasks?view=mine&q=Quillfeather", "/tasks?view=mine"),
        ("/claims?view=denied", "/claims?view=denied"),
    ],
)
def test_the_page_to_sign_in_shows_nothing_that_was_searched_for(client, asked, shown):
    place = client.get(asked)["Location"]
    assert unquote_plus(place) == f"/login?next={shown}"
    assert written_in(place) == []


def test_a_page_tells_other_sites_nothing_of_its_address(alice):
    answer = alice.client.get("/patients?q=Quillfeather")
    assert answer["Referrer-Policy"] == "same-origin"


def test_words_are_found_in_an_address_that_has_them():
    assert written_in("/x?name=Xanthippe+Quillfeather") == ["xanthippe", "quillfeather"]
    assert written_in("/x/%2B1%20212%20555%200187") == ["555 0187"]
    page = Addresses()
    page.feed(
        '<form method="get"><input name="last_name"></form><form method="post">'
        '<div hx-get="/x" hx-include="closest form"><input name="phone"></div></form>'
        '<form method="post"><input name="email"></form>'
    )
    assert page.sent == [{"last_name"}, {"phone"}]
    assert re.match("/x", page.addresses[0])
