"""What the clinic does with consent forms: writing templates, sending, withdrawing, expiring.

What the patient does is in ``consents.signing``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from clinic.current import current_clinic_id, enter_clinic
from clinic.models import Clinic
from clinic.recording import SYSTEM, Actor, Record, change
from clinic.refusals import Missing, invalid
from consents.letters import queue_letter
from consents.links import renew
from consents.models import (
    OPEN,
    WITH_PATIENT,
    ConsentForm,
    ConsentStatus,
    FormTemplate,
    LetterStatus,
)
from consents.moves import IllegalMove, locked, move, tell
from consents.wording import check_body, digest, filled_in
from patients.models import Patient

HANDED_OVER_FOR = timedelta(hours=2)
WORDING = ("name", "description", "purpose", "body")


class UnknownTemplate(Missing):
    """There is no such form template in this clinic."""

    sentence = "There is no such form template."


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


def create_template(
    *, by: Actor, name: str, body: str, description: str = "", purpose: str = ""
) -> FormTemplate:
    """Adds a template.

    Raises:
        Invalid: for a wording that is empty, has an unknown field, or cannot be printed.
    """
    _check_wording(name, body)
    with change(by=by) as record:
        template = FormTemplate.objects.create(
            name=name,
            description=description,
            purpose=purpose,
            body=body,
            created_by_id=by.user_id,
        )
        record.audit("form_template.create", template)
    return template


def change_template(*, template_id: UUID, by: Actor, **fields: Any) -> FormTemplate:
    """Changes a template (name, description, purpose, body, is_active); sent forms stay.

    Raises:
        UnknownTemplate: see there.
        Invalid: for a wording that is empty, has an unknown field, or cannot be printed.
    """
    if "body" in fields:
        _check_wording("", fields["body"])
    with change(by=by) as record:
        template = (
            FormTemplate.objects.select_for_update(no_key=True).filter(pk=template_id).first()
        )
        if template is None:
            raise UnknownTemplate
        changed = sorted(name for name, value in fields.items() if getattr(template, name) != value)
        if not changed:
            return template
        for name in changed:
            setattr(template, name, fields[name])
        if set(changed) & set(WORDING):
            template.version += 1
        template.save(update_fields=[*changed, "version", "updated_at"])
        record.audit("form_template.change", template, detail={"fields": changed})
    return template


def send_forms(
    *, patient_id: UUID, form_template_ids: Sequence[UUID], by: Actor
) -> list[ConsentForm]:
    """Asks a patient to sign forms: one e-mail with a link to each, queued with the change.

    A form of the same template that is still open is sent again and not made twice.

    Raises:
        UnknownPatient, UnknownTemplate: see there.
        Invalid: when the patient has no e-mail address, or a template is retired.
    """
    wanted = list(dict.fromkeys(form_template_ids))
    with change(by=by) as record:
        # The patient's row locked: two who send the same form at once make one.
        patient = Patient.objects.select_for_update(no_key=True).filter(pk=patient_id).first()
        if patient is None:
            raise UnknownPatient
        found = FormTemplate.objects.in_bulk(wanted)
        templates = [found[one] for one in wanted if one in found]
        if len(templates) != len(wanted):
            raise UnknownTemplate
        for template in templates:
            if not template.is_active:
                raise invalid("form_template_ids", f"{template.name} is not in use any more.")
        forms = [_open_form(template, patient) or _draft(template, patient, by)
                 for template in templates]  # fmt: skip
        _send(forms, patient, record)
    return forms


def hand_over(*, patient_id: UUID, form_template_id: UUID, by: Actor) -> ConsentForm:
    """Gives a patient a form to sign on a device of the clinic; nothing is e-mailed.

    A form of the same template that is still open is used, and its e-mailed link ends.

    Raises:
        UnknownPatient, UnknownTemplate: see there.
        Invalid: for a template that is retired.
    """
    with change(by=by) as record:
        patient = Patient.objects.select_for_update(no_key=True).filter(pk=patient_id).first()
        if patient is None:
            raise UnknownPatient
        template = FormTemplate.objects.filter(pk=form_template_id).first()
        if template is None:
            raise UnknownTemplate
        if not template.is_active:
            raise invalid("form_template_ids", f"{template.name} is not in use any more.")
        form = _open_form(template, patient) or _draft(template, patient, by)
        _hand(form, record)
    return form


def hand_over_again(*, form_id: UUID, by: Actor) -> ConsentForm:
    """Gives a patient a form that was made already, on a device of the clinic.

    Raises:
        UnknownForm: see there.
        IllegalMove: for one that is signed, declined or withdrawn.
    """
    with change(by=by) as record:
        form = locked(form_id)
        _hand(form, record)
    return form


def _hand(form: ConsentForm, record: Record) -> None:
    """A new link that lasts for the visit; who handed it over is the evidence's first line."""
    renew(form)
    now = timezone.now()
    fields: dict[str, Any] = {
        "sent_to": "",
        "letter": "",
        "link_nonce": form.link_nonce,
        "link_digest": form.link_digest,
        "expires_at": now + HANDED_OVER_FOR,
        "sent_at": now,
        "ended_at": None,
        "evidence": {"handed_over": {"at": now.isoformat(), "by": record.actor.label}},
    }
    if form._state.adding:
        _insert(form, fields, record)
    else:
        move(form, ConsentStatus.SENT, record, **fields)


