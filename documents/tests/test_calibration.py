"""A clinic's calibration: what counts as a label, when it is refused, and how far it may go."""

from __future__ import annotations

import copy
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from clinic.models import AuditEntry
from documents.calibration import TooFewLabels, fit_own, judged_values, own_model
from documents.models import Calibration, Document, DocumentPage, DocumentStatus
from documents.pipeline.extraction import extract
from documents.pipeline.extraction.confidence import logit, probability, shipped
from documents.pipeline.extraction.tests.paper import lab_page
from documents.pipeline.types import Locale
from documents.tests.test_agent import perform_all, upload

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = lab_page(
    ["Glucose", "98", "", "mg/dL", "70-99"],
    ["Sodium", "139", "", "mmol/L", "136-145"],
    ["Potassium", "4.1", "", "mmol/L", "3.5-5.1"],
    ["Zorblax factor", "7", "", "", ""],
)
READ = extract([PAGE], locale=Locale())
EACH = len(READ.fields)


def reviewed(count: int, *, wrong: tuple[str, ...] = ()) -> None:
    """Documents with so many judged values in all; labels in ``wrong`` were corrected."""
    for start in range(0, count, EACH):
        extracted = copy.deepcopy(READ.as_dict())
        for field in extracted["fields"][: count - start]:
            state = "corrected" if field["label"] in wrong else "confirmed"
            field["review"] = {"state": state, "by": "Alice", "at": "2026-11-01T10:00:00",
                               "original": None}  # fmt: skip
            if state == "corrected":
                field["review"]["original"] = {"value": field["value"], "unit": field["unit"]}
                field["value"] = "77"
        document = Document.objects.create(
            name="lab.pdf", storage_name=str(uuid4()), mime="application/pdf", size=1,
            sha256="0" * 64, status=DocumentStatus.APPROVED, extracted=extracted,
            reviewed_at=timezone.now(),
        )  # fmt: skip
        DocumentPage.objects.create(document=document, number=1, text=PAGE.as_dict())


def test_kept_is_right_and_changed_or_removed_is_wrong_and_the_rest_is_no_label(alice):
    with alice.at_work():
        reviewed(EACH, wrong=("Sodium",))
        document = Document.objects.get()
        removed = next(f for f in document.extracted["fields"] if f["label"] == "Potassium")
        removed["review"]["state"] = "removed"
        unseen = next(f for f in document.extracted["fields"] if f["name"] == "patient.name")
        unseen["review"]["state"] = "none"
        document.save(update_fields=["extracted"])

        rows = list(judged_values())

    assert len(rows) == EACH - 1
    assert sum(not row.right for row in rows) == 2
    assert {row.family for row in rows if not row.right} == {"lab"}


def test_a_document_nobody_reviewed_and_one_rejected_teach_nothing(alice):
    with alice.at_work():
        reviewed(EACH)
        Document.objects.update(status=DocumentStatus.REJECTED)
        assert list(judged_values()) == []
        Document.objects.update(status=DocumentStatus.APPROVED, reviewed_at=None)
        assert list(judged_values()) == []


def test_one_label_short_is_refused_and_changes_nothing(alice):
    with alice.at_work():
        reviewed(299)
        before = AuditEntry.objects.count()

        with pytest.raises(TooFewLabels) as refused:
            fit_own(by=alice.actor)

        assert "judged 299 values" in str(refused.value)
        assert "needs 300" in str(refused.value)
        assert not Calibration.objects.exists()
        assert AuditEntry.objects.count() == before
        assert own_model() is None


def test_three_hundred_labels_make_a_calibration_with_a_version_and_an_audit_line(alice):
    with alice.at_work():
        reviewed(300, wrong=("Zorblax factor",))

        own = fit_own(by=alice.actor)

        assert (own.number, own.labels, own.base) == (1, 300, shipped().version)
        assert own.changed == sum(not row.right for row in judged_values()) > 0
        assert str(own) == f"{shipped().version}+clinic.1"
        line = AuditEntry.objects.filter(action="calibration.fit").get()
        assert (line.object_id, line.actor) == (own.pk, alice.actor.label)
        assert fit_own(by=alice.actor).number == 2
        assert own_model().version == f"{shipped().version}+clinic.2"


def test_what_reviewers_changed_is_trusted_less_and_the_next_document_says_by_which(alice):
    odd = next(f for f in READ.fields if f.label == "Zorblax factor")
    with alice.at_work():
        reviewed(400, wrong=("Zorblax factor", "Glucose", "Sodium", "Potassium"))
        fit_own(by=alice.actor)
        own = own_model()

        document = upload("lab-rodriguez.pdf", alice.actor)
        perform_all()
        document.refresh_from_db()

    assert probability(odd.features, own, "lab") < probability(odd.features, shipped(), "lab")
    assert probability({}, own, "lab") < probability({}, shipped(), "lab")
    assert document.extracted["calibration_version"] == own.version


def test_another_clinic_keeps_the_shipped_calibration(alice, charlie):
    with alice.at_work():
        reviewed(300)
        fit_own(by=alice.actor)
    with charlie.at_work():
        assert own_model() is None
        assert list(judged_values()) == []
        document = upload("lab-rodriguez.pdf", charlie.actor)
        perform_all()
        document.refresh_from_db()

    assert document.extracted["calibration_version"] == shipped().version


def test_reviewers_who_keep_everything_make_it_hardly_bolder(alice):
    with alice.at_work():
        reviewed(600)
        fit_own(by=alice.actor)
        own = own_model()
    base = shipped()

    for family in base.families:
        assert logit({}, own, family) <= logit({}, base, family) + 0.5 + 1e-3
        for doubt in base.weights:
            was = logit({doubt: 1.0}, base, family) - logit({}, base, family)
            now = logit({doubt: 1.0}, own, family) - logit({}, own, family)
            assert now <= was / 2 + 1e-3, (family, doubt)
    assert own.caps == base.caps


def test_a_calibration_of_an_older_base_rests(alice):
    with alice.at_work():
        reviewed(300)
        own = fit_own(by=alice.actor)
        Calibration.objects.filter(pk=own.pk).update(base="2020.01")

        assert own_model() is None


def test_command_fits_one_clinic_and_refuses_in_a_sentence(alice, charlie):
    with alice.at_work():
        reviewed(300)
    out = StringIO()

    call_command("fit_calibration", clinic=alice.clinic.pk, stdout=out)

    assert "from 300 judged values, 0 of them changed" in out.getvalue()
    with pytest.raises(CommandError, match="judged 0 values"):
        call_command("fit_calibration", clinic=charlie.clinic.pk)
    with pytest.raises(CommandError, match="no clinic"):
        call_command("fit_calibration", clinic=uuid4())
    with charlie.at_work():
        assert not Calibration.objects.exists()
