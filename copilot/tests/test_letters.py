"""Letters to payers and denials, drafted from the claim's facts with their places."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from claims.actions import create_claim, move_claim
from claims.models import Claim
from copilot.answer_html import answer_html
from copilot.tests.talking import Chat
from copilot.toolbox import Page, Work, perform, tool_named
from documents.models import Document
from patients.models import Condition, Coverage, LabResult, Patient

pytestmark = pytest.mark.django_db(transaction=True)
BOX = [0.1, 0.1, 0.2, 0.2]
SERVICE = date(2025, 3, 4)


def paper(patient, kind, name, fields=()):
    return Document.objects.create(
        patient=patient, kind=kind, status="approved", name=name, storage_name=str(uuid4()),
        mime="application/pdf", size=1, sha256="0" * 64, extracted={"fields": list(fields)},
    )  # fmt: skip


def read(id_, name, value, page=1):
    return {"id": id_, "name": name, "value": value, "page": page, "bbox": BOX, "confidence": 0.99}


def from_paper(document, field, page=1):
    return {"source_document_id": document.pk, "source_field": field, "page": page, "box": BOX}


@pytest.fixture
def maria(alice) -> Patient:
    with alice.at_work():
        return Patient.objects.create(
            mrn="1001", first_name="Maria", last_name="Garcia", dob=date(1945, 7, 14)
        )


def denied(alice, maria, **more) -> Claim:
    claim = create_claim(by=alice.actor, patient_id=maria.pk, insurance_provider="Aetna",
                         amount=Decimal("1800.00"), service_date=SERVICE, **more)  # fmt: skip
    move_claim(claim_id=claim.pk, status="submitted", by=alice.actor)
    move_claim(claim_id=claim.pk, status="denied", by=alice.actor)
    return claim


def letter_of(maria, until: date) -> Document:
    fields = [
        read("f3", "claim.denial_code", "CO-50"),
        read("f4", "claim.total", "1800.00", page=2),
        read("f5", "doc.due_date", until.isoformat()),
        read("f6", "claim.number", "253126964172"),
    ]
    return paper(maria, "payer_letter", "denial.pdf", fields)


def draft(person, claim):
    with person.at_work():
        return perform(tool_named("draft_letter"), Work(person.login, Page()),
                       {"claim": claim.display_id})  # fmt: skip


def test_each_fact_of_a_letter_has_its_place_and_the_chart_supports_the_service(alice, maria):
    until = timezone.localdate(timezone=alice.clinic.tzinfo) + timedelta(days=9)
    with alice.at_work():
        claim = denied(alice, maria, diagnosis_code="E11.9", procedure_code="99213")
        letter = letter_of(maria, until)
        chart = paper(maria, "medical_history", "history.pdf")
        card = paper(maria, "insurance_card", "card.pdf")
        Condition.objects.create(
            patient=maria,
            name="Type 2 diabetes",
            code="E11.65",
            effective_date=date(2020, 1, 12),
            **from_paper(chart, "f1", 3),
        )
        Condition.objects.create(
            patient=maria, name="Gout", code="M10.9", **from_paper(chart, "f2")
        )
        Coverage.objects.create(
            patient=maria, payer="Aetna", member_id="W123", **from_paper(card, "f8")
        )
        for value, day in (
            (9.1, date(2025, 2, 1)),
            (9.9, date(2025, 4, 1)),
            (8.8, date(2023, 2, 1)),
        ):
            LabResult.objects.create(patient=maria, name="Hemoglobin A1c", value=str(value),
                                     value_num=value, unit="%", flag="H", effective_date=day,
                                     **from_paper(chart, "f9", 4))  # fmt: skip
    made = draft(alice, claim)
    text, places = made["text"], [
        (one["text"], one["citations"][0]["href"]) for one in made["evidence"]
    ]  # fmt: skip
    assert places == [
        ("Payer's claim number: 253126964172", f"/documents/{letter.pk}?field=f6&page=1"),
        ("Insurance: Aetna, member W123", f"/documents/{card.pk}?field=f8&page=1"),
        ("Reason code: CO-50", f"/documents/{letter.pk}?field=f3&page=1"),
        ("Type 2 diabetes (12 Jan 2020)", f"/documents/{chart.pk}?field=f1&page=3"),
        ("Hemoglobin A1c 9.1 % (high) (1 Feb 2025)", f"/documents/{chart.pk}?field=f9&page=4"),
        ("Amount: 1800.00", f"/documents/{letter.pk}?field=f4&page=2"),
        (f"Answer until: {until.day} {until:%b %Y}", f"/documents/{letter.pk}?field=f5&page=1"),
    ]
    assert "Maria Garcia, born 14 Jul 1945, member W123 [2]" in text
    assert "Service: 4 Mar 2025, procedure 99213, diagnosis E11.9, $1,800.00" in text
    assert "Type 2 diabetes (12 Jan 2020) [4]; Hemoglobin A1c 9.1 % (high) (1 Feb 2025) [5]" in text
    assert "Gout" not in text and "9.9" not in text and "8.8" not in text
    assert made["missing"] == []
    assert "9 days from now" in made["advice"]


def test_what_is_not_on_file_is_named_and_not_claimed_in_the_letter(alice, maria):
    with alice.at_work():
        claim = denied(alice, maria)
    made = draft(alice, claim)
    assert made["evidence"] == []
    assert made["missing"] == [
        "the payer's reason",
        "the payer's letter",
        "the deadline",
        "the member number from a card of this payer",
        "a diagnosis or result in the chart that supports the service",
    ]
    assert "enclosed" not in made["text"]
    assert "[" not in made["text"]


@pytest.mark.parametrize(("days", "said"), [(-1, "ended on"), (0, "0 days"), (1, "1 day from")])
def test_a_deadline_that_is_over_is_said_and_not_promised(alice, maria, days, said):
    until = timezone.localdate(timezone=alice.clinic.tzinfo) + timedelta(days=days)
    with alice.at_work():
        claim = denied(alice, maria)
        letter_of(maria, until)
    made = draft(alice, claim)
    assert said in made["advice"]
    assert "time limit" not in made["text"]


def test_why_a_claim_was_denied_is_answered_for_the_claim_that_is_open(alice, maria):
    with alice.at_work():
        claim = denied(alice, maria)
        letter = letter_of(maria, date(2025, 7, 5))
    said = Chat(alice, Page(claim_id=claim.pk)).ask("why was it denied?")
    assert "CO\\-50" in said.replace("CO-50", "CO\\-50")
    assert "The payer sees no medical need" in said
    assert "The time limit ended on 5 Jul 2025." in said
    assert f"(/documents/{letter.pk}?field=f3&page=1)" in said


def test_a_letter_is_a_quotation_and_what_it_holds_stays_text(alice, maria):
    with alice.at_work():
        Patient.objects.filter(pk=maria.pk).update(last_name="<b>[x](/logout)</b>\n> # Garcia")
        claim = denied(alice, maria)
    html = answer_html(Chat(alice).ask(f"appeal {claim.display_id}"))
    assert html.count("<blockquote>") == 1
    assert 'href="/logout"' not in html and "<b>" not in html
    assert "&lt;b&gt;[x](/logout)&lt;/b&gt;" in html
