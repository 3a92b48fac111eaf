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


async def in_clinic(clinic_id: UUID, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a function in the clinic, away from the loop, in an empty context; once.

    A run has entered its clinic at the door of the request that began it; this is that door's
    other side. When the awaiting task is cancelled the function goes on to its end.
    """

    def attempt() -> T:
        close_old_connections()
        with enter_clinic(clinic_id):
            return work(*args, **kwargs)

    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, contextvars.Context().run, attempt)
