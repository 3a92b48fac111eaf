"""How a consent form gets from one status to the next."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from clinic.recording import Op, Record
from clinic.refusals import Conflict, Missing
from consents.models import MOVES, ConsentForm, ConsentStatus


class UnknownForm(Missing):
    """There is no such consent form in this clinic."""

    sentence = "There is no such consent form."


class IllegalMove(Conflict):
    """The form is in a state from which it cannot get there, perhaps since a moment ago."""

    code = "illegal_move"

    def __init__(self, before: str, after: str) -> None:
        words = [ConsentStatus(one).label.lower() for one in (before, after)]
        super().__init__(f"A consent form that is {words[0]} cannot become {words[1]}.")


def locked(form_id: UUID) -> ConsentForm:
    """The form with its patient, locked until the caller's change ends.

    Raises:
        UnknownForm: see there.
    """
    form = (
        ConsentForm.objects.select_for_update(of=("self",), no_key=True)
        .select_related("patient")
        .filter(pk=form_id)
        .first()
    )
    if form is None:
        raise UnknownForm
    return form


def move(form: ConsentForm, status: ConsentStatus, record: Record, **fields: Any) -> None:
    """Moves a form by compare-and-set, with its event and audit line; in the caller's change.

    Raises:
        IllegalMove: when its status does not lead there, or changed meanwhile.
    """
    before = form.status
    if status not in MOVES[before]:
        raise IllegalMove(before, status)
    fields |= {"status": status, "updated_at": timezone.now()}
    if not ConsentForm.objects.filter(pk=form.pk, status=before).update(**fields):
        raise IllegalMove(ConsentForm.objects.get(pk=form.pk).status, status)
    for name, value in fields.items():
        setattr(form, name, value)
    tell(record, "update", form)
    record.audit(
        f"consent_form.{status}", form, patient_id=form.patient_id, detail={"from": before}
    )


def tell(record: Record, op: Op, form: ConsentForm) -> None:
    """Tells open screens of a form."""
    record.event(
        "consent_form",
        op,
        {
            "consent_form_id": form.pk,
            "form_id": form.pk,
            "name": form.name,
            "status": form.status,
            "patient_id": form.patient_id,
            "patient_name": form.patient.name,
        },
    )
