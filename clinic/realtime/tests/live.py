"""A real server process on the test database, and clients for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from clinic.current import enter_clinic
from clinic.recording import SYSTEM, change

ROOT = Path(__file__).resolve().parents[3]
PROTOCOL = "backline.v1"


class Live:
    """The address of a running server, and sockets to it."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port = port
        self.process = process
        self.log = log
        self.http = f"http://127.0.0.1:{port}"
        self.origin = f"http://localhost:{port}"

    def url(self, clinic_id: object, query: str = "") -> str:
        return f"ws://127.0.0.1:{self.port}/ws/tenant/{clinic_id}{query}"

    def socket(
        self, clinic_id: object, token: str | None = None, *, query: str = "", **options: Any
    ) -> ClientConnection:
        protocols = [PROTOCOL] + ([f"bearer.{token}"] if token else [])
        options.setdefault("subprotocols", protocols)
        return connect(self.url(clinic_id, query), **options)

    def call(self, method: str, path: str, token: str = "", **headers: str) -> tuple[int, Any, Any]:
        """Status, body as JSON, headers."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(
            self.http + path,
            data=b"{}" if method == "POST" else None,
            method=method,
            headers={"Content-Type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"null"), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null"), error.headers


@contextmanager
def running_server(folder: Path, **environment: str) -> Iterator[Live]:
    """One granian process with one worker; ended with the block."""
    port = free_port()
    log = folder / f"web-{port}.log"
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--ws", "--no-access-log"]
    command += ["--backlog", "4096", "--backpressure", "16384", "backline.asgi:application"]
    settings = {"PUBLIC_URL": f"http://localhost:{port}", "ALLOWED_ORIGINS": "", "DEBUG": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **settings, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    live = Live(port, process, log)
    try:
        wait_until(lambda: answers(live), 120, lambda: log.read_text()[-4000:])
        yield live
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(live: Live) -> bool:
    assert live.process.poll() is None, live.log.read_text()[-4000:]
    try:
        urllib.request.urlopen(live.http + "/healthz", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_until(happened: Any, seconds: float, otherwise: Any = None) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, otherwise() if otherwise else "It did not happen in time."
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_events(clinic_id: UUID, count: int, *, first: int = 0, type_: str = "task") -> None:
    """One transaction for each event; ``doc`` carries its number."""
    with enter_clinic(clinic_id):
        for number in range(first, first + count):
            with change(by=SYSTEM) as record:
                record.event(type_, "update", {"number": number})  # type: ignore[arg-type]


def hello(connection: ClientConnection) -> dict[str, Any]:
    frame = read(connection)
    assert frame["type"] == "hello", frame
    return frame


def subscribe(connection: ClientConnection, after: int | None = None, **more: Any) -> None:
    connection.send(json.dumps({"action": "subscribe", "after": after, **more}))
    # The answer to a ping comes after the subscription was heeded.
    connection.send('{"action": "ping"}')


def read(connection: ClientConnection, timeout: float = 10) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(connection.recv(timeout=timeout))
    return frame


def read_events(connection: ClientConnection, count: int, timeout: float = 10) -> list[Any]:
    """The next events, control frames left out."""
    events: list[Any] = []
    while len(events) < count:
        frame = read(connection, timeout)
        if "op" in frame:
            events.append(frame)
    return events


def is_silent(connection: ClientConnection, seconds: float) -> bool:
    """Whether no event comes for a while."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            if "op" in read(connection, left):
                return False
        except TimeoutError:
            return True
    return True


def close_code(connection: ClientConnection, timeout: float = 10) -> int | None:
    """The code the server closes with."""
    try:
        while True:
            connection.recv(timeout=timeout)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
