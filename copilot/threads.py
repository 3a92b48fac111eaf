"""Database work of the copilot: a few threads of the serving process, each with one connection.

A run spends its time on the event loop; nothing there may hold a connection while it waits.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import close_old_connections

from clinic.current import enter_clinic

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="copilot")
# Leases are renewed apart: tools that take long must not have the runs of others ended.
_lease_threads = ThreadPoolExecutor(2, thread_name_prefix="copilot-leases")
_serving: list[asyncio.AbstractEventLoop] = []


def serve_on(loop: asyncio.AbstractEventLoop) -> None:
    """Names the loop on which this process serves, and on which it performs every run."""
    _serving[:] = [loop]


def serving_loop() -> asyncio.AbstractEventLoop | None:
    """The loop on which this process serves; None in one that serves nothing."""
    return _serving[0] if _serving else None


async def in_clinic(clinic_id: UUID, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a function in the clinic, away from the loop, in an empty context; once.

    A run has entered its clinic at the door of the request that began it; this is that door's
    other side. When the awaiting task is cancelled the function goes on to its end.
    """

    return await _apart(_threads, clinic_id, lambda: work(*args, **kwargs))


async def with_lease(clinic_id: UUID, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As :func:`in_clinic`, for what must be done before a lease runs out, and is short."""
    return await _apart(_lease_threads, clinic_id, lambda: work(*args, **kwargs))


async def _apart(threads: ThreadPoolExecutor, clinic_id: UUID, work: Callable[[], T]) -> T:
    def attempt() -> T:
        close_old_connections()
        with enter_clinic(clinic_id):
            return work()

    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, contextvars.Context().run, attempt)
