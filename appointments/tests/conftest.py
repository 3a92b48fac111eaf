"""Visits to look at."""

from datetime import date, datetime, time, timedelta

import pytest

from appointments.actions import book
from patients.models import Patient


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100003", first_name="James", last_name="Smith", dob=date(1962, 11, 5)
        )


@pytest.fixture
def visit(alice, smith):
    """Books: ``visit("2030-03-05", "09:15", minutes=30, provider=bob)`` in the clinic's time."""

    def make(day, at, *, minutes=30, provider=None, patient=None, title="Check-up"):
        zone = alice.clinic.tzinfo
        start = datetime.combine(date.fromisoformat(day), time.fromisoformat(at), tzinfo=zone)
        with alice.at_work():
            return book(
                by=alice.actor,
                patient_id=(patient or smith).pk,
                type="consultation",
                title=title,
                starts_at=start,
                ends_at=start + timedelta(minutes=minutes),
                provider_id=provider.user.pk if provider else None,
            )

    return make
