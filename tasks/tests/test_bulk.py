"""Several tasks at once: preview, all or nothing, undo together."""

import pytest

from clinic.models import AuditEntry
from clinic.undoing import TooLate, undo
from documents.models import Document
from patients.models import Patient
from tasks.actions import Changes, change_task, create_task
from tasks.bulk import change_tasks, pending_of_documents, plan
from tasks.models import Task, TaskState

pytestmark = pytest.mark.django_db
DONE = Changes(state=TaskState.DONE)


@pytest.fixture
def three(alice):
    with alice.at_work():
        james = Patient.objects.create(mrn="1", first_name="James", last_name="Smith")
        made = [
            create_task(title=f"Task {n}", by=alice.actor, patient_id=james.pk) for n in range(3)
        ]
        change_task(task_id=made[0].pk, by=alice.actor, changes=Changes(state="in_progress"))
        change_task(task_id=made[2].pk, by=alice.actor, changes=DONE)
        return [task.pk for task in made]


def states(ids):
    found = dict(Task.objects.values_list("pk", "state"))
    return [found[one] for one in ids]


def waiting():
    return Patient.objects.get().tasks_count


def test_those_that_can_are_changed_and_all_are_taken_back_together(alice, three):
    with alice.at_work():
        done = change_tasks(task_ids=three, changes=DONE, by=alice.actor)
        assert (done.changed, done.left_out) == (2, 1)
        assert (states(three), waiting()) == (["done", "done", "done"], 0)
        undo(undo_id=done.entry.pk, by=alice.actor)
        assert (states(three), waiting()) == (["in_progress", "open", "done"], 2)
        with pytest.raises(TooLate):
            undo(undo_id=done.entry.pk, by=alice.actor)


def test_one_that_was_changed_since_keeps_all_from_being_taken_back(alice, three):
    with alice.at_work():
        done = change_tasks(task_ids=three, changes=DONE, by=alice.actor)
        change_task(task_id=three[1], by=alice.actor, changes=Changes(state="open"))
        with pytest.raises(TooLate):
            undo(undo_id=done.entry.pk, by=alice.actor)
        assert states(three) == ["done", "open", "done"]


def test_a_plan_says_what_is_left_out_and_writes_nothing(alice, charlie, three):
    with alice.at_work():
        Task.objects.filter(pk=three[1]).update(kind="document_review", run_id=None)
        planned = plan([*three, three[0]], DONE)
        assert [one.left_out for one in planned] == ["", "", "is done already"]
        assert states(three) == ["in_progress", "open", "done"]
    with charlie.at_work():
        assert plan(three, DONE) == []


def test_assigning_leaves_out_what_is_finished_and_is_undone(alice, bob, three):
    with alice.at_work():
        give = Changes(assignee_id=bob.user.pk)
        done = change_tasks(task_ids=three, changes=give, by=alice.actor)
        assert done.changed == 2
        assert Task.objects.filter(assignee=bob.user).count() == 2
        undo(undo_id=done.entry.pk, by=alice.actor)
        assert list(Task.objects.values_list("assignee_id", "assigned_to").distinct()) == [
            (None, "")
        ]


def test_the_page_shows_a_preview_first_and_then_offers_an_undo(bob, three):
    browser = bob.client
    asked = {"task_ids": [str(one) for one in three], "action": "complete", "next": "/tasks"}
    page = browser.post("/tasks/bulk", asked)
    assert [task.pk for task in page.context["changed"]] == three[:2]
    with bob.at_work():
        assert states(three) == ["in_progress", "open", "done"]
    answer = browser.post("/tasks/bulk", {**asked, "confirmed": "1"})
    assert answer["Location"] == "/tasks"
    text = browser.get("/tasks").content.decode()
    assert "2 tasks completed. 1 left as they were." in text
    entry = text.partition('action="/undo/')[2].partition('"')[0]
    assert browser.post(f"/undo/{entry}", {"next": "/tasks"})["Location"] == "/tasks"
    with bob.at_work():
        assert states(three) == ["in_progress", "open", "done"]


def test_a_preview_of_nothing_says_so_and_has_no_button(bob, three):
    with bob.at_work():
        change_task(task_id=three[2], by=bob.actor, changes=Changes(priority="low"))
    posted = {"action": "complete", "task_ids": [str(three[2])]}
    page = bob.client.post("/tasks/bulk", posted).content.decode()
    assert "<h1>None of these can be changed so</h1>" in page
    assert "is done already" in page
    assert 'name="task_ids"' not in page
    assert "You can undo it" not in page


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"task_ids": ["x"], "action": "complete"},
        {"action": "complete"},
        {"action": "assign", "assignee_id": "0192f0c5-0000-7000-8000-000000000000"},
        {"action": "burn"},
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(bob, three, given):
    sent = {"confirmed": "1", **given}
    if given.get("action") in ("assign", "burn"):
        sent["task_ids"] = [str(three[1])]
    answer = bob.client.post("/tasks/bulk", sent, follow=True)
    assert "toast-warning" in answer.content.decode()
    with bob.at_work():
        assert states(three) == ["in_progress", "open", "done"]


def test_a_stranger_changes_nothing(alice, charlie, three):
    asked = {"task_ids": [str(one) for one in three], "action": "complete", "confirmed": "1"}
    charlie.client.post("/tasks/bulk", asked)
    with alice.at_work():
        assert states(three) == ["in_progress", "open", "done"]


def test_tasks_are_changed_patient_by_patient_so_that_two_who_do_it_do_not_wait_for_each_other(
    alice,
):
    """Everybody takes the rows in the same order: tasks of no patient, then patient by patient."""
    with alice.at_work():
        people = [Patient.objects.create(mrn=mrn, first_name="A", last_name=mrn) for mrn in "12"]
        first, second = sorted(people, key=lambda one: str(one.pk))
        made = [
            create_task(title=title, by=alice.actor, patient_id=patient and patient.pk)
            for title, patient in (("late", second), ("early", first), ("free", None))
        ]
        change_tasks(task_ids=[one.pk for one in made], changes=DONE, by=alice.actor)
        changed = AuditEntry.objects.filter(action="task.done").order_by("seq")
        titles = {one.pk: one.title for one in made}
        assert [titles[entry.object_id] for entry in changed] == ["free", "early", "late"]


def test_the_pending_tasks_of_documents_are_found_oldest_first(alice, charlie, three):
    with alice.at_work():
        paper, other = (
            Document.objects.create(name=name, storage_name=name, size=1).pk for name in "ab"
        )
        Task.objects.filter(pk__in=three).update(document_id=paper)
        late = create_task(title="Late", by=alice.actor)
        Task.objects.filter(pk=late.pk).update(document_id=other)
        assert pending_of_documents([other, paper]) == [three[0], three[1], late.pk]
        assert pending_of_documents([other]) == [late.pk]
        assert pending_of_documents([]) == []
    with charlie.at_work():
        assert pending_of_documents([other, paper]) == []
