"""``python -m bench.copilot [PEOPLE] [TURNS] [PROCESSES]``: how soon the copilot begins to answer.

Needs DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL of running servers; works in a database of
its own, which it drops at the end. Two web processes serve one port, as in bin/demo. Each of 20
people has a conversation with the rules over a connection of their own and pauses up to ten
seconds between turns; then up to two; then all again without a pause. Measured from sending the
request to the first event, and to the first words of the answer (after the tool that finds them
has run), beside the server's own CPU time for a turn.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import time
from uuid import uuid4

import httpx
import psutil

from bench.realtime.__main__ import ROOT, cpu_seconds, own_database
from clinic.realtime.tests.live import free_port

QUESTIONS = ("find Lopez", "show my urgent tasks", "find Maria", "list tasks")


def make_people(count: int) -> list[str]:
    """Access tokens of members of one clinic that has patients and tasks."""
    from clinic.current import enter_clinic
    from clinic.logins import start_session
    from clinic.models import Clinic, ClinicCounter, Membership, User
    from clinic.recording import SYSTEM
    from patients.models import Patient
    from tasks.actions import create_task

    clinic = Clinic.objects.create(name="Bench")
    tokens = []
    with enter_clinic(clinic.pk):
        ClinicCounter.objects.create()
        for number in range(200):
            Patient.objects.create(mrn=str(number), first_name="Maria", last_name=f"Lopez{number}")
        for number in range(40):
            create_task(by=SYSTEM, title=f"Task {number}", priority="urgent")
        for number in range(count):
            user = User.objects.create(email=f"p{number}@example.org", name=f"Person {number}")
            Membership.objects.create(user=user, role="staff")
            tokens.append(start_session(user, clinic.pk).token)
    return tokens


async def turn(http: httpx.AsyncClient, thread: str, question: str) -> tuple[float, float]:
    """Milliseconds to the first event and to the first words."""
    message = {"id": str(uuid4()), "role": "user", "content": question}
    body = {"threadId": thread, "runId": str(uuid4()), "messages": [message]}
    began = time.perf_counter()
    first = words = 0.0
    last = ""
    async with http.stream("POST", "/api/copilot", json=body) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for line in answer.aiter_lines():
            if not line.startswith("data: "):
                continue
            now = (time.perf_counter() - began) * 1000
            first = first or now
            last = json.loads(line[6:])["type"]
            if last == "TEXT_MESSAGE_CONTENT":
                words = words or now
    assert last == "RUN_FINISHED", last
    return first, words


async def person(
    url: str, token: str, turns: int, pause: float, found: list[tuple[float, float]]
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    thread = str(uuid4())
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
        await asyncio.sleep(random.random() * pause)
        for number in range(turns):
            found.append(await turn(http, thread, QUESTIONS[number % len(QUESTIONS)]))
            await asyncio.sleep(random.random() * pause)


async def everybody(
    url: str, tokens: list[str], turns: int, pause: float, server: psutil.Process
) -> None:
    found: list[tuple[float, float]] = []
    began, spent = time.perf_counter(), cpu_seconds(server)
    await asyncio.gather(*(person(url, token, turns, pause, found) for token in tokens))
    rate = len(found) / (time.perf_counter() - began)
    cpu = (cpu_seconds(server) - spent) / len(found) * 1000
    print(
        f"{len(tokens)} people, pause up to {pause:g} s: {len(found)} turns, {rate:.1f} a second,"
        f" {cpu:.1f} ms of CPU a turn, load average {os.getloadavg()[0]:.1f}"
    )
    for name, values in (
        ("first event", [first for first, _ in found]),
        ("first words", [words for _, words in found]),
    ):
        cuts = statistics.quantiles(values, n=100, method="inclusive")
        print(
            f"  {name}: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms,"
            f" max {max(values):.0f} ms"
        )


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    processes = sys.argv[3] if len(sys.argv) > 3 else "2"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")
    with own_database():
        import django

        django.setup()
        logging.getLogger("httpx").setLevel(logging.WARNING)
        tokens = make_people(people)
        port = free_port()
        argv = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
        argv += ["--port", str(port), "--workers", processes, "--ws", "--no-access-log"]
        argv += ["--backlog", "4096", "--backpressure", "16384", "backline.asgi:application"]
        url = f"http://127.0.0.1:{port}"
        server = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            ready(url, tokens[0])
            process = psutil.Process(server.pid)
            for count, pause in (
                (2, 0.5),
                (turns, 10.0),
                (turns, 2.0),
                (turns, 0.0),
            ):  # the first warms up
                asyncio.run(everybody(url, tokens, count, pause, process))
        finally:
            server.terminate()
            server.wait(15)


def ready(url: str, token: str) -> None:
    """Waits until the copilot answers: its library is imported after the start."""
    headers = {"Authorization": f"Bearer {token}"}
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/api/copilot/info", headers=headers, timeout=60).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError("The server did not start.")


if __name__ == "__main__":
    main()
