"""What people find is measured, and automatic filing follows the measure."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from clinic.ids import uuid7
from clinic.models import AuditEntry, Event
from clinic.refusals import Invalid
from clinic.tests.counting import MOST_QUERIES, page_and_queries
from documents.corrections import Answer
from documents.measure import Share, next_mode, picked_for_audit, sure_fields
from documents.models import AutoFiling, Document, DocumentStatus, Verdict
from documents.review import review
from documents.tests.reports import ROWS, report
from documents.tests.test_agent import patient
from documents.tests.test_duplicates import charted, read
from documents.verdicts import set_filing, unseen, week_by_kind
from tasks.models import PENDING, Task

LATER = {"collected": "11/12/2026", "reported": "11/13/2026", "accession": "RM2609999"}


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(0, 0, 0.0, 1.0), (1, 1, 0.2065, 1.0), (0, 1, 0.0, 0.7935), (95, 100, 0.8882, 0.9785)],
)
def test_the_interval_is_wilsons(right, total, low, high):
    share = Share(right, total)
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


def test_filing_is_switched_on_when_the_lower_end_meets_the_target():
    assert Share(188, 188).low < 0.98 <= Share(189, 189).low
    assert next_mode("shadow", Share(188, 188), 0.98) == "shadow"
    assert next_mode("shadow", Share(189, 189), 0.98) == "on"
    assert next_mode("shadow", Share(0, 0), 0.0) == "shadow"


def test_filing_is_switched_off_when_even_the_upper_end_misses_the_target():
    assert Share(95, 100).high < 0.98 <= Share(96, 100).high
    assert next_mode("on", Share(96, 100), 0.98) == "on"
    assert next_mode("on", Share(95, 100), 0.98) == "shadow"
    assert next_mode("on", Share(0, 0), 0.98) == "on"


def test_between_the_two_nothing_changes():
    between = Share(97, 100)
    assert next_mode("on", between, 0.98) == "on"
    assert next_mode("shadow", between, 0.98) == "shadow"


def test_three_of_a_hundred_are_picked_and_always_the_same():
    ids = [uuid7() for _ in range(20_000)]
    picked = [one for one in ids if picked_for_audit(one, 0.03)]
    assert 0.025 < len(picked) / len(ids) < 0.035
    assert all(picked_for_audit(one, 0.03) for one in picked)
    assert not any(picked_for_audit(one, 0.0) for one in ids[:200])
    assert all(picked_for_audit(one, 1.0) for one in ids[:200])
    assert isinstance(ids[0], UUID)


def field(confidence, state):
    return {"confidence": confidence, "review": {"state": state}}


def test_only_what_was_sure_and_looked_at_counts():
    fields = [
        field(0.9, "confirmed"),
        field(0.95, "corrected"),
        field(0.99, "removed"),
        field(0.89, "corrected"),
        field(0.0, "added"),
        field(0.95, "none"),
    ]
    assert sure_fields({"fields": fields}) == Share(1, 3)
    assert sure_fields({"fields": fields}, 0.96) == Share(0, 1)
    assert sure_fields({}) == Share(0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_filed_document_may_be_picked_for_a_check_and_its_answer_is_recorded(
    at_work, alice, settings
):
    settings.AUDIT_PERCENT = 100
    alex = patient()
    document = read(report(), at_work)
    assert document.status == DocumentStatus.INGESTED
    assert len(charted(alex)) == len(ROWS)
    [task] = Task.objects.filter(state__in=PENDING)
    assert (task.kind, task.document_id) == ("reading_audit", document.pk)
    assert "Random check" in alice.client.get(f"/documents/{document.pk}").content.decode()
    wrong = next(f["id"] for f in document.extracted["fields"] if f["label"] == "Glucose")
    sure = sum(f["confidence"] >= 0.9 for f in document.extracted["fields"])
    fix = Answer("approved", corrections=[{"id": wrong, "value": "96", "unit": "mg/dL"}])
    review(document_id=document.pk, answer=fix, by=at_work)
    verdict = Verdict.objects.get()
    assert (verdict.kind, verdict.source) == ("lab", "audit")
    assert (verdict.sure_right, verdict.sure) == (sure - 1, sure)
    assert not Task.objects.filter(state__in=PENDING).exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_picked_at_none_in_a_hundred(at_work, settings):
    settings.AUDIT_PERCENT = 0
    patient()
    assert read(report(), at_work).status == DocumentStatus.INGESTED
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_in_shadow_mode_a_sure_document_waits_and_is_measured(at_work):
    set_filing(kind="lab", threshold=0.9, shadow=True, by=at_work)
    alex = patient()
    document = read(report(), at_work)
    assert document.status == DocumentStatus.NOT_INGESTED
    assert document.extracted["reasons"] == ["shadow_mode"]
    assert charted(alex) == set()
    review(document_id=document.pk, answer=Answer("approved"), by=at_work)
    verdict = Verdict.objects.get()
    assert (verdict.source, verdict.sure) == ("shadow", verdict.sure_right)
    assert unseen("lab") == Share(verdict.sure, verdict.sure)


@pytest.mark.django_db(transaction=True)
def test_a_threshold_of_the_clinic_and_kind_holds_back_what_is_less_certain(at_work):
    patient()
    sure = read(report(), at_work)
    assert sure.status == DocumentStatus.INGESTED
    set_filing(kind="lab", threshold=0.999, shadow=False, by=at_work)
    held = read(report(**LATER), at_work)
    assert held.status == DocumentStatus.NOT_INGESTED
    assert held.extracted["reasons"] == ["below_threshold"]


def seen(right, total, *, source="audit", kind="lab", days=0):
    document = Document.objects.create(
        name="a.pdf", storage_name=str(uuid4()), mime="application/pdf", size=1, sha256="a"
    )
    verdict = Verdict.objects.create(
        document=document, kind=kind, source=source, sure=total, sure_right=right
    )
    Verdict.objects.filter(pk=verdict.pk).update(at=timezone.now() - timedelta(days=days))


@pytest.mark.django_db(transaction=True)
def test_a_kind_that_misses_the_target_goes_into_shadow_mode_with_a_notice(at_work, settings):
    settings.AUDIT_PERCENT = 100
    patient()
    seen(80, 100)
    document = read(report(), at_work)
    last = Event.objects.order_by("seq").last()
    review(document_id=document.pk, answer=Answer("approved"), by=at_work)
    assert AutoFiling.objects.get().mode == "shadow"
    notice = Task.objects.get(kind="auto_filing")
    assert notice.title == "Automatic filing was switched off: Lab report"
    assert Event.objects.filter(seq__gt=last.seq, doc__task_id=str(notice.pk)).exists()
    entry = AuditEntry.objects.get(action="auto_filing.change")
    assert entry.detail == {"kind": "lab", "mode": "shadow"}
    assert read(report(**LATER), at_work).extracted["reasons"] == ["shadow_mode"]


@pytest.mark.django_db(transaction=True)
def test_a_kind_that_proves_itself_in_shadow_mode_is_switched_on_by_itself(at_work):
    set_filing(kind="lab", threshold=0.9, shadow=True, by=at_work)
    patient()
    seen(200, 200, source="shadow")
    document = read(report(), at_work)
    review(document_id=document.pk, answer=Answer("approved"), by=at_work)
    assert AutoFiling.objects.get().mode == "on"
    assert Task.objects.get(kind="auto_filing").title == "Automatic filing is on again: Lab report"


@pytest.mark.django_db
def test_reviews_of_doubtful_documents_switch_nothing(at_work):
    seen(0, 500, source="review")
    assert unseen("lab") == Share(0, 0)
    seen(10, 10, source="audit", days=91)
    seen(7, 8, source="audit", days=89)
    seen(1, 1, source="audit", kind="imaging")
    assert unseen("lab") == Share(7, 8)


@pytest.mark.django_db
def test_nobody_leaves_shadow_mode_without_proof(at_work):
    set_filing(kind="lab", threshold=0.9, shadow=True, by=at_work)
    with pytest.raises(Invalid):
        set_filing(kind="lab", threshold=0.95, shadow=False, by=at_work)
    filing = AutoFiling.objects.get()
    assert (filing.mode, filing.threshold) == ("shadow", 0.9)


@pytest.mark.django_db
@pytest.mark.parametrize(("threshold", "fine"), [(0.899, 0), (0.9, 1), (0.999, 1), (0.9991, 0)])
def test_a_threshold_lies_where_filing_unseen_is_allowed(at_work, threshold, fine):
    if fine:
        set_filing(kind="lab", threshold=threshold, shadow=False, by=at_work)
        assert AutoFiling.objects.get().threshold == threshold
    else:
        with pytest.raises(Invalid):
            set_filing(kind="lab", threshold=threshold, shadow=False, by=at_work)
        assert not AutoFiling.objects.exists()


@pytest.mark.django_db
def test_a_week_is_seven_days(at_work):
    seen(9, 10, source="review", days=6)
    seen(1, 10, source="review", days=8)
    [lab] = [one for one in week_by_kind(timezone.now()) if one.documents]
    assert (lab.kind, lab.documents, lab.audited, lab.values) == ("lab", 1, 0, Share(9, 10))


@pytest.mark.django_db
def test_what_is_shown_is_what_decides(at_work):
    """A kind in shadow mode proves itself anew: what was checked before does not count."""
    seen(300, 300, days=1)
    seen(5, 6, kind="imaging", days=1)
    seen(1, 9, kind="imaging", days=91)
    set_filing(kind="lab", threshold=0.9, shadow=True, by=at_work)
    seen(40, 40, source="shadow")
    shown = {one.kind: one.unseen for one in week_by_kind(timezone.now())}
    since = AutoFiling.objects.get(kind="lab").changed_at
    assert shown["lab"] == unseen("lab", since=since) == Share(40, 40)
    assert shown["imaging"] == unseen("imaging") == Share(5, 6)
    assert shown["summary"] == Share(0, 0)


@pytest.mark.django_db
def test_the_page_says_what_is_left_to_prove_whatever_was_proven_before(alice):
    with alice.at_work():
        seen(300, 300, days=1)
        set_filing(kind="lab", threshold=0.9, shadow=True, by=alice.actor)
    assert "On again once the lower end reaches" in alice.client.get("/measure").content.decode()


@pytest.mark.django_db
def test_the_page_is_honest_when_nothing_was_checked(alice):
    page = alice.client.get("/measure").content.decode()
    assert "Nothing to measure yet" in page
    assert '<svg class="intervals"' not in page
    assert "100 %" not in page


@pytest.mark.django_db
def test_the_page_shows_the_figures_of_its_own_clinic(alice, charlie):
    with alice.at_work():
        seen(95, 100)
    page = alice.client.get("/measure").content.decode()
    assert "95 of 100 values" in page
    assert "88.8 %" in page and "97.8 %" in page
    assert "Nothing to measure yet" in charlie.client.get("/measure").content.decode()


@pytest.mark.django_db
def test_only_an_admin_changes_the_rule(alice, bob):
    form = {"kind": "lab", "threshold": "0.95", "shadow": "on"}
    assert bob.client.get("/measure").status_code == 200
    assert 'name="threshold"' not in bob.client.get("/measure").content.decode()
    assert bob.client.post("/measure", form).status_code == 403
    with alice.at_work():
        assert not AutoFiling.objects.exists()
    assert alice.client.post("/measure", form).status_code == 302
    with alice.at_work():
        assert AutoFiling.objects.get(kind="lab").mode == "shadow"
    refused = alice.client.post("/measure", {**form, "threshold": "0.5"})
    assert refused.status_code == 422
    with alice.at_work():
        assert AutoFiling.objects.get(kind="lab").threshold == 0.95


@pytest.mark.django_db
def test_the_page_costs_the_same_for_one_and_many(alice):
    with alice.at_work():
        seen(9, 10)
    _, one = page_and_queries(alice.client, "/measure")
    with alice.at_work():
        for kind in ("lab", "imaging", "summary"):
            seen(9, 10, kind=kind)
            AutoFiling.objects.get_or_create(kind=kind, changed_at=timezone.now())
    _, many = page_and_queries(alice.client, "/measure")
    assert many == one <= MOST_QUERIES