def send_again(*, form_id: UUID, by: Actor) -> ConsentForm:
    """Sends a form once more with a new link, to the address the patient has now.

    Raises:
        UnknownForm: see there.
        IllegalMove: for one that is signed, declined or withdrawn.
        Invalid: when the patient has no e-mail address.
    """
    with change(by=by) as record:
        form = locked(form_id)
        _send([form], form.patient, record)
    return form


def withdraw_form(*, form_id: UUID, by: Actor, reason: str = "") -> ConsentForm:
    """Takes a form back, or records that the patient revoked a signed one.

    Raises:
        UnknownForm: see there.
        IllegalMove: for one that has ended otherwise.
    """
    with change(by=by) as record:
        form = locked(form_id)
        move(form, ConsentStatus.WITHDRAWN, record, reason=reason, ended_at=timezone.now())
    return form


def change_form(*, form_id: UUID, by: Actor, status: str, reason: str = "") -> ConsentForm:
    """Moves a form as the clinic may: sent (again), or withdrawn.

    Raises:
        UnknownForm: see there.
        IllegalMove: also for moves that only the patient or time makes.
        Invalid: see :func:`send_again`.
    """
    if status == ConsentStatus.SENT:
        return send_again(form_id=form_id, by=by)
    if status == ConsentStatus.WITHDRAWN:
        return withdraw_form(form_id=form_id, by=by, reason=reason)
    with change(by=by):
        raise IllegalMove(locked(form_id).status, status)


def expire_forms() -> None:
    """Ends every clinic's forms whose link has run out; a chore of the sweep."""
    for clinic_id in Clinic.objects.values_list("pk", flat=True):
        with enter_clinic(clinic_id):
            due = ConsentForm.objects.filter(
                status__in=WITH_PATIENT, expires_at__lte=timezone.now()
            )
            for form_id in due.values_list("pk", flat=True)[:500]:
                _expire(form_id)


def _expire(form_id: UUID) -> None:
    with change(by=SYSTEM) as record:
        form = locked(form_id)
        now = timezone.now()
        if form.status in WITH_PATIENT and not form.is_with_patient(now):
            move(form, ConsentStatus.EXPIRED, record, ended_at=now)


def _check_wording(name: str, body: str) -> None:
    """Prints it once: what cannot be printed is better found here than by a patient."""
    from consents.paper import (  # noqa: PLC0415 - reportlab costs 25 MB
        Signature,
        Unprintable,
        print_form,
    )

    check_body(body)
    try:
        print_form(title=name, body=body, signature=Signature(name, timezone.now()), evidence=[])
    except Unprintable as error:
        raise invalid("body", "A table in this does not fit on a page.") from error


def _open_form(template: FormTemplate, patient: Patient) -> ConsentForm | None:
    rows = ConsentForm.objects.select_for_update(of=("self",), no_key=True).select_related(
        "patient"
    )
    return rows.filter(patient=patient, template=template, status__in=OPEN).first()


def _draft(template: FormTemplate, patient: Patient, by: Actor) -> ConsentForm:
    clinic = Clinic.objects.get(pk=current_clinic_id())
    today = timezone.localdate(timezone=clinic.tzinfo)
    body = filled_in(template.body, patient=patient, clinic=clinic, today=today)
    return ConsentForm(
        patient=patient,
        template=template,
        template_version=template.version,
        name=template.name,
        purpose=template.purpose,
        body=body,
        body_sha256=digest(body),
        created_by_id=by.user_id,
    )


def _send(forms: list[ConsentForm], patient: Patient, record: Record) -> None:
    """New links for the forms and one letter with all of them."""
    if not patient.email:
        raise invalid("patient_id", "This patient has no e-mail address to send forms to.")
    now = timezone.now()
    for form in forms:
        renew(form)
        fields: dict[str, Any] = {
            "sent_to": patient.email,
            "letter": LetterStatus.QUEUED,
            "link_nonce": form.link_nonce,
            "link_digest": form.link_digest,
            "expires_at": now + timedelta(days=settings.CONSENT_LINK_DAYS),
            "sent_at": now,
            "ended_at": None,
            "evidence": {},
        }
        if form._state.adding:
            _insert(form, fields, record)
        else:
            move(form, ConsentStatus.SENT, record, **fields)
    queue_letter(forms, patient, record.actor)


def _insert(form: ConsentForm, fields: dict[str, Any], record: Record) -> None:
    for name, value in fields.items():
        setattr(form, name, value)
    form.status = ConsentStatus.SENT
    form.save(force_insert=True)
    tell(record, "insert", form)
    record.audit("consent_form.sent", form, patient_id=form.patient_id)
