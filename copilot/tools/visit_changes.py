"""Tools that book, move and end visits, each after a look at what exactly will happen."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from appointments.actions import (
    Changes,
    IllegalMove,
    UnknownAppointment,
    book,
    change_appointment,
    check_slot,
    move,
)
from appointments.models import MOVES, Appointment, AppointmentStatus
from appointments.permissions import may_book_appointments, may_change_appointments
from copilot.toolbox import Arguments, Preview, Tool, Work, register
from copilot.tools.sharing import local, said_moment, the_member, the_patient
from copilot.tools.visits import Visit, told_visit

BUTTONS = {
    AppointmentStatus.CANCELLED: "Cancel visit",
    AppointmentStatus.CHECKED_IN: "Check in",
    AppointmentStatus.NO_SHOW: "Mark as no show",
    AppointmentStatus.COMPLETED: "Complete visit",
    AppointmentStatus.SCHEDULED: "Put back",
}


class BookAppointment(Arguments):
    """When, for whom and with whom."""

    patient_id: UUID = Field(description="The patient's id, from find_patients.")
    starts_at: datetime = Field(description="When it begins, on the clinic's clock.")
    minutes: int = Field(30, ge=5, le=480, description="How long it takes.")
    title: str = Field("Visit", min_length=1, max_length=200, description="What it is about.")
    type: str = Field("consultation", min_length=1, max_length=60, description="Its kind.")
    provider: str | None = Field(None, max_length=200, description="With which colleague.")


class OfAppointment(Arguments):
    """Which visit."""

    appointment_id: UUID = Field(description="The visit's id, from list_appointments.")


class MoveAppointment(OfAppointment):
    """To when."""

    starts_at: datetime = Field(description="Its new beginning; it stays as long as it is.")


class ChangeAppointmentStatus(OfAppointment):
    """To which status."""

    status: AppointmentStatus = Field(description="cancelled, checked_in, no_show or completed.")


class ChangedVisit(BaseModel):
    """The visit as it is now."""

    visit: Visit
    message: str


def booked(work: Work, asked: BookAppointment) -> ChangedVisit:
    """Books a visit."""
    starts_at = local(asked.starts_at, work)
    visit = book(
        by=work.actor,
        patient_id=asked.patient_id,
        type=asked.type,
        title=asked.title,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=asked.minutes),
        provider_id=the_member(asked.provider, "provider").id if asked.provider else None,
    )
    return ChangedVisit(visit=told_visit(visit, work), message="The visit is booked.")


def foresee_booked(work: Work, asked: BookAppointment) -> Preview:
    """Who comes when to whom; refuses a slot that is taken already."""
    patient = the_patient(asked.patient_id)
    provider = the_member(asked.provider, "provider") if asked.provider else None
    starts_at = local(asked.starts_at, work)
    ends_at = starts_at + timedelta(minutes=asked.minutes)
    check_slot(provider.id if provider else None, starts_at, ends_at)
    lines = [
        ("Patient", f"{patient.name}, MRN {patient.mrn}"),
        ("When", f"{said_moment(starts_at, work)} to {ends_at:%H:%M}"),
        ("With", provider.name if provider else "nobody in particular"),
        ("About", asked.title),
    ]
    return Preview(title="Book this visit?", lines=lines, done="Book visit")


def moved(work: Work, asked: MoveAppointment) -> ChangedVisit:
    """Moves a visit."""
    visit = _visit(asked.appointment_id)
    starts_at = local(asked.starts_at, work)
    ends_at = starts_at + (visit.ends_at - visit.starts_at)
    move(appointment_id=visit.pk, starts_at=starts_at, ends_at=ends_at, by=work.actor)
    told = told_visit(_visit(visit.pk), work)
    return ChangedVisit(visit=told, message="The visit was moved.")


def foresee_moved(work: Work, asked: MoveAppointment) -> Preview:
    """From when to when."""
    visit = _visit(asked.appointment_id)
    starts_at = local(asked.starts_at, work)
    ends_at = starts_at + (visit.ends_at - visit.starts_at)
    check_slot(visit.provider_id, starts_at, ends_at, other_than=visit.pk)
    lines = [
        *_about(visit),
        ("From", said_moment(visit.starts_at, work)),
        ("To", f"{said_moment(starts_at, work)} to {ends_at:%H:%M}"),
    ]
    return Preview(title="Move this visit?", lines=lines, done="Move visit")


def ended(work: Work, asked: ChangeAppointmentStatus) -> ChangedVisit:
    """Moves a visit to another status."""
    changes = Changes(status=asked.status)
    change_appointment(appointment_id=asked.appointment_id, by=work.actor, changes=changes)
    told = told_visit(_visit(asked.appointment_id), work)
    return ChangedVisit(visit=told, message=f"The visit is {asked.status.label.lower()}.")


def foresee_ended(work: Work, asked: ChangeAppointmentStatus) -> Preview:
    """Which visit gets which status."""
    visit = _visit(asked.appointment_id)
    if asked.status not in MOVES[visit.status]:
        raise IllegalMove(visit.status, asked.status)
    lines = [
        *_about(visit),
        ("When", said_moment(visit.starts_at, work)),
        ("Status", f"{AppointmentStatus(visit.status).label} → {asked.status.label}"),
    ]
    title = "Cancel this visit?" if asked.status == "cancelled" else "Change this visit?"
    return Preview(title=title, lines=lines, done=BUTTONS[asked.status])


def _about(visit: Appointment) -> list[tuple[str, str]]:
    provider = visit.provider
    with_whom = (provider.name or provider.email) if provider else "nobody in particular"
    return [("Patient", visit.patient.name), ("Visit", visit.title), ("With", with_whom)]


def _visit(appointment_id: UUID) -> Appointment:
    rows = Appointment.objects.select_related("patient", "provider")
    visit = rows.filter(pk=appointment_id).first()
    if visit is None:
        raise UnknownAppointment
    return visit


for _tool in (
    Tool(
        name="book_appointment",
        description="Book a visit for a patient.",
        arguments=BookAppointment,
        scope="appointments.write",
        may=may_book_appointments,
        handler=booked,
        preview=foresee_booked,
    ),
    Tool(
        name="move_appointment",
        description="Move a visit to another time.",
        arguments=MoveAppointment,
        scope="appointments.write",
        may=may_change_appointments,
        handler=moved,
        preview=foresee_moved,
    ),
    Tool(
        name="change_appointment_status",
        description="Cancel a visit, check a patient in, mark a no show or complete a visit.",
        arguments=ChangeAppointmentStatus,
        scope="appointments.write",
        may=may_change_appointments,
        handler=ended,
        preview=foresee_ended,
    ),
):
    register(_tool)
