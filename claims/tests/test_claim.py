"""A claim's page: moves that are allowed, notes, reasons of denial, the letter, and paper."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from claims.actions import create_claim, move_claim
from claims.models import MOVES, Claim, ClaimEvent, ClaimStatus
from clinic.models import AuditEntry
from clinic.refusals import Invalid
from clinic.tests.counting import MOST_QUERIES, page_and_queries
from documents.models import Document, DocumentStatus

pytestmark = pytest.mark.django_db
WAY_TO = {
    "pending": (),
    "submitted": ("submitted",),
    "received": ("submitted", "received"),
    "under_review": ("submitted", "under_review"),
    "approved": ("submitted", "received", "approved"),
    "denied": ("submitted", "denied"),
    "settlement_in_progress": ("submitted", "received", "approved", "settlement_in_progress"),
    "settlement_done": (
        "submitted", "received", "approved", "settlement_in_progress", "settlement_done",
    ),
}  # fmt: skip


def letter(patient, *, total="100.00", number="253126964172", status="approved", code="CO-16"):
    def field(id_, name, value, box):
        return {"id": id_, "name": name, "value": value, "page": 1, "bbox": box}

    return Document.objects.create(
        name="denial.pdf",
        storage_name=f"file{Document.objects.count()}",
        mime="application/pdf",
        size=1,
        sha256="0" * 64,
        pages=1,
        kind="payer_letter",
        patient=patient,
        status=status,
        extracted={
            "fields": [
                field("f1", "claim.denial_code", code, [0.6, 0.38, 0.65, 0.4]),
                field("f2", "doc.due_date", "2026-07-05", [0.5, 0.43, 0.6, 0.44]),
                field("f3", "claim.number", number, [0.3, 0.3, 0.4, 0.32]),
                field("f4", "claim.total", total, [0.3, 0.34, 0.4, 0.36]),
                field("f5", "patient.name", "James Smith", [0.3, 0.2, 0.4, 0.22]),
            ]
        },
    )


@pytest.mark.parametrize("status", ClaimStatus.values)
def test_only_allowed_moves_are_offered(alice, bill, status):
    claim = bill("10.00", *WAY_TO[status])
    page = alice.client.get(f"/claims/{claim.pk}")
    assert {move["status"] for move in page.context["moves"]} == set(MOVES[status])


@pytest.mark.parametrize("person", ["alice", "bob"])
def test_members_of_every_role_move_a_claim(request, bill, person):
    who, claim = request.getfixturevalue(person), bill()
    answer = who.client.post(
        f"/claims/{claim.pk}", {"action": "move", "status": "submitted", "note": "By fax"}
    )
    assert answer["Location"] == f"/claims/{claim.pk}"
    with who.at_work():
        claim.refresh_from_db()
        last = ClaimEvent.objects.filter(claim=claim).order_by("-position")[0]
    assert (claim.status, last.description, last.payload["by"]) == (
        "submitted",
        "By fax",
        who.actor.label,
    )


def test_a_move_that_is_not_allowed_is_409_and_says_what_is(bob, bill):
    claim = bill()
    before = claim.last_event_at
    answer = bob.client.post(
        f"/claims/{claim.pk}", {"action": "move", "status": "approved", "note": "kept words"}
    )
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "A claim that is pending cannot become approved." in text
    assert "From here it can be: submit." in text
    assert "kept words" in text
    with bob.at_work():
        claim.refresh_from_db()
        assert (claim.status, claim.last_event_at) == ("pending", before)
        assert ClaimEvent.objects.filter(claim=claim).count() == 1


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"action": "move", "status": "nonsense"}, "Choose a status."),
        ({"action": "move"}, "Choose what happened."),
        ({"action": "note", "note": "  "}, "Write a note first."),
        ({"action": "other"}, "Choose what to do."),
        ({"action": "move", "status": "denied", "reply_by": "soon"}, "Enter the date as"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(bob, bill, posted, sentence):
    claim = bill("10.00", "submitted")
    answer = bob.client.post(f"/claims/{claim.pk}", posted)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with bob.at_work():
        assert ClaimEvent.objects.filter(claim=claim).count() == 2


def test_a_note_is_added_to_the_timeline(bob, bill):
    claim = bill()
    bob.client.post(f"/claims/{claim.pk}", {"action": "note", "note": "Called Aetna"})
    page = bob.client.get(f"/claims/{claim.pk}")
    assert [event["description"] for event in page.context["events"]] == [
        "Claim created.",
        "Called Aetna",
    ]
    assert [event["own_words"] for event in page.context["events"]] == ["", "Called Aetna"]


def test_a_denial_keeps_its_code_and_deadline(bob, bill):
    claim = bill("10.00", "submitted")
    today = timezone.localdate(timezone=bob.clinic.tzinfo)
    reply_by = today + timedelta(days=9)
    bob.client.post(
        f"/claims/{claim.pk}",
        {"action": "move", "status": "denied", "denial_code": "co 16", "reply_by": str(reply_by)},
    )
    page = bob.client.get(f"/claims/{claim.pk}").context
    assert (page["denial"].code, page["denial"].reply_by) == ("CO-16", reply_by)
    assert (page["days_left"], page["denial_recorded"], page["letter"]) == (9, True, None)
    listed = bob.client.get("/claims/denials").context
    assert [(row["denial_code"], row["days_left"]) for row in listed["claims"]] == [("CO-16", 9)]


def test_the_letter_behind_a_denial_is_found_by_its_amount(alice, smith, bill):
    claim = bill("100.00", "submitted", "denied")
    with alice.at_work():
        other = letter(smith, total="99.00")
        mine = letter(smith)
    page = alice.client.get(f"/claims/{claim.pk}")
    shown = page.context["letter"]
    assert (shown.document_id, shown.reason) == (mine.pk, "Same amount")
    assert [one.document_id for one in page.context["other_letters"]] == [other.pk]
    assert (page.context["denial"].code, page.context["denial_recorded"]) == ("CO-16", False)
    assert page.context["denial"].reply_by == date(2026, 7, 5)
    assert "complete it and submit again" in page.content.decode()
    assert f"/documents/{mine.pk}/pages/1.png" in page.content.decode()
    box = next(box for box in shown.boxes_here if box.name == "claim.denial_code")
    assert box.place == pytest.approx((596, 377, 58, 26))
    assert "patient.name" not in [one.name for one in shown.boxes]


def test_a_letter_that_names_the_claim_comes_before_one_of_the_same_amount(alice, smith, bill):
    claim = bill("100.00", "submitted", "denied")
    with alice.at_work():
        named = letter(smith, total="1.00", number=claim.display_id)
        letter(smith)
    assert alice.client.get(f"/claims/{claim.pk}").context["letter"].document_id == named.pk


def test_a_letter_nobody_checked_is_said_to_be_unchecked(alice, smith, bill):
    claim = bill("100.00", "submitted", "denied")
    with alice.at_work():
        letter(smith, status=DocumentStatus.NOT_INGESTED)
    assert (
        "Not checked by a person yet." in alice.client.get(f"/claims/{claim.pk}").content.decode()
    )


def test_the_reason_of_a_letter_is_recorded_with_the_letter(alice, smith, bill):
    claim = bill("100.00", "submitted", "denied")
    with alice.at_work():
        paper = letter(smith)
    posted = {
        "action": "reason",
        "denial_code": "CO-16",
        "reply_by": "2026-07-05",
        "document_id": str(paper.pk),
    }
    assert alice.client.post(f"/claims/{claim.pk}", posted).status_code == 302
    with alice.at_work():
        event = ClaimEvent.objects.get(claim=claim, event_type="denial_reason")
    assert event.payload == {
        "by": alice.actor.label,
        "denial_code": "CO-16",
        "reply_by": "2026-07-05",
        "document_id": str(paper.pk),
    }
    assert event.status == ""
    page = alice.client.get(f"/claims/{claim.pk}").context
    assert (page["denial_recorded"], page["letter"].document_id) == (True, paper.pk)


def test_a_letter_of_another_patient_is_refused(alice, smith, bill):
    from patients.models import Patient

    claim = bill("100.00", "submitted", "denied")
    with alice.at_work():
        garcia = Patient.objects.create(mrn="100004", first_name="Maria", last_name="Garcia")
        paper = letter(garcia)
    posted = {"action": "reason", "denial_code": "CO-16", "document_id": str(paper.pk)}
    answer = alice.client.post(f"/claims/{claim.pk}", posted)
    assert answer.status_code == 422
    with alice.at_work():
        assert not ClaimEvent.objects.filter(event_type="denial_reason").exists()


def test_a_reason_for_a_claim_that_is_not_denied_is_409(alice, bill):
    claim = bill("100.00", "submitted")
    answer = alice.client.post(f"/claims/{claim.pk}", {"action": "reason", "denial_code": "CO-16"})
    assert answer.status_code == 409
    with alice.at_work():
        assert ClaimEvent.objects.filter(claim=claim).count() == 2


def test_denials_are_grouped_by_reason_and_payer_with_the_money_first(alice, bill):
    today = timezone.localdate(timezone=alice.clinic.tzinfo)

    def denied(amount, code, payer, days=None):
        payload = {"denial_code": code} if code else {}
        if days is not None:
            payload["reply_by"] = (today + timedelta(days=days)).isoformat()
        return bill(amount, "submitted", "denied", payer=payer, payload=payload)

    denied("10.00", "CO-16", "Aetna", 5)
    denied("15.00", "CO-16", "Aetna")
    denied("20.00", "CO-16", "Cigna", -1)
    last = denied("90.00", "", "Aetna")
    again = denied("500.00", "CO-50", "Aetna", 1)
    with alice.at_work():
        move_claim(claim_id=again.pk, status="submitted", by=alice.actor)
    page = alice.client.get("/claims/denials").context
    groups = [
        (one["denial_code"], one["payer"], one["count"], one["cents"], one["days_left"])
        for one in page["groups"]
    ]
    assert groups == [
        ("", "Aetna", 1, 9000, None),
        ("CO-16", "Aetna", 2, 2500, 5),
        ("CO-16", "Cigna", 1, 2000, -1),
    ]
    assert [row["days_left"] for row in page["claims"]] == [-1, 5, None, None]
    assert (page["sum"].count, page["sum"].cents) == (4, 13500)
    group = alice.client.get(page["groups"][1]["url"]).context
    assert [row["amount_cents"] for row in group["claims"]] == [1000, 1500]
    uncoded = alice.client.get(page["groups"][0]["url"]).context
    assert [row["number"] for row in uncoded["claims"]] == [last.display_id]


def test_a_new_claim_is_made_from_a_plain_form(bob, smith):
    posted = {
        "patient_id": str(smith.pk),
        "insurance_provider": "Aetna",
        "amount": "250.50",
        "service_date": "2026-11-02",
        "diagnosis_code": "XYZ",
    }
    answer = bob.client.post("/claims/new", posted, follow=True)
    with bob.at_work():
        claim = Claim.objects.get()
    assert (claim.amount_cents, claim.service_date, claim.patient_id) == (
        25050,
        date(2026, 11, 2),
        smith.pk,
    )
    assert "XYZ does not have the form of an ICD-10-CM code" in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"patient_id": ""}, "Choose the patient whose visit this is for."),
        ({"amount": "0"}, "The amount has to be more than zero."),
        ({"amount": "1.005"}, "Give an amount of whole cents"),
        ({"amount": "ten"}, "Enter the amount as digits"),
        ({"insurance_provider": ""}, "Name the insurer who is to pay."),
        ({"service_date": "02.11.2026"}, "Enter the date as year-month-day"),
    ],
)
def test_a_refused_claim_keeps_its_values(bob, smith, changed, sentence):
    posted = {
        "patient_id": str(smith.pk),
        "insurance_provider": "Aetna",
        "amount": "250.50",
        "service_date": "2026-11-02",
        "description": "kept words",
    }
    answer = bob.client.post("/claims/new", posted | changed)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert "kept words" in text
    with bob.at_work():
        assert not Claim.objects.exists()


def test_without_javascript_the_patient_is_found_by_a_button(bob, smith):
    answer = bob.client.post("/claims/new", {"find": "1", "patient_q": "Smith", "amount": "12.00"})
    text = answer.content.decode()
    assert f'value="{smith.pk}"' in text
    assert 'value="12.00"' in text
    with bob.at_work():
        assert not Claim.objects.exists()


def test_looking_at_a_claim_leaves_one_line_and_fragments_none(alice, smith, bill):
    claim = bill()
    for path in ("", "?fragment=body", "/print"):
        assert alice.client.get(f"/claims/{claim.pk}{path}").status_code == 200
    with alice.at_work():
        lines = AuditEntry.objects.filter(action="claim.view")
        assert [(line.object_id, line.patient_id) for line in lines] == [(claim.pk, smith.pk)] * 2


def test_a_claim_on_paper_has_patient_amount_and_timeline(alice, bill):
    claim = bill("100.00", "submitted")
    text = alice.client.get(f"/claims/{claim.pk}/print").content.decode()
    for part in ("James Smith", "5 Nov 1962", "$100.00", claim.display_id, ">Submitted</span>"):
        assert part in text
    assert 'name="note"' not in text


def test_a_claims_page_costs_the_same_for_any_number_of_events_and_letters(alice, smith, bill):
    claim = bill("100.00", "submitted", "denied")
    with alice.at_work():
        letter(smith)
    browser, path = alice.client, f"/claims/{claim.pk}"
    browser.get(path)
    _, few = page_and_queries(browser, path)
    with alice.at_work():
        for number in range(200):
            ClaimEvent.objects.create(
                claim=claim,
                position=100 + number,
                event_type="note",
                description="x",
                at=timezone.now(),
            )
        for _ in range(30):
            letter(smith)
    page, many = page_and_queries(browser, path)
    assert many == few <= MOST_QUERIES
    assert len(page.context["events"]) == 203


@pytest.mark.parametrize("path", ["", "/print"])
def test_a_claim_of_nobody_or_of_another_clinic_is_not_there(alice, charlie, bill, path):
    claim = bill()
    nobody = "00000000-0000-7000-8000-000000000000"
    assert alice.client.get(f"/claims/{nobody}{path}").status_code == 404
    assert charlie.client.get(f"/claims/{claim.pk}{path}").status_code == 404
    assert alice.client.get(f"/claims/{claim.pk}{path}").status_code == 200


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 2, 4, 59, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 2, 5, 0, tzinfo=UTC), date(2026, 3, 2)),
    ],
)
def test_a_claim_is_submitted_on_the_clinics_day(alice, bill, monkeypatch, now, day):
    claim = bill()
    with alice.at_work():
        monkeypatch.setattr(timezone, "now", lambda: now)
        moved = move_claim(claim_id=claim.pk, status="submitted", by=alice.actor)
        assert (moved.submitted_date, Claim.objects.get().submitted_date) == (day, day)


@pytest.mark.parametrize("amount", ["10.005", "0.001", "0", "-1.00", "NaN", "Infinity"])
def test_an_amount_is_whole_cents_and_more_than_nothing(alice, smith, amount):
    with alice.at_work():
        with pytest.raises(Invalid) as refused:
            create_claim(
                by=alice.actor, patient_id=smith.pk, insurance_provider="Aetna",
                amount=Decimal(amount), service_date=date(2026, 3, 1),
            )  # fmt: skip
        assert list(refused.value.errors) == ["amount"]
        assert not Claim.objects.exists()


def test_days_that_are_left_are_the_clinics_days(alice, bill, monkeypatch):
    """Half past four in the morning of Greenwich is the evening before in New York."""
    late = (timezone.now() + timedelta(days=1)).replace(hour=4, minute=30)
    today = late.astimezone(alice.clinic.tzinfo).date()
    reply_by = (today + timedelta(days=5)).isoformat()
    payload = {"denial_code": "CO-16", "reply_by": reply_by}
    claim = bill("100.00", "submitted", "denied", payload=payload)
    with alice.at_work():
        Claim.objects.update(submitted_date=today - timedelta(days=3))
    monkeypatch.setattr(timezone, "now", lambda: late)
    browser = alice.client
    page = browser.get(f"/claims/{claim.pk}").context
    assert (page["days_left"], page["claim"]["age"]) == (5, 3)
    (row,) = browser.get("/claims/denials").context["claims"]
    assert (row["days_left"], row["age"]) == (5, 3)
