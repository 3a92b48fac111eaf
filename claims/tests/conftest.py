"""Claims to look at."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from claims.actions import create_claim, move_claim
from claims.models import Claim
from patients.models import Patient


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100003", first_name="James", last_name="Smith", dob=date(1962, 11, 5)
        )


@pytest.fixture
def bill(alice, smith):
    """Makes a claim: ``bill("12.50", "submitted", days=31)`` was submitted 31 days ago."""

    def make(amount="100.00", *way, payer="Aetna", days=0, patient=None, payload=None, by=alice):
        with by.at_work():
            today = timezone.localdate(timezone=by.clinic.tzinfo)
            claim = create_claim(
                by=by.actor,
                patient_id=(patient or smith).pk,
                insurance_provider=payer,
                amount=Decimal(amount),
                service_date=today - timedelta(days=days),
            )
            for status in way:
                denial = payload if status == "denied" else None
                move_claim(claim_id=claim.pk, status=status, by=by.actor, payload=denial)
            if way:
                day = today - timedelta(days=days)
                Claim.objects.filter(pk=claim.pk).update(submitted_date=day)
            claim.refresh_from_db()
        return claim

    return make
