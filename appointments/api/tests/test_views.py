"""Visits over HTTP, and the double booking that must never happen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appointments.actions import book, change_appointment
from appointments.models import Appointment
from clinic.api.tests.calling import Api, links
from clinic.models import AuditEntry, Event
from clinic.tallies import drifts
from patients.models import Patient

NOTHING = "00000000-0000-7000-8000-000000000000"
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def api(alice):
    return Api(alice)


@pytest.fixture
def patient(alice):
    with alice.at_work():
        return Patient.objects.create(mrn="100", first_name="Ana", last_name="Lima")


@pytest.fixture
def body(patient, bob):
    return {
        "patient_id": str(patient.pk),
        "provider_id": str(bob.user.pk),
        "type": "consultation",
        "title": "Follow-up",
        "starts_at": "2026-12-01T09:00:00-05:00",
        "ends_at": "2026-12-01T09:30:00-05:00",
        "location": "Room 2",
    }


def at(hour, minute=0, day=1):
    return datetime(2026, 12, day, hour, minute, tzinfo=NEW_YORK).isoformat()


@pytest.mark.django_db
class TestBook:
    def test_a_visit_is_booked_with_its_event_audit_and_count(self, api, alice, bob, patient, body):
        answer = api("POST", "/appointments", body)
        assert answer.status_code == 201
        visit_id = answer.json()["appointment_id"]
        got = api("GET", f"/appointments/{visit_id}").json()
        assert got["patient_name"] == "Ana Lima"
        assert got["provider_name"] == "Bob Brown"
        assert got["starts_at"] == "2026-12-01T14:00:00+00:00"
        assert (got["time"], got["status"], got["location"]) == ("09:00", "scheduled", "Room 2")
        with alice.at_work():
            patient.refresh_from_db()
            assert patient.appointments_count == 1
            assert Event.objects.get().doc["patient_name"] == "Ana Lima"
            assert AuditEntry.objects.get().action == "appointment.book"

    @pytest.mark.parametrize(
        ("start", "end", "status"),
        [
            (at(9, 15), at(9, 45), 409),
            (at(8, 45), at(9, 15), 409),
            (at(8), at(10), 409),
            (at(9, 30), at(10), 201),
            (at(8, 30), at(9), 201),
            (at(9, 30), at(9, 30, day=2), 201),
        ],
    )
    def test_an_overlap_is_409_and_a_neighbour_is_fine(self, api, alice, body, start, end, status):
        api("POST", "/appointments", body)
        answer = api("POST", "/appointments", body | {"starts_at": start, "ends_at": end})
        assert answer.status_code == status
        if status == 409:
            assert answer.json()["code"] == "slot_taken"
        with alice.at_work():
            assert Appointment.objects.count() == (1 if status == 409 else 2)

    def test_visits_without_a_provider_and_cancelled_ones_take_no_slot(self, api, body):
        first = api("POST", "/appointments", body).json()["appointment_id"]
        assert api("POST", "/appointments", body | {"provider_id": None}).status_code == 201
        api("PATCH", f"/appointments/{first}", {"status": "cancelled"})
        assert api("POST", "/appointments", body).status_code == 201
        back = api("PATCH", f"/appointments/{first}", {"status": "scheduled"})
        assert (back.status_code, back.json()["code"]) == (409, "slot_taken")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("ends_at", "2026-12-01T09:00:00-05:00"),
            ("ends_at", "2026-12-02T09:00:01-05:00"),
            ("starts_at", "2026-12-01T09:00:00"),
            ("starts_at", "tomorrow"),
            ("provider_id", NOTHING),
            ("patient_id", "x"),
            ("title", ""),
            ("type", None),
        ],
    )
    def test_a_value_that_cannot_be_used_is_named(self, api, alice, body, field, value):
        answer = api("POST", "/appointments", body | {field: value})
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        with alice.at_work():
            assert not Appointment.objects.exists()

    def test_a_stranger_books_nothing_here(self, charlie, alice, body):
        stranger = Api(charlie)
        gone = stranger("POST", "/appointments", body | {"provider_id": None})
        assert gone.status_code == 404
        own = {"provider_id": body["provider_id"]}
        with charlie.at_work():
            theirs = Patient.objects.create(mrn="1", last_name="Ngo")
        refused = stranger("POST", "/appointments", body | own | {"patient_id": str(theirs.pk)})
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["provider_id"])


@pytest.mark.django_db
class TestList:
    def test_a_day_is_the_clinics_day(self, api, body):
        for start, end in (
            (at(0), at(0, 30)),
            (at(23, 30), at(0, day=2)),
            (at(0, day=2), at(1, day=2)),
        ):
            api("POST", "/appointments", body | {"starts_at": start, "ends_at": end})
        first = api("GET", "/appointments?date=2026-12-01").json()
        assert [row["time"] for row in first] == ["00:00", "23:30"]
        second = api("GET", "/appointments?date=2026-12-02").json()
        assert [row["time"] for row in second] == ["00:00"]

    def test_today_and_the_dashboard_show_the_same(self, api, alice, body):
        now = timezone.localtime(timezone=NEW_YORK)
        noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
        for day in (0, 1):
            start = noon + timedelta(days=day)
            api(
                "POST",
                "/appointments",
                body
                | {
                    "starts_at": start.isoformat(),
                    "ends_at": (start + timedelta(minutes=20)).isoformat(),
                },
            )
        today = api("GET", "/appointments?date=today").json()
        assert [row["starts_at"] for row in today] == [noon.astimezone(UTC).isoformat()]
        assert api("GET", "/dashboard/appointments").json() == today
        assert api("GET", "/dashboard/appointments?date=today").json() == today
        assert api("GET", "/dashboard/stats").json()["appointments_today"] == 1

    def test_earliest_first_and_paged(self, api, body, bob, patient):
        for hour in (15, 9, 12, 10, 18):
            times = {"starts_at": at(hour), "ends_at": at(hour, 30)}
            api("POST", "/appointments", body | times)
        page, hours = api("GET", "/appointments?limit=2"), []
        hours += [row["time"] for row in page.json()]
        while "next" in links(page):
            page = api("GET", links(page)["next"])
            hours += [row["time"] for row in page.json()]
        assert hours == ["09:00", "10:00", "12:00", "15:00", "18:00"]
        assert len(api("GET", f"/appointments?provider_id={bob.user.pk}").json()) == 5
        assert api("GET", f"/appointments?provider_id={NOTHING}").json() == []
        assert len(api("GET", f"/appointments?patient_id={patient.pk}").json()) == 5

    @pytest.mark.parametrize(
        "query", ["date=yesterday", "date=2026-02-30", "date=9999-12-31", "date=1", "status=x"]
    )
    def test_a_query_that_cannot_be_used_is_400(self, api, query):
        assert api("GET", f"/appointments?{query}").status_code == 400

    def test_the_number_of_queries_does_not_grow(self, api, alice, patient, body):
        api("POST", "/appointments", body)
        with CaptureQueriesContext(connection) as one:
            api("GET", "/appointments?limit=200")
        start = datetime(2026, 12, 5, tzinfo=UTC)
        with alice.at_work():
            Appointment.objects.bulk_create(
                Appointment(
                    patient=patient,
                    type="x",
                    title="x",
                    starts_at=start + timedelta(hours=n),
                    ends_at=start + timedelta(hours=n + 1),
                )
                for n in range(199)
            )
        with CaptureQueriesContext(connection) as many:
            assert len(api("GET", "/appointments?limit=200").json()) == 200
        assert len(one) == len(many) == 2


@pytest.mark.django_db
class TestChange:
    def test_moved_checked_in_and_completed(self, api, alice, patient, body):
        visit = api("POST", "/appointments", body).json()["appointment_id"]
        moved = api("PATCH", f"/appointments/{visit}", {"starts_at": at(11), "ends_at": at(11, 30)})
        assert moved.json()["time"] == "11:00"
        for status in ("checked_in", "completed"):
            answer = api("PATCH", f"/appointments/{visit}", {"status": status})
            assert (answer.status_code, answer.json()["status"]) == (200, status)
        back = api("PATCH", f"/appointments/{visit}", {"status": "scheduled"})
        assert (back.status_code, back.json()["code"]) == (409, "illegal_move")
        gone = api("DELETE", f"/appointments/{visit}")
        assert (gone.status_code, gone.json()["code"]) == (409, "visit_happened")
        with alice.at_work():
            patient.refresh_from_db()
            assert patient.appointments_count == 0
            assert Event.objects.filter(type="appointment", op="update").count() == 3

    def test_a_deleted_visit_is_gone_but_audited(self, api, alice, body, patient):
        visit = api("POST", "/appointments", body).json()["appointment_id"]
        answer = api("DELETE", f"/appointments/{visit}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert api("GET", f"/appointments/{visit}").status_code == 404
        assert api("DELETE", f"/appointments/{visit}").status_code == 404
        with alice.at_work():
            assert str(AuditEntry.objects.get(action="appointment.delete").object_id) == visit
            assert Event.objects.get(op="delete").doc["appointment_id"] == visit
            patient.refresh_from_db()
            assert patient.appointments_count == 0
            assert drifts([("appointments", "status", "appointment")]) == []

    @pytest.mark.parametrize(
        "change", [{}, {"status": "x"}, {"ends_at": at(8)}, {"provider_id": NOTHING}]
    )
    def test_a_change_that_cannot_be_is_400(self, api, body, change):
        visit = api("POST", "/appointments", body).json()["appointment_id"]
        assert api("PATCH", f"/appointments/{visit}", change).status_code == 400
        assert api("GET", f"/appointments/{visit}").json()["time"] == "09:00"

    def test_a_stranger_finds_nothing_and_changes_nothing(self, api, charlie, alice, body):
        visit = api("POST", "/appointments", body).json()["appointment_id"]
        stranger = Api(charlie)
        for method in ("GET", "PATCH", "DELETE"):
            answer = stranger(method, f"/appointments/{visit}", {"status": "cancelled"})
            assert answer.status_code == 404
        assert stranger("GET", "/appointments").json() == []
        with alice.at_work():
            assert Appointment.objects.get().status == "scheduled"


@pytest.mark.django_db(transaction=True)
class TestConcurrency:
    def test_of_eight_bookings_of_a_slot_one_succeeds(self, alice, body):
        api = Api(alice)
        with alice.at_work():
            patients = [Patient.objects.create(mrn=str(n), last_name=f"P{n}").pk for n in range(8)]

        def attempt(patient_id):
            try:
                return api("POST", "/appointments", body | {"patient_id": str(patient_id)})
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(answer.status_code for answer in pool.map(attempt, patients))
        assert statuses == [201] + [409] * 7
        with alice.at_work():
            assert Appointment.objects.count() == 1
            assert sum(Patient.objects.values_list("appointments_count", flat=True)) == 1

    def test_two_visits_moved_onto_each_other_do_not_both_arrive(self, alice, bob, patient):
        from appointments.actions import Changes, SlotTaken

        start = datetime(2026, 12, 1, 9, tzinfo=UTC)
        with alice.at_work():
            visits = [
                book(
                    by=alice.actor,
                    patient_id=patient.pk,
                    provider_id=bob.user.pk,
                    type="x",
                    title="x",
                    starts_at=start + timedelta(hours=n),
                    ends_at=start + timedelta(hours=n + 1),
                )
                for n in range(4)
            ]
        target = Changes(starts_at=start + timedelta(days=1), ends_at=start + timedelta(hours=25))

        def move(visit):
            try:
                with alice.at_work():
                    change_appointment(appointment_id=visit.pk, by=alice.actor, changes=target)
                return "moved"
            except SlotTaken:
                return "taken"
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(move, visits)) == ["moved", "taken", "taken", "taken"]
