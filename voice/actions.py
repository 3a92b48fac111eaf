"""What changes telephone calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from clinic.recording import Actor, Op, Record, change
from clinic.refusals import Conflict, Missing, invalid
from patients.models import Patient
from tasks.models import Task
from voice.models import ENDED, MOVES, CallStatus, VoiceCall


class UnknownCall(Missing):
    """There is no such call in this clinic."""

    sentence = "There is no such telephone call."


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


class UnknownTask(Missing):
    """There is no such task in this clinic."""

    sentence = "There is no such task."


class IllegalMove(Conflict):
    """The call is in a state from which it cannot get there, perhaps since a moment ago."""

    code = "illegal_move"

    def __init__(self, before: str, after: str) -> None:
        words = [CallStatus(one).label.lower() for one in (before, after)]
        super().__init__(f"A call that is {words[0]} cannot become {words[1]}.")


def plan_call(
    *,
    by: Actor,
    patient_id: UUID,
    purpose: str,
    task_id: UUID | None = None,
    phone_number: str = "",
) -> VoiceCall:
    """Writes down a call that a person is to make; without a number, to the patient's.

    Raises:
        UnknownPatient, UnknownTask: see there.
        Invalid: when no number is known, or the task is about another patient.
    """
    with change(by=by) as record:
        patient = Patient.objects.filter(pk=patient_id).first()
        if patient is None:
            raise UnknownPatient
        _check_task(task_id, patient)
        number = phone_number or patient.phone
        if not number:
            raise invalid("phone_number", "This patient has no telephone number. Give one.")
        call = VoiceCall.objects.create(
            patient=patient,
            task_id=task_id,
            purpose=purpose,
            phone_number=number,
            created_by_id=by.user_id,
        )
        _tell(record, "insert", call)
        record.audit("voice_call.plan", call, patient_id=patient_id)
    return call


def record_call(
    *,
    call_id: UUID,
    by: Actor,
    status: str | None = None,
    outcome: str | None = None,
    duration_seconds: int | None = None,
) -> VoiceCall:
    """Records how far a call is and what came of it; a move is made by compare-and-set.

    Raises:
        UnknownCall: see there.
        IllegalMove: also when somebody else moved it meanwhile.
    """
    with change(by=by) as record:
        call = _call(call_id)
        given = {"outcome": outcome, "duration_seconds": duration_seconds}
        fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        moved = status is not None and status != call.status
        if moved:
            assert status is not None
            fields |= _move(call, status)
        rows = VoiceCall.objects.filter(pk=call.pk, status=call.status)
        if not rows.update(**fields, updated_at=timezone.now()):
            raise IllegalMove(_call(call_id).status, status or call.status)
        call = _call(call_id)
        _tell(record, "update", call)
        record.audit(
            f"voice_call.{status}" if moved else "voice_call.change",
            call,
            patient_id=call.patient_id,
            detail={"fields": sorted(fields)},
        )
    return call


def _move(call: VoiceCall, status: str) -> dict[str, Any]:
    if status not in MOVES[call.status]:
        raise IllegalMove(call.status, status)
    now = timezone.now()
    fields: dict[str, Any] = {"status": status}
    if status in ENDED:
        fields["ended_at"] = now
    elif call.started_at is None:
        fields["started_at"] = now
    return fields


def _check_task(task_id: UUID | None, patient: Patient) -> None:
    if task_id is None:
        return
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise UnknownTask
    if task.patient_id not in (None, patient.pk):
        raise invalid("task_id", "This task is about another patient.")


def _call(call_id: UUID) -> VoiceCall:
    call = VoiceCall.objects.select_related("patient").filter(pk=call_id).first()
    if call is None:
        raise UnknownCall
    return call


def _tell(record: Record, op: Op, call: VoiceCall) -> None:
    record.event(
        "voice_call",
        op,
        {
            "voice_call_id": call.pk,
            "call_id": call.pk,
            "status": call.status,
            "purpose": call.purpose,
            "patient_id": call.patient_id,
            "patient_name": call.patient.name,
            "task_id": call.task_id,
        },
    )
