"""One decorator says who may call a method, what it takes and what it answers.

The rule it names is the one that ``InClinic`` asks, so the documentation cannot drift from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from clinic.api.parameters import Parameter, described
from clinic.api.serializers import ErrorAnswer
from clinic.permissions import Rule

F = TypeVar("F", bound=Callable[..., Any])

Answers = Mapping[int | tuple[int, str], Any]

MEANINGS = {
    400: "A value cannot be used; `errors` names the fields.",
    401: "No access token, or one that is not valid any more.",
    403: "Not a member of the clinic, or the role does not allow it.",
    404: "Not there, or not in this clinic.",
    405: "The address does not answer to this method.",
    406: "The address answers with application/json only.",
    409: "The state of things does not allow it (any more).",
    413: "The request is too large.",
    415: "The content type is not taken here.",
    422: "The Idempotency-Key was used with another body.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    500: "Something went wrong on our side; nothing was saved.",
}
TENANT = OpenApiParameter(
    "X-Tenant-Id",
    {"type": "string", "format": "uuid"},
    OpenApiParameter.HEADER,
    description="One of the person's clinics; without it, the token's.",
)
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="The same key and body again within 24 hours gives the first answer again.",
)


def endpoint(
    *,
    may: Rule | None,
    tag: str,
    name: str,
    summary: str,
    answers: Answers,
    description: str = "",
    takes: Any = None,
    parameters: Sequence[Parameter] = (),
    errors: Sequence[int] = (),
    examples: Sequence[OpenApiExample] = (),
) -> Callable[[F], F]:
    """Describes a method of a ``ClinicView``; ``may`` None is for those that need no login.

    ``answers`` are by status, or by status and content type when that is not JSON alone.
    ``errors`` are the statuses beyond the usual ones: 404 for addresses with an id, 409 for
    writes that can come too late, 413 and 415 for uploads.
    """
    writes = takes is not None
    usual = {400, 401, 403, 406, 429, 500, *errors} | ({413, 415} if writes else set())
    headers: list[OpenApiParameter] = [TENANT] if may else []
    if writes and may and 201 in answers:
        usual.add(422)
        usual.add(409)
        headers.append(IDEMPOTENCY)
    responses: dict[int | tuple[int, str], Any] = dict(answers)
    for status in sorted(usual - responses.keys()):
        responses[status] = OpenApiResponse(ErrorAnswer, MEANINGS[status])
    sentences = [description.strip(), may.sentence if may else "Needs no access token."]

    def decorate(method: F) -> F:
        method.rule = may  # type: ignore[attr-defined]
        described_method: F = extend_schema(
            operation_id=name,
            tags=[tag],
            summary=summary,
            description="\n\n".join(sentence for sentence in sentences if sentence),
            request=takes,
            parameters=[*described(parameters), *headers],
            responses=responses,
            examples=list(examples),
            auth=None if may else [{}],  # type: ignore[list-item]
        )(method)
        return described_method

    return decorate


def example(name: str, value: Any, *, answer: bool = False, status: int = 201) -> OpenApiExample:
    """An example of a body, or with ``answer`` of what comes back."""
    if answer:
        return OpenApiExample(name, value, response_only=True, status_codes=[str(status)])
    return OpenApiExample(name, value, request_only=True)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the access token is shown in the schema."""

    target_class = "clinic.api.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """HTTP bearer."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the portal's session is shown in the schema."""

    target_class = "clinic.api.authentication.PortalSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The session's cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
