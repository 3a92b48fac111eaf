"""What the copilot's runs have in common while they run: the lease, the saving, the stopping.

A run's row says who owns it and until when; every write of the performing process asks that the
run still runs. Runs begin in ``copilot.beginning`` and end in ``copilot.ending``. All functions
are synchronous and work in the current clinic.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Now

from clinic.current import current_clinic_id
from clinic.logins import Login
from clinic.recording import insertion
from clinic.refusals import Forbidden
from copilot.models import Conversation, CopilotRun, CopilotStatus, Message, RunEvent


class NotYours(Forbidden):
    """The conversation with the copilot is another person's."""

    sentence = "This conversation belongs to somebody else."


class RunLost(Exception):
    """The run was ended by somebody else: what was about to be written is dropped."""


def save_progress(
    *, run: UUID, conversation: UUID, events: Sequence[dict[str, Any]], seq: int
) -> bool:
    """Appends events and renews the lease; True when somebody asked the run to stop.

    Raises:
        RunLost: see there; nothing is written.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE copilot_runs SET lease_until = statement_timestamp() + %s::interval"
                " WHERE clinic_id = %s AND id = %s AND status = 'running' RETURNING stop_asked",
                [str(lease()), current_clinic_id(), run],
            )
            held = cursor.fetchone()
        if held is None:
            raise RunLost
        if events:
            write_rows([event_rows(conversation, run, events, seq)])
    return bool(held[0])


def hold(pk: UUID) -> None:
    """Renews the lease, for use inside the caller's transaction.

    Raises:
        RunLost: see there.
    """
    held = CopilotRun.objects.filter(pk=pk, status=CopilotStatus.RUNNING)
    if not held.update(lease_until=Now() + lease()):
        raise RunLost


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


def lease() -> timedelta:
    """How long a run is its process's without being heard of."""
    return timedelta(seconds=settings.COPILOT_LEASE_SECONDS)


def event_rows(
    conversation: UUID, run: UUID, events: Sequence[dict[str, Any]], seq: int
) -> list[models.Model]:
    """Events of a run as rows, numbered from ``seq``."""
    clinic_id = current_clinic_id()
    return [
        RunEvent(
            clinic_id=clinic_id,
            conversation_id=conversation,
            run_id=run,
            seq=seq + place,
            event=event,
        )
        for place, event in enumerate(events)
    ]


def message_rows(
    conversation: UUID, text: str, at: datetime, author: UUID | None, label: str, rich: Any = None
) -> list[models.Model]:
    """What was said, as the one row of its message."""
    said = Message(
        clinic_id=current_clinic_id(),
        conversation_id=conversation,
        text=text,
        rich=rich,
        author_id=author,
        author_label=label,
        created_at=at,
    )
    return [said]


def write_rows(
    groups: Sequence[Sequence[models.Model]], and_then: str = "", values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Inserts rows of several models, and runs what follows, in one round trip; its rows.

    Events that are there already are passed over: the same once more, after an answer that was
    lost.
    """
    statements, parameters = [], []
    for group in filter(None, groups):
        statement, given = insertion(group)
        again = " ON CONFLICT DO NOTHING" if isinstance(group[0], RunEvent) else ""
        statements.append(statement + again)
        parameters += given
    if and_then:
        statements.append(and_then)
        parameters += values
    if not statements:
        return []
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements), parameters)
        return list(cursor.fetchall()) if cursor.description else []
