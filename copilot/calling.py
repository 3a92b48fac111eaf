"""A turn's calls of our tools: asked for, approved, run once, and noted for the receipt."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from django.utils import timezone

from clinic.current import current_clinic_id
from clinic.logins import Login, NotAMember, NotSignedIn, login_of_user
from clinic.recording import change
from clinic.refusals import Refusal
from copilot.models import CopilotCall, Outcome
from copilot.runs import hold
from copilot.threads import in_clinic
from copilot.toolbox import Preview, Tool, Touched, Work, foresee, perform, without_nul
from copilot.turns import Turn

CHANGED_MEANWHILE = "This has changed since you were asked, so nothing was done. Please ask again."
ENDED_LOGIN = "Your access to this clinic has ended."
DONE_BEFORE = {"message": "This was done; the answer about it was cut off."}
"""The result of a call that was carried out by a turn that was then cut off."""
NO_ANSWER = "There was no answer."
PASSED_OVER = "The person did not answer this."


class NeedsApproval(Exception):
    """A person has to see what would happen, and say yes.

    ``metadata`` is {"tool", "arguments", "preview"} as it is kept and shown.
    """

    def __init__(self, metadata: dict[str, Any]) -> None:
        super().__init__(metadata["tool"])
        self.metadata = metadata


async def call_tool(
    turn: Turn, tool: Tool[Any], call_id: str, arguments: dict[str, Any], *, approved: bool
) -> Any:
    """The tool's result as JSON; what was refused is {"refused": sentence}.

    Raises:
        NeedsApproval: for a tool that asks first, before anybody has approved.
    """
    arguments = without_nul(arguments)
    if tool.approval and not approved:
        try:
            preview = await in_clinic(turn.clinic_id, _foresee, turn, tool, arguments)
        except Refusal as refusal:
            return _refused(turn, tool, call_id, arguments, refusal)
        shown = preview.model_dump(mode="json")
        raise NeedsApproval({"tool": tool.name, "arguments": arguments, "preview": shown})
    job = asyncio.ensure_future(
        in_clinic(turn.clinic_id, _run_tool, turn, tool, call_id, arguments)
    )
    # A thread cannot be stopped: it goes on, and finds at its end that the run is over.
    job.add_done_callback(_heard)
    return await asyncio.shield(job)


def note_denials(turn: Turn) -> None:
    """Lines for what the person said no to in this turn."""
    for interrupt in turn.run.resumed:
        entry = interrupt["entry"]
        if entry["status"] == "resolved" and entry["payload"]["approved"]:
            continue
        asked, call_id = interrupt["metadata"], interrupt["toolCallId"]
        turn.made.append({"tool": asked["tool"], "outcome": Outcome.DENIED.value, "rows": 0})
        turn.calls.append(_undone(turn, asked["tool"], call_id, asked["arguments"], Outcome.DENIED))


def _heard(job: asyncio.Future[Any]) -> None:
    """Nobody else may be there any more to hear how it went."""
    if not job.cancelled():
        job.exception()


def _foresee(turn: Turn, tool: Tool[Any], arguments: dict[str, Any]) -> Preview:
    return foresee(tool, Work(_still(turn), turn.page), arguments)


def _run_tool(turn: Turn, tool: Tool[Any], call_id: str, arguments: dict[str, Any]) -> Any:
    """Runs a tool, and notes it; a writing one in one transaction with its line."""
    began = time.monotonic()
    try:
        work = Work(_still(turn), turn.page)
        if tool.approval:
            _unchanged(turn, tool, work, call_id, arguments)
        if not tool.scope.endswith(".write"):
            result = perform(tool, work, arguments)
            turn.calls.append(_line(turn, tool, call_id, arguments, work.touched, began))
        else:
            with change(by=work.actor):
                result = perform(tool, work, arguments)
                # Last, and so briefly: whoever stops the run waits for the row.
                hold(turn.run.pk)
                _line(turn, tool, call_id, arguments, work.touched, began).save()
    except Refusal as refusal:
        return _refused(turn, tool, call_id, arguments, refusal)
    except Exception:
        turn.calls.append(_undone(turn, tool.name, call_id, arguments, Outcome.FAILED))
        raise
    turn.made.append({"tool": tool.name, "outcome": Outcome.DONE.value, "rows": len(work.touched)})
    return result


def _unchanged(
    turn: Turn, tool: Tool[Any], work: Work, call_id: str, arguments: dict[str, Any]
) -> None:
    """Refuses when what was agreed to is not what would happen now."""
    asked = next((one for one in turn.run.resumed if one["toolCallId"] == call_id), None)
    if asked is None:
        raise Refusal(CHANGED_MEANWHILE)
    if (asked["entry"].get("payload") or {}).get("editedArgs") is not None:
        return  # the person wrote these very arguments
    if foresee(tool, work, arguments).model_dump(mode="json") != asked["metadata"]["preview"]:
        raise Refusal(CHANGED_MEANWHILE)


def _still(turn: Turn) -> Login:
    """The person's login as it stands now: a membership may have ended since the run began."""
    login = turn.login
    try:
        now = login_of_user(login.user.pk, login.clinic.pk, ip=login.actor.ip)
    except (NotSignedIn, NotAMember) as error:
        raise Refusal(ENDED_LOGIN) from error
    return now


def _line(
    turn: Turn,
    tool: Tool[Any],
    call_id: str,
    arguments: dict[str, Any],
    touched: list[Touched],
    began: float,
) -> CopilotCall:
    """A line of the receipt, not yet saved; ``began`` in monotonic seconds."""
    return CopilotCall(
        clinic_id=current_clinic_id(),
        run_id=turn.run.pk,
        call_id=call_id,
        tool=tool.name,
        arguments=arguments,
        approved=tool.approval,
        outcome=Outcome.DONE,
        touched=[{"kind": t.kind, "id": str(t.id), "changed": t.changed} for t in touched],
        milliseconds=round((time.monotonic() - began) * 1000),
        at=timezone.now(),
    )


def _refused(
    turn: Turn, tool: Tool[Any], call_id: str, arguments: dict[str, Any], refusal: Refusal
) -> dict[str, Any]:
    turn.made.append({"tool": tool.name, "outcome": Outcome.REFUSED.value, "rows": 0})
    turn.calls.append(_undone(turn, tool.name, call_id, arguments, Outcome.REFUSED))
    return {"refused": refusal.message}


def _undone(
    turn: Turn, tool: str, call_id: str, arguments: dict[str, Any], outcome: Outcome
) -> CopilotCall:
    """The line of a call that touched nothing."""
    return CopilotCall(
        clinic_id=turn.clinic_id,
        run_id=turn.run.pk,
        call_id=call_id,
        tool=tool,
        arguments=arguments,
        outcome=outcome,
        milliseconds=0,
        at=timezone.now(),
    )
