"""Many screens of one clinic in one cheap process: sockets read by hand.

``python -m bench.realtime.screens HOST PORT CLINIC COUNT EVENTS``, the token on standard input.
Prints ``ready`` once all follow, then one JSON line of latencies in milliseconds: from the
``t`` (CLOCK_MONOTONIC, nanoseconds) in an event's doc to its arrival.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

PREFIX = b'"t": '


class Screen(asyncio.Protocol):
    """One WebSocket client that knows just enough of the protocol to read text frames."""

    def __init__(self, request: bytes, wanted: int, latencies: list[float]) -> None:
        self.request = request
        self.wanted = wanted
        self.latencies = latencies
        self.buffer = b""
        self.upgraded = False
        loop = asyncio.get_running_loop()
        self.following: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.request)  # type: ignore[attr-defined]

    def connection_lost(self, exc: Exception | None) -> None:
        for future in (self.following, self.done):
            if not future.done():
                future.set_exception(ConnectionError("The server closed the socket."))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self.buffer += data
        if not self.upgraded:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.upgraded, self.buffer = True, rest
            self.send(b'{"action":"subscribe"}')
            self.send(b'{"action":"ping"}')
        while (frame := self.next_frame()) is not None:
            self.take(frame, now)

    def send(self, text: bytes) -> None:
        mask = os.urandom(4)
        body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(text))
        self.transport.write(bytes([0x81, 0x80 | len(text)]) + mask + body)  # type: ignore[attr-defined]

    def next_frame(self) -> bytes | None:
        if len(self.buffer) < 2:
            return None
        length, start = self.buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(self.buffer[2:4], "big"), 4
        if len(self.buffer) < start + length:
            return None
        frame = self.buffer[start : start + length]
        self.buffer = self.buffer[start + length :]
        return frame

    def take(self, frame: bytes, now: int) -> None:
        place = frame.find(PREFIX)
        if place < 0:
            if b'"pong"' in frame and not self.following.done():
                self.following.set_result(None)
            return
        sent = int(frame[place + len(PREFIX) :].split(b"}", 1)[0].split(b",", 1)[0])
        self.latencies.append((now - sent) / 1e6)
        self.wanted -= 1
        if not self.wanted:
            self.done.set_result(None)


async def main() -> None:
    host, port, clinic, count, events = sys.argv[1:6]
    token = sys.stdin.readline().strip()
    request = (
        f"GET /ws/tenant/{clinic} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: backline.v1, bearer.{token}\r\n\r\n"
    ).encode()
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    screens: list[Screen] = []
    for _ in range(int(count)):
        _, screen = await loop.create_connection(
            lambda: Screen(request, int(events), latencies), host, int(port)
        )
        screens.append(screen)
        if len(screens) % 50 == 0:
            await asyncio.gather(*(each.following for each in screens))
    await asyncio.gather(*(screen.following for screen in screens))
    print("ready", flush=True)
    async with asyncio.timeout(120):
        await asyncio.gather(*(screen.done for screen in screens))
    print(json.dumps(latencies), flush=True)


asyncio.run(main())
