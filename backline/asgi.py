"""Everything the product serves, as one application for one process.

WebSockets and the streams run on the event loop; every other request runs as WSGI in a pool of
threads (``backline.bridge``), which costs about a third of the CPU that Django's own ASGI
handler takes for an ordinary view: docs/adr/0002-one-asgi-process.md has the measurements.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import itertools
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")

from django.core.asgi import get_asgi_application

stream_handler = get_asgi_application()

from asgiref.sync import ThreadSensitiveContext  # noqa: E402 - Django is set up from here on
from django.conf import settings  # noqa: E402

from backline import environment  # noqa: E402
from backline.bridge import Receive, Scope, Send, WsgiBridge  # noqa: E402
from backline.wsgi import application as wsgi_application  # noqa: E402
from clinic.bodies import bounded, ending_at_once  # noqa: E402
from clinic.realtime.feed import close_hub, hub  # noqa: E402
from clinic.realtime.routing import application as sockets  # noqa: E402
from copilot.threads import serve_on  # noqa: E402

# The event loop waits this long for a thread that computes, each time it has been away: with
# Python's own 5 ms the copilot's first event took two to three times as long under load.
SWITCH_SECONDS = 0.0005
# A form may carry several files of the largest size; each file's own limit is the view's.
MAX_BODY = 4 * settings.MAX_UPLOAD_BYTES + 1024 * 1024
STREAMS = re.compile(r"/api/(events/stream|copilot|agents/runs/[^/]+/agui)")
MCP = ("/mcp", "/mcp/")

pages = WsgiBridge(
    wsgi_application, threads=environment.number("WEB_THREADS", 8), max_body=MAX_BODY
)
# Django gives every ASGI request a thread, and so a database connection, of its own for as long
# as it lasts; a hundred open streams would hold a hundred. They share these few instead.
_lanes = itertools.cycle(
    [ThreadPoolExecutor(1, thread_name_prefix=f"stream{number}") for number in range(2)]
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Sends each connection to the part that serves it."""
    if scope["type"] == "http":
        if scope["path"] in MCP:
            from copilot import mcp_server  # noqa: PLC0415 - takes a second to import

            await mcp_server.application(scope, receive, send)
        elif is_stream(scope["path"]):
            whole = await bounded(receive, send, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            if whole is not None:
                async with ThreadSensitiveContext(executor=next(_lanes)):
                    await stream_handler(scope, whole, ending_at_once(send))
        else:
            await pages(scope, receive, send)
    elif scope["type"] == "websocket":
        await sockets(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


def is_stream(path: str) -> bool:
    """Whether the path belongs to a view that answers with a stream."""
    return STREAMS.match(path) is not None


def _warm() -> None:
    """Loads what the first question needs, and takes all that is loaded out of the collector's
    sight: looking through it again held every request of the process up for a tenth of a second.
    """
    importlib.import_module("copilot.serving")
    gc.collect()
    gc.freeze()


async def _lifespan(receive: Receive, send: Send) -> None:
    warming: asyncio.Future[object]
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub()  # so that the first screen does not wait for the subscription to pokes
            loop = asyncio.get_running_loop()
            serve_on(loop)
            sys.setswitchinterval(SWITCH_SECONDS)
            warming = loop.run_in_executor(None, _warm)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            close_hub()
            await warming
            await sys.modules["copilot.running"].stop_all()
            pages.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
