"""The made-up clinics look like ones where people worked for months, and hold like real ones."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from appointments.models import Appointment
from backline.invariants import violations
from backline.seeding import CLINIC_ID, SAMPLES
from backline.seeding_clock import as_of, spread, working_hour
from claims.models import Claim, ClaimEvent
from clinic.current import enter_clinic
from clinic.queries import latest_events
from consents.models import ConsentForm
from documents.models import Document
from patients.models import Patient
from voice.models import VoiceCall


@pytest.fixture
def seeded(db: None, settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    call_command("seed", "--demo", "--allow-demo-password", verbosity=0)
    with enter_clinic(CLINIC_ID):
        yield


def test_what_happened_is_spread_over_earlier_days(seeded: None) -> None:
    now = timezone.now()
    for claim in Claim.objects.all():
        steps = list(ClaimEvent.objects.filter(claim=claim).order_by("position"))
        days = [step.at.date() for step in steps]
        assert days == sorted(set(days)), claim.number
        assert claim.created_at == steps[0].at < now - timedelta(hours=1)
        assert claim.last_event_at == steps[-1].at <= now
        assert claim.submitted_date is None or claim.service_date < claim.submitted_date
    newest = Claim.objects.latest("last_event_at")
    assert newest.last_event_at.date() >= now.date() - timedelta(days=1)
    zone = Claim.objects.all()[0].clinic.tzinfo
    for step in ClaimEvent.objects.filter(at__lt=now - timedelta(days=1)):
        assert 8 <= timezone.localtime(step.at, timezone=zone).hour < 16
    for model in (Patient, Appointment, VoiceCall):
        assert not model.objects.filter(created_at__gt=now - timedelta(hours=6)).exists(), model


def test_each_of_three_days_has_its_visits_and_what_is_over_is_completed(seeded: None) -> None:
    now = timezone.now()
    visits = Appointment.objects.filter(provider__isnull=False).select_related("clinic")
    today = timezone.localdate(timezone=visits[0].clinic.tzinfo)
    zone = visits[0].clinic.tzinfo
    counted = Counter(timezone.localdate(one.starts_at, timezone=zone) for one in visits)
    assert counted == {today: 4, today + timedelta(days=1): 4, today + timedelta(days=2): 4}
    for visit in visits:
        over = "completed" if visit.ends_at < now else "checked_in"
        assert visit.status == (over if visit.starts_at < now else "scheduled")


def test_papers_came_one_after_the_other(seeded: None) -> None:
    signed = ConsentForm.objects.filter(status="signed").values("document")
    papers = Document.objects.exclude(pk__in=signed)
    came = list(papers.order_by("pk").values_list("created_at", flat=True))
    assert came == sorted(came)
    gaps = [after - before for before, after in itertools.pairwise(came)]
    assert min(gaps) > timedelta(minutes=12)
    assert len(came) == len(json.loads((SAMPLES / "manifest.json").read_text()))


def test_the_seeded_clinic_holds_and_seeding_again_adds_nothing(seeded: None) -> None:
    assert not any(violations().values())
    before = latest_events(1)[0]["seq"]
    call_command("seed", "--demo", "--allow-demo-password", verbosity=0)
    assert latest_events(1)[0]["seq"] == before


def test_the_clock_stands_inside_and_goes_on_behind() -> None:
    then = datetime(2026, 3, 2, 9, 30, tzinfo=timezone.get_current_timezone())
    with as_of(then):
        assert timezone.now() == then
    assert abs(timezone.now() - datetime.now(tz=timezone.get_current_timezone())) < timedelta(
        seconds=5
    )


def test_nothing_is_dated_to_the_future() -> None:
    now = timezone.now()
    with as_of(now + timedelta(days=1)):
        assert now - timedelta(minutes=2) < timezone.now() < now


def test_days_are_spread_evenly_and_hours_stay_within_the_opening() -> None:
    assert spread(date(2026, 3, 1), date(2026, 3, 9), 3) == [
        date(2026, 3, 1),
        date(2026, 3, 5),
        date(2026, 3, 9),
    ]
    assert spread(date(2026, 3, 1), date(2026, 3, 9), 1) == [date(2026, 3, 1)]
    assert spread(date(2026, 3, 1), date(2026, 3, 9), 0) == []
    hours = [working_hour(date(2026, 3, 1), number).time() for number in range(10)]
    assert (min(hours).isoformat(), max(hours).isoformat()) == ("08:10:00", "15:13:00")
    assert len(set(hours)) == 10
