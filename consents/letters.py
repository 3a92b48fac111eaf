"""The e-mail with the links: sent by an agent run, so that it outlives any crash.

A letter names neither patient nor form: who reads somebody's mail learns that the clinic asks
for a signature, and no more. Its Message-ID is the run's, so one that had to be sent twice is
recognised as the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone

from agents.actions import start_run
from agents.models import AgentRun
from agents.registry import Agent, Step, Then
from agents.runner import Attempt
from agents.subjects import Way
from clinic.current import current_clinic_id
from clinic.models import Clinic
from clinic.recording import Actor, Record
from clinic.refusals import Conflict, Refusal
from consents.links import address_of
from consents.models import WITH_PATIENT, ConsentForm, ConsentStatus, LetterStatus
from consents.moves import move
from patients.models import Patient
from tasks.agent_tasks import open_agent_task

NAME = "consent_letter"


class StartedBySending(Conflict):
    """The agent that writes to patients has no other beginning than forms to sign."""

    code = "not_startable"
    sentence = "This agent is started by sending consent forms, and asks nothing."


def queue_letter(forms: Sequence[ConsentForm], patient: Patient, by: Actor) -> AgentRun:
    """Has the forms' links e-mailed after the caller's change has been committed."""
    inputs = {"forms": [{"id": str(form.pk), "nonce": str(form.link_nonce)} for form in forms]}
    return start_run(agent=NAME, by=by, patient_id=patient.pk, inputs=inputs)


def _write(attempt: Attempt) -> dict[str, Any]:
    """Sends the letter; forms that were sent again or ended meanwhile are left out."""
    forms = _forms(attempt.run)
    if not forms:
        return {"sent": 0}
    clinic = Clinic.objects.get(pk=current_clinic_id())
    words = {
        "clinic": clinic,
        "links": [address_of(form) for form in forms],
        "days": settings.CONSENT_LINK_DAYS,
    }
    host = settings.PUBLIC_URL.partition("://")[2].partition(":")[0].partition("/")[0]
    letter = EmailMessage(
        subject=render_to_string("consents/letter_subject.txt", words).strip(),
        body=render_to_string("consents/letter.txt", words),
        to=[forms[0].sent_to],
        reply_to=[clinic.email] if clinic.email else None,
        headers={"Message-ID": f"<{attempt.run.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    letter.send()
    return {"sent": len(forms)}


def _note_sent(run: AgentRun, output: Any, record: Record) -> Then:
    rows = ConsentForm.objects.filter(pk__in=[form.pk for form in _forms(run)])
    rows.update(letter=LetterStatus.SENT, updated_at=timezone.now())
    run.outputs = output
    return Then.FINISH


def _gave_up(run: AgentRun, record: Record) -> None:
    """The forms are to be done again, by a person who finds out what is wrong with the address."""
    forms = _forms(run)
    for form in forms:
        if form.status == ConsentStatus.SENT:
            move(form, ConsentStatus.TO_DO, record, letter=LetterStatus.FAILED)
        else:
            ConsentForm.objects.filter(pk=form.pk).update(letter=LetterStatus.FAILED)
    if forms:
        open_agent_task(
            record=record,
            title="Consent forms could not be e-mailed",
            description="Check the patient's e-mail address, then send the forms again.",
            kind="consent_letter",
            agent_type=NAME,
            patient_id=run.patient_id,
        )


def _forms(run: AgentRun) -> list[ConsentForm]:
    """The run's forms that are still with the patient under the links it was given."""
    nonces = {UUID(one["id"]): UUID(one["nonce"]) for one in run.inputs["forms"]}
    rows = ConsentForm.objects.select_related("patient").filter(
        pk__in=list(nonces), status__in=WITH_PATIENT
    )
    return [form for form in rows.order_by("created_at", "pk")
            if form.link_nonce == nonces[form.pk]]  # fmt: skip


def _refuse(*_: Any) -> Any:
    refusal: Refusal = StartedBySending()
    raise refusal


AGENT = Agent(
    name=NAME,
    label="Consent letters",
    steps=(Step("send", work=_write, record=_note_sent, limit_seconds=60),),
    gave_up=_gave_up,
)
WAY = Way(subject="patient_id", start=_refuse, resume=_refuse)
