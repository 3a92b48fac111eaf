"""Tasks over HTTP: every answer, every refusal, and what concurrency must not break."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.api.tests.calling import Api, links
from clinic.models import AuditEntry, Event, IdempotentAnswer
from clinic.tallies import drifts, tally
from patients.models import Patient
from tasks import answers
from tasks.actions import create_task
from tasks.agent_tasks import close_tasks_of_document  # noqa: F401 - the agents' side exists
from tasks.models import Task, TaskComment

NOTHING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def api(alice):
    return Api(alice)


@pytest.fixture
def patient(alice):
    with alice.at_work():
        return Patient.objects.create(mrn="100", first_name="Ana", last_name="Lima")


@pytest.fixture
def their_patient(charlie):
    with charlie.at_work():
        return Patient.objects.create(mrn="100", first_name="Eve", last_name="Ngo")


@pytest.mark.django_db
class TestCreate:
    def test_a_task_is_opened_with_its_event_audit_and_count(self, api, alice, bob, patient):
        answer = api(
            "POST",
            "/tasks",
            {
                "title": "Follow up with patient",
                "description": "Discuss lab results",
                "patient_id": str(patient.pk),
                "assigned_to": "bob brown",
                "priority": "high",
                "due_at": "2026-12-01T09:00:00-05:00",
            },
        )
        assert answer.status_code == 201
        body = answer.json()
        assert body == {
            "task_id": body["task_id"],
            "display_id": "T10001",
            "message": "Task T10001 was opened.",
        }
        with alice.at_work():
            task = Task.objects.get()
            assert (task.title, task.priority, task.state) == (
                "Follow up with patient",
                "high",
                "open",
            )
            assert (task.assignee, task.assigned_to) == (bob.user, "bob brown")
            patient.refresh_from_db()
            assert patient.tasks_count == 1
            event = Event.objects.get()
            assert (event.type, event.op) == ("task", "insert")
            assert event.doc["patient_name"] == "Ana Lima"
            line = AuditEntry.objects.get(action="task.create")
            assert (line.patient_id, line.actor_id) == (patient.pk, alice.user.pk)
            assert tally("task.open") == 1

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "title"),
            ({"title": ""}, "title"),
            ({"title": "x" * 301}, "title"),
            ({"title": "a\nb"}, "title"),
            ({"title": "x", "priority": "asap"}, "priority"),
            ({"title": "x", "patient_id": "12"}, "patient_id"),
            ({"title": "x", "due_at": "2026-12-01T09:00:00"}, "due_at"),
            ({"title": "x", "due_at": "0001-01-01T00:00:00+14:00"}, "due_at"),
            ({"title": "x", "kind": "No Kind"}, "kind"),
            ({"title": "x", "assignee_id": NOTHING}, "assignee_id"),
        ],
    )
    def test_a_value_that_cannot_be_used_is_named_and_nothing_is_made(
        self, api, alice, body, field
    ):
        answer = api("POST", "/tasks", body)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        with alice.at_work():
            assert not Task.objects.exists()

    def test_nul_characters_are_refused_anywhere(self, api):
        for body in ({"title": "a\0b"}, {"title": "a", "description": "a\0b"}):
            assert api("POST", "/tasks", body).status_code == 400

    def test_anothers_patient_is_not_there_and_nothing_changes(self, api, alice, their_patient):
        for patient_id in (str(their_patient.pk), NOTHING):
            answer = api("POST", "/tasks", {"title": "x", "patient_id": patient_id})
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        with alice.at_work():
            assert not Task.objects.exists()
            assert not Event.objects.exists()

    def test_another_clinics_member_cannot_be_assigned(self, api, alice, charlie):
        answer = api("POST", "/tasks", {"title": "x", "assignee_id": str(charlie.user.pk)})
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["assignee_id"]


@pytest.mark.django_db
class TestList:
    def test_filters_and_paging_walk_every_row_once_in_both_ways(self, api, alice, patient):
        with alice.at_work():
            for number in range(7):
                create_task(
                    title=f"Task {number}",
                    by=alice.actor,
                    patient_id=patient.pk if number % 2 else None,
                    priority="high" if number == 3 else "low",
                )
        first = api("GET", "/tasks?limit=3")
        assert first.headers["X-Total-Count"] == "7"
        assert "X-Total-Count-Estimated" not in first.headers
        titles, seen = [row["title"] for row in first.json()], [first]
        while 'rel="next"' in seen[-1].headers.get("Link", ""):
            address = links(seen[-1])["next"]
            seen.append(api("GET", address))
            titles += [row["title"] for row in seen[-1].json()]
        assert titles == [f"Task {number}" for number in range(6, -1, -1)]
        back = api("GET", links(seen[-1])["prev"])
        assert back.json() == seen[-2].json()
        first_again = api("GET", links(back)["prev"])
        assert first_again.json() == first.json()
        assert "prev" not in links(first_again)
        assert [r["title"] for r in api("GET", "/tasks?skip=5").json()] == ["Task 1", "Task 0"]
        assert len(api("GET", f"/tasks?patient_id={patient.pk}").json()) == 3
        high = api("GET", "/tasks?priority=high")
        assert [row["title"] for row in high.json()] == ["Task 3"]
        assert high.headers["X-Total-Count"] == "1"
        assert api("GET", "/tasks?state=done").json() == []

    @pytest.mark.parametrize(
        "query",
        [
            "state=closed",
            "priority=x",
            "patient_id=x",
            "assignee_id=1",
            "limit=0",
            "limit=201",
            "limit=x",
            "limit=1e3",
            "skip=-1",
            "skip=99999999999999999999",
            "cursor=x",
            "cursor=WyJhIl0",
            "cursor=%00",
            "kind=%00",
            "cursor=WyJhIiwxLDJd&skip=1",
        ],
    )
    def test_a_query_that_cannot_be_used_is_400(self, api, query):
        answer = api("GET", f"/tasks?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    def test_a_stranger_sees_nothing(self, api, alice, charlie):
        with charlie.at_work():
            theirs = create_task(title="Theirs", by=charlie.actor)
        answer = api("GET", "/tasks")
        assert (answer.json(), answer.headers["X-Total-Count"]) == ([], "0")
        assert api("GET", f"/tasks/{theirs.pk}").status_code == 404
        assert api("PATCH", f"/tasks/{theirs.pk}", {"state": "done"}).status_code == 404
        with charlie.at_work():
            theirs.refresh_from_db()
            assert theirs.state == "open"

    def test_the_number_of_queries_does_not_grow(self, api, alice, patient):
        with alice.at_work():
            create_task(title="One", by=alice.actor, patient_id=patient.pk)
        with CaptureQueriesContext(
            connection,
        ) as one:
            api("GET", "/tasks?limit=200")
        with alice.at_work():
            for number in range(199):
                create_task(title=str(number), by=alice.actor, patient_id=patient.pk)
        with CaptureQueriesContext(connection) as many:
            assert len(api("GET", "/tasks?limit=200").json()) == 200
        assert len(one) == len(many) == 2


@pytest.mark.django_db
class TestChange:
    def test_moves_comments_and_assignments(self, api, alice, bob, patient):
        with alice.at_work():
            task = create_task(title="Call", by=alice.actor, patient_id=patient.pk)
        taken = api(
            "PATCH",
            f"/tasks/{task.pk}",
            {"state": "in_progress", "comment": "Calling.", "assignee_id": str(bob.user.pk)},
        )
        assert taken.status_code == 200
        body = taken.json()
        assert (body["state"], body["assigned_to"]) == ("in_progress", "Bob Brown")
        assert [c["text"] for c in body["comments"]] == ["Calling."]
        assert body["comments"][0]["author"] == "Alice Adams"
        done = api("PATCH", f"/tasks/{task.pk}", {"state": "done"}).json()
        assert done["state"] == "done" and done["closed_at"]
        again = api("PATCH", f"/tasks/{task.pk}", {"state": "done"})
        assert again.status_code == 200
        illegal = api("PATCH", f"/tasks/{task.pk}", {"state": "in_progress", "comment": "No"})
        assert (illegal.status_code, illegal.json()["code"]) == (409, "illegal_move")
        with alice.at_work():
            assert TaskComment.objects.count() == 1
            patient.refresh_from_db()
            assert patient.tasks_count == 0
            assert (tally("task.open"), tally("task.done")) == (0, 1)
            assert Event.objects.filter(type="task", op="update").count() == 2
        reopened = api("PATCH", f"/tasks/{task.pk}", {"state": "open", "assignee_id": None})
        assert reopened.json()["assigned_to"] == "" and reopened.json()["closed_at"] is None

    @pytest.mark.parametrize("body", [{}, {"state": "x"}, {"comment": ""}, {"unknown": 1}, []])
    def test_nothing_to_do_is_400(self, api, alice, body):
        with alice.at_work():
            task = create_task(title="Call", by=alice.actor)
        assert api("PATCH", f"/tasks/{task.pk}", body).status_code == 400

    def test_ids_that_are_none_are_404(self, api):
        for task_id in ("x", "1", NOTHING):
            for method in ("GET", "PATCH"):
                answer = api(method, f"/tasks/{task_id}", {"state": "done"})
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_a_question_is_closed_by_its_answer_only(self, api, alice, monkeypatch):
        given = []

        def handler(*, task, answer, by):
            given.append((answer, by.label))
            Task.objects.filter(pk=task.pk).update(state="done")

        monkeypatch.setattr(answers, "_handlers", {"question": handler})
        with alice.at_work():
            from agents.models import AgentRun

            run = AgentRun.objects.create(agent="x", status="waiting_input")
            task = create_task(title="Which?", by=alice.actor, kind="question")
            Task.objects.filter(pk=task.pk).update(run_id=run.pk)
        closed = api("PATCH", f"/tasks/{task.pk}", {"state": "done"})
        assert (closed.status_code, closed.json()["code"]) == (409, "answer_needed")
        answered = api("PATCH", f"/tasks/{task.pk}", {"answer": {"status": "approved"}})
        assert (answered.status_code, answered.json()["state"]) == (200, "done")
        assert given == [({"status": "approved"}, "Alice Adams")]
        again = api("PATCH", f"/tasks/{task.pk}", {"answer": {"status": "approved"}})
        assert (again.status_code, again.json()["code"]) == (409, "no_question")


@pytest.mark.django_db
class TestIdempotency:
    def test_the_same_key_and_body_have_one_effect_and_one_answer(self, api, alice):
        first = api("POST", "/tasks", {"title": "Once"}, **{"Idempotency-Key": "k1"})
        second = api("POST", "/tasks", {"title": "Once"}, **{"Idempotency-Key": "k1"})
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert second.headers["Idempotency-Replayed"] == "true"
        with alice.at_work():
            assert Task.objects.count() == Event.objects.count() == 1

    def test_another_body_is_422_and_another_person_has_keys_of_their_own(self, api, alice, bob):
        api("POST", "/tasks", {"title": "Once"}, **{"Idempotency-Key": "k1"})
        other = api("POST", "/tasks", {"title": "Twice"}, **{"Idempotency-Key": "k1"})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        theirs = Api(bob)("POST", "/tasks", {"title": "Twice"}, **{"Idempotency-Key": "k1"})
        assert theirs.status_code == 201
        with alice.at_work():
            assert Task.objects.count() == 2

    def test_a_refused_request_does_not_use_the_key_up(self, api, alice):
        assert api("POST", "/tasks", {}, **{"Idempotency-Key": "k"}).status_code == 400
        again = api("POST", "/tasks", {"title": "x"}, **{"Idempotency-Key": "k"})
        assert again.status_code == 201

    def test_after_a_day_the_key_is_free(self, api, alice):
        api("POST", "/tasks", {"title": "Once"}, **{"Idempotency-Key": "k"})
        with alice.at_work():
            from datetime import timedelta

            from django.utils import timezone

            past = timezone.now() - timedelta(hours=24, seconds=1)
            IdempotentAnswer.objects.update(created_at=past)
        again = api("POST", "/tasks", {"title": "Twice"}, **{"Idempotency-Key": "k"})
        assert again.json()["display_id"] == "T10002"

    @pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
    def test_a_key_that_cannot_be_used_is_400(self, api, key):
        answer = api("POST", "/tasks", {"title": "x"}, **{"Idempotency-Key": key})
        assert answer.status_code == 400


@pytest.mark.django_db(transaction=True)
class TestConcurrency:
    def test_fifty_creations_at_once_are_counted_and_numbered(self, alice, patient):
        api = Api(alice)

        def create(number):
            try:
                body = {"title": f"Task {number}", "patient_id": str(patient.pk)}
                return api("POST", "/tasks", body)
            finally:
                connection.close()

        with ThreadPoolExecutor(10) as pool:
            made = list(pool.map(create, range(50)))
        assert {answer.status_code for answer in made} == {201}
        assert {answer.json()["display_id"] for answer in made} == {
            f"T{number}" for number in range(10001, 10051)
        }
        with alice.at_work():
            patient.refresh_from_db()
            assert patient.tasks_count == Task.objects.count() == 50
            assert tally("task.open") == 50
            assert drifts([("tasks", "state", "task")]) == []
            assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == list(
                range(1, 51)
            )

    def test_one_of_many_movers_wins(self, alice):
        api = Api(alice)
        with alice.at_work():
            task = create_task(title="Race", by=alice.actor)

        def move(state):
            try:
                return api("PATCH", f"/tasks/{task.pk}", {"state": state}).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(move, ["done", "cancelled"] * 4))
        with alice.at_work():
            task.refresh_from_db()
            assert task.state in ("done", "cancelled")
            assert Event.objects.filter(op="update").count() == 1
        assert set(statuses) <= {200, 409} and 409 in statuses

    def test_the_same_key_at_once_has_one_effect(self, alice):
        api, key = Api(alice), str(uuid4())

        def create(_):
            try:
                return api("POST", "/tasks", {"title": "Once"}, **{"Idempotency-Key": key})
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(create, range(8)))
        assert {answer.status_code for answer in made} == {201}
        assert len({answer.json()["task_id"] for answer in made}) == 1
        with alice.at_work():
            assert Task.objects.count() == 1
