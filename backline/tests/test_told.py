"""What open screens are told, per role: frames, the stream, the list, toasts and messages.

Of a patient they carry the name and the number of the chart, which every member may read, and
nothing else that is known; of somebody's talk with the copilot not even that.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile

from agents import runner
from agents.models import AgentRun
from backline.tests.test_isolation import SAMPLES, more_objects
from clinic.models import Event, Membership
from clinic.realtime.tests.conftest import live, live_server_process  # noqa: F401 - fixtures
from clinic.realtime.tests.live import close_code, hello, read, read_events, subscribe
from clinic.realtime.tests.test_events_api import events_of, stream
from conftest import make_person
from copilot.actions import begin_conversation, write_message
from documents.actions import receive_upload
from documents.moving import file_under
from patients.actions import create_patient
from tasks.actions import create_task

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = ["admin", "doctor", "staff"]
PATIENT = {"patient_id", "patient_name"}
KEYS = {
    "patient": {*PATIENT, "mrn", "status"},
    "document": {*PATIENT, "document_id", "kind", "status", "progress", "name", "moved"},
    "task": {
        *PATIENT,
        "task_id",
        "display_id",
        "title",
        "state",
        "priority",
        "kind",
        "document_id",
    },
    "agent_run": {"run_id", "agent", "status", "graph_step", "document_id", "patient_id"},
    "claim": {*PATIENT, "claim_id", "claim_id_display", "status", "insurance_provider"},
    "appointment": {*PATIENT, "appointment_id", "title", "status", "starts_at"},
    "consent_form": {*PATIENT, "consent_form_id", "form_id", "name", "status"},
    "message": {*PATIENT, "message_id", "conversation_id", "channel", "author"},
    "voice_call": {*PATIENT, "voice_call_id", "call_id", "status", "purpose", "task_id"},
}
"""Everything an event's ``doc`` may hold, by the event's type."""

KNOWN = {
    "dob": date(1947, 3, 9),
    "phone": "+1 212 555 0187",
    "email": "x.quillfeather@example.org",
    "address": {"line": "17 Kestrel Row", "city": "Utica"},
    "preconditions": ["Porphyria"],
}
SAID = "She takes Haemarginate"
SECRETS = ["1947", " Mar ", "555", "0187", "0100", "quillfeather@"]
SECRETS += ["Kestrel", "Utica", "Porphyria", "Haemarg"]


@pytest.fixture
def happened(alice) -> dict[str, Any]:
    """One of everything that is told, about a patient of whom everything is known."""
    with alice.at_work():
        patient = create_patient(
            by=alice.actor, first_name="Xanthippe", last_name="Quillfeather", **KNOWN
        )
        data = (SAMPLES / "referral-smith.pdf").read_bytes()
        document = receive_upload(
            file=ContentFile(data, name="a.pdf"), by=alice.actor, patient_id=patient.pk
        ).document
        runner.perform(AgentRun.objects.get().pk)
        task = create_task(
            by=alice.actor, title="Call back", description=SAID, patient_id=patient.pk
        )
        more_objects(alice, patient)
        talk = begin_conversation(by=alice.actor, channel="internal", patient_id=patient.pk)
        write_message(by=alice.actor, conversation_id=talk.pk, text=SAID)
        other = create_patient(by=alice.actor, first_name="Zenobia", last_name="Quill", **KNOWN)
        file_under(document_id=document.pk, patient_id=other.pk, by=alice.actor)
    return {"patient": patient.pk, "document": document.pk, "task": task.pk}


def kept(person) -> list[dict[str, Any]]:
    with person.at_work():
        return list(Event.objects.order_by("seq").values("seq", "type", "op", "doc"))


def leaves(value: Any) -> list[str]:
    """The texts in a ``doc`` that people wrote or read: no ids and no moments."""
    if isinstance(value, dict):
        return [
            leaf
            for key, inner in value.items()
            if not key.endswith("_id") and key != "starts_at"
            for leaf in leaves(inner)
        ]
    return [str(value)]


def test_an_event_says_who_and_what_and_nothing_that_is_known_of_them(alice, happened):
    events = kept(alice)
    found: dict[str, set[str]] = {}
    for event in events:
        found.setdefault(event["type"], set()).update(event["doc"])
    assert found == KEYS
    texts = [leaf for event in events for leaf in leaves(event["doc"])]
    assert "Xanthippe Quillfeather" in texts
    assert [(one, text) for one in SECRETS for text in texts if one in text] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_way_of_following_tells_a_role_the_same_and_a_stranger_nothing(
    live,  # noqa: F811
    alice,
    charlie,
    clinic,
    happened,
    role,
):
    told = kept(alice)
    member = make_person(clinic, "dana@example.org", "Dana Diaz", role)
    token = member.token
    with live.socket(clinic.pk, token) as screen:
        hello(screen)
        subscribe(screen, 0)
        assert read_events(screen, len(told)) == told_as_frames(told)
    with stream(live, token, "/api/events/stream?after=0") as (_, body):
        lines = events_of(body)
        assert [json.loads(next(lines)["data"]) for _ in told] == told_as_frames(told)
    status, listed, _ = live.call("GET", "/api/events?after=0&limit=200", token)
    assert status == 200
    assert [{k: v for k, v in one.items() if k != "at"} for one in listed] == told

    with live.socket(clinic.pk, charlie.token) as screen:
        assert close_code(screen) == 4403
    with live.socket(charlie.clinic.pk, charlie.token) as screen:
        assert hello(screen)["seq"] == 0
        subscribe(screen, 0)
        assert read(screen) == {"type": "pong"}
    elsewhere = {"X-Tenant-Id": str(clinic.pk)}
    for path in ("/api/events?after=0", "/api/events/stream?after=0"):
        assert live.call("GET", path, charlie.token, **elsewhere)[0] == 403
        assert live.call("GET", path)[0] == 401
    assert live.call("GET", "/api/events?after=0", charlie.token)[1] == []
    with member.at_work():
        Membership.objects.filter(user=member.user).update(is_active=False)
    with live.socket(clinic.pk, token) as screen:
        assert close_code(screen) in (4401, 4403)
    for path in ("/api/events?after=0", "/api/events/stream?after=0"):
        assert live.call("GET", path, token)[0] in (401, 403)


def told_as_frames(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in ("type", "op", "doc", "seq")} for one in told]


def test_of_a_talk_with_the_copilot_others_hear_no_patient(alice, bob, happened):
    with alice.at_work():
        talk = begin_conversation(by=alice.actor, channel="copilot", patient_id=happened["patient"])
        before = Event.objects.latest("seq").seq
        write_message(by=alice.actor, conversation_id=talk.pk, text=SAID)
    answer = bob.api("GET", f"/api/events?after={before}")
    (event,) = answer.json()
    assert event["doc"]["conversation_id"] == str(talk.pk)
    assert (event["doc"]["patient_id"], event["doc"]["patient_name"]) == (None, None)
    assert bob.api("GET", f"/api/conversations/{talk.pk}").status_code == 404
    assert bob.client.get(f"/conversations/{talk.pk}").status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_a_toast_names_the_thing_and_nobody_outside_gets_one(
    alice, charlie, clinic, client, happened, role
):
    member = make_person(clinic, "dana@example.org", "Dana Diaz", role)
    for kind, words in (("document", "a.pdf"), ("task", "New task: Call back")):
        path = f"/toast?type={kind}&id={happened[kind]}"
        answer = member.client.get(path)
        assert answer.status_code == 200
        assert words in answer.content.decode()
        for secret in (*SECRETS, "Quillfeather", "Xanthippe"):
            assert secret not in without_ids(answer.content.decode(), happened)
        stranger = charlie.client.get(path)
        assert (stranger.status_code, stranger.content) == (204, b"")
        outside = client.get(path)
        assert (outside.status_code, outside.content) == (302, b"")
    nothing = member.client.get(f"/toast?type=patient&id={happened['patient']}")
    assert (nothing.status_code, nothing.content) == (204, b"")


def without_ids(text: str, happened: dict[str, UUID]) -> str:
    for pk in happened.values():
        text = text.replace(str(pk), "")
    return text
