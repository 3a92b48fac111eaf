"""Periodic work of the sweep: each app registers its own in ``AppConfig.ready``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every ``seconds``; entered without a clinic, a door of its own."""

    name: str
    seconds: float
    do: Callable[[], None]


_chores: dict[str, Chore] = {}


def register(name: str, seconds: float, do: Callable[[], None]) -> None:
    """Has ``do`` called about every ``seconds``."""
    _chores[name] = Chore(name, seconds, do)


def due_chores(done: dict[str, float], now: float) -> Iterator[tuple[str, Callable[[], None]]]:
    """(name, callable) of the chores whose time has come; ``done`` holds monotonic seconds."""
    for chore in list(_chores.values()):
        if now - done.get(chore.name, float("-inf")) >= chore.seconds:
            yield chore.name, chore.do
