"""Notes that are kept: which events make one, what is unread, and whose they are."""

import pytest

from clinic.models import Membership
from clinic.notes import MOST_COUNTED, unread_notes
from clinic.recording import change
from documents.models import DocumentStatus
from tasks.actions import create_task

pytestmark = pytest.mark.django_db


def happen(person, type_, op="update", **doc):
    with person.at_work(), change(by=person.actor) as record:
        record.event(type_, op, doc)


def document(person, status, **doc):
    known = {"document_id": "0199a7c4-6f1e-7cc0-8000-000000000001", "kind": "lab"}
    happen(person, "document", **{**known, "status": status, **doc})


def texts(person, query=""):
    page = person.client.get(f"/notifications{query}")
    assert page.status_code == 200
    return [note["text"] for note in page.context["notes"]]


def test_the_events_that_make_a_note_are_kept_newest_first(alice):
    for status in DocumentStatus.values:
        document(alice, status, patient_name="Alex Rodriguez")
    with alice.at_work():
        create_task(title="Call back", by=alice.actor)
    task = {"task_id": "0199a7c4-6f1e-7cc0-8000-000000000002", "title": "x", "state": "open"}
    happen(alice, "task", "insert", kind="document_review", **task)
    happen(alice, "task", "update", **task)
    happen(alice, "patient", "insert", patient_id=task["task_id"])
    assert texts(alice) == [
        "New task: Call back",
        "Lab report rejected",
        "Lab report needs a look",
        "Lab report filed automatically",
    ]
    page = alice.client.get("/notifications").content.decode()
    assert "Alex Rodriguez" in page


def test_unread_is_each_persons_own_and_marking_goes_up_to_what_was_shown(alice, bob):
    document(alice, "rejected")
    document(alice, "not_ingested")
    shown = alice.client.get("/notifications").context
    assert (shown["unread"], shown["newest"]) == (2, 2)
    document(alice, "ingested")
    answer = alice.client.post("/notifications", {"seq": "2"})
    assert answer["Location"] == "/notifications"
    page = alice.client.get("/notifications").context
    assert page["unread"] == 1
    assert [note["unread"] for note in page["notes"]] == [True, False, False]
    assert bob.client.get("/notifications").context["unread"] == 3


@pytest.mark.parametrize(("seq", "ends_at"), [("1", 2), ("999", 3), ("", 2), ("x", 2), ("-5", 2)])
def test_the_mark_goes_forward_only_and_not_past_what_happened(alice, seq, ends_at):
    for _ in range(3):
        document(alice, "rejected")
    alice.client.post("/notifications", {"seq": "2"})
    alice.client.post("/notifications", {"seq": seq})
    with alice.at_work():
        assert Membership.objects.get(user=alice.user).read_seq == ends_at


def test_the_bell_counts_up_to_a_hundred(alice):
    with alice.at_work(), change(by=alice.actor) as record:
        for _ in range(MOST_COUNTED + 5):
            record.event("document", "update", {"document_id": "x", "status": "rejected"})
    with alice.at_work():
        assert unread_notes(alice.user.pk) == MOST_COUNTED
    assert "100+" in alice.client.get("/notifications?fragment=bell").content.decode()


def test_older_ones_follow_on_the_next_page(alice):
    for _ in range(52):
        document(alice, "rejected")
    first = alice.client.get("/notifications")
    assert len(first.context["notes"]) == 50
    second = alice.client.get(first.context["older_url"])
    assert len(second.context["notes"]) == 2
    assert second.context["older_url"] == ""


def test_another_clinics_notes_are_not_there(alice, charlie):
    document(alice, "rejected", patient_name="Alex Rodriguez")
    assert texts(charlie) == []
    assert "Nothing yet" in charlie.client.get("/notifications").content.decode()
    with charlie.at_work():
        assert unread_notes(charlie.user.pk) == 0


def test_the_page_costs_the_same_for_one_and_many(alice, django_assert_max_num_queries):
    client = alice.client
    document(alice, "rejected")
    with django_assert_max_num_queries(12) as one:
        client.get("/notifications")
    for _ in range(10):
        document(alice, "rejected")
    with django_assert_max_num_queries(12) as many:
        client.get("/notifications")
    assert len(one) == len(many)
