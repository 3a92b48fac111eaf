"""One unit of change: a transaction with its audit lines and its events, all or nothing.

Every action that means something runs inside :func:`change`. Events and audit lines are
gathered and written as the last statement of the transaction, because both take the clinic's
counter row, which must be held only briefly. After the commit, open screens are told to look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

from clinic.current import current_clinic_id
from clinic.postgresql.base import last_statement
from clinic.realtime.poke import poke

EventType = Literal[
    "patient",
    "document",
    "task",
    "claim",
    "appointment",
    "agent_run",
    "consent_form",
    "message",
    "voice_call",
]
Op = Literal["insert", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, or a part of the system under its own name (``user_id`` None)."""

    label: str
    user_id: UUID | None = None
    ip: str | None = None


SYSTEM = Actor("Backline")


@dataclass(slots=True)
class Record:
    """What a unit of change will leave behind."""

    actor: Actor
    events: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    statements: list[tuple[str, list[Any]]] = field(default_factory=list)

    def insert(self, row: models.Model) -> None:
        """Inserts a row that nothing in the transaction reads again.

        It travels with the events and the COMMIT in one round trip, so that what its triggers
        lock is held no longer than that. Inside another transaction it is inserted at once.
        """
        if len(connection.atomic_blocks) > 1:
            row.save(force_insert=True)
            return
        statement, values = insertion([row])
        self.statements.append((f"{statement}; ", values))

    def event(self, type_: EventType, op: Op, doc: dict[str, Any]) -> None:
        """Tells open screens of a change; ``doc`` is small: ids, status, title, patient name."""
        self.events.append({"type": type_, "op": op, "doc": doc})

    def audit(
        self,
        action: str,
        row: models.Model,
        *,
        patient_id: UUID | None = None,
        detail: dict[str, Any] | None = None,
        actor: Actor | None = None,
    ) -> None:
        """One line of who did what to which row; ``detail`` names fields, not clinical values."""
        who = actor or self.actor
        self.audits.append(
            {
                "actor_id": who.user_id,
                "actor": who.label,
                "action": action,
                "object_type": row._meta.model_name,
                "object_id": row.pk,
                "patient_id": patient_id,
                "ip": who.ip,
                "detail": detail or {},
            }
        )


def insertion(rows: Sequence[models.Model]) -> tuple[str, list[Any]]:
    """The INSERT of rows of one model, with its parameters; the rows count as saved."""
    fields = rows[0]._meta.concrete_fields
    columns = ", ".join(f'"{one.column}"' for one in fields)
    places = f"({', '.join(['%s'] * len(fields))})"
    values: list[Any] = []
    for row in rows:
        values += [one.get_db_prep_save(one.pre_save(row, True), connection) for one in fields]
        row._state.adding, row._state.db = False, connection.alias
    table = rows[0]._meta.db_table
    many = ", ".join([places] * len(rows))
    return f"INSERT INTO {table} ({columns}) VALUES {many}", values  # noqa: S608 - our own names


_open: ContextVar[Record | None] = ContextVar("record", default=None)
_encoder = DjangoJSONEncoder(ensure_ascii=False)


@contextmanager
def change(by: Actor) -> Iterator[Record]:
    """A transaction that ends with its events and audit lines; an inner one joins the outer.

    Raises:
        NoClinic: outside of every door.
    """
    outer = _open.get()
    if outer is not None:
        events, audits = len(outer.events), len(outer.audits)
        try:
            with transaction.atomic():
                yield outer
        except BaseException:
            del outer.events[events:], outer.audits[audits:]
            raise
        return
    clinic_id = current_clinic_id()
    record = Record(by)
    token = _open.set(record)
    try:
        with transaction.atomic():
            yield record
            write_record(clinic_id, record)
    finally:
        _open.reset(token)


def write_record(clinic_id: UUID, record: Record, *, wait_for_disk: bool = True) -> None:
    """Writes lines and events, as the last statement of the transaction or as one of its own.

    Without ``wait_for_disk`` the transaction returns before its log is flushed, which happens
    within a second: a database server that dies in it forgets the newest lines, never older ones.
    """
    if not record.events and not record.audits:
        return
    before = "".join(statement for statement, _ in record.statements)
    parameters = [value for _, values in record.statements for value in values]
    statement = f"{before}SELECT clinic_record(%s, %s::jsonb, %s::jsonb)"
    if not wait_for_disk:
        statement += ", set_config('synchronous_commit', 'off', true)"
    with connection.cursor() as cursor:
        # Everybody in the clinic waits for the counter row, so the commit comes right behind.
        cursor.execute(
            last_statement(statement),
            [
                *parameters,
                clinic_id,
                _encoder.encode(record.events),
                _encoder.encode(record.audits),
            ],
        )
    if record.events:
        transaction.on_commit(lambda: poke(clinic_id))
