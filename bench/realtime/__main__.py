"""``python -m bench.realtime [COUNT ...]``: a write's way to 1, 100 and 1,000 screens of a clinic.

Needs DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL of running servers; works in a database of
its own, which it drops at the end. The time of a delivery runs from before the writing
transaction begins to the arrival of the frame at the client, in another process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psutil
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
EVENTS = 40
PAUSE = 0.15


@contextmanager
def own_database() -> Iterator[None]:
    """A fresh database, named in the environment for the block."""
    owner = os.environ["DATABASE_OWNER_URL"]
    name = f"bench_realtime_{os.getpid()}"
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        parts = urlsplit(os.environ[variable])
        os.environ[variable] = urlunsplit(parts._replace(path=f"/{name}"))
    try:
        subprocess.run(
            [sys.executable, "manage.py", "prepare_database", "-v0"],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        yield
    finally:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(drop)


def make_person() -> tuple[UUID, str]:
    """A clinic's id and a token of its one member."""
    from clinic.current import enter_clinic
    from clinic.logins import start_session
    from clinic.models import Clinic, ClinicCounter, Membership, User

    clinic = Clinic.objects.create(name="Bench")
    user = User.objects.create_user("bench@example.org", None, name="Bench")
    with enter_clinic(clinic.pk):
        ClinicCounter.objects.create()
        Membership.objects.create(user=user, role="admin")
    return clinic.pk, start_session(user, clinic.pk).token


def write(clinic_id: UUID, count: int, pause: float) -> None:
    """Events of an ordinary size, each in its own transaction."""
    from clinic.current import enter_clinic
    from clinic.recording import SYSTEM, change

    doc = {"document_id": str(clinic_id), "status": "ingested", "patient_name": "John Smith"}
    with enter_clinic(clinic_id):
        for _ in range(count):
            begun = time.monotonic_ns()
            with change(by=SYSTEM) as record:
                record.event("document", "update", {**doc, "t": begun})
            time.sleep(pause)


def cpu_seconds(process: psutil.Process) -> float:
    """Of the process and its children."""
    times = [each.cpu_times() for each in [process, *process.children(recursive=True)]]
    return sum(each.user + each.system for each in times)


def measure(port: int, server: psutil.Process, clinic_id: UUID, token: str, count: int) -> str:
    """One line of the table."""
    arguments = ["127.0.0.1", str(port), str(clinic_id), str(count), str(EVENTS)]
    command = [sys.executable, "-m", "bench.realtime.screens", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as screens:
        assert screens.stdin is not None and screens.stdout is not None
        begun = time.monotonic()
        screens.stdin.write(token + "\n")
        screens.stdin.flush()
        assert screens.stdout.readline() == "ready\n"
        connecting = time.monotonic() - begun
        time.sleep(1)
        before = cpu_seconds(server)
        write(clinic_id, EVENTS, PAUSE)
        latencies = sorted(json.loads(screens.stdout.readline()))
        spent = cpu_seconds(server) - before
    deliveries = len(latencies)

    def at(share: float) -> float:
        return float(latencies[min(deliveries - 1, int(deliveries * share))])

    return (
        f"{count:>8}{connecting:>10.2f}{at(0.5):>10.1f}{at(0.95):>10.1f}{at(0.99):>10.1f}"
        f"{latencies[-1]:>10.1f}{spent / deliveries * 1e6:>14.0f}"
        f"{deliveries:>10}/{count * EVENTS}"
    )


def main() -> None:
    """Prints the table."""
    counts = [int(word) for word in sys.argv[1:]] or [1, 100, 1000]
    with own_database(), TemporaryDirectory() as folder:
        import django

        django.setup()
        from django.db import connection

        from clinic.realtime.tests.live import running_server

        clinic_id, token = make_person()
        with running_server(Path(folder), DEBUG="0") as live:
            server = psutil.Process(live.process.pid)
            write(clinic_id, 5, 0.1)
            print(
                f"{'screens':>8}{'connect s':>10}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}"
                f"{'max ms':>10}{'CPU us each':>14}{'delivered':>14}"
            )
            for count in counts:
                print(measure(live.port, server, clinic_id, token, count), flush=True)
            memory = sum(
                each.memory_info().rss for each in [server, *server.children(recursive=True)]
            )
            print(f"server memory {memory / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}")
        connection.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")
    main()
