"""What a conversation waits for: approvals, and results of the client's own tools.

The latest turn that came to its end keeps the history; what it asked for stays with it until a
turn that answers comes to *its* end. So a turn that is cut off between takes no approval with it:
what it had not done can be answered again. Works in the current clinic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from clinic.current import current_clinic_id
from copilot.models import CopilotCall, CopilotRun, CopilotStatus, Outcome


@dataclass(frozen=True, slots=True)
class Pending:
    """The calls that the history ends with, and which of them may be answered now.

    ``asked`` are the interrupts and the client's calls, those already ``done`` (by call) among
    them. ``run`` is the turn that asked, while it waits.
    """

    run: UUID | None = None
    history: list[Any] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    done: frozenset[str] = frozenset()

    @property
    def interrupts(self) -> dict[str, dict[str, Any]]:
        """The approvals that can be given now, by their id."""
        if self.run is None:
            return {}
        open_ = (one for one in self.asked if one["toolCallId"] not in self.done)
        return {one["id"]: one for one in open_ if "id" in one}

    def results(self, sent: Mapping[str, str]) -> dict[str, str]:
        """Of the results that a client sent, by call, those that are waited for."""
        if self.run is None:
            return {}
        calls = (one["toolCallId"] for one in self.asked if "id" not in one)
        return {call: sent[call] for call in calls if call in sent}

    def unanswered(self, answered: set[str]) -> list[dict[str, Any]]:
        """The calls that still need an answer in the history; ``done``: it was carried out."""
        return [
            {**one, "done": one["toolCallId"] in self.done}
            for one in self.asked
            if one["toolCallId"] not in answered
        ]


def pending(conversation_id: UUID) -> Pending:
    """What the conversation waits for, with its history."""
    last = _last(conversation_id)
    if last is None:
        return Pending()
    waits = last.status == CopilotStatus.WAITING
    done = _done(conversation_id, last.asked)
    return Pending(last.pk if waits else None, last.history, last.asked, done)


def give_back(conversation_id: UUID) -> None:
    """Has what a lost turn had taken, and not done, waited for again."""
    last = _last(conversation_id)
    if last is None or last.status != CopilotStatus.FINISHED:
        return
    if {one["toolCallId"] for one in last.asked} - _done(conversation_id, last.asked):
        CopilotRun.objects.filter(pk=last.pk).update(status=CopilotStatus.WAITING)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The turn that keeps the history."""

    pk: UUID
    status: str
    history: list[Any]
    asked: list[dict[str, Any]]


def _last(conversation_id: UUID) -> _Kept | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, status, history, interrupts, client_calls FROM copilot_runs"
            " WHERE clinic_id = %s AND conversation_id = %s AND history <> '[]'"
            " ORDER BY created_at DESC LIMIT 1",
            [current_clinic_id(), conversation_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    history, interrupts, client_calls = map(orjson.loads, row[2:])
    return _Kept(row[0], row[1], history, [*interrupts, *client_calls])


def _done(conversation_id: UUID, asked: list[dict[str, Any]]) -> frozenset[str]:
    """The calls whose line of a receipt was committed by a turn that was then cut off."""
    if not asked:
        return frozenset()
    lines = CopilotCall.objects.filter(
        run__conversation_id=conversation_id,
        call_id__in=[one["toolCallId"] for one in asked],
        outcome=Outcome.DONE,
    )
    return frozenset(lines.values_list("call_id", flat=True))
