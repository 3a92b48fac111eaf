"""What changes visits. A provider's two visits never overlap: the database refuses the second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from appointments.models import MOVES, Appointment, AppointmentStatus
from clinic.current import current_clinic_id
from clinic.models import User
from clinic.queries import member
from clinic.recording import Actor, Op, Record, change
from clinic.refusals import Conflict, Missing, invalid
from patients.models import Patient

LONGEST = timedelta(hours=24)
UNDONE = (AppointmentStatus.SCHEDULED, AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)


class UnknownAppointment(Missing):
    """There is no such visit in this clinic."""

    sentence = "There is no such appointment."


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


class SlotTaken(Conflict):
    """The provider has another visit at that time."""

    code = "slot_taken"
    sentence = "The provider has another appointment at that time."


class IllegalMove(Conflict):
    """The visit is in a state from which it cannot get there, perhaps since a moment ago."""

    code = "illegal_move"

    def __init__(self, before: str, after: str) -> None:
        words = [AppointmentStatus(one).label.lower() for one in (before, after)]
        super().__init__(f"An appointment that is {words[0]} cannot become {words[1]}.")


class VisitHappened(Conflict):
    """A visit that took place stays on record."""

    code = "visit_happened"
    sentence = "This visit has begun or is over, so it stays on record."


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change in a visit; None leaves it. ``no_provider`` takes it from everybody."""

    type: str | None = None
    title: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    location: str | None = None
    provider_id: UUID | None = None
    no_provider: bool = False
    status: str | None = None


def book(
    *,
    by: Actor,
    patient_id: UUID,
    type: str,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    provider_id: UUID | None = None,
    location: str = "",
) -> Appointment:
    """Books a visit.

    Raises:
        UnknownPatient: see there.
        SlotTaken: see there; also when both were booked at the same moment.
        Invalid: for a provider who does not work here, or times that cannot be.
    """
    check_times(starts_at, ends_at)
    with change(by=by) as record:
        provider = _provider(provider_id)
        patient = _lock_patient(patient_id)
        visit = Appointment(
            patient=patient,
            provider=provider,
            type=type,
            title=title,
            starts_at=starts_at,
            ends_at=ends_at,
            location=location,
        )
        with _slot(provider_id):
            visit.save(force_insert=True)
        _tell(record, "insert", visit)
        record.audit("appointment.book", visit, patient_id=patient_id)
    return visit


def change_appointment(*, appointment_id: UUID, by: Actor, changes: Changes) -> Appointment:
    """Moves a visit in time, to another provider or to another status; all or nothing.

    Raises:
        UnknownAppointment: see there.
        SlotTaken: see there.
        IllegalMove: also when somebody else changed the status meanwhile.
        Invalid: for a provider who does not work here, or times that cannot be.
    """
    with change(by=by) as record:
        visit = _visit(appointment_id)
        _lock_patient(visit.patient_id)
        fields = _fields(changes, visit)
        check_times(fields.get("starts_at", visit.starts_at), fields.get("ends_at", visit.ends_at))
        if fields:
            provider = fields.get("provider", visit.provider)
            with _slot(provider.pk if provider else None):
                changed = Appointment.objects.filter(pk=visit.pk, status=visit.status).update(
                    **fields, updated_at=timezone.now()
                )
            if not changed:
                raise IllegalMove(_visit(visit.pk).status, changes.status or visit.status)
            visit = _visit(visit.pk)
            _tell(record, "update", visit)
            record.audit(
                "appointment.change",
                visit,
                patient_id=visit.patient_id,
                detail={"fields": sorted(fields)},
            )
    return visit


def move(*, appointment_id: UUID, starts_at: datetime, ends_at: datetime, by: Actor) -> Appointment:
    """Moves a visit to another time. Raises as ``change_appointment``."""
    return change_appointment(
        appointment_id=appointment_id, by=by, changes=Changes(starts_at=starts_at, ends_at=ends_at)
    )


def cancel(*, appointment_id: UUID, by: Actor) -> Appointment:
    """Cancels a visit; it stays on record. Raises as ``change_appointment``."""
    changes = Changes(status=AppointmentStatus.CANCELLED)
    return change_appointment(appointment_id=appointment_id, by=by, changes=changes)


