"""What changes the copilot's runs: begun by a request, performed by a process, ended once.

A run's row says who owns it and until when; every write of the performing process asks that the
run still runs. All functions are synchronous and work in the current clinic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ag_ui.core import RunAgentInput, RunErrorEvent, ToolMessage, UserMessage
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from clinic.current import current_clinic_id
from clinic.logins import Login
from clinic.recording import Actor, Record, change
from clinic.refusals import Conflict, Forbidden
from copilot.actions import UnknownConversation
from copilot.language import model_name
from copilot.limits import LONGEST_RESULT, LONGEST_TEXT, RUNS_AT_ONCE, THREADS_A_DAY
from copilot.models import (
    Channel,
    Conversation,
    CopilotCall,
    CopilotRun,
    CopilotStatus,
    Message,
    Outcome,
    RunEvent,
)
from copilot.orphans import LOST as LOST_EVENT
from copilot.pending import give_back, pending
from copilot.wire import client_results, fresh_messages, text_of

LABEL = "Copilot"
STOPPED = RunErrorEvent(message="This was stopped.", code="STOPPED")
FAILED = RunErrorEvent(message="Something went wrong on our side.", code="INTERNAL")
LOST = RunErrorEvent(message=LOST_EVENT["message"], code=LOST_EVENT["code"])
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


class NotYours(Forbidden):
    """The conversation with the copilot is another person's."""

    sentence = "This conversation belongs to somebody else."


class RunInProgress(Conflict):
    """The thread's last run has not ended."""

    code = "run_in_progress"
    sentence = "The copilot is still answering in this conversation."


class TooMuch(Conflict):
    """The person has too many runs going on, or has begun too many threads today."""

    code = "too_much_at_once"
    sentence = "The copilot is answering too many questions of yours. Wait for some to end."


class RunLost(Exception):
    """The run was ended by somebody else: what was about to be written is dropped."""


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


@dataclass(slots=True)
class Ending:
    """How a run ends, and what it leaves behind."""

    status: CopilotStatus
    said: str = ""
    history: list[Any] | None = None
    interrupts: list[dict[str, Any]] = field(default_factory=list)
    client_calls: list[dict[str, Any]] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    error: str = ""


def begin_run(*, asked: RunAgentInput, login: Login) -> Begun:
    """Begins a run in the thread that the client names; a new thread is a new conversation.

    Raises:
        UnknownConversation: for an answer to an approval in a thread that is not there.
        NotYours, RunInProgress, TooMuch: see there.
    """
    with transaction.atomic():
        conversation = _thread(asked, login)
        again = conversation.runs.filter(run_id=asked.run_id).first()
        if again is not None:
            return Begun(again.pk, conversation.pk, 0, {}, again=True)
        if conversation.runs.filter(status=CopilotStatus.RUNNING).exists():
            raise RunInProgress
        mine = CopilotRun.objects.filter(started_by_id=login.user.pk, status=CopilotStatus.RUNNING)
        if mine.count() >= RUNS_AT_ONCE:
            raise TooMuch
        return _begin(asked, login, conversation)


def _thread(asked: RunAgentInput, login: Login) -> Conversation:
    """The locked conversation of a thread."""
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True)
    found = rows.filter(thread_id=asked.thread_id).first()
    if found is None:
        if asked.resume:
            raise UnknownConversation
        since = timezone.now() - timedelta(days=1)
        begun = Conversation.objects.filter(
            channel=Channel.COPILOT, created_by_id=login.user.pk, created_at__gt=since
        )
        if begun.filter(last_message_at__gt=since).count() >= THREADS_A_DAY:
            raise TooMuch("You have begun too many conversations today. Go on in one of them.")
        Conversation.objects.bulk_create(
            [
                Conversation(
                    clinic_id=current_clinic_id(),
                    channel=Channel.COPILOT,
                    thread_id=asked.thread_id,
                    last_message_at=timezone.now(),
                    created_by_id=login.user.pk,
                )
            ],
            ignore_conflicts=True,
        )
        found = rows.get(thread_id=asked.thread_id)
    if found.created_by_id != login.user.pk:
        raise NotYours
    return found


