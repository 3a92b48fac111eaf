"""What changes tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from clinic.current import current_clinic_id
from clinic.models import User
from clinic.numbers import FIRST, next_number, returning
from clinic.queries import member, members_called
from clinic.recording import Actor, Record, change
from clinic.refusals import Conflict, Missing, invalid
from tasks import answers, undo
from tasks.agent_tasks import task_event
from tasks.models import MOVES, PENDING, Priority, Task, TaskComment, TaskState


class UnknownTask(Missing):
    """There is no such task in this clinic."""

    sentence = "There is no such task."


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


class IllegalMove(Conflict):
    """The task is in a state from which it cannot get there, perhaps since a moment ago."""

    code = "illegal_move"

    def __init__(self, before: str, after: str) -> None:
        words = TaskState(before).label.lower(), TaskState(after).label.lower()
        super().__init__(f"A task that is {words[0]} cannot become {words[1]}.")


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change in a task; None leaves it. ``unassign`` takes it from everybody."""

    title: str | None = None
    description: str | None = None
    priority: str | None = None
    state: str | None = None
    assignee_id: UUID | None = None
    assigned_to: str | None = None
    unassign: bool = False
    due_at: datetime | None = None
    no_due: bool = False


def create_task(
    *,
    title: str,
    by: Actor,
    description: str = "",
    patient_id: UUID | None = None,
    assigned_to: str = "",
    assignee_id: UUID | None = None,
    agent_type: str = "",
    priority: str = Priority.MEDIUM,
    kind: str = "general",
    source: str = "person",
    due_at: datetime | None = None,
    document_id: UUID | None = None,
) -> Task:
    """Opens a task. ``assigned_to`` is a name as written; one that is one member's assigns them.

    Raises:
        UnknownPatient: see there.
        Invalid: when the assignee does not work in the clinic.
    """
    person, written = _assignee(assignee_id, assigned_to)
    number, patient_name = _number(patient_id)
    with change(by=by) as record:
        task = Task(
            number=number,
            title=title,
            description=description,
            kind=kind,
            source=source,
            patient_id=patient_id,
            document_id=document_id,
            agent_type=agent_type,
            assigned_to=written,
            assignee=person,
            priority=priority,
            due_at=due_at,
            created_by_id=by.user_id,
        )
        record.insert(task)
        record.event("task", "insert", _event(task, patient_name))
        record.audit("task.create", task, patient_id=patient_id)
    return task


def change_task(
    *,
    task_id: UUID,
    by: Actor,
    changes: Changes = Changes(),
    comment: str = "",
    answer: Any = None,
) -> Task:
    """Changes a task, remarks on it, or answers the question it is; all of it or nothing.

    Raises:
        UnknownTask: see there.
        IllegalMove: also when somebody else moved it meanwhile.
        AnswerNeeded, NoQuestion: see ``tasks.answers``.
        Invalid: when the assignee does not work in the clinic.
    """
    with change(by=by) as record:
        task = _task(task_id)
        if comment:
            _comment(task, comment, by)
        if answer is not None:
            answers.carry_out(task=task, answer=answer, by=by)
            task = _task(task_id)
        fields, was = _fields(changes), undo.as_it_is(task)
        if changes.state and changes.state != task.state:
            _move(task, changes.state, fields, record)
        elif fields:
            Task.objects.filter(pk=task.pk).update(**fields, updated_at=timezone.now())
        if fields or comment:
            task = _task(task_id)
        if fields:
            undo.remember_change(task, was, record)
        if fields or comment:
            record.event("task", "update", task_event(task))
            record.audit(
                "task.change" if fields else "task.comment",
                task,
                patient_id=task.patient_id,
                detail={"fields": sorted(fields), **({"commented": True} if comment else {})},
            )
    return task


def comment_on_task(*, task_id: UUID, text: str, by: Actor) -> Task:
    """Adds a remark.

    Raises:
        UnknownTask: see there.
    """
    return change_task(task_id=task_id, by=by, comment=text)


def assign_task(*, task_id: UUID, assignee_id: UUID | None, by: Actor) -> Task:
    """Gives a task to a member, or with None to nobody.

    Raises:
        UnknownTask: see there.
        Invalid: when the person does not work in the clinic.
    """
    given = Changes(assignee_id=assignee_id, unassign=assignee_id is None)
    return change_task(task_id=task_id, by=by, changes=given)


