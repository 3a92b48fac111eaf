"""Whether a provider is free, as it is told before a visit is booked."""

from datetime import datetime, timedelta

import pytest

from appointments import actions
from appointments.actions import (
    Changes,
    IllegalMove,
    SlotTaken,
    cancel,
    change_appointment,
    check_slot,
)
from appointments.models import Appointment
from appointments.schedule import proposals
from clinic.refusals import Invalid

pytestmark = pytest.mark.django_db
HALF = timedelta(minutes=30)


@pytest.fixture
def nine(bob, visit):
    """A visit of Bob's from 9:00 to 9:30."""
    return visit("2030-03-05", "09:00", provider=bob)


def free(person, start, length=HALF, **more):
    try:
        check_slot(person.user.pk, start, start + length, **more)
    except SlotTaken:
        return False
    return True


def test_a_neighbour_is_free_and_an_overlap_of_a_minute_is_not(alice, bob, nine):
    minute = timedelta(minutes=1)
    with alice.at_work():
        assert free(bob, nine.ends_at)
        assert free(bob, nine.starts_at - HALF)
        assert not free(bob, nine.ends_at - minute)
        assert not free(bob, nine.starts_at - HALF + minute)
        assert not free(bob, nine.starts_at + 5 * minute, 10 * minute)
        assert not free(bob, nine.starts_at - HALF, 4 * HALF)
        assert free(alice, nine.starts_at)
        check_slot(None, nine.starts_at, nine.ends_at)


@pytest.mark.parametrize(
    ("way", "is_free"),
    [
        (["cancelled"], True),
        (["no_show"], True),
        (["checked_in"], False),
        (["checked_in", "completed"], False),
    ],
)
def test_a_visit_that_does_not_take_place_leaves_its_time_free(alice, bob, nine, way, is_free):
    with alice.at_work():
        for status in way:
            change_appointment(
                appointment_id=nine.pk, by=alice.actor, changes=Changes(status=status)
            )
        assert free(bob, nine.starts_at) is is_free


def test_a_visit_that_is_moved_is_not_in_its_own_way_but_in_the_others(alice, bob, nine, visit):
    ten = visit("2030-03-05", "10:00", provider=bob)
    with alice.at_work():
        assert free(bob, nine.starts_at + HALF / 2, other_than=nine.pk)
        assert not free(bob, ten.starts_at, other_than=nine.pk)


def test_times_that_cannot_be_are_refused_even_without_a_provider(alice, nine):
    with alice.at_work():
        for provider_id in (None, alice.user.pk):
            with pytest.raises(Invalid):
                check_slot(provider_id, nine.starts_at, nine.starts_at)


def test_a_slot_of_another_clinic_is_not_taken_here(alice, bob, charlie, nine):
    with charlie.at_work():
        assert free(bob, nine.starts_at)
    with alice.at_work():
        cancel(appointment_id=nine.pk, by=alice.actor)
        assert free(bob, nine.starts_at)


def test_a_visit_that_was_cancelled_meanwhile_is_not_checked_in(alice, bob, nine, monkeypatch):
    """Somebody else was faster, between our look at the visit and our turn at its patient."""
    hold = actions._lock_patient

    def later(patient_id):
        Appointment.objects.filter(pk=nine.pk).update(status="cancelled")
        return hold(patient_id)

    monkeypatch.setattr(actions, "_lock_patient", later)
    with alice.at_work():
        for changes in (Changes(status="checked_in"), Changes(title="Other")):
            with pytest.raises(IllegalMove, match="cancelled"):
                change_appointment(appointment_id=nine.pk, by=alice.actor, changes=changes)
            nine.refresh_from_db()
            assert (nine.status, nine.title) == ("scheduled", "Check-up")


def offered(person, wanted, *, now):
    zone = person.clinic.tzinfo
    found = proposals(
        datetime.fromisoformat(wanted).replace(tzinfo=zone), HALF, provider_id=person.user.pk,
        now=datetime.fromisoformat(now).replace(tzinfo=zone), zone=zone,
    )  # fmt: skip
    return [f"{one.astimezone(zone):%d %H:%M}" for one in found]


def test_what_is_proposed_keeps_clear_of_visits_of_later_days_and_not_of_cancelled_ones(
    alice, bob, visit
):
    cancelled = visit("2030-03-05", "17:00", provider=bob)
    visit("2030-03-05", "17:30", provider=bob)
    visit("2030-03-06", "08:00", minutes=585, provider=bob)
    visit("2030-03-07", "08:15", provider=bob)
    visit("2030-03-07", "09:00", provider=alice)
    with alice.at_work():
        cancel(appointment_id=cancelled.pk, by=alice.actor)
        found = offered(bob, "2030-03-05T16:45", now="2030-03-05T16:45")
    assert found == ["05 16:45", "05 17:00", "07 08:45", "07 09:00", "07 09:15", "07 09:30"]


def test_a_weekend_is_proposed_only_when_it_was_asked_for(alice, bob):
    with alice.at_work():
        saturday = offered(bob, "2030-03-09T17:30", now="2030-03-09T17:20")
        friday = offered(bob, "2030-03-08T17:30", now="2030-03-08T17:20")
    monday = ["11 08:00", "11 08:15", "11 08:30", "11 08:45", "11 09:00"]
    assert (saturday, friday) == (["09 17:30", *monday], ["08 17:30", *monday])
