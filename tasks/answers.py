"""Tasks that are questions: what happens when a person answers one.

Apps above register their kinds in ``AppConfig.ready``. A handler carries the answer out in the
caller's transaction and leaves the task in its new state.
"""

from __future__ import annotations

from typing import Any, Protocol

from clinic.recording import Actor
from clinic.refusals import Conflict
from tasks.models import Task


class Handler(Protocol):
    """Carries out an answer."""

    def __call__(self, *, task: Task, answer: Any, by: Actor) -> None:
        """Raises a ``Refusal`` for an answer that cannot be used."""


class NoQuestion(Conflict):
    """The task is no question, or was answered already."""

    code = "no_question"
    sentence = "This task does not wait for an answer."


class AnswerNeeded(Conflict):
    """The task is a question, and closing it would leave the agent waiting for ever."""

    code = "answer_needed"
    sentence = "An agent waits for this task. Answer it instead of closing it."


_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Has the answers to tasks of this kind carried out by ``handler``."""
    _handlers[kind] = handler


def is_question(task: Task) -> bool:
    """Whether the task waits for an answer that something will carry out."""
    return task.is_pending and asks(task)


def asks(task: Task) -> bool:
    """Whether the task is, or was, a question of an agent's run."""
    return task.run_id is not None and task.kind in _handlers


def carry_out(*, task: Task, answer: Any, by: Actor) -> None:
    """Hands an answer to whoever asked.

    Raises:
        NoQuestion: see there.
    """
    handler = _handlers.get(task.kind)
    if handler is None or not task.is_pending:
        raise NoQuestion
    handler(task=task, answer=answer, by=by)
