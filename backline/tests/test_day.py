"""How the day goes: figures follow from rows, admins alone see them, the cost is constant."""

from datetime import timedelta

import pytest
from axes.models import AccessFailureLog
from django.utils import timezone

from agents.models import AgentRun
from clinic.tests.counting import MOST_QUERIES, page_and_queries
from documents.models import Document, DocumentStatus, Verdict
from documents.tests.papers import made_document
from patients.models import Patient
from tasks.actions import create_task
from tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(mrn="100003", first_name="James", last_name="Smith")


def shown(person):
    return person.client.get("/day").context


def paper(smith, hours):
    document = made_document(smith, {}, status=DocumentStatus.NOT_INGESTED)
    Document.objects.filter(pk=document.pk).update(
        created_at=timezone.now() - timedelta(hours=hours)
    )
    return document


def test_the_longest_waiting_paper_and_those_over_a_day(alice, smith):
    with alice.at_work():
        for hours in (2, 23, 25, 70):
            paper(smith, hours)
        made_document(smith, {}, status=DocumentStatus.INGESTED)
    found = shown(alice)["papers"]
    assert (found["count"], found["over_a_day"]) == (4, 2)
    assert timezone.now() - found["oldest"] > timedelta(hours=69)


def test_deadlines_past_and_within_a_day_the_first_on_top(alice):
    now = timezone.now()
    with alice.at_work():
        for title, hours in (("late", -1), ("later", -30), ("soon", 23), ("far", 25)):
            create_task(title=title, due_at=now + timedelta(hours=hours), by=alice.actor)
        create_task(title="whenever", by=alice.actor)
        done = create_task(title="done", due_at=now - timedelta(hours=5), by=alice.actor)
        Task.objects.filter(pk=done.pk).update(state="done", closed_at=now)
    found = shown(alice)
    assert {key: found["work"][key] for key in ("count", "late", "soon")} == {
        "count": 5,
        "late": 2,
        "soon": 1,
    }
    risk = [(one["task"].title, one["late"]) for one in found["at_risk"]]
    assert risk == [("later", True), ("late", True), ("soon", False)]


def test_runs_of_the_last_day_by_where_they_stand(alice, smith):
    with alice.at_work():
        for _ in range(4):
            made_document(smith, {})
        runs = list(AgentRun.objects.order_by("pk"))
        assert len(runs) == 4
        AgentRun.objects.update(status="completed")
        AgentRun.objects.filter(pk=runs[0].pk).update(status="failed")
        AgentRun.objects.filter(pk=runs[1].pk).update(
            status="failed", created_at=timezone.now() - timedelta(hours=25)
        )
    runs = shown(alice)["runs"]
    assert (runs["completed"], runs["failed"], runs["open"]) == (2, 1, 0)


def test_this_weeks_share_of_values_that_people_left(alice, smith):
    with alice.at_work():
        for right, days in ((8, 1), (4, 6), (0, 8)):
            document = made_document(smith, {})
            verdict = Verdict.objects.create(
                document=document, kind="lab", source="review", sure=8, sure_right=right
            )
            Verdict.objects.filter(pk=verdict.pk).update(at=timezone.now() - timedelta(days=days))
    values = shown(alice)["reading"]["values"]
    assert (values.right, values.total) == (12, 16)


def test_failed_sign_ins_to_members_of_this_clinic_alone(alice, bob, charlie, client):
    for email in ("Bob@Example.org", "bob@example.org", charlie.user.email, "nobody@example.org"):
        client.post("/login", {"email": email, "password": "wrong"})
    old = AccessFailureLog.objects.create(username=alice.user.email, ip_address="192.0.2.1")
    AccessFailureLog.objects.filter(pk=old.pk).update(
        attempt_time=timezone.now() - timedelta(days=8)
    )
    rows = [(one["email"], one["times"], one["origin"]) for one in shown(alice)["sign_ins"]]
    assert rows == [("bob@example.org", 2, "127.0.0.1")]
    assert charlie.user.email not in alice.client.get("/day").content.decode()


def test_admins_alone(bob, client):
    answer = bob.client.get("/day")
    assert answer.status_code == 403
    assert client.get("/day").status_code == 302


def test_the_page_costs_the_same_for_one_and_many(alice, smith):
    counts = []
    for times in (1, 20):
        with alice.at_work():
            for n in range(times):
                paper(smith, n)
                create_task(title="late", due_at=timezone.now(), by=alice.actor)
        alice.client.get("/day")
        page, queries = page_and_queries(alice.client, "/day")
        assert page.status_code == 200
        counts.append(queries)
    assert counts[0] == counts[1] <= MOST_QUERIES
