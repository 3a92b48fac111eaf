"""A run whose end is waited for: for pages that work without JavaScript."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync

from clinic.logins import Login
from copilot import streams
from copilot.beginning import begin_run
from copilot.threads import serving_loop
from copilot.turns import new_turn
from copilot.wire import page_of, read_input


def run_whole(
    *,
    login: Login,
    thread_id: str,
    text: str = "",
    resume: list[dict[str, Any]] | None = None,
    page: Mapping[str, str] | None = None,
) -> None:
    """Asks, or answers an approval, and returns when the run has ended.

    Raises:
        Refusal: when the thread is another person's, or its run has not ended yet.
    """
    said = [{"id": str(uuid4()), "role": "user", "content": text}] if text else []
    body: dict[str, Any] = {
        "protocolVersion": "1.0",
        "threadId": thread_id,
        "runId": str(uuid4()),
        "messages": said,
        "state": {},
        "tools": [],
        "context": [{"description": "page", "value": json.dumps(dict(page or {}))}],
        "forwardedProps": {},
    }
    if resume:
        body["resume"] = resume
    asked = read_input(body)
    begun = begin_run(asked=asked, login=login)
    frames = streams.perform(new_turn(login, begun, asked, page_of(asked)))
    loop = serving_loop()
    if loop is None:
        async_to_sync(_to_its_end)(frames)
    else:
        asyncio.run_coroutine_threadsafe(_to_its_end(frames), loop).result()


async def _to_its_end(frames: AsyncIterator[str]) -> None:
    async for _ in frames:
        pass
