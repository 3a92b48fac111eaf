"""Tools about the clinic as a whole."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from clinic.dashboard import recent_activity, stats
from clinic.models import Role
from clinic.needs import needs_of
from clinic.permissions import may_read_dashboard, may_see_own_login
from clinic.queries import members
from copilot.toolbox import Arguments, Tool, Work, register


class Nothing(Arguments):
    """Nothing to choose."""


class Figures(BaseModel):
    """The dashboard's figures by name."""

    figures: dict[str, int]


class NeedsMe(Arguments):
    """How much."""

    limit: int = Field(8, ge=1, le=40, description="How many at most.")


class NeededNow(BaseModel):
    """Something that waits for the person who asks. ``url`` opens it, ``why`` says why now."""

    kind: str
    id: UUID
    title: str
    url: str
    note: str
    patient_name: str
    why: list[str]


class NeededNows(BaseModel):
    """What waits, most pressing first."""

    needs: list[NeededNow]


class Latest(Arguments):
    """How much."""

    limit: int = Field(10, ge=1, le=50, description="How many at most.")


class Happening(BaseModel):
    """The latest change of one thing."""

    activity_type: str
    description: str
    patient_name: str | None
    timestamp: datetime
    object_id: UUID | None


class Happenings(BaseModel):
    """What changed last, newest first."""

    activity: list[Happening]


class ListMembers(Arguments):
    """Which colleagues."""

    role: Role | None = Field(None, description="Only this role.")


class Colleague(BaseModel):
    """Somebody who works in the clinic."""

    name: str
    role: str


class Colleagues(BaseModel):
    """The clinic's people by name."""

    members: list[Colleague]


def needs_me(work: Work, asked: NeedsMe) -> NeededNows:
    """What needs this person now, ranked as on the dashboard."""
    ranked = needs_of(work.login, asked.limit)
    for one in ranked:
        work.read(one.need.kind, one.need.id)
    return NeededNows(
        needs=[
            NeededNow(
                kind=one.need.kind,
                id=one.need.id,
                title=one.need.title,
                url=one.need.url,
                note=one.need.note,
                patient_name=one.need.patient_name,
                why=list(one.why),
            )
            for one in ranked
        ]
    )


def clinic_stats(work: Work, asked: Nothing) -> Figures:
    """The four numbers of the dashboard and whatever else is counted there."""
    return Figures(figures=stats(work.login.clinic))


def happenings(work: Work, asked: Latest) -> Happenings:
    """What happened lately."""
    rows = recent_activity(asked.limit)
    return Happenings(activity=[Happening.model_validate(row) for row in rows])


def colleagues(work: Work, asked: ListMembers) -> Colleagues:
    """Who works here."""
    known = [one for one in members() if asked.role in (None, one.role)]
    return Colleagues(members=[Colleague(name=one.name, role=one.role) for one in known])


for _tool in (
    Tool(
        name="needs_me",
        description="What needs the person who asks now, most pressing first, with the reasons.",
        arguments=NeedsMe,
        scope="clinic.read",
        may=may_read_dashboard,
        handler=needs_me,
    ),
    Tool(
        name="clinic_stats",
        description="The clinic's figures: pending tasks, visits today, patients, pending claims.",
        arguments=Nothing,
        scope="clinic.read",
        may=may_read_dashboard,
        handler=clinic_stats,
    ),
    Tool(
        name="recent_activity",
        description="What changed last in the clinic.",
        arguments=Latest,
        scope="clinic.read",
        may=may_read_dashboard,
        handler=happenings,
    ),
    Tool(
        name="list_members",
        description="Who works in the clinic, with their role.",
        arguments=ListMembers,
        scope="clinic.read",
        may=may_see_own_login,
        handler=colleagues,
    ),
):
    register(_tool)