def _number(patient_id: UUID | None) -> tuple[int, str | None]:
    """The task's number and its patient's name, in one round trip.

    Inside a transaction the patient's row is locked before the number's, which is the order that
    everybody keeps.

    Raises:
        UnknownPatient: see there.
    """
    if patient_id is None:
        return next_number("task"), None
    clinic_id = current_clinic_id()
    lock = "FOR NO KEY UPDATE" if connection.in_atomic_block else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH patient AS MATERIALIZED (SELECT trim(first_name || ' ' || last_name) AS name"  # noqa: S608 - our own words
            f" FROM patients WHERE clinic_id = %s AND id = %s {lock}),"
            " number AS (INSERT INTO clinic_clinicnumber AS n (id, clinic_id, series, last)"
            " SELECT gen_random_uuid(), %s, 'task', %s FROM patient"
            f" ON CONFLICT (clinic_id, series) DO UPDATE SET last = n.last + 1 {returning()})"
            " SELECT number.last, patient.name FROM number, patient",
            [clinic_id, patient_id, clinic_id, FIRST["task"]],
        )
        row = cursor.fetchone()
    if row is None:
        raise UnknownPatient
    return int(row[0]), str(row[1])


def lock_patient(patient_id: UUID) -> str:
    """The patient's name, with the row locked: its count of tasks is about to change.

    Tasks know patients by id only; the layers keep the two apps apart.

    Raises:
        UnknownPatient: see there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT trim(first_name || ' ' || last_name) FROM patients"
            " WHERE clinic_id = %s AND id = %s FOR NO KEY UPDATE",
            [current_clinic_id(), patient_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise UnknownPatient
    return str(row[0])


def _task(task_id: UUID) -> Task:
    task = Task.objects.select_related("patient", "assignee").filter(pk=task_id).first()
    if task is None:
        raise UnknownTask
    return task


def _move(task: Task, state: str, fields: dict[str, Any], record: Record) -> None:
    """By compare-and-set: zero rows mean that somebody else moved it first."""
    if state not in MOVES[task.state] or (not task.is_pending and answers.asks(task)):
        raise IllegalMove(task.state, state)
    if state not in PENDING and answers.is_question(task):
        raise answers.AnswerNeeded
    if task.patient_id:
        lock_patient(task.patient_id)
    now = timezone.now()
    fields["state"] = state
    closed_at = None if state in PENDING else now
    moved = Task.objects.filter(pk=task.pk, state=task.state).update(
        **fields, closed_at=closed_at, updated_at=now
    )
    if not moved:
        raise IllegalMove(_task(task.pk).state, state)
    record.audit(f"task.{state}", task, patient_id=task.patient_id, detail={"from": task.state})


def _fields(changes: Changes) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in ("title", "description", "priority"):
        value = getattr(changes, name)
        if value is not None:
            fields[name] = value
    if changes.due_at is not None or changes.no_due:
        fields["due_at"] = changes.due_at
    if changes.unassign:
        fields |= {"assignee": None, "assigned_to": ""}
    elif changes.assignee_id is not None or changes.assigned_to is not None:
        person, written = _assignee(changes.assignee_id, changes.assigned_to or "")
        fields |= {"assignee": person, "assigned_to": written}
    return fields


def _assignee(assignee_id: UUID | None, written: str) -> tuple[User | None, str]:
    if assignee_id is not None:
        person = member(assignee_id)
        if person is None:
            raise invalid("assignee_id", "This person does not work in the clinic.")
        return person, written or person.name or person.email
    if not written:
        return None, ""
    called = members_called(written)
    return (called[0] if len(called) == 1 else None), written


def _comment(task: Task, text: str, by: Actor) -> None:
    TaskComment.objects.create(task=task, author_id=by.user_id, author_label=by.label, text=text)


def _event(task: Task, patient_name: str | None) -> dict[str, Any]:
    return {
        "task_id": task.pk,
        "display_id": task.display_id,
        "title": task.title,
        "state": task.state,
        "priority": task.priority,
        "kind": task.kind,
        "patient_id": task.patient_id,
        "patient_name": patient_name,
        "document_id": task.document_id,
    }
