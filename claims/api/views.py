"""Claims over HTTP."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from claims.actions import UnknownClaim, create_claim, diagnosis_warning, move_claim, note_on_claim
from claims.api.serializers import (
    ClaimAnswer,
    ClaimChange,
    ClaimCreated,
    ClaimEventAnswer,
    ClaimRow,
    NewClaim,
)
from claims.models import ClaimStatus
from claims.permissions import may_create_claims, may_move_claims, may_read_claims
from claims.queries import claim_events, get_claim, list_claims
from clinic.api.paging import listed
from clinic.api.parameters import choice, identifier, paging, take_slice
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, created

TAG = "Claims"
FILTERS = (
    choice("status", ClaimStatus, "Only claims of this status."),
    identifier("patient_id", "Only claims for this patient."),
    *paging(),
)
PAGING = paging()


class ClaimList(ClinicView):
    """All claims."""

    @endpoint(
        may=may_read_claims,
        tag=TAG,
        name="list_claims",
        summary="List claims",
        description="Those with the latest events first.",
        parameters=FILTERS,
        answers={200: ClaimRow(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        values = self.query(FILTERS)
        part = take_slice(values)
        return listed(request, list_claims(part, **values))

    @endpoint(
        may=may_create_claims,
        tag=TAG,
        name="create_claim",
        summary="Make a claim",
        description="It is pending, with the first entry of its timeline. A diagnosis code of an "
        "unknown form is a warning, not an error.",
        takes=NewClaim,
        answers={201: ClaimCreated},
        errors=(404,),
        examples=[
            example(
                "A consultation",
                {
                    "patient_id": "0190f1f0-0000-7000-8000-000000000001",
                    "insurance_provider": "Blue Cross",
                    "amount": 3500.00,
                    "procedure_code": "99214",
                    "diagnosis_code": "E11.9",
                    "service_date": "2024-11-09",
                    "description": "Diabetes consultation with A1C test",
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """201."""
        claim = create_claim(by=self.actor, **self.body(NewClaim))
        warning = diagnosis_warning(claim.diagnosis_code)
        ids = {
            "claim_id": claim.pk,
            "claim_id_display": claim.display_id,
            "status": claim.status,
            "warnings": [warning] if warning else [],
        }
        return created(f"Claim {claim.display_id} was created.", ids)


class ClaimDetail(ClinicView):
    """One claim."""

    @endpoint(
        may=may_read_claims,
        tag=TAG,
        name="get_claim",
        summary="A claim",
        answers={200: ClaimAnswer},
        errors=(404,),
    )
    def get(self, request: Request, claim_id: UUID) -> Response:
        """200."""
        return _answer(claim_id)

    @endpoint(
        may=may_move_claims,
        tag=TAG,
        name="change_claim",
        summary="Move a claim or add a note",
        description="Every change is an entry of the timeline. An illegal move, or one that "
        "somebody else made first, is 409.",
        takes=ClaimChange,
        answers={200: ClaimAnswer},
        errors=(404, 409),
        examples=[example("Sent", {"status": "submitted", "note": "Sent by fax."})],
    )
    def patch(self, request: Request, claim_id: UUID) -> Response:
        """200."""
        values = self.body(ClaimChange)
        if "status" in values:
            move_claim(
                claim_id=claim_id,
                status=values["status"],
                note=values.get("note", ""),
                by=self.actor,
            )
        else:
            note_on_claim(claim_id=claim_id, text=values["note"], by=self.actor)
        return _answer(claim_id)


class ClaimTimeline(ClinicView):
    """A claim's events."""

    @endpoint(
        may=may_read_claims,
        tag=TAG,
        name="list_claim_events",
        summary="A claim's timeline",
        description="Oldest first.",
        parameters=PAGING,
        answers={200: ClaimEventAnswer(many=True)},
        errors=(404,),
    )
    def get(self, request: Request, claim_id: UUID) -> Response:
        """200."""
        part = take_slice(self.query(PAGING))
        page = claim_events(claim_id, part, zone=self.login.clinic.tzinfo)
        if not page.total and get_claim(claim_id) is None:
            raise UnknownClaim
        return listed(request, page)


def _answer(claim_id: UUID) -> Response:
    claim = get_claim(claim_id)
    if claim is None:
        raise UnknownClaim
    return Response(claim)
