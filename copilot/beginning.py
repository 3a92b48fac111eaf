"""How a run of the copilot begins: what is asked is checked, believed or not, and written down.

All functions are synchronous and work in the current clinic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ag_ui.core import RunAgentInput, RunErrorEvent, ToolMessage, UserMessage
from django.db import models, transaction
from django.utils import timezone

from clinic.current import current_clinic_id
from clinic.logins import Login
from clinic.postgresql.base import last_statement
from clinic.refusals import Conflict
from copilot.actions import UnknownConversation
from copilot.language import model_name
from copilot.limits import LONGEST_RESULT, LONGEST_TEXT, RUNS_AT_ONCE, THREADS_A_DAY
from copilot.models import Channel, Conversation, CopilotRun
from copilot.pending import Pending, pending
from copilot.queries import ThreadState, lock_thread
from copilot.runs import NotYours, event_rows, lease, message_rows, write_rows
from copilot.wire import client_results, fresh_messages, text_of

NOT_OPEN = RunErrorEvent(
    message="This was already answered, or was never asked. Nothing was done.", code="NOT_OPEN"
)
TOO_LONG = RunErrorEvent(
    message=f"This is longer than {LONGEST_TEXT:,} characters (or a tool's result longer than"
    f" {LONGEST_RESULT:,}). Nothing was done.",
    code="TOO_LONG",
)
BAD_RESUME = RunErrorEvent(
    message="The answer does not fit what was asked. Nothing was done.", code="BAD_RESUME"
)


class RunInProgress(Conflict):
    """The thread's last run has not ended."""

    code = "run_in_progress"
    sentence = "The copilot is still answering in this conversation."


class TooMuch(Conflict):
    """The person has too many runs going on, or has begun too many threads today."""

    code = "too_much_at_once"
    sentence = "The copilot is answering too many questions of yours. Wait for some to end."


@dataclass(frozen=True, slots=True)
class Begun:
    """A run at its beginning. ``again`` says that this very run was begun before.

    ``resumed`` holds the interrupts that are answered with this run, ``answers`` the results of
    the client's tools, ``unanswered`` the other calls that the history ends with: passed over by
    the person, or answered in a turn that was cut off (``done`` says if that carried them out).
    ``fault`` is why it ends at once.
    """

    pk: UUID
    conversation_id: UUID
    seq: int
    started: dict[str, Any]
    text: str = ""
    history: list[Any] = field(default_factory=list)
    resumed: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    unanswered: list[dict[str, Any]] = field(default_factory=list)
    fault: RunErrorEvent | None = None
    again: bool = False


def begin_run(*, asked: RunAgentInput, login: Login) -> Begun:
    """Begins a run in the thread that the client names; a new thread is a new conversation.

    Raises:
        UnknownConversation: for an answer to an approval in a thread that is not there.
        NotYours, RunInProgress, TooMuch: see there.
    """
    with transaction.atomic():
        thread = _thread(asked, login)
        if thread.again is not None:
            return Begun(thread.again, thread.conversation, 0, {}, again=True)
        if thread.is_running:
            raise RunInProgress
        if thread.runs_of_person >= RUNS_AT_ONCE:
            raise TooMuch
        return _begin(asked, login, thread)


def _thread(asked: RunAgentInput, login: Login) -> ThreadState:
    """The state of a thread whose conversation is locked, begun where it was not there."""
    found = lock_thread(asked.thread_id, asked.run_id, login.user.pk)
    if found is None:
        if asked.resume:
            raise UnknownConversation
        _begin_thread(asked.thread_id, login.user.pk)
        found = lock_thread(asked.thread_id, asked.run_id, login.user.pk)
    if found is None or found.created_by != login.user.pk:
        raise NotYours
    return found


def _begin_thread(thread_id: str, person: UUID) -> None:
    since = timezone.now() - timedelta(days=1)
    begun = Conversation.objects.filter(
        channel=Channel.COPILOT, created_by_id=person, created_at__gt=since
    )
    if begun.filter(last_message_at__gt=since).count() >= THREADS_A_DAY:
        raise TooMuch("You have begun too many conversations today. Go on in one of them.")
    new = Conversation(
        clinic_id=current_clinic_id(),
        channel=Channel.COPILOT,
        thread_id=thread_id,
        last_message_at=timezone.now(),
        created_by_id=person,
    )
    Conversation.objects.bulk_create([new], ignore_conflicts=True)