def _begin(asked: RunAgentInput, login: Login, conversation: Conversation) -> Begun:
    fresh = fresh_messages(asked, _known_ids(conversation))
    text = "\n".join(filter(None, map(text_of, fresh)))
    waiting = pending(conversation.pk)
    resumed, fault = _resumed(asked, waiting.interrupts)
    answers = waiting.results(client_results(asked))
    if len(text) > LONGEST_TEXT or any(len(one) > LONGEST_RESULT for one in answers.values()):
        text, answers, fault = text[:LONGEST_TEXT], {}, TOO_LONG
    run = CopilotRun.objects.create(
        conversation=conversation,
        run_id=asked.run_id,
        started_by_id=login.user.pk,
        asker=login.actor.label,
        model=model_name(),
        input=_kept(asked, fresh, answers),
        lease_until=_lease_end(),
    )
    if fault is None and waiting.run is not None:
        CopilotRun.objects.filter(pk=waiting.run).update(status=CopilotStatus.FINISHED)
    now = timezone.now()
    if text:
        _write(conversation, text, now, login.user.pk, login.actor.label)
    last = RunEvent.objects.filter(conversation=conversation).aggregate(last=Max("seq"))["last"]
    seq = (last or 0) + 1
    started = {
        "type": "RUN_STARTED",
        "timestamp": int(now.timestamp() * 1000),
        "threadId": asked.thread_id,
        "runId": asked.run_id,
        "protocolVersion": "1.0",
        "input": run.input,
    }
    RunEvent.objects.create(conversation=conversation, run=run, seq=seq, event=started)
    return Begun(
        run.pk,
        conversation.pk,
        seq,
        started,
        text,
        waiting.history,
        resumed,
        answers,
        waiting.unanswered({one["toolCallId"] for one in resumed} | set(answers)),
        fault,
    )


def _resumed(
    asked: RunAgentInput, open_: dict[str, dict[str, Any]]
) -> tuple[list[dict[str, Any]], RunErrorEvent | None]:
    """The interrupts that are answered, with the answer; or what is wrong with the answers."""
    from pydantic_ai.exceptions import UserError  # noqa: PLC0415 - with the model's library
    from pydantic_ai.ui.ag_ui._interrupt import resume_entry_to_approval  # noqa: PLC0415

    found: dict[str, dict[str, Any]] = {}
    for entry in asked.resume or []:
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


def _known_ids(conversation: Conversation) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m->>'id' FROM copilot_runs r, jsonb_array_elements(r.input->'messages') m"
            " WHERE r.clinic_id = %s AND r.conversation_id = %s",
            [current_clinic_id(), conversation.pk],
        )
        return {row[0] for row in cursor.fetchall()}


def _kept(
    asked: RunAgentInput, fresh: list[UserMessage], answers: dict[str, str]
) -> dict[str, Any]:
    """What is kept of a request: of its messages what was new, and believed."""
    dumped = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
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


def save_progress(*, run: Begun, events: Sequence[dict[str, Any]], seq: int) -> bool:
    """Appends events and renews the lease; True when somebody asked the run to stop.

    Raises:
        RunLost: see there; nothing is written.
    """
    with transaction.atomic():
        hold(run.pk)
        _append(run, events, seq)
    return CopilotRun.objects.filter(pk=run.pk, stop_asked=True).exists()


def hold(pk: UUID) -> None:
    """Renews the lease, for use inside the caller's transaction.

    Raises:
        RunLost: see there.
    """
    held = CopilotRun.objects.filter(pk=pk, status=CopilotStatus.RUNNING)
    if not held.update(lease_until=_lease_end()):
        raise RunLost


