"""The list of tasks, a task's page, and what people do with tasks, by plain forms and in place."""

import re

import pytest

from clinic.models import Event
from tasks.actions import Changes, assign_task, change_task, create_task
from tasks.models import Priority, Task, TaskComment, TaskState

pytestmark = pytest.mark.django_db
QUIETLY = {"HX-Request": "true"}


@pytest.fixture
def call(alice):
    with alice.at_work():
        return create_task(title="Call the patient", by=alice.actor)


def titles(answer):
    return [row["title"] for row in answer.context["tasks"]]


def test_the_list_shows_the_clinics_work_and_no_others(alice, bob, charlie, call):
    with charlie.at_work():
        create_task(title="Theirs", by=charlie.actor)
    for member in (alice, bob):
        assert titles(member.client.get("/tasks")) == ["Call the patient"]
    assert titles(charlie.client.get("/tasks")) == ["Theirs"]


def test_the_list_starts_with_what_is_to_be_done_and_can_be_narrowed(alice, bob, call):
    with alice.at_work():
        done = create_task(title="Old", by=alice.actor)
        change_task(task_id=done.pk, by=alice.actor, changes=Changes(state=TaskState.DONE))
        urgent = create_task(title="Now", by=alice.actor, priority=Priority.URGENT)
        assign_task(task_id=urgent.pk, assignee_id=bob.user.pk, by=alice.actor)
    browser = bob.client
    assert titles(browser.get("/tasks")) == ["Now", "Call the patient"]
    assert titles(browser.get("/tasks?state=done")) == ["Old"]
    assert len(titles(browser.get("/tasks?state=all"))) == 3
    assert titles(browser.get("/tasks?assignee=me")) == ["Now"]
    assert titles(browser.get("/tasks?priority=urgent")) == ["Now"]
    assert titles(browser.get("/tasks?q=call")) == ["Call the patient"]
    empty = browser.get("/tasks?q=nothing")
    assert empty.context["hidden_by_filter"] == 3
    chips = {chip["value"]: chip["count"] for chip in empty.context["states"]}
    assert (chips["open"], chips["done"], chips["all"]) == (2, 1, 3)


def test_the_list_costs_the_same_number_of_queries_for_any_length(
    alice, call, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = alice.client
    browser.get("/tasks")
    with CaptureQueriesContext(connection) as few:
        browser.get("/tasks")
    with alice.at_work():
        for number in range(200):
            Task.objects.create(number=20_000 + number, title=str(number))
    with django_assert_num_queries(len(few)):
        page = browser.get("/tasks")
    assert (len(page.context["tasks"]), page.context["total"]) == (50, 201)


def test_a_new_task_is_created_from_a_plain_form(alice, bob):
    posted = {
        "title": "Ask for the card",
        "description": "Front and back",
        "priority": "high",
        "assignee_id": str(bob.user.pk),
        "due_at": "2026-12-01",
    }
    assert alice.client.post("/tasks/new", posted)["Location"] == "/tasks"
    with alice.at_work():
        made = Task.objects.select_related("assignee").get()
    assert (made.title, made.priority, made.assignee_id) == (
        "Ask for the card",
        "high",
        bob.user.pk,
    )
    due = made.due_at.astimezone(alice.clinic.tzinfo)
    assert due.isoformat()[:16] == "2026-12-01T23:59"


def test_a_refused_form_keeps_its_values(alice, charlie):
    browser = alice.client
    answer = browser.post("/tasks/new", {"description": "kept", "priority": "high"})
    assert answer.status_code == 422
    assert "Say what has to be done." in answer.content.decode()
    assert "kept" in answer.content.decode()
    stranger = {"title": "x", "priority": "high", "assignee_id": str(charlie.user.pk)}
    assert browser.post("/tasks/new", stranger).status_code == 422
    unknown = {"title": "x", "priority": "high", "patient_id": str(charlie.user.pk)}
    assert browser.post("/tasks/new", unknown).status_code == 404
    with alice.at_work():
        assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("action", "state"), [("complete", TaskState.DONE), ("start", TaskState.IN_PROGRESS)]
)
def test_a_plain_form_moves_a_task_and_comes_back(bob, call, action, state):
    path = f"/tasks/{call.pk}"
    answer = bob.client.post(path, {"action": action, "next": "/tasks?q=call"})
    assert answer["Location"] == "/tasks?q=call"
    with bob.at_work():
        call.refresh_from_db()
        assert call.state == state


