"""The schedule, booking, moving, statuses and taking them back."""

from datetime import UTC, date, datetime, timedelta

import pytest

from appointments.models import MOVES, Appointment, AppointmentStatus
from clinic.models import AuditEntry, Event
from clinic.tests.counting import MOST_QUERIES, page_and_queries

pytestmark = pytest.mark.django_db
DAY = "2030-03-05"
BOOKING = {"title": "Check-up", "type": "Consultation", "day": DAY, "at": "09:15", "minutes": "30"}


def names(day):
    return [one["title"] for one in day["visits"]]


def test_a_day_is_a_day_in_the_clinics_zone(alice, visit):
    visit(DAY, "00:00", title="First")
    visit(DAY, "23:45", minutes=15, title="Last")
    visit("2030-03-04", "23:45", minutes=10, title="Before")
    visit("2030-03-06", "00:00", title="After")
    page = alice.client.get(f"/appointments?date={DAY}").context
    assert [(one["time"], one["title"]) for one in page["agenda"]] == [
        ("00:00", "First"),
        ("23:45", "Last"),
    ]


def test_columns_are_the_providers_and_what_nobody_has(alice, bob, visit):
    visit(DAY, "09:00", provider=bob)
    visit(DAY, "09:00")
    page = alice.client.get(f"/appointments?date={DAY}").context
    assert [(lane.name, len(lane.visits)) for lane in page["lanes"]] == [
        ("Bob Brown", 1),
        ("No provider", 1),
    ]
    nine = next(row for row in page["rows"] if f"{row['at']:%H:%M}" == "09:00")
    assert [cell["slots"] for cell in nine["cells"]] == [2, 2]
    quarter = next(row for row in page["rows"] if f"{row['at']:%H:%M}" == "09:15")
    assert quarter["cells"] == []
    half = next(row for row in page["rows"] if f"{row['at']:%H:%M}" == "09:30")
    assert [f"{cell['free']:%H:%M}" for cell in half["cells"]] == ["09:30", "09:30"]
    only = alice.client.get(f"/appointments?date={DAY}&provider={bob.user.pk}").context
    assert [lane.name for lane in only["lanes"]] == ["Bob Brown"]


def test_cancelled_and_missed_visits_leave_the_grid_and_stand_below(alice, visit):
    gone = visit(DAY, "09:00")
    with alice.at_work():
        Appointment.objects.filter(pk=gone.pk).update(status="cancelled")
    page = alice.client.get(f"/appointments?date={DAY}").context
    assert (page["lanes"], [one["appointment_id"] for one in page["off"]]) == ([], [gone.pk])


def test_a_week_begins_on_monday_and_shows_a_weekend_only_with_visits(alice, visit):
    visit("2030-03-04", "09:00", title="Monday")
    visit("2030-03-08", "09:00", title="Friday")
    visit("2030-03-11", "09:00", title="Next")
    page = alice.client.get(f"/appointments?view=week&date={DAY}").context
    assert [(one["day"].isoformat(), names(one)) for one in page["days"]] == [
        ("2030-03-04", ["Monday"]),
        ("2030-03-05", []),
        ("2030-03-06", []),
        ("2030-03-07", []),
        ("2030-03-08", ["Friday"]),
    ]
    visit("2030-03-10", "09:00", title="Sunday")
    days = alice.client.get(f"/appointments?view=week&date={DAY}").context["days"]
    assert [names(one) for one in days][-1] == ["Sunday"]
    assert len(days) == 6


def test_now_is_marked_in_the_row_of_this_quarter_hour(alice, monkeypatch):
    from appointments.views import calendar

    now = datetime(2030, 3, 5, 10, 14, tzinfo=alice.clinic.tzinfo)
    monkeypatch.setattr(calendar.timezone, "localtime", lambda *_: now)
    rows = alice.client.get(f"/appointments?date={DAY}").context["rows"]
    assert [f"{row['at']:%H:%M}" for row in rows if row["now"]] == ["10:00"]


@pytest.mark.parametrize("date_", ["nonsense", "0001-01-01", "9999-12-31", "2030-02-30"])
def test_odd_days_in_the_address_are_no_error(alice, date_):
    assert alice.client.get(f"/appointments?date={date_}").status_code == 200


def test_a_visit_is_booked_from_a_plain_form(bob, smith):
    posted = BOOKING | {"patient_id": str(smith.pk), "provider_id": str(bob.user.pk)}
    answer = bob.client.post("/appointments/new", posted)
    with bob.at_work():
        made = Appointment.objects.get()
    assert answer["Location"] == f"/appointments/{made.pk}"
    local = made.starts_at.astimezone(bob.clinic.tzinfo)
    assert (f"{local:%Y-%m-%d %H:%M}", made.ends_at - made.starts_at, made.provider_id) == (
        "2030-03-05 09:15",
        timedelta(minutes=30),
        bob.user.pk,
    )


