"""Figures without counting, and what happened last."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.api.tests.calling import Api

pytestmark = pytest.mark.django_db


def test_the_figures_follow_every_change_and_stay_in_the_clinic(alice, charlie):
    api = Api(alice)
    assert api("GET", "/dashboard/stats").json() == {
        "pending_tasks": 0,
        "appointments_today": 0,
        "patients_total": 0,
        "claims_pending": 0,
    }
    api("POST", "/patients", {"first_name": "Ana", "last_name": "Lima"})
    task = api("POST", "/tasks", {"title": "Call"}).json()["task_id"]
    api("POST", "/tasks", {"title": "Write"})
    api("PATCH", f"/tasks/{task}", {"state": "done"})
    with CaptureQueriesContext(connection) as queries:
        figures = api("GET", "/dashboard/stats").json()
    assert figures == {
        "pending_tasks": 1,
        "appointments_today": 0,
        "patients_total": 1,
        "claims_pending": 0,
    }
    assert len(queries) == 3
    assert Api(charlie)("GET", "/dashboard/stats").json()["patients_total"] == 0


def test_recent_activity_tells_each_thing_once_newest_first(alice, charlie):
    api = Api(alice)
    api("POST", "/patients", {"first_name": "Ana", "last_name": "Lima"})
    task = api("POST", "/tasks", {"title": "Call"}).json()["task_id"]
    api("PATCH", f"/tasks/{task}", {"state": "in_progress"})
    api("PATCH", f"/tasks/{task}", {"state": "done"})
    rows = api("GET", "/dashboard/recent-activity").json()
    assert [(r["activity_type"], r["description"], r["patient_name"]) for r in rows] == [
        ("task", "Task T10001 done: Call", None),
        ("patient", "Patient added", "Ana Lima"),
    ]
    assert len(api("GET", "/dashboard/recent-activity?limit=1").json()) == 1
    assert api("GET", "/dashboard/recent-activity?limit=0").status_code == 400
    assert Api(charlie)("GET", "/dashboard/recent-activity").json() == []
