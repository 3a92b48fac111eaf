"""Serves Django's WSGI handler inside an ASGI server: ordinary views cost a third of the CPU.

Made for exactly that and nothing more general. The event loop takes in the whole request body
(in memory up to a megabyte, then in an unnamed file) and sends files, so that a thread of the
small pool is busy with a view only and never with a slow client. A request whose client leaves
before its body is complete never reaches a view. Every request runs in an empty context:
nothing entered for one (a clinic!) can be seen by the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, Any, cast

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Environ = dict[str, Any]
WsgiApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

logger = logging.getLogger(__name__)

IN_MEMORY = 1024 * 1024
BLOCK = 256 * 1024
# How long a client may take for one block before the view that writes it is stopped.
SEND_SECONDS = 60.0

_TOO_LARGE = b'{"detail": "This request is too large.", "code": "too_large"}'
_FAILED = b'{"detail": "Something went wrong on our side.", "code": "server_error"}'


class ClientGone(ConnectionError):
    """The client left, or stopped reading, before the exchange was complete."""


class BodyTooLarge(Exception):
    """The request's body is larger than any view accepts."""


class FileToSend:
    """Takes the place of a FileResponse's content, so that no thread waits while it is sent."""

    def __init__(self, file: IO[bytes], block_size: int = 0) -> None:
        del block_size
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        while block := self.file.read(BLOCK):
            yield block

    def close(self) -> None:
        """Ends the response too: Django has put its ``close`` on the file."""
        self.file.close()


@dataclass(slots=True)
class _Exchange:
    """One request as its thread sees it."""

    loop: asyncio.AbstractEventLoop
    receive: Receive
    send: Send
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    started: bool = False
    gone: bool = False
    watch: asyncio.Task[None] | None = None

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], None]:
        """WSGI's callable. The old ``write`` it should return is not offered: Django has none."""
        del exc_info
        self.status = int(status[:3])
        self.headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]
        return cast("Callable[[bytes], None]", None)

    def start_message(self) -> Message:
        """ASGI's first message of the answer."""
        self.started = True
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}

    def send_now(self, block: bytes) -> None:
        """Sends from the thread, waiting until the client's connection has room.

        Raises:
            ClientGone: when it has none for too long, or is closed.
        """
        if self.gone:
            raise ClientGone
        waiting = asyncio.run_coroutine_threadsafe(self._send(block), self.loop)
        try:
            waiting.result(SEND_SECONDS)
        except TimeoutError as error:
            waiting.cancel()
            raise ClientGone from error

    def watch_client(self) -> None:
        """From here on ``gone`` says whether the client has left; for answers sent in parts."""
        if self.watch is None:
            self.watch = self.loop.create_task(_watch(self))

    async def _send(self, block: bytes) -> None:
        self.watch_client()
        if not self.started:
            await self.send(self.start_message())
        await self.send({"type": "http.response.body", "body": block, "more_body": True})