def _begin(asked: RunAgentInput, login: Login, thread: ThreadState) -> Begun:
    fresh = fresh_messages(asked, thread.known)
    text = "\n".join(filter(None, map(text_of, fresh)))
    waiting = pending(thread.conversation) if thread.has_history else Pending()
    resumed, fault = _resumed(asked, waiting.interrupts)
    answers = waiting.results(client_results(asked))
    if len(text) > LONGEST_TEXT or any(len(one) > LONGEST_RESULT for one in answers.values()):
        text, answers, fault = text[:LONGEST_TEXT], {}, TOO_LONG
    now = timezone.now()
    run = CopilotRun(
        clinic_id=current_clinic_id(),
        conversation_id=thread.conversation,
        run_id=asked.run_id,
        started_by_id=login.user.pk,
        asker=login.actor.label,
        model=model_name(),
        input=_kept(asked, fresh, answers),
        lease_until=now + lease(),
    )
    started = {
        "type": "RUN_STARTED",
        "timestamp": int(now.timestamp() * 1000),
        "threadId": asked.thread_id,
        "runId": asked.run_id,
        "protocolVersion": "1.0",
        "input": run.input,
    }
    seq = thread.last_seq + 1
    _write(run, started, seq, text, now, None if fault else waiting.run)
    return Begun(
        run.pk,
        thread.conversation,
        seq,
        started,
        text,
        waiting.history,
        resumed,
        answers,
        waiting.unanswered({one["toolCallId"] for one in resumed} | set(answers)),
        fault,
    )


# The lease is by the database's clock, as the sweep reads it.
_BEGUN = """
UPDATE copilot_runs SET status = 'finished' WHERE clinic_id = %s AND id = %s;
UPDATE copilot_runs SET lease_until = statement_timestamp() + %s::interval
WHERE clinic_id = %s AND id = %s;
UPDATE conversations SET last_message_at = CASE WHEN %s THEN %s ELSE last_message_at END
WHERE clinic_id = %s AND id = %s
"""


def _write(
    run: CopilotRun,
    started: dict[str, Any],
    seq: int,
    text: str,
    now: datetime,
    answered: UUID | None,
) -> None:
    """The run, its first event and what was said, in one round trip with the COMMIT."""
    assert run.conversation_id is not None
    rows: list[list[models.Model]] = [
        [run],
        event_rows(run.conversation_id, run.pk, [started], seq),
    ]
    if text:
        rows.append(message_rows(run.conversation_id, text, now, run.started_by_id, run.asker))
    clinic_id = current_clinic_id()
    write_rows(
        rows,
        last_statement(_BEGUN),
        [
            *(clinic_id, answered),
            *(str(lease()), clinic_id, run.pk),
            *(bool(text), now, clinic_id, run.conversation_id),
        ],
    )


def _resumed(
    asked: RunAgentInput, open_: dict[str, dict[str, Any]]
) -> tuple[list[dict[str, Any]], RunErrorEvent | None]:
    """The interrupts that are answered, with the answer; or what is wrong with the answers."""
    if not asked.resume:
        return [], None
    from pydantic_ai.exceptions import UserError  # noqa: PLC0415 - with the model's library
    from pydantic_ai.ui.ag_ui._interrupt import resume_entry_to_approval  # noqa: PLC0415

    found: dict[str, dict[str, Any]] = {}
    for entry in asked.resume:
        if entry.interrupt_id not in open_ or entry.interrupt_id in found:
            return [], NOT_OPEN
        try:
            resume_entry_to_approval(entry)
        except UserError:
            return [], BAD_RESUME
        found[entry.interrupt_id] = open_[entry.interrupt_id] | {
            "entry": entry.model_dump(mode="json", by_alias=True, exclude_none=True)
        }
    return list(found.values()), None


def _kept(
    asked: RunAgentInput, fresh: list[UserMessage], answers: dict[str, str]
) -> dict[str, Any]:
    """What is kept of a request: of its messages what was new, and believed."""
    dumped = asked.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"messages"})
    left = LONGEST_TEXT
    messages: list[dict[str, Any]] = []
    for message in fresh:
        words = text_of(message)[:left]
        left -= len(words)
        messages.append({"id": message.id, "role": "user", "content": words})
    for sent in asked.messages:
        if isinstance(sent, ToolMessage) and sent.tool_call_id in answers:
            call = sent.tool_call_id
            kept = {"id": sent.id, "role": "tool", "toolCallId": call, "content": answers[call]}
            messages.append(kept)
    rest = {"state": {}, "tools": [], "context": [], "forwardedProps": {}} | dumped
    return rest | {"messages": messages}