def delete_appointment(*, appointment_id: UUID, by: Actor) -> None:
    """Takes a visit off the books that was entered by mistake; the audit remembers it.

    Raises:
        UnknownAppointment: see there.
        VisitHappened: see there.
    """
    with change(by=by) as record:
        visit = _visit(appointment_id)
        _lock_patient(visit.patient_id)
        gone, _ = Appointment.objects.filter(pk=visit.pk, status__in=UNDONE).delete()
        if not gone:
            _visit(visit.pk)
            raise VisitHappened
        visit.pk = appointment_id
        _tell(record, "delete", visit)
        record.audit("appointment.delete", visit, patient_id=visit.patient_id)


def check_times(starts_at: datetime, ends_at: datetime) -> None:
    """Whether a visit can last from one to the other.

    Raises:
        Invalid: when it ends before it starts, or lasts longer than a day.
    """
    if ends_at <= starts_at:
        raise invalid("ends_at", "The appointment has to end after it starts.")
    if ends_at - starts_at > LONGEST:
        raise invalid("ends_at", "An appointment lasts 24 hours at most.")


def check_slot(
    provider_id: UUID | None,
    starts_at: datetime,
    ends_at: datetime,
    *,
    other_than: UUID | None = None,
) -> None:
    """Whether a provider is free then, as far as can be told before booking.

    Raises:
        SlotTaken: when another visit of theirs stands at that time.
        Invalid: for times that cannot be.
    """
    check_times(starts_at, ends_at)
    if provider_id is None:
        return
    standing = Appointment.objects.filter(
        provider_id=provider_id, starts_at__lt=ends_at, ends_at__gt=starts_at
    ).exclude(status__in=(AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW))
    if other_than is not None:
        standing = standing.exclude(pk=other_than)
    if standing.exists():
        raise SlotTaken


class _slot:  # noqa: N801 - a context manager, used like a function
    """Inserting or moving a visit of a provider, with the overlap told as SlotTaken.

    Two transactions that insert overlapping rows at once would wait for each other and one
    would end as a deadlock, so visits of one provider are written one after the other.
    """

    def __init__(self, provider_id: UUID | None) -> None:
        self.provider_id = provider_id
        self.savepoint = transaction.atomic()

    def __enter__(self) -> None:
        self.savepoint.__enter__()
        if self.provider_id is not None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                    [f"visits {current_clinic_id()} {self.provider_id}"],
                )

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.savepoint.__exit__(kind, error, trace)
        if isinstance(error, IntegrityError) and "provider_not_double_booked" in str(error):
            raise SlotTaken from error


def _visit(appointment_id: UUID) -> Appointment:
    rows = Appointment.objects.select_related("patient", "provider")
    visit = rows.filter(pk=appointment_id).first()
    if visit is None:
        raise UnknownAppointment
    return visit


def _lock_patient(patient_id: UUID) -> Patient:
    """The patient's row first, as everybody does whose change counts there."""
    patient = Patient.objects.select_for_update(no_key=True).filter(pk=patient_id).first()
    if patient is None:
        raise UnknownPatient
    return patient


def _provider(provider_id: UUID | None) -> User | None:
    if provider_id is None:
        return None
    provider = member(provider_id)
    if provider is None:
        raise invalid("provider_id", "This person does not work in the clinic.")
    return provider


def _fields(changes: Changes, visit: Appointment) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in ("type", "title", "starts_at", "ends_at", "location"):
        value = getattr(changes, name)
        if value is not None and value != getattr(visit, name):
            fields[name] = value
    if changes.no_provider:
        fields["provider"] = None
    elif changes.provider_id is not None and changes.provider_id != visit.provider_id:
        fields["provider"] = _provider(changes.provider_id)
    if changes.status and changes.status != visit.status:
        if changes.status not in MOVES[visit.status]:
            raise IllegalMove(visit.status, changes.status)
        fields["status"] = changes.status
    return fields


def _tell(record: Record, op: Op, visit: Appointment) -> None:
    record.event(
        "appointment",
        op,
        {
            "appointment_id": visit.pk,
            "patient_id": visit.patient_id,
            "patient_name": visit.patient.name,
            "title": visit.title,
            "status": visit.status,
            "starts_at": visit.starts_at,
        },
    )
