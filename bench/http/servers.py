"""What is measured: private servers, a clinic of each size, our web process and the peer's."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from backline.demo import ROOT, web_command
from backline.embedded import Servers
from backline.embedded.launching import free_port
from backline.embedded.servers import start, stop
from bench.http.load import Sample

PASSWORD = "test123"
SECRET = secrets.token_hex(32)


@contextmanager
def private_servers(var: Path) -> Iterator[dict[str, str]]:
    """PostgreSQL and Valkey in a folder; gives the settings that reach them."""
    servers = Servers(var)
    begun_here = not (servers.postgres.pid() and servers.postgres.is_ready())
    start(servers)
    try:
        yield {
            **servers.environment(),
            "BACKLINE_VAR": str(var),
            "MEDIA_ROOT": str(var / "files"),
            "DEBUG": "0",
            "API_REQUESTS_PER_MINUTE": "0",
            "MALLOC_ARENA_MAX": "2",
        }
    finally:
        if begun_here:
            stop(servers)


def manage(env: dict[str, str], *arguments: str) -> float:
    """Runs a management command; its seconds."""
    begun = time.monotonic()
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(
        command, cwd=ROOT, env={**os.environ, **env}, check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - begun


def sample(owner_url: str, clinic_id: object, count: int = 1000) -> Sample:
    """Patients spread over a clinic."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("SELECT set_config('app.clinic_id', %s, true)", [str(clinic_id)])
        rows = connection.execute(
            "SELECT id::text, first_name || ' ' || last_name FROM patients WHERE clinic_id = %s"
            " ORDER BY md5(mrn) LIMIT %s",
            [clinic_id, count],
        ).fetchall()
    return Sample([(row[0], row[1]) for row in rows])


@contextmanager
def _served(command: Sequence[str], url: str, env: dict[str, str], log: Path) -> Iterator[str]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **env}, stdout=output, stderr=output
        )
    try:
        end = time.monotonic() + 60
        while True:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text()[-3000:])
            try:
                httpx.get(url, timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def ours(env: dict[str, str], folder: Path) -> Iterator[str]:
    """Our web process exactly as bin/demo runs it; its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    programs = Path(sys.executable).parent
    program, *rest = web_command(port)
    command = [str(programs / program), *rest]
    with _served(command, url, {**env, "PUBLIC_URL": url}, folder / "web.log") as served:
        yield served


@contextmanager
def peer(env: dict[str, str], folder: Path) -> Iterator[str]:
    """The lean peer under uvicorn; its address."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.http.peer:app", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--no-access-log", "--loop", "uvloop", "--http", "httptools"]
    given = {"PEER_DSN": env["DATABASE_OWNER_URL"], "PEER_SECRET": SECRET}
    with _served(command, f"http://127.0.0.1:{port}", given, folder / "peer.log") as served:
        yield served


def sign_in(url: str, email: str) -> str:
    """An access token."""
    body = {"email": email, "password": PASSWORD}
    answer = httpx.post(f"{url}/api/auth/login", json=body, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["token"])
