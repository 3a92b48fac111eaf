"""Telephone calls over HTTP."""

from __future__ import annotations

from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.paging import listed
from clinic.api.parameters import choice, identifier, paging, take_slice
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, OpenView, created
from clinic.listing import Row
from voice.actions import UnknownCall, plan_call, record_call
from voice.api.serializers import CallChange, CallCreated, CallRow, NewCall
from voice.models import CallStatus
from voice.permissions import may_read_calls, may_record_calls
from voice.queries import get_call, list_calls

TAG = "Voice calls"
FILTERS = (
    choice("status", CallStatus, "Only calls in this status."),
    identifier("patient_id", "Only calls to this patient."),
    identifier("task_id", "Only calls for this task."),
    *paging(),
)


class InitiateCall(ClinicView):
    """Planning calls."""

    @endpoint(
        may=may_record_calls,
        tag=TAG,
        name="initiate_call",
        summary="Plan a call to a patient",
        description="Without a telephone service a person makes the call: it is `pending` and "
        "`vapi_call_id` is null. Its outcome is recorded with PATCH.",
        takes=NewCall,
        answers={201: CallCreated},
        errors=(404,),
    )
    def post(self, request: Request) -> Response:
        """201."""
        call = plan_call(by=self.actor, **self.body(NewCall))
        ids = {"call_id": call.pk, "vapi_call_id": call.vapi_call_id, "status": call.status}
        return created("The call is to be made by a person.", ids)


class CallList(ClinicView):
    """All calls."""

    @endpoint(
        may=may_read_calls,
        tag=TAG,
        name="list_calls",
        summary="List calls",
        description="Newest first.",
        parameters=FILTERS,
        answers={200: CallRow(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        values = self.query(FILTERS)
        part = take_slice(values)
        return listed(request, list_calls(part, **values))


class CallDetail(ClinicView):
    """One call."""

    @endpoint(
        may=may_read_calls,
        tag=TAG,
        name="get_call",
        summary="A call",
        answers={200: CallRow},
        errors=(404,),
    )
    def get(self, request: Request, call_id: UUID) -> Response:
        """200."""
        return Response(_call(call_id))

    @endpoint(
        may=may_record_calls,
        tag=TAG,
        name="record_call",
        summary="Record how a call went",
        description="Steps may be left out, for a call that is written down afterwards; going "
        "back is 409.",
        takes=CallChange,
        answers={200: CallRow},
        errors=(404, 409),
        examples=[
            example(
                "Reached",
                {"status": "completed", "outcome": "Will come on Monday.", "duration_seconds": 95},
            )
        ],
    )
    def patch(self, request: Request, call_id: UUID) -> Response:
        """200."""
        record_call(call_id=call_id, by=self.actor, **self.body(CallChange))
        return Response(_call(call_id))


class Webhook(OpenView):
    """Where a telephone service reports."""

    @endpoint(
        may=None,
        tag=TAG,
        name="voice_webhook",
        summary="Reports of a telephone service",
        description="There is nothing here while no telephone service is set up.",
        answers={},
        errors=(404,),
    )
    def post(self, request: Request) -> Response:
        """404.

        Raises:
            NotFound: always, as no service is known whose secret could be checked.
        """
        raise NotFound


def _call(call_id: UUID) -> Row:
    row = get_call(call_id)
    if row is None:
        raise UnknownCall
    return row
