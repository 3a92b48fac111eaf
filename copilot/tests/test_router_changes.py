"""Changes that the rules are asked for: shown first, done with a yes, once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from appointments.actions import book
from appointments.models import Appointment
from claims.actions import create_claim
from claims.models import Claim
from copilot.tests.talking import Chat
from copilot.toolbox import Page
from tasks.actions import create_task
from tasks.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_change_waits_for_a_yes_and_shows_what_will_happen(alice, maria):
    chat = Chat(alice)
    assert chat.ask("make an urgent task to call Maria Garcia about her labs") == ""
    [preview] = chat.previews
    assert preview.lines[:4] == [
        ("Task", "call Maria Garcia about her labs"),
        ("Patient", "Maria Garcia"),
        ("For", "nobody yet"),
        ("Priority", "Urgent"),
    ]
    assert "create_task" not in chat.ran
    with alice.at_work():
        assert not Task.objects.exists()


def test_a_no_changes_nothing_and_a_yes_does(alice, maria):
    with alice.at_work():
        task = create_task(by=alice.actor, title="Fax", patient_id=maria.pk)
    no = Chat(alice, approves=False)
    assert no.ask(f"mark {task.display_id} done") == "You said no."
    with alice.at_work():
        assert Task.objects.get(pk=task.pk).state == "open"
    yes = Chat(alice, approves=True)
    yes.ask(f"explain task {task.display_id}")
    assert "done" in yes.ask("mark it done")
    with alice.at_work():
        assert Task.objects.get(pk=task.pk).state == "done"


def test_a_visit_is_booked_moved_and_cancelled(alice, maria):
    chat = Chat(alice, approves=True)
    said = chat.ask("book Maria Garcia in two weeks at 3pm with Alice Adams")
    with alice.at_work():
        visit = Appointment.objects.get()
    zone = alice.clinic.tzinfo
    day = (timezone.now().astimezone(zone) + timedelta(days=14)).date()
    assert visit.starts_at == datetime(day.year, day.month, day.day, 15, tzinfo=zone)
    assert visit.provider_id == alice.user.pk
    assert "The visit is booked" in said
    chat.ask("reschedule Maria Garcia to in three weeks at 10:30")
    with alice.at_work():
        moved = Appointment.objects.get()
    assert moved.starts_at == visit.starts_at + timedelta(days=7) - timedelta(hours=4, minutes=30)
    chat.ask("cancel Maria Garcia's appointment")
    with alice.at_work():
        assert Appointment.objects.get().status == "cancelled"


def test_a_taken_slot_is_said_before_anybody_is_asked(alice, maria):
    with alice.at_work():
        starts = timezone.now().astimezone(alice.clinic.tzinfo).replace(
            hour=15, minute=0, second=0, microsecond=0
        ) + timedelta(days=14)  # fmt: skip
        book(by=alice.actor, patient_id=maria.pk, type="visit", title="Visit", starts_at=starts,
             ends_at=starts + timedelta(minutes=30), provider_id=alice.user.pk)  # fmt: skip
    chat = Chat(alice, approves=True)
    said = chat.ask("book Maria Garcia in two weeks at 3:15 pm with Alice Adams")
    assert said == "The provider has another appointment at that time."
    assert chat.previews == []


def test_a_claim_is_submitted_only_with_a_yes(alice, maria):
    with alice.at_work():
        claim = create_claim(by=alice.actor, patient_id=maria.pk, insurance_provider="Aetna",
                             amount=Decimal("1800.00"), service_date=date(2025, 3, 4))  # fmt: skip
    chat = Chat(alice)
    chat.ask(f"submit claim {claim.display_id}")
    assert ("Amount", "$1,800.00") in chat.previews[0].lines
    assert ("Status", "Pending → Submitted") in chat.previews[0].lines
    with alice.at_work():
        assert Claim.objects.get().status == "pending"


def test_illegal_moves_are_said_without_asking(alice, maria):
    with alice.at_work():
        claim = create_claim(by=alice.actor, patient_id=maria.pk, insurance_provider="Aetna",
                             amount=Decimal("1800.00"), service_date=date(2025, 3, 4))  # fmt: skip
    chat = Chat(alice, approves=True)
    said = chat.ask(f"mark claim {claim.display_id} as settled")
    assert said == "A claim that is pending cannot become settled."
    assert chat.previews == []


def test_missing_parts_are_asked_for_and_taken(alice, maria):
    chat = Chat(alice)
    assert chat.ask("book Maria Garcia").startswith("When?")
    assert chat.ask("tomorrow") == "At what time?"
    assert chat.ask("at 3 pm") == ""
    assert chat.previews[0].lines[0] == ("Patient", "Maria Garcia, MRN 1001")


def test_with_names_a_colleague_when_the_patient_is_known(alice, bob, maria):
    chat = Chat(alice, Page(patient_id=maria.pk))
    chat.ask("book her in two weeks at 3pm with Bob Brown")
    assert ("With", "Bob Brown") in chat.previews[0].lines
    assert ("Patient", "Maria Garcia, MRN 1001") in chat.previews[0].lines
    chat = Chat(alice)
    chat.ask("book a visit with Maria Garcia in two weeks at 3pm")
    assert ("With", "nobody in particular") in chat.previews[0].lines
    assert ("Patient", "Maria Garcia, MRN 1001") in chat.previews[0].lines