class WsgiBridge:
    """An ASGI application around a WSGI one.

    Args:
        application: the WSGI application.
        threads: how many views run at once; each thread keeps one database connection.
        max_body: bytes of the largest request body that is taken in.
    """

    def __init__(self, application: WsgiApplication, *, threads: int, max_body: int) -> None:
        self.application = application
        self.max_body = max_body
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self.readers = ThreadPoolExecutor(2, thread_name_prefix="file")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        if not has_body(scope):
            await self._answer(build_environ(scope, io.BytesIO(), 0), receive, send)
            return
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                size = await take_in(scope, receive, cast("IO[bytes]", body), self.max_body)
            except ClientGone:
                return
            except BodyTooLarge:
                await _send_short(send, 413, _TOO_LARGE)
                return
            environ = build_environ(scope, cast("IO[bytes]", body), size)
            await self._answer(environ, receive, send)

    def close(self) -> None:
        """Ends the threads once they are idle."""
        self.threads.shutdown(wait=False)
        self.readers.shutdown(wait=False)

    async def _answer(self, environ: Environ, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        exchange = _Exchange(loop, receive, send)
        try:
            content = await self._in_thread(environ, exchange)
            if isinstance(content, FileToSend):
                await self._send_file(content, exchange)
            elif exchange.started:
                await send({"type": "http.response.body", "body": content})
            else:
                await send(exchange.start_message())
                await send({"type": "http.response.body", "body": content})
        except ClientGone:
            return
        except Exception:
            logger.exception("A request ended without a whole answer")
            if exchange.started:
                raise
            await _send_short(send, 500, _FAILED)
        finally:
            if exchange.watch is not None:
                exchange.watch.cancel()

    def _in_thread(
        self, environ: Environ, exchange: _Exchange
    ) -> asyncio.Future[bytes | FileToSend]:
        """The view's answer. ``run_in_executor`` would chain two futures for every request."""
        answer: asyncio.Future[bytes | FileToSend] = exchange.loop.create_future()

        def work() -> None:
            try:
                content = contextvars.Context().run(self._view, environ, exchange)
            except BaseException as error:  # noqa: BLE001 - raised where the answer is awaited
                exchange.loop.call_soon_threadsafe(_settle, answer, None, error)
            else:
                exchange.loop.call_soon_threadsafe(_settle, answer, content, None)

        self.threads.submit(work)
        return answer

    def _view(self, environ: Environ, exchange: _Exchange) -> bytes | FileToSend:
        """Runs in a thread: the view, and its content unless a file or longer than a block."""
        content = self.application(environ, exchange.start_response)
        bodiless = environ["REQUEST_METHOD"] == "HEAD"
        if isinstance(content, FileToSend) and not bodiless:
            return content
        gathered = b""
        try:
            for block in content:
                if bodiless:
                    break
                gathered = gathered + block if gathered else block
                if len(gathered) >= BLOCK or getattr(content, "streaming", False):
                    exchange.send_now(gathered)
                    gathered = b""
        finally:
            close = getattr(content, "close", None)
            if close is not None:
                close()
        return gathered

    async def _send_file(self, content: FileToSend, exchange: _Exchange) -> None:
        exchange.watch_client()
        try:
            await exchange.send(exchange.start_message())
            while not exchange.gone:
                block = await exchange.loop.run_in_executor(self.readers, content.file.read, BLOCK)
                await exchange.send(
                    {"type": "http.response.body", "body": block, "more_body": bool(block)}
                )
                if not block:
                    return
        finally:
            await exchange.loop.run_in_executor(self.readers, content.close)


def has_body(scope: Scope) -> bool:
    """Whether a body may follow; in HTTP/2 and later nothing in the headers need tell."""
    names = {name for name, _ in scope["headers"]}
    told = b"content-length" in names or b"transfer-encoding" in names
    return told or not scope["http_version"].startswith("1")


async def take_in(scope: Scope, receive: Receive, body: IO[bytes], max_body: int) -> int:
    """Receives the request's body into a file, left at its beginning; its size in bytes.

    Raises:
        BodyTooLarge: as soon as that is known.
        ClientGone: when the client leaves before the end.
    """
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if lengths and lengths[0].isdigit() and int(lengths[0]) > max_body:
        raise BodyTooLarge
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        if block := message.get("body", b""):
            size += body.write(block)
        if size > max_body:
            raise BodyTooLarge
        more = message.get("more_body", False)
    if size:
        body.seek(0)
    return size


def build_environ(scope: Scope, body: IO[bytes], size: int) -> Environ:
    """The request as WSGI describes it.

    Header names with an underscore are dropped: in WSGI they could not be told from the same
    name with a hyphen, and would be believed like a proxy's own ``X-Forwarded-For``.
    """
    prefix = scope.get("root_path", "")
    host, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": prefix.encode().decode("latin-1"),
        "PATH_INFO": scope["path"].removeprefix(prefix).encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(host),
        "SERVER_PORT": str(port or 80),
        "REMOTE_ADDR": str(client[0]),
        "CONTENT_LENGTH": str(size),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileToSend,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name or name == "content-length":
            continue
        key = name.upper().replace("-", "_")
        if key != "CONTENT_TYPE":
            key = "HTTP_" + key
        if key in environ:
            value = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
        environ[key] = value
    return environ


def _settle(
    answer: asyncio.Future[bytes | FileToSend],
    content: bytes | FileToSend | None,
    error: BaseException | None,
) -> None:
    if answer.cancelled():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(cast("bytes | FileToSend", content))


async def _watch(exchange: _Exchange) -> None:
    """Notes that the client has left. The empty body of a request without one is passed over."""
    with contextlib.suppress(Exception):
        while (await exchange.receive())["type"] == "http.request":
            pass
        exchange.gone = True


async def _send_short(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
