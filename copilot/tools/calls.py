"""Tools about telephone calls."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from clinic.listing import Slice
from clinic.refusals import invalid
from copilot.toolbox import Arguments, Preview, Tool, Work, register
from copilot.tools.sharing import the_patient
from voice.actions import plan_call
from voice.models import CallStatus
from voice.permissions import may_read_calls, may_record_calls
from voice.queries import list_calls


class ListCalls(Arguments):
    """Which calls."""

    patient_id: UUID | None = Field(None, description="Only calls to this patient.")
    status: CallStatus | None = Field(None, description="Only this status.")
    limit: int = Field(10, ge=1, le=50, description="How many at most.")


class ListedCall(BaseModel):
    """One call."""

    call_id: UUID
    patient_id: UUID
    patient_name: str
    purpose: str
    status: str
    outcome: str
    created_at: datetime


class ListedCalls(BaseModel):
    """Calls, newest first."""

    calls: list[ListedCall]
    total: int


class PlanCall(Arguments):
    """To whom and why."""

    patient_id: UUID = Field(description="The patient's id, from find_patients.")
    purpose: str = Field(min_length=1, max_length=300, description="What it is about.")


class PlannedCall(BaseModel):
    """The call that somebody is to make."""

    call_id: UUID
    status: str
    message: str


def list_of_calls(work: Work, asked: ListCalls) -> ListedCalls:
    """Calls that were made or are to be made."""
    page = list_calls(Slice(asked.limit), patient_id=asked.patient_id, status=asked.status)
    work.read("voicecall", *(row["call_id"] for row in page.rows))
    calls = [ListedCall.model_validate(row) for row in page.rows]
    return ListedCalls(calls=calls, total=page.total)


def plan(work: Work, asked: PlanCall) -> PlannedCall:
    """Writes down a call that a person is to make."""
    call = plan_call(by=work.actor, patient_id=asked.patient_id, purpose=asked.purpose)
    return PlannedCall(call_id=call.pk, status=call.status, message="The call is planned.")


def foresee_plan(work: Work, asked: PlanCall) -> Preview:
    """Whom, at which number, about what."""
    patient = the_patient(asked.patient_id)
    if not patient.phone:
        raise invalid("phone_number", "This patient has no telephone number. Give one.")
    lines = [("Patient", patient.name), ("Number", patient.phone), ("About", asked.purpose)]
    return Preview(title="Plan this call?", lines=lines, done="Plan call")


for _tool in (
    Tool(
        name="list_calls",
        description="List telephone calls by patient or status, newest first.",
        arguments=ListCalls,
        scope="calls.read",
        may=may_read_calls,
        handler=list_of_calls,
    ),
    Tool(
        name="plan_call",
        description="Plan a telephone call to a patient, to be made by a person.",
        arguments=PlanCall,
        scope="calls.write",
        may=may_record_calls,
        handler=plan,
        preview=foresee_plan,
    ),
):
    register(_tool)