def end_run(
    *,
    run: Begun,
    ending: Ending,
    events: Sequence[dict[str, Any]],
    seq: int,
    calls: Sequence[CopilotCall],
    by: Actor,
) -> None:
    """Ends a run with its last events, its receipt, its answer and one audit line.

    Raises:
        RunLost: see there; nothing is written.
    """
    with change(by=by) as record:
        hold(run.pk)
        CopilotRun.objects.filter(pk=run.pk).update(
            status=ending.status,
            interrupts=ending.interrupts,
            client_calls=ending.client_calls,
            input_tokens=ending.input_tokens,
            output_tokens=ending.output_tokens,
            cost=ending.cost,
            error=ending.error,
            finished_at=Now(),
        )
        if ending.history is not None:
            CopilotRun.objects.filter(conversation_id=run.conversation_id).exclude(
                history=[]
            ).update(history=[])
            CopilotRun.objects.filter(pk=run.pk).update(history=ending.history)
        _append(run, events, seq)
        CopilotCall.objects.bulk_create(calls)
        if ending.error == LOST.code:
            give_back(run.conversation_id)
        conversation = Conversation.objects.get(pk=run.conversation_id)
        if ending.said:
            message = _write(conversation, ending.said, timezone.now(), None, LABEL, run.pk)
            _tell(record, conversation, message)
        _audit(record, run.pk)


def _append(run: Begun, events: Sequence[dict[str, Any]], seq: int) -> None:
    clinic_id = current_clinic_id()
    RunEvent.objects.bulk_create(
        (
            RunEvent(
                clinic_id=clinic_id,
                conversation_id=run.conversation_id,
                run_id=run.pk,
                seq=seq + position,
                event=event,
            )
            for position, event in enumerate(events)
        ),
        ignore_conflicts=True,  # the same events once more, after an answer that was lost
    )


def _audit(record: Record, pk: UUID) -> None:
    run = CopilotRun.objects.get(pk=pk)
    calls = list(run.calls.order_by("at", "id").values_list("tool", "touched"))
    record.audit(
        "copilot.run",
        run,
        detail={
            "status": run.status,
            "tools": [tool for tool, _ in calls],
            "rows": sum(len(touched) for _, touched in calls),
        },
    )


def _write(
    conversation: Conversation,
    text: str,
    at: Any,
    author_id: UUID | None,
    label: str,
    run_pk: UUID | None = None,
) -> Message:
    Conversation.objects.filter(pk=conversation.pk).update(last_message_at=at)
    return Message.objects.create(
        conversation=conversation,
        text=text,
        rich={"run_id": str(run_pk)} if run_pk else None,
        author_id=author_id,
        author_label=label,
        created_at=at,
    )


def _tell(record: Record, conversation: Conversation, message: Message) -> None:
    doc = {
        "message_id": message.pk,
        "conversation_id": conversation.pk,
        "channel": conversation.channel,
        "author": message.author_label,
        "patient_id": None,
        "patient_name": None,
    }
    record.event("message", "insert", doc)


def ask_to_stop(*, thread_id: str, login: Login, run_id: str | None = None) -> UUID | None:
    """Notes that a thread's run is to stop; its conversation, or None when nothing runs.

    Raises:
        NotYours: see there.
    """
    conversation = Conversation.objects.filter(thread_id=thread_id).first()
    if conversation is None:
        return None
    if conversation.created_by_id != login.user.pk:
        raise NotYours
    running = conversation.runs.filter(status=CopilotStatus.RUNNING)
    if run_id is not None:
        running = running.filter(run_id=run_id)
    return conversation.pk if running.update(stop_asked=True) else None


def call_line(
    run_pk: UUID,
    call_id: str,
    tool: str,
    arguments: dict[str, Any],
    *,
    outcome: Outcome,
    touched: Sequence[Any] = (),
    began: float = 0.0,
    now: float = 0.0,
    approved: bool = False,
) -> CopilotCall:
    """A line of a receipt, not yet saved; ``began`` and ``now`` are monotonic seconds."""
    return CopilotCall(
        clinic_id=current_clinic_id(),
        run_id=run_pk,
        call_id=call_id,
        tool=tool,
        arguments=arguments,
        approved=approved,
        outcome=outcome,
        touched=[{"kind": t.kind, "id": str(t.id), "changed": t.changed} for t in touched],
        milliseconds=round((now - began) * 1000),
        at=timezone.now(),
    )


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.COPILOT_LEASE_SECONDS)
