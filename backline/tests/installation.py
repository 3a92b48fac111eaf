"""A whole private installation for system tests: what bin/demo runs, in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from backline.demo import ROOT
from backline.embedded import Servers
from backline.embedded.launching import free_port
from documents.samples import people

SAMPLES = Path(people.__file__).parent / "files"
FINAL = {"ingested", "not_ingested", "approved", "rejected"}
PASSWORD = "correct horse battery"


class Installation:
    """A running demo. ``var`` is its folder; parts are reached by their supervisor's names."""

    def __init__(self, var: Path, port: int | None = None, **settings: str) -> None:
        self.var = var
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "BACKLINE_VAR": str(var),
            "DEBUG": "0",
            "RUN_LEASE_SECONDS": "6",
            "READERS": "1",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Waits until it serves.

        Raises:
            RuntimeError: when it ended instead, with what it said.
        """
        said = self.var.with_suffix(".said")
        with said.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "backline.demo", "--no-seed", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: b"is ready" in said.read_bytes() or self._ended(said), seconds=300)

    def environment(self) -> dict[str, str]:
        """What its processes are started with: ours, without the servers of this test run."""
        private = {
            "DATABASE_URL",
            "DATABASE_OWNER_URL",
            "REDIS_URL",
            "MEDIA_ROOT",
            "PORT",
            "PUBLIC_URL",
        }
        return {k: v for k, v in os.environ.items() if k not in private} | self.settings

    def _ended(self, said: Path) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(said.read_text())
        return False

    def stop(self) -> None:
        """As Ctrl-C does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def pid(self, part: str) -> int:
        """The process at the head of a part, as it is now."""
        state = json.loads((self.var / "run" / "state.json").read_text())
        return int(state["parts"][part])

    def send(self, part: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Signals a part's head process; its id."""
        pid = self.pid(part)
        psutil.Process(pid).send_signal(number)
        return pid

    def until_restarted(self, part: str, old: int) -> None:
        """Waits until a part has another head process."""
        until(lambda: self.pid(part) != old and psutil.pid_exists(self.pid(part)), seconds=60)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a management command beside it."""
        servers = Servers(self.var).environment()
        env = {**self.environment(), **servers, "MEDIA_ROOT": str(self.var / "files")}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def register(self, name: str = "Alice Adams", clinic: str = "Northside Clinic") -> Client:
        """A new clinic with its admin."""
        email = f"{name.split()[0].lower()}-{time.time_ns()}@example.org"
        body = {"email": email, "password": PASSWORD, "name": name, "tenant_name": clinic}
        answer = httpx.post(f"{self.url}/api/auth/register", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        found = answer.json()
        return Client(self.url, found["token"], found["tenant"]["tenant_id"], email)


class Client:
    """Somebody's program."""

    def __init__(self, url: str, token: str, tenant_id: str, email: str) -> None:
        self.token, self.tenant_id, self.email = token, tenant_id, email
        self.http = httpx.Client(
            base_url=f"{url}/api", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def get(self, path: str, **query: Any) -> Any:
        """A 200's JSON."""
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def add_patient(self, person: people.Person) -> str:
        """A patient of the samples; the id."""
        body = {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "dob": person.dob.isoformat(),
            "gender": "Male" if person.sex == "M" else "Female",
            "email": "",
            "phone": person.phone,
        }
        answer = self.http.post("/patients", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["patient_id"])

    def upload(self, name: str, *, variation: int | None = None, **data: str) -> str:
        """Uploads a sample (with a comment behind a PDF's end to make it another file); the id."""
        content = (SAMPLES / name).read_bytes()
        if variation is not None:
            content += f"\n% copy {variation}\n".encode()
        answer = self.http.post("/documents/upload", files={"file": (name, content)}, data=data)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["document_id"])

    def statuses(self, ids: list[str]) -> dict[str, str]:
        """The status of each document."""
        rows = self.get("/documents", limit=200)
        return {row["document_id"]: row["status"] for row in rows if row["document_id"] in ids}

    def until_final(self, ids: list[str], *, seconds: float) -> dict[str, str]:
        """Waits until every document is in a final state; bad answers while waiting are ignored."""
        last: dict[str, str] = {}

        def done() -> bool:
            nonlocal last
            try:
                last = self.statuses(ids)
            except (httpx.HTTPError, AssertionError):
                return False
            return len(last) == len(ids) and set(last.values()) <= FINAL

        until(done, seconds=seconds, what=lambda: f"{last}")
        return last

    def all_events(self) -> list[dict[str, Any]]:
        """Every event of the clinic from the first."""
        found: list[dict[str, Any]] = []
        while batch := self.get("/events", after=found[-1]["seq"] if found else 0, limit=200):
            found += batch
        return found


def until(
    true: Callable[[], bool],
    *,
    seconds: float,
    what: Callable[[], str] = lambda: "it did not happen",
) -> None:
    """Waits for something, at most so long."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.1)


@contextmanager
def installed(var: Path, port: int | None = None, **settings: str) -> Iterator[Installation]:
    """An installation for the length of a block; on a free port unless one is given."""
    installation = Installation(var, port, **settings)
    installation.start()
    try:
        yield installation
    finally:
        installation.stop()
        Servers(var).postgres.remove()  # it may stand outside of the test's folder
