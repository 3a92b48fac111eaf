"""Tools about the schedule."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field

from appointments.models import Appointment, AppointmentStatus
from appointments.permissions import may_read_appointments
from appointments.queries import visits_between
from clinic.models import Role
from clinic.queries import Member, members
from clinic.refusals import invalid
from copilot.toolbox import Arguments, Tool, Work, register
from copilot.tools.sharing import the_member

OPENS, CLOSES = time(9), time(17)
"""Free times are looked for in these hours, Monday to Friday."""
STEP = timedelta(minutes=15)
LONGEST_LOOK = 31
A_DAY = timedelta(days=1)


class ListAppointments(Arguments):
    """Which visits."""

    start: date | None = Field(None, description="From this day on.")
    end: date | None = Field(None, description="Up to and with this day.")
    patient_id: UUID | None = Field(None, description="Only this patient's.")
    provider: str | None = Field(None, max_length=200, description="Only this colleague's.")
    mine: bool = Field(False, description="Only those of the person who asks.")
    status: AppointmentStatus | None = Field(None, description="Only this status.")
    limit: int = Field(30, ge=1, le=100, description="How many at most.")


class Visit(BaseModel):
    """One visit; ``time`` is on the clinic's clock."""

    appointment_id: UUID
    patient_id: UUID
    patient_name: str
    provider_name: str
    type: str
    title: str
    starts_at: datetime
    ends_at: datetime
    day: str
    time: str
    status: str


class Visits(BaseModel):
    """Visits in their order, or when only ``end`` is given the latest first."""

    visits: list[Visit]
    total: int


class FreeSlots(Arguments):
    """When there is time."""

    start: date | None = Field(None, description="From this day on; else from today.")
    end: date | None = Field(None, description="Up to and with this day; else a week.")
    provider: str | None = Field(None, max_length=200, description="Only this colleague's.")
    minutes: int = Field(30, ge=5, le=480, description="How long the visit takes.")
    limit: int = Field(8, ge=1, le=40, description="How many at most.")


class Slot(BaseModel):
    """A time at which somebody is free."""

    provider_name: str
    starts_at: datetime
    day: str
    time: str


class Slots(BaseModel):
    """Free times, earliest first, within the hours that were looked at."""

    slots: list[Slot]
    minutes: int
    hours: str


def list_appointments(work: Work, asked: ListAppointments) -> Visits:
    """The schedule, or part of it."""
    provider = the_member(asked.provider, "provider").id if asked.provider else None
    rows, total = visits_between(
        start=asked.start,
        end=asked.end,
        zone=work.login.clinic.tzinfo,
        patient_id=asked.patient_id,
        provider_id=work.login.user.pk if asked.mine else provider,
        status=asked.status,
        limit=asked.limit,
    )
    work.read("appointment", *(row.pk for row in rows))
    return Visits(visits=[told_visit(row, work) for row in rows], total=total)


def free_slots(work: Work, asked: FreeSlots) -> Slots:
    """When a provider has time."""
    zone = work.login.clinic.tzinfo
    now = timezone.now().astimezone(zone)
    start = asked.start or now.date()
    end = asked.end or (start if asked.start else start + timedelta(days=6))
    if end < start or (end - start).days > LONGEST_LOOK:
        raise invalid("end", f"Look at {LONGEST_LOOK} days at most.")
    providers = [the_member(asked.provider, "provider")] if asked.provider else _doctors()
    length = timedelta(minutes=asked.minutes)
    found: list[Slot] = []
    for provider in providers:
        busy = [
            (one.starts_at, one.ends_at)
            for one in visits_between(
                start=start, end=end, zone=zone, provider_id=provider.id, limit=1000
            )[0]
            if one.status in (AppointmentStatus.SCHEDULED, AppointmentStatus.CHECKED_IN)
        ]
        for at in _free(start, end, length, busy, now):
            found.append(_slot(provider.name, at))
    found.sort(key=lambda one: (one.starts_at, one.provider_name))
    hours = f"Monday to Friday, {OPENS:%H:%M} to {CLOSES:%H:%M}"
    return Slots(slots=found[: asked.limit], minutes=asked.minutes, hours=hours)


def told_visit(visit: Appointment, work: Work) -> Visit:
    """A visit as lists have it."""
    at = visit.starts_at.astimezone(work.login.clinic.tzinfo)
    provider = visit.provider
    return Visit(
        appointment_id=visit.pk,
        patient_id=visit.patient_id,
        patient_name=visit.patient.name,
        provider_name=(provider.name or provider.email) if provider else "",
        type=visit.type,
        title=visit.title,
        starts_at=at,
        ends_at=visit.ends_at.astimezone(at.tzinfo),
        day=_day(at),
        time=f"{at:%H:%M}",
        status=visit.status,
    )


def _doctors() -> list[Member]:
    """Who sees patients: the doctors, else everybody."""
    known = members()
    return [one for one in known if one.role == Role.DOCTOR] or known


def _free(
    start: date,
    end: date,
    length: timedelta,
    busy: list[tuple[datetime, datetime]],
    now: datetime,
) -> list[datetime]:
    """Starts, one after the other without overlap, that collide with nothing."""
    found = []
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        if day.weekday() > 4:
            continue
        at = datetime.combine(day, OPENS, now.tzinfo)
        closes = datetime.combine(day, CLOSES, now.tzinfo)
        while at + length <= closes:
            taken = any(first < at + length and at < last for first, last in busy)
            if at < now or taken:
                at += STEP
                continue
            found.append(at)
            at += max(length, STEP)
    return found


def _slot(name: str, at: datetime) -> Slot:
    return Slot(provider_name=name, starts_at=at, day=_day(at), time=f"{at:%H:%M}")


def _day(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %Y}"


for _tool in (
    Tool(
        name="list_appointments",
        description="List visits by days, patient, provider or status.",
        arguments=ListAppointments,
        scope="appointments.read",
        may=may_read_appointments,
        handler=list_appointments,
    ),
    Tool(
        name="free_slots",
        description="Free times of the providers in office hours.",
        arguments=FreeSlots,
        scope="appointments.read",
        may=may_read_appointments,
        handler=free_slots,
    ),
):
    register(_tool)
