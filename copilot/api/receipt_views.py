"""The copilot's receipts, and the tokens of outside agents, over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.paging import listed
from clinic.api.parameters import choice, paging, take_slice
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView
from copilot.agent_tokens import end_token, make_token
from copilot.api.run_serializers import AgentTokenBody, AgentTokenMade, Receipt, ReceiptRow
from copilot.models import Via
from copilot.permissions import may_give_tokens, may_read_own_receipts
from copilot.receipts import get_receipt, list_receipts

TAG = "Copilot"
FILTERS = (choice("via", Via, "Only runs that came this way."), *paging())


class ReceiptList(ClinicView):
    """What the copilot did."""

    @endpoint(
        may=may_read_own_receipts,
        tag=TAG,
        name="list_receipts",
        summary="List the copilot's receipts",
        description="Newest first: who asked, which tools ran, how many rows, tokens and cost.",
        parameters=FILTERS,
        answers={200: ReceiptRow(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        values = self.query(FILTERS)
        part = take_slice(values)
        return listed(request, list_receipts(part, login=self.login, **values))


class ReceiptDetail(ClinicView):
    """One run of the copilot."""

    @endpoint(
        may=may_read_own_receipts,
        tag=TAG,
        name="get_receipt",
        summary="One receipt",
        description="With each call: its arguments, what became of it, and the rows it touched.",
        answers={200: Receipt},
        errors=(404,),
    )
    def get(self, request: Request, receipt_id: UUID) -> Response:
        """200."""
        del request
        found = get_receipt(receipt_id, login=self.login)
        if found is None:
            raise NotFound
        return Response(found)


class AgentTokens(ClinicView):
    """Tokens for outside agents."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Checks who asks; an answer with a secret is not kept for an Idempotency-Key."""
        super().initial(request, *args, **kwargs)
        vars(self).pop("post", None)

    @endpoint(
        may=may_give_tokens,
        tag=TAG,
        name="make_agent_token",
        summary="Make a token for an outside agent",
        description="Good at /mcp and nowhere else, for the scopes named, within what your role "
        "allows. Its text is given once.",
        takes=AgentTokenBody,
        answers={201: AgentTokenMade},
        examples=[example("To read", {"name": "My agent", "scopes": ["patients.read"]})],
    )
    def post(self, request: Request) -> Response:
        """201."""
        del request
        made = make_token(login=self.login, **self.body(AgentTokenBody))
        return Response(asdict(made) | {"message": "The token was made."}, status=201)


class AgentTokenDetail(ClinicView):
    """One token."""

    @endpoint(
        may=may_give_tokens,
        tag=TAG,
        name="end_agent_token",
        summary="End a token of your own",
        answers={204: None},
        errors=(404,),
    )
    def delete(self, request: Request, token_id: UUID) -> Response:
        """204."""
        del request
        end_token(login=self.login, token_id=token_id)
        return Response(status=204)
