"""Reads about conversations and their messages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q

from clinic.current import current_clinic_id
from clinic.listing import Key, Listing, Page, Row, Slice, Where, aware_moment, fetch, newest_first
from clinic.logins import Login
from copilot.models import Channel, Conversation, Message

LISTING = Listing(
    columns={
        "conversation_id": "c.id",
        "channel": "c.channel",
        "patient_id": "c.patient_id",
        "claim_id": "c.claim_id",
        "appointment_id": "c.appointment_id",
        "patient_name": "trim(p.first_name || ' ' || p.last_name)",
        "last_message": "(SELECT left(m.text, 200) FROM messages m WHERE m.clinic_id = c.clinic_id"
        " AND m.conversation_id = c.id ORDER BY m.created_at DESC, m.id DESC LIMIT 1)",
        "last_message_at": "c.last_message_at",
        "created_at": "c.created_at",
    },
    source="conversations c"
    " LEFT JOIN patients p ON p.clinic_id = c.clinic_id AND p.id = c.patient_id",
    owner="c",
    order=newest_first("c", "conversation_id", "last_message_at"),
)
MESSAGES = Listing(
    columns={
        "message_id": "m.id",
        "conversation_id": "m.conversation_id",
        "text": "m.text",
        "rich": "m.rich",
        "author": "m.author_label",
        "author_id": "m.author_id",
        "created_at": "m.created_at",
    },
    source="messages m",
    owner="m",
    order=(
        Key("created_at", "m.created_at", aware_moment),
        Key("message_id", "m.id", UUID),
    ),
    descending=False,
)


READABLE = Listing(
    columns={
        **LISTING.columns,
        "thread_id": "c.thread_id",
        "first_message": "(SELECT left(m.text, 200) FROM messages m WHERE m.clinic_id = c.clinic_id"
        " AND m.conversation_id = c.id ORDER BY m.created_at, m.id LIMIT 1)",
    },
    source=LISTING.source,
    owner="c",
    order=LISTING.order,
)
READABLE_BY = "(c.channel <> 'copilot' OR c.created_by_id = %s)"
MOST_MESSAGES = 500


def conversations_of(login: Login, part: Slice, *, channel: str | None = None) -> Page:
    """A page of what a person may read: their own talks with the copilot, and the clinic's others.

    Those with the latest messages first.
    """
    where = Where()
    where.equal("c.channel", channel)
    where.add(READABLE_BY, login.user.pk)
    return fetch(READABLE, where, part)


def readable(login: Login) -> Q:
    """Which conversations a person may read: those with the copilot are its person's alone."""
    return ~Q(channel=Channel.COPILOT) | Q(created_by_id=login.user.pk)


def messages_of(conversation_id: UUID) -> list[Message]:
    """What was said in a conversation, oldest first; its latest part."""
    rows = Message.objects.filter(conversation_id=conversation_id).order_by("-created_at", "-id")
    return list(rows[:MOST_MESSAGES])[::-1]


def list_conversations(
    part: Slice,
    *,
    login: Login,
    channel: str | None = None,
    patient_id: UUID | None = None,
    claim_id: UUID | None = None,
    appointment_id: UUID | None = None,
) -> Page:
    """A page of conversations that a person may read, those with the latest messages first."""
    where = Where()
    where.equal("c.channel", channel)
    where.equal("c.patient_id", patient_id)
    where.equal("c.claim_id", claim_id)
    where.equal("c.appointment_id", appointment_id)
    where.add(READABLE_BY, login.user.pk)
    subject = patient_id or claim_id or appointment_id
    everybodys = channel and channel != Channel.COPILOT and not subject
    tallies = [f"conversation.{channel}"] if everybodys else []
    page = fetch(LISTING, where, part, tallies=tallies)
    for row in page.rows:
        _with_subject(row)
    return page


def list_messages(conversation_id: UUID, part: Slice, *, login: Login) -> Page | None:
    """A page of a conversation's messages, oldest first; None when it is not there for them."""
    if not Conversation.objects.filter(readable(login), pk=conversation_id).exists():
        return None
    where = Where()
    where.equal("m.conversation_id", conversation_id)
    page = fetch(MESSAGES, where, part)
    for row in page.rows:
        if isinstance(row["rich"], str):
            row["rich"] = orjson.loads(row["rich"])
    return page


def _with_subject(row: Row) -> None:
    names = ("patient_id", "claim_id", "appointment_id")
    row["subject"] = {name: row.pop(name) for name in names}


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What a new run in a thread has to know. ``known`` are the ids of messages seen before,
    ``again`` is the run of that very name, ``last_seq`` 0 in a thread without events."""

    conversation: UUID
    created_by: UUID | None
    again: UUID | None
    is_running: bool
    runs_of_person: int
    has_history: bool
    last_seq: int
    known: frozenset[str]


_THREAD = """
SELECT FROM conversations WHERE clinic_id = %(clinic)s AND thread_id = %(thread)s
FOR NO KEY UPDATE;
SELECT c.id, c.created_by_id,
    (SELECT r.id FROM copilot_runs r WHERE r.clinic_id = c.clinic_id
        AND r.conversation_id = c.id AND r.run_id = %(run)s),
    EXISTS (SELECT FROM copilot_runs r WHERE r.clinic_id = c.clinic_id
        AND r.conversation_id = c.id AND r.status = 'running'),
    (SELECT count(*) FROM copilot_runs r WHERE r.clinic_id = c.clinic_id
        AND r.started_by_id = %(person)s AND r.status = 'running'),
    EXISTS (SELECT FROM copilot_runs r WHERE r.clinic_id = c.clinic_id
        AND r.conversation_id = c.id AND r.history <> '[]'),
    coalesce((SELECT max(e.seq) FROM agent_run_event e WHERE e.clinic_id = c.clinic_id
        AND e.conversation_id = c.id), 0),
    ARRAY(SELECT m->>'id' FROM copilot_runs r, jsonb_array_elements(r.input->'messages') m
        WHERE r.clinic_id = c.clinic_id AND r.conversation_id = c.id)
FROM conversations c WHERE c.clinic_id = %(clinic)s AND c.thread_id = %(thread)s
"""


def lock_thread(thread_id: str, run_id: str, person: UUID) -> ThreadState | None:
    """Locks a thread's conversation, then reads its state; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            _THREAD,
            {
                "clinic": current_clinic_id(),
                "thread": thread_id,
                "run": run_id,
                "person": person,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    conversation, created_by, again, is_running, of_person, has_history, seq, known = row
    return ThreadState(
        conversation,
        created_by,
        again,
        is_running,
        of_person,
        has_history,
        seq,
        frozenset(known),
    )