def test_a_taken_time_is_said_and_free_ones_are_proposed(bob, smith, visit):
    visit(DAY, "09:00", minutes=60, provider=bob)
    posted = BOOKING | {"patient_id": str(smith.pk), "provider_id": str(bob.user.pk)}
    browser = bob.client
    answer = browser.post("/appointments/new", posted)
    assert answer.status_code == 409
    assert "Bob Brown has another visit at 09:15 that day." in answer.content.decode()
    offered = [one["value"] for one in answer.context["free"]]
    assert offered == [
        f"{DAY}T{at}" for at in ("08:00", "08:15", "08:30", "10:00", "10:15", "10:30")
    ]
    with bob.at_work():
        assert Appointment.objects.count() == 1
    assert browser.post("/appointments/new", posted | {"slot": offered[3]}).status_code == 302
    with bob.at_work():
        latest = Appointment.objects.order_by("-starts_at")[0]
    assert f"{latest.starts_at.astimezone(bob.clinic.tzinfo):%H:%M}" == "10:00"


def test_when_a_day_is_full_the_next_working_days_are_proposed(bob, smith, visit):
    visit("2030-03-08", "08:00", minutes=600, provider=bob)
    posted = BOOKING | {
        "patient_id": str(smith.pk),
        "provider_id": str(bob.user.pk),
        "day": "2030-03-08",
    }
    answer = bob.client.post("/appointments/new", posted)
    assert answer.context["free"][0]["value"] == "2030-03-11T08:00"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"patient_id": ""}, "Choose the patient who comes."),
        ({"title": ""}, "Say what the visit is for."),
        ({"at": "25:00"}, "Enter the time as hours and minutes"),
        ({"day": "5.3."}, "Enter the day as year-month-day"),
        ({"day": "2030-03-10", "at": "02:30"}, "The clocks are put forward over this time"),
    ],
)
def test_a_refused_booking_keeps_its_values(bob, smith, changed, sentence):
    posted = BOOKING | {"patient_id": str(smith.pk), "location": "kept room"}
    answer = bob.client.post("/appointments/new", posted | changed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "kept room" in text
    with bob.at_work():
        assert not Appointment.objects.exists()


def test_a_provider_of_another_clinic_cannot_be_chosen(bob, charlie, smith):
    posted = BOOKING | {"patient_id": str(smith.pk), "provider_id": str(charlie.user.pk)}
    assert bob.client.post("/appointments/new", posted).status_code == 422
    with bob.at_work():
        assert not Appointment.objects.exists()


@pytest.mark.parametrize("status", AppointmentStatus.values)
def test_only_allowed_moves_are_offered(alice, visit, status):
    found = visit(DAY, "09:00")
    with alice.at_work():
        Appointment.objects.filter(pk=found.pk).update(status=status)
    page = alice.client.get(f"/appointments/{found.pk}").context
    assert {one["status"] for one in page["moves"]} == set(MOVES[status])


def test_statuses_are_set_and_taken_back(bob, visit):
    found = visit(DAY, "09:00")
    browser, path = bob.client, f"/appointments/{found.pk}"
    for status in ("checked_in", "scheduled", "no_show", "scheduled", "cancelled", "scheduled"):
        back = browser.post(path, {"action": status, "next": "/appointments?date=2030-03-05"})
        assert back["Location"] == "/appointments?date=2030-03-05"
        with bob.at_work():
            found.refresh_from_db()
        assert found.status == status
    with bob.at_work():
        assert Event.objects.filter(type="appointment", op="update").count() == 6


def test_a_status_that_is_not_allowed_is_409_and_changes_nothing(bob, visit):
    found = visit(DAY, "09:00")
    answer = bob.client.post(f"/appointments/{found.pk}", {"action": "completed"})
    assert answer.status_code == 409
    assert "An appointment that is scheduled cannot become completed." in answer.content.decode()
    assert bob.client.post(f"/appointments/{found.pk}", {"action": "x"}).status_code == 422
    with bob.at_work():
        found.refresh_from_db()
        assert found.status == "scheduled"


def test_a_cancelled_visit_whose_time_was_given_away_stays_cancelled(bob, visit):
    found = visit(DAY, "09:00", provider=bob)
    browser, path = bob.client, f"/appointments/{found.pk}"
    browser.post(path, {"action": "cancelled"})
    visit(DAY, "09:00", provider=bob)
    answer = browser.post(path, {"action": "scheduled"})
    assert answer.status_code == 409
    assert "The provider has another appointment at that time." in answer.content.decode()
    with bob.at_work():
        found.refresh_from_db()
        assert found.status == "cancelled"


def test_a_move_in_time_can_be_undone(bob, visit):
    found = visit(DAY, "09:00", minutes=20, provider=bob)
    before = (found.starts_at, found.ends_at, found.provider_id)
    browser, path = bob.client, f"/appointments/{found.pk}"
    moved = {"action": "move", "day": "2030-03-07", "at": "11:00", "minutes": "45"}
    answer = browser.post(path, moved | {"provider_id": ""}, follow=True)
    with bob.at_work():
        found.refresh_from_db()
    local = found.starts_at.astimezone(bob.clinic.tzinfo)
    assert (f"{local:%m-%d %H:%M}", found.ends_at - found.starts_at, found.provider_id) == (
        "03-07 11:00",
        timedelta(minutes=45),
        None,
    )
    was = answer.context["was"]
    assert was["told"] == "Tue 5 Mar 2030, 09:00"
    back = {
        "action": "put_back",
        "was_start": was["start"],
        "was_end": was["end"],
        "was_with": was["with"],
    }
    assert browser.post(path, back).status_code == 302
    with bob.at_work():
        found.refresh_from_db()
    assert (found.starts_at, found.ends_at, found.provider_id) == before


def test_a_move_onto_a_taken_time_proposes_free_ones(bob, visit):
    visit(DAY, "10:00", provider=bob)
    found = visit(DAY, "09:00", provider=bob)
    moved = {
        "action": "move", "day": DAY, "at": "10:15", "minutes": "30",
        "provider_id": str(bob.user.pk),
    }  # fmt: skip
    answer = bob.client.post(f"/appointments/{found.pk}", moved)
    assert (answer.status_code, bool(answer.context["free"])) == (409, True)
    with bob.at_work():
        before = found.starts_at
        found.refresh_from_db()
        assert found.starts_at == before


def test_a_mistake_is_taken_off_the_books(bob, visit):
    found = visit(DAY, "09:00")
    assert bob.client.post(f"/appointments/{found.pk}", {"action": "delete"}).status_code == 302
    with bob.at_work():
        assert not Appointment.objects.exists()


def test_the_day_sheet_lists_the_day_by_provider(alice, bob, visit):
    visit(DAY, "09:00", provider=bob)
    text = alice.client.get(f"/appointments/sheet?date={DAY}").content.decode()
    for part in ("Tuesday, 5 Mar 2030", "Bob Brown", "09:00 to 09:30", "James Smith"):
        assert part in text
    assert "No visits on this day." in alice.client.get("/appointments/sheet").content.decode()


def test_looking_at_a_visit_leaves_one_line(alice, smith, visit):
    found = visit(DAY, "09:00")
    alice.client.get(f"/appointments/{found.pk}")
    alice.client.get(f"/appointments/{found.pk}?fragment=body")
    with alice.at_work():
        line = AuditEntry.objects.get(action="appointment.view")
    assert (line.object_id, line.patient_id) == (found.pk, smith.pk)


def test_the_schedule_of_another_clinic_is_empty(charlie, visit):
    visit(DAY, "09:00")
    for path in (f"/appointments?date={DAY}", f"/appointments/sheet?date={DAY}"):
        assert "Smith" not in charlie.client.get(path).content.decode()


def test_the_schedule_costs_the_same_number_of_queries_for_any_day(alice, smith, visit):
    visit(DAY, "09:00")
    browser = alice.client
    paths = (
        f"/appointments?date={DAY}",
        f"/appointments?view=week&date={DAY}",
        f"/appointments/sheet?date={DAY}",
        f"/appointments/board?date={DAY}",
    )
    few = {}
    for path in paths:
        browser.get(path)
        _, few[path] = page_and_queries(browser, path)
    with alice.at_work():
        start = datetime.combine(date.fromisoformat(DAY), datetime.min.time(), tzinfo=UTC)
        for number in range(200):
            begin = start + timedelta(hours=14, minutes=number)
            Appointment(
                patient=smith,
                type="x",
                title="x",
                starts_at=begin,
                ends_at=begin + timedelta(minutes=10),
            ).save(force_insert=True)
    for path in paths:
        page, many = page_and_queries(browser, path)
        assert many == few[path] <= MOST_QUERIES, path
        assert page.status_code == 200
