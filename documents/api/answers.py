"""A review's answer as JSON, whichever way it comes: its task, its run, or the document itself."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from agents.models import AgentRun
from agents.subjects import Way
from clinic.recording import Actor
from clinic.refusals import invalid
from documents.actions import read_again, unlock
from documents.api.serializers import ReviewBody
from documents.corrections import Answer, additions_from_values
from documents.models import DocumentStatus
from documents.moving import file_under
from documents.review import review
from tasks.models import Task


def carry_out(document_id: UUID, body: dict[str, Any], by: Actor) -> None:
    """Does what a checked :class:`ReviewBody` says: a decision, or only the move to a patient.

    Raises:
        Refusal: see ``documents.review.review``.
    """
    patient_id = body.get("patient_id")
    answer = answer_in(body)
    if answer is not None:
        review(document_id=document_id, answer=answer, by=by, patient_id=patient_id)
    elif patient_id is not None:
        file_under(document_id=document_id, patient_id=patient_id, by=by)
    else:
        raise invalid("status", "Say what to change.")


def answer_in(body: dict[str, Any]) -> Answer | None:
    """The decision in a body, or None when it only moves the document."""
    entered = additions_from_values((body.get("extracted") or {}).get("fields", {}))
    decides = {"status", "corrections", "additions", "removals", "reason", "kind"} & body.keys()
    if not decides and not entered:
        return None
    status = body.get("status", DocumentStatus.APPROVED)
    return Answer(
        status=DocumentStatus.APPROVED if status == "ingested" else status,
        reason=body.get("reason", ""),
        kind=body.get("kind", ""),
        corrections=[dict(one) for one in body.get("corrections", [])],
        additions=[*(dict(one) for one in body.get("additions", [])), *entered],
        removals=list(body.get("removals", [])),
    )


def answer_task(*, task: Task, answer: Any, by: Actor) -> None:
    """The handler of review tasks (``tasks.answers``).

    Raises:
        ValidationError: for an answer of another shape.
        Refusal: see there.
    """
    carry_out(cast(UUID, task.document_id), _checked(answer), by)


def answer_password(*, task: Task, answer: Any, by: Actor) -> None:
    """The handler of tasks that ask for a file's password: {"password": "..."}.

    Raises:
        Invalid: without a password.
        Refusal: see ``documents.actions.unlock``.
    """
    password = answer.get("password") if isinstance(answer, dict) else answer
    if not isinstance(password, str) or not password:
        raise invalid("answer", "Send the password of the file.")
    unlock(document_id=cast(UUID, task.document_id), password=password[:1000], by=by)


def _start(document_id: UUID, inputs: dict[str, Any], by: Actor) -> AgentRun:
    del inputs
    return read_again(document_id=document_id, by=by)


def _resume(run: AgentRun, resolution: dict[str, Any], by: Actor) -> None:
    carry_out(cast(UUID, run.document_id), _checked(resolution), by)


def _checked(answer: Any) -> dict[str, Any]:
    body = ReviewBody(data=answer if isinstance(answer, dict) else {"status": answer})
    body.is_valid(raise_exception=True)
    values: dict[str, Any] = body.validated_data
    return values


WAY = Way("document_id", _start, _resume)
