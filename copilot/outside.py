"""Calls of outside agents: the same tools, each with its receipt, and nothing done unseen.

A tool that asks first answers the first call with what exactly will happen and a token for just
that; it runs when it is called again with the same arguments and the token, within ten minutes
and once. Synchronous; works in the current clinic.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from clinic.logins import Login
from clinic.recording import change
from clinic.refusals import Forbidden, Refusal
from copilot.models import CopilotCall, CopilotRun, CopilotStatus, Outcome, Via
from copilot.toolbox import (
    BadArguments,
    Tool,
    UnknownTool,
    Work,
    foresee,
    perform,
    tool_named,
    tools_for,
    without_nul,
)

APPROVAL = "approval"
APPROVAL_SECONDS = 600
MODEL = "outside agent"
_SALT = "copilot.outside"
_APPROVAL_SCHEMA = {
    "type": "string",
    "description": "Leave it out to be told what would happen; then call again with the token"
    " from that answer, after a person has agreed.",
}


class NoSuchTool(Refusal):
    """The tool is not there, or not for this token."""

    sentence = "There is no such tool for this token."


class NotApproved(Refusal):
    """The token does not belong to this call, is too old, or was used."""

    sentence = (
        "This approval is not valid: it is for another call, older than ten minutes, used before,"
        " or things have changed since. Call again without it to see what would happen now."
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a person's login, and the scopes of the token; None for all that is theirs."""

    login: Login
    scopes: frozenset[str] | None = None

    def may(self, tool: Tool[Any]) -> bool:
        """Whether role and token allow the tool."""
        return tool.may(self.login) and (self.scopes is None or tool.scope in self.scopes)


def tools_of(caller: Caller) -> list[Tool[Any]]:
    """The tools that this caller may use."""
    return [tool for tool in tools_for(caller.login) if caller.may(tool)]


def input_schema(tool: Tool[Any]) -> dict[str, Any]:
    """The arguments as JSON Schema, with a place for the approval where one is needed."""
    schema = tool.schema
    if tool.approval:
        schema["properties"] = {**schema.get("properties", {}), APPROVAL: _APPROVAL_SCHEMA}
    return schema


def call_tool(caller: Caller, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Calls a tool, or says what it would do; either leaves a receipt.

    Raises:
        NoSuchTool: also for a tool that the token or the role does not allow.
        NotApproved, BadArguments, Refusal: see there; nothing was changed.
    """
    try:
        tool = tool_named(name)
    except UnknownTool as error:
        raise NoSuchTool from error
    if not caller.may(tool):
        raise NoSuchTool
    asked = dict(arguments)
    if without_nul(asked) != asked:
        raise BadArguments("These arguments cannot be used: they hold a NUL character.")
    token = asked.pop(APPROVAL, None) if tool.approval else None
    work = Work(caller.login)
    began = time.monotonic()
    try:
        if tool.approval and token is None:
            return _preview(tool, work, asked)
        run_id = _checked(tool, work, asked, token) if tool.approval else str(uuid4())
        return _run(tool, work, asked, run_id, began)
    except Refusal as refusal:
        if not isinstance(refusal, Forbidden):
            _note(tool, work, asked, str(uuid4()), began, Outcome.REFUSED)
        raise


def _preview(tool: Tool[Any], work: Work, asked: dict[str, Any]) -> dict[str, Any]:
    preview = foresee(tool, work, asked).model_dump(mode="json")
    token = signing.dumps(
        {"id": str(uuid4()), "for": _digest(tool, work, asked, preview)}, salt=_SALT
    )
    return {
        "approval_needed": True,
        "done": False,
        "preview": preview,
        APPROVAL: token,
        "message": "Nothing was done. Show this to a person; when they agree, call again with the"
        " same arguments and this approval.",
    }


def _checked(tool: Tool[Any], work: Work, asked: dict[str, Any], token: object) -> str:
    """The name of the run that the token stands for."""
    try:
        found = signing.loads(str(token), salt=_SALT, max_age=APPROVAL_SECONDS)
    except signing.BadSignature as error:
        raise NotApproved from error
    preview = foresee(tool, work, asked).model_dump(mode="json")
    if found["for"] != _digest(tool, work, asked, preview):
        raise NotApproved
    return f"approved {found['id']}"


def _digest(tool: Tool[Any], work: Work, asked: dict[str, Any], preview: dict[str, Any]) -> str:
    login = work.login
    whole = [str(login.user.pk), str(login.clinic.pk), tool.name, asked, preview]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


def _run(
    tool: Tool[Any], work: Work, asked: dict[str, Any], run_id: str, began: float
) -> dict[str, Any]:
    if not tool.scope.endswith(".write"):
        result = perform(tool, work, asked)
        _note(tool, work, asked, run_id, began, Outcome.DONE)
        return result
    try:
        with change(by=work.actor):
            # First, so that of two calls with one approval the second waits, and finds it used.
            run = _receipt(work, run_id)
            result = perform(tool, work, asked)
            _line(run, tool, work, asked, began, Outcome.DONE)
    except IntegrityError as error:
        if CopilotRun.objects.filter(conversation=None, run_id=run_id).exists():
            raise NotApproved from error
        raise
    return result


def _note(
    tool: Tool[Any],
    work: Work,
    asked: dict[str, Any],
    run_id: str,
    began: float,
    outcome: Outcome,
) -> None:
    with transaction.atomic(), change(by=work.actor):
        _line(_receipt(work, run_id), tool, work, asked, began, outcome)


def _receipt(work: Work, run_id: str) -> CopilotRun:
    return CopilotRun.objects.create(
        run_id=run_id,
        via=Via.MCP,
        status=CopilotStatus.FINISHED,
        started_by_id=work.login.user.pk,
        asker=work.actor.label,
        model=MODEL,
        cost=0,
        lease_until=timezone.now(),
        finished_at=timezone.now(),
    )


def _line(
    run: CopilotRun,
    tool: Tool[Any],
    work: Work,
    asked: dict[str, Any],
    began: float,
    outcome: Outcome,
) -> None:
    touched = [{"kind": t.kind, "id": str(t.id), "changed": t.changed} for t in work.touched]
    CopilotCall.objects.create(
        run=run,
        call_id=run.run_id,
        tool=tool.name,
        arguments=asked,
        approved=tool.approval and outcome == Outcome.DONE,
        outcome=outcome,
        touched=touched if outcome == Outcome.DONE else [],
        milliseconds=round((time.monotonic() - began) * 1000),
        at=timezone.now(),
    )
    CopilotRun.objects.filter(pk=run.pk).update(finished_at=Now())
    with change(by=work.actor) as record:
        detail = {"status": outcome.value, "tools": [tool.name], "rows": len(touched), "via": "mcp"}
        record.audit("copilot.run", run, detail=detail)
