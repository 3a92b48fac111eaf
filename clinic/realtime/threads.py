"""Database work of the sockets and streams: a few threads, each with one connection.

Thousands of sockets share them; nothing on the event loop may hold a connection while it waits.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection

P = ParamSpec("P")
T = TypeVar("T")

_threads = ThreadPoolExecutor(4, thread_name_prefix="realtime")


async def in_database(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a function that may use the database, in an empty context, away from the loop.

    It must be harmless to run twice: it is, when PostgreSQL has closed the thread's connection.

    Raises:
        OperationalError, InterfaceError: while the database is away.
    """

    def attempt() -> T:
        close_old_connections()
        try:
            return read(*args, **kwargs)
        except (OperationalError, InterfaceError):
            connection.close()
            return read(*args, **kwargs)

    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, contextvars.Context().run, attempt)
