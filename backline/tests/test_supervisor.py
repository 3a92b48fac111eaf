"""The supervisor with small programs in place of the real parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from backline.embedded import Launch
from backline.processes import relatives, rotate, tail
from backline.supervisor import AlreadyRunning, Part, PartFailed, Stopped, Supervisor

SLEEP = "import time; time.sleep(60)"
# A parent with a child in a session of its own, like a pool or a server backend.
FAMILY = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def program(code: str, *, name: str = "part", **options: object) -> Part:
    launch = Launch([sys.executable, "-c", code], Path("/"), signal.SIGTERM)
    return Part(name, lambda: launch, lambda: True, **options)  # type: ignore[arg-type]


def until(condition: Callable[[], object], supervisor: Supervisor | None = None) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "nothing happened within 15 s"
        if supervisor:
            supervisor.look_after()
        time.sleep(0.02)


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, lines: list[str]) -> Supervisor:
    return Supervisor(tmp_path, say=lines.append)


def test_a_killed_part_is_started_again_and_said(supervisor: Supervisor, lines: list[str]) -> None:
    part = program(SLEEP)
    with supervisor:
        supervisor.start(part)
        assert part.process is not None
        first = part.process.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: part.ready and part.process and part.process.pid != first, supervisor)
    assert lines[0][10:] == "part ended (SIGKILL); starting it again in 0.2 s"
    assert "part is back after" in lines[1]


def test_descendants_of_a_killed_part_are_ended_before_it_starts_again(
    supervisor: Supervisor,
) -> None:
    part = program(FAMILY)
    with supervisor:
        supervisor.start(part)
        assert part.process is not None
        until(lambda: len(relatives(supervisor.run_id)) == 2)
        old = {process.pid for process in relatives(supervisor.run_id)}
        os.kill(part.process.pid, signal.SIGKILL)
        until(lambda: part.failures == 1 and part.ready, supervisor)
        assert old.isdisjoint(process.pid for process in relatives(supervisor.run_id))
        until(lambda: len(relatives(supervisor.run_id)) == 2)


def test_the_pause_before_a_start_doubles_up_to_ten_seconds() -> None:
    part = program(SLEEP)
    pauses = []
    for failures in range(1, 9):
        part.failures = failures
        pauses.append(part.pause())
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_a_part_that_ends_at_the_first_start_fails_with_its_last_words(
    supervisor: Supervisor,
) -> None:
    with supervisor, pytest.raises(PartFailed) as caught:
        part = program("raise SystemExit('no such table')")
        part.is_ready = lambda: False
        supervisor.start(part)
    assert (caught.value.name, caught.value.tail) == ("part", "no such table")


def test_a_part_that_never_becomes_ready_fails(supervisor: Supervisor) -> None:
    part = program(SLEEP, patience=0.3)
    part.is_ready = lambda: False
    with supervisor, pytest.raises(PartFailed):
        supervisor.start(part)
    assert relatives(supervisor.run_id) == []


def test_a_wedged_part_is_restarted_although_it_lives(
    supervisor: Supervisor, tmp_path: Path, lines: list[str]
) -> None:
    mark = tmp_path / "worker-wedged"
    launch = Launch([sys.executable, "-c", SLEEP], Path("/"), signal.SIGTERM)

    def prepare() -> Launch:
        mark.unlink(missing_ok=True)
        return launch

    part = Part("worker", prepare, lambda: True, wedged=mark.exists)
    with supervisor:
        supervisor.start(part)
        assert part.process is not None
        first = part.process
        mark.touch()
        until(lambda: part.ready and part.process is not first, supervisor)
        assert not mark.exists()
    assert "worker was stuck" in lines[0]


def test_stopping_leaves_nothing_even_of_a_part_deaf_to_sigterm(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backline.supervisor.STOP_PATIENCE", 0.5)
    with supervisor:
        supervisor.start(program(STUBBORN, name="deaf"), program(FAMILY, name="family"))
        until(lambda: tail(supervisor.log("deaf")) == "deaf")
        until(lambda: len(relatives(supervisor.run_id)) == 3)
    assert relatives(supervisor.run_id) == []
    assert not (tmp_path / "run" / "state.json").exists()


def test_a_second_request_stops_at_once(supervisor: Supervisor) -> None:
    def ask_again(*_: object) -> None:
        supervisor.stop_requests += 1

    with supervisor:
        supervisor.start(program(STUBBORN))
        until(lambda: tail(supervisor.log("part")) == "deaf")
        supervisor.stop_requests = 1
        signal.signal(signal.SIGALRM, ask_again)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        begun = time.monotonic()
        supervisor.stop()
        assert 0.2 < time.monotonic() - begun < 4
    assert relatives(supervisor.run_id) == []


def test_servers_stop_after_the_parts_that_talk_to_them(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    def noting(name: str) -> str:
        return textwrap.dedent(f"""
            import pathlib, signal, sys, time
            book = pathlib.Path({str(tmp_path / "book")!r})
            def end(*_):
                with book.open("a") as file:
                    file.write("{name} ")
                sys.exit()
            signal.signal(signal.SIGTERM, end)
            print("up", flush=True)
            time.sleep(60)
        """)

    with supervisor:
        supervisor.start(program(noting("server"), name="server", server=True))
        supervisor.start(program(noting("web"), name="web"))
        until(lambda: tail(supervisor.log("server")) == tail(supervisor.log("web")) == "up")
    assert (tmp_path / "book").read_text() == "web server "


def test_a_second_supervisor_of_the_folder_is_refused(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with supervisor, pytest.raises(AlreadyRunning) as caught, Supervisor(tmp_path):
        pass
    assert caught.value.pid == os.getpid()


def test_a_stop_request_ends_a_running_step(supervisor: Supervisor) -> None:
    with supervisor:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            supervisor.step("migrate", [sys.executable, "-c", SLEEP], {})
        assert relatives(supervisor.run_id) == []


def test_a_failing_step_shows_its_last_lines(supervisor: Supervisor) -> None:
    with supervisor, pytest.raises(PartFailed) as caught:
        supervisor.step("migrate", [sys.executable, "-c", "raise SystemExit('no space')"], {})
    assert caught.value.tail == "no space"


def test_a_killed_supervisor_leaves_nothing(tmp_path: Path) -> None:
    outer = textwrap.dedent(f"""
        from pathlib import Path
        from backline.tests.test_supervisor import FAMILY, STUBBORN, program
        from backline.supervisor import Supervisor
        with Supervisor(Path({str(tmp_path)!r})) as supervisor:
            supervisor.start(program(STUBBORN, name="deaf"), program(FAMILY, name="family"))
            print(supervisor.run_id, flush=True)
            supervisor.watch()
    """)
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", outer], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert process.stdout is not None
    run = process.stdout.readline().strip()
    until(lambda: len(relatives(run)) == 3)
    until(lambda: tail(tmp_path / "log" / "deaf.log") == "deaf")
    process.kill()
    process.wait()
    until(lambda: relatives(run) == [])
    # The undertaker holds the folder until it is done; then it is free again.
    with Supervisor(tmp_path) as after:
        assert after.run_id != run
    assert not [child for child in psutil.Process().children() if child.pid == process.pid]


def test_rotate_keeps_three_old_logs(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for text in ("one", "two", "three", "four"):
        log.write_text(text)
        rotate(log, limit=2)
    assert not log.exists()
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"web.log.1": "four", "web.log.2": "three", "web.log.3": "two"}


def test_rotate_leaves_a_small_log_alone(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("ok")
    rotate(log, limit=2)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]
