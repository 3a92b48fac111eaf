"""Requests of each kind, and wrk to send them."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from backline.made_names import misspelt

SCRIPT = Path(__file__).with_name("requests.lua")
OPTIONS = ("--timeout", "20s", "--latency", "-s", str(SCRIPT))
JOBS = ("list", "search", "get", "create patient", "create task", "claims", "stats")
LISTS = ("list", "tasks", "claims", "appointments", "documents")
DIFFERENT = 400


class WrkMissing(RuntimeError):
    """There is no wrk on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "The load comes from wrk, which is not installed: apt-get install wrk,"
            " brew install wrk, or https://github.com/wg/wrk."
        )


@dataclass(frozen=True)
class Sample:
    """Some patients of the clinic under load: ids and full names."""

    patients: list[tuple[str, str]]


@dataclass
class Target:
    """A server under load."""

    name: str
    url: str
    token: str
    sample: Sample


@dataclass
class Measured:
    """One run of wrk. Times in milliseconds; ``bad`` counts answers that were no success."""

    requests: int
    seconds: float
    bad: int
    p50: float
    p95: float
    p99: float
    rate: float = field(init=False)

    def __post_init__(self) -> None:
        self.rate = self.requests / self.seconds


def requests_of(job: str, sample: Sample, seed: int = 5) -> list[str]:
    """Lines for requests.lua."""
    source = random.Random(seed)
    lines = []
    for number in range(DIFFERENT):
        patient_id, name = source.choice(sample.patients)
        if number % 2:
            name = misspelt(name, source)
        person = {
            "first_name": "Zed",
            "last_name": f"Load {number}",
            "dob": "1980-01-02",
            "gender": "Male",
            "email": f"zed{time.time_ns()}.{number}@example.org",
            "phone": "+15550000",
            "preconditions": ["Asthma"],
        }
        task = {
            "title": "Call",
            "description": "About the results.",
            "patient_id": patient_id,
            "assigned_to": "Dr. Smith",
            "priority": "high",
        }
        lines.append(
            {
                "list": "GET\t/api/patients?limit=20\t",
                "search": f"GET\t/api/patients?q={quote(name)}&limit=20\t",
                "get": f"GET\t/api/patients/{patient_id}\t",
                "create patient": f"POST\t/api/patients\t{json.dumps(person)}",
                "create task": f"POST\t/api/tasks\t{json.dumps(task)}",
                "claims": "GET\t/api/claims?status=pending\t",
                "stats": "GET\t/api/dashboard/stats\t",
                "tasks": "GET\t/api/tasks?state=open\t",
                "appointments": "GET\t/api/appointments?date=today\t",
                "documents": "GET\t/api/documents\t",
            }[job]
        )
    return lines


def run(target: Target, job: str, *, seconds: int, connections: int) -> Measured:
    """Puts a target under load.

    Raises:
        WrkMissing: see there.
        RuntimeError: with what wrk said, when it did not sum up.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise WrkMissing
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.write("\n".join(requests_of(job, target.sample)) + "\n")
        file.flush()
        said = subprocess.run(
            [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", *OPTIONS, target.url + "/"],
            env={**os.environ, "BENCH_TOKEN": target.token, "BENCH_REQUESTS": file.name},
            capture_output=True,
            text=True,
            check=False,
        )
    for line in said.stdout.splitlines():
        if line.startswith("summed up "):
            return Measured(**json.loads(line.removeprefix("summed up ")))
    raise RuntimeError(f"wrk: {said.stdout}{said.stderr}")
