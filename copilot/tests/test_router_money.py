"""Claims, appeals and denials by the rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from claims.actions import create_claim, move_claim
from copilot.tests.charted import paper, snapshot
from copilot.tests.talking import Chat
from documents.models import Document

pytestmark = pytest.mark.django_db(transaction=True)


def denied_claim(alice, maria):
    claim = create_claim(by=alice.actor, patient_id=maria.pk, insurance_provider="Aetna",
                         amount=Decimal("1800.00"), service_date=date(2025, 3, 4))  # fmt: skip
    move_claim(claim_id=claim.pk, status="submitted", by=alice.actor)
    move_claim(claim_id=claim.pk, status="denied", by=alice.actor)
    return claim


def test_an_appeal_is_drafted_with_the_places_of_its_evidence_and_sends_nothing(alice, maria):
    fields = [
        {"id": "f3", "name": "claim.denial_code", "value": "CO-16", "page": 1,
         "bbox": [0.1, 0.1, 0.2, 0.2], "confidence": 0.99},
        {"id": "f4", "name": "claim.total", "value": "1800.00", "page": 2,
         "bbox": [0.1, 0.1, 0.2, 0.2], "confidence": 0.99},
    ]  # fmt: skip
    with alice.at_work():
        claim = denied_claim(alice, maria)
        letter = paper(maria, extracted={"fields": fields})
        Document.objects.filter(pk=letter.pk).update(kind="payer_letter")
        before = snapshot()
    chat = Chat(alice)
    said = chat.ask(f"draft an appeal letter for {claim.display_id}")
    assert chat.ran == ["draft_letter"]
    assert "Nothing was sent" in said
    assert "\n> Dear reviewer,\n>" in said
    assert "CO\\-16" in said or "CO-16" in said
    assert f"(/documents/{letter.pk}?field=f3&page=1)" in said
    assert f"(/documents/{letter.pk}?field=f4&page=2)" in said
    assert "Not on file: the deadline; " in said
    with alice.at_work():
        assert snapshot() == before


def test_a_claim_that_is_not_denied_is_not_appealed(alice, maria):
    with alice.at_work():
        claim = create_claim(by=alice.actor, patient_id=maria.pk, insurance_provider="Aetna",
                             amount=Decimal("1800.00"), service_date=date(2025, 3, 4))  # fmt: skip
    said = Chat(alice).ask(f"appeal {claim.display_id}")
    assert said == "This claim is not denied, so there is nothing to appeal."


def test_open_money_and_denials_are_the_clinics_own(alice, charlie, maria):
    with alice.at_work():
        denied_claim(alice, maria)
    assert (
        Chat(alice).ask("aging of our claims").startswith("1 claim not settled, $1,800.00 in all.")
    )
    assert "Aetna: The reason is not recorded, 1 claim, $1,800.00" in Chat(alice).ask(
        "why denials?"
    )
    assert Chat(charlie).ask("aging of our claims") == "No claim is open."
    assert Chat(charlie).ask("why denials?") == "No claim is denied."
