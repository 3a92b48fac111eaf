"""The same change to several tasks: looked at first, then made together, and undone together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from clinic.models import Undoable
from clinic.recording import Actor, change
from clinic.undoing import latest, remember_several
from tasks import answers
from tasks.actions import Changes, change_task
from tasks.models import MOVES, PENDING, Task

MOST = 200
"""So many at once; a list page shows fewer."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A task, and why the change leaves it out; nothing when it is changed."""

    task: Task
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What a bulk change did; ``entry`` takes all of it back."""

    changed: int
    left_out: int
    entry: Undoable | None


def plan(task_ids: Iterable[UUID], changes: Changes) -> list[Planned]:
    """What the change would do to each of the tasks that are there; writes nothing."""
    ids = list(dict.fromkeys(task_ids))[:MOST]
    found = Task.objects.select_related("patient", "assignee").in_bulk(ids)
    return [Planned(found[one], _left_out(found[one], changes)) for one in ids if one in found]


def change_tasks(*, task_ids: Iterable[UUID], changes: Changes, by: Actor) -> Done:
    """Changes the tasks that can be changed like that, all of them or none.

    Raises:
        IllegalMove: when somebody else moved one of them meanwhile.
        Invalid: when the assignee does not work in the clinic.
    """
    with change(by=by) as record:
        planned = plan(task_ids, changes)
        # Everybody who takes several patients' rows takes them in this order.
        chosen = sorted(
            (one.task for one in planned if not one.left_out),
            key=lambda task: (str(task.patient_id or ""), str(task.pk)),
        )
        for task in chosen:
            change_task(task_id=task.pk, by=by, changes=changes)
        entries = [entry for task in chosen if (entry := latest(task.pk))]
        together = remember_several(entries, record) if entries else None
    return Done(len(chosen), len(planned) - len(chosen), together)


def pending_of_documents(document_ids: Iterable[UUID]) -> list[UUID]:
    """The pending tasks about these documents."""
    rows = Task.objects.filter(document_id__in=list(document_ids), state__in=PENDING)
    return list(rows.order_by("created_at", "pk").values_list("pk", flat=True))


def _left_out(task: Task, changes: Changes) -> str:
    if changes.state is None:
        return "" if task.is_pending else f"is {task.get_state_display().lower()} already"
    if task.state == changes.state:
        return f"is {task.get_state_display().lower()} already"
    if answers.is_question(task):
        return "waits for an answer about its document"
    if changes.state not in MOVES[task.state]:
        return f"is {task.get_state_display().lower()}"
    return ""
