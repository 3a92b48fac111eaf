"""Bodies under ASGI: requests of a bounded size, and answers whose last piece is their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

LAST = b": last\n\n"
"""A comment of text/event-stream behind the last event; it does not reach the client."""

_TOO_LARGE = b'{"detail": "This request is too large.", "code": "too_large", "errors": {}}'


async def bounded(receive: Receive, send: Send, most: int) -> Receive | None:
    """A ``receive`` that gives the whole body at once, then what comes after it.

    None when the body is larger than ``most`` bytes (which has been answered with 413), or when
    the client left before its end.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            await _refuse(send)
            return None
    whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def again() -> Message:
        return whole.pop() if whole else await receive()

    return again


def ending_at_once(send: Send) -> Send:
    """A ``send`` that joins a body's last piece, marked with ``LAST``, and the end of the body.

    Sent apart, the end can come so much later that a client which acts on the last piece finds
    its own side of this request still open.
    """
    held: list[bytes] = []

    async def joined(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            body = b"".join([*held, message.get("body", b"")])
            held.clear()
            if message.get("more_body") and body.endswith(LAST):
                held.append(body.removesuffix(LAST))
                return
            message = {**message, "body": body}
        await send(message)

    return joined


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(_TOO_LARGE)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})