def test_in_place_the_row_is_answered(bob, call):
    path, browser = f"/tasks/{call.pk}", bob.client
    taken = browser.post(path, {"action": "take"}, headers=QUIETLY)
    assert taken.content.decode().startswith("<tr")
    assert taken.context["task"]["is_mine"] is True
    posted = {"action": "complete", "next": "/tasks?q=call"}
    done = browser.post(path, posted, headers=QUIETLY).content.decode()
    assert "Reopen" in done
    row, note = done.split('<template><div id="toasts" hx-swap-oob="beforeend">')
    assert "data-undo" not in row
    assert f"{call.display_id} is done." in note
    assert 'name="next" value="/tasks?q=call"' in note
    undo = re.search(r'action="(/undo/[^"]+)"', note).group(1)
    assert browser.post(undo, {"next": "/tasks?q=call"})["Location"] == "/tasks?q=call"
    with bob.at_work():
        call.refresh_from_db()
        assert call.state == TaskState.OPEN
    browser.post(path, {"action": "complete"}, headers=QUIETLY)
    again = browser.post(path, {"action": "complete"}, headers=QUIETLY)
    assert again.status_code == 200
    browser.post(path, {"action": "reopen"}, headers=QUIETLY)
    with bob.at_work():
        call.refresh_from_db()
        assert (call.state, call.assignee_id) == (TaskState.OPEN, bob.user.pk)


def test_a_move_that_is_not_allowed_is_told_calmly(bob, call):
    with bob.at_work():
        change_task(task_id=call.pk, by=bob.actor, changes=Changes(state=TaskState.DONE))
    path, browser = f"/tasks/{call.pk}", bob.client
    quiet = browser.post(path, {"action": "start"}, headers=QUIETLY)
    assert (quiet.status_code, quiet["HX-Refresh"]) == (204, "true")
    page = browser.post(path, {"action": "start"}, follow=True)
    assert "A task that is done cannot become in progress." in page.content.decode()


def test_comments_assignment_and_priority(alice, bob, call):
    path, browser = f"/tasks/{call.pk}", alice.client
    browser.post(path, {"action": "comment", "comment": "Left a message"})
    browser.post(path, {"action": "assign", "assignee_id": str(bob.user.pk)})
    browser.post(path, {"action": "priority", "priority": "low"})
    text = browser.get(path).content.decode()
    assert "Left a message" in text and "Alice Adams" in text
    with alice.at_work():
        call.refresh_from_db()
    assert (call.assignee_id, call.priority) == (bob.user.pk, "low")
    browser.post(path, {"action": "assign", "assignee_id": ""})
    with alice.at_work():
        call.refresh_from_db()
    assert call.assignee_id is None


@pytest.mark.parametrize(
    "posted",
    [
        {"action": "comment", "comment": " "},
        {"action": "priority", "priority": "whenever"},
        {"action": "assign", "assignee_id": "somebody"},
        {"action": "assign", "assignee_id": "00000000-0000-0000-0000-000000000000"},
        {"action": "explode"},
    ],
)
def test_what_cannot_be_used_is_refused_and_changes_nothing(alice, call, posted):
    answer = alice.client.post(f"/tasks/{call.pk}", posted)
    assert answer.status_code == 422
    assert len(answer.context["form_errors"]) == 1
    with alice.at_work():
        before = call.updated_at
        call.refresh_from_db()
        assert call.updated_at == before
        assert not TaskComment.objects.exists()


def test_a_review_task_leads_to_its_document(alice, call):
    row = alice.client.get(f"/tasks/{call.pk}").context["task"]
    assert row["url"] == f"/tasks/{call.pk}"
    assert row["agent_type"] == ""


def test_the_stranger_finds_nothing_and_changes_nothing(alice, charlie, call):
    browser, path = charlie.client, f"/tasks/{call.pk}"
    assert browser.get(path).status_code == 404
    assert browser.get(f"{path}?fragment=body").status_code == 404
    for action in ("complete", "take", "comment", "assign", "priority", "reopen"):
        posted = {"action": action, "comment": "x", "assignee_id": "", "priority": "low"}
        assert browser.post(path, posted).status_code == 404
    with alice.at_work():
        before = call.updated_at
        call.refresh_from_db()
        assert (call.state, call.updated_at) == (TaskState.OPEN, before)
        assert Event.objects.count() == 1


def test_a_title_is_enough_for_a_new_task(alice):
    assert (
        alice.client.post("/tasks/new", {"title": "Call", "priority": "low"})["Location"]
        == "/tasks"
    )
    with alice.at_work():
        made = Task.objects.get()
    assert (made.title, made.description, made.assignee_id, made.due_at, made.patient_id) == (
        "Call", "", None, None, None,
    )  # fmt: skip
