"""The starter: one for a process, gone with it, and nothing of a file stays in it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pikepdf
import psutil
import pytest

from documents.pipeline.opening import open_file
from documents.pipeline.starting import End, Starter, run_child, running

from .opening_samples import never_ready, pdf

ROOT = Path(__file__).resolve().parents[3]
OPEN = (
    "import os, sys\n"
    "from pathlib import Path\n"
    "from documents.pipeline.opening import open_file\n"
    "from documents.pipeline.starting import run_child, running\n"
    "def read(path):\n"
    "    return open_file(Path(path), out_dir=Path(sys.argv[1]))\n"
)


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("did not come about")


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def starter() -> Starter:
    found = running()
    assert found is not None
    return found


def family(pid: int) -> list[int]:
    try:
        return [process.pid for process in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def confined(pid: int) -> bool:
    return psutil.Process(pid).rlimit(psutil.RLIMIT_NOFILE) == (64, 64)


def test_files_share_a_starter_and_leave_no_child(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf")
    open_file(path, out_dir=tmp_path / "out")
    first = starter().pid
    open_file(path, out_dir=tmp_path / "out")
    assert starter().pid == first
    assert family(first) == []


def test_killed_starter_is_replaced(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf")
    open_file(path, out_dir=tmp_path / "out")
    first = starter().pid
    os.kill(first, signal.SIGKILL)
    found = open_file(path, out_dir=tmp_path / "out")
    assert "laboratory" in [word.text for word in found.pages[0].words]
    assert starter().pid != first


def busy_starter_after(lost: int) -> tuple[int, int]:
    """The starter that came after that one, once it has a child, and the child."""
    until(lambda: starter().pid != lost and bool(family(starter().pid)))
    (child,) = family(starter().pid)
    return starter().pid, child


def test_file_that_two_starters_were_lost_with_counts_as_killed(tmp_path: Path) -> None:
    ends: list[End] = []
    request = never_ready(tmp_path)
    open_file(pdf(tmp_path / "a.pdf"), out_dir=tmp_path / "out")
    reading = threading.Thread(target=lambda: ends.append(run_child(request, 60)))
    reading.start()
    killed: list[int] = [0]
    for _ in range(2):
        begun, child = busy_starter_after(killed[-1])
        os.kill(begun, signal.SIGKILL)
        killed += [child, begun]
    reading.join(60)
    assert ends == [End(-signal.SIGKILL, timed_out=False, peak=0)]
    for pid in killed[1:]:
        until(lambda pid=pid: gone(pid))  # type: ignore[misc]
    assert len(open_file(pdf(tmp_path / "a.pdf"), out_dir=tmp_path / "out").pages) == 1


def test_starter_and_child_end_with_a_killed_worker(tmp_path: Path) -> None:
    code = f"{OPEN}run_child({never_ready(tmp_path)!r}, 60)"
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    until(lambda: len(family(worker.pid)) == 2)
    started = family(worker.pid)
    worker.kill()
    worker.wait()
    for pid in started:
        until(lambda pid=pid: gone(pid))  # type: ignore[misc]


def test_child_has_nothing_open_but_its_own_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    code = f"import socket\nkept = socket.socketpair(), open({str(tmp_path / 'kept')!r})\n"
    worker = subprocess.Popen(
        [sys.executable, "-c", f"{code}{OPEN}run_child({never_ready(tmp_path)!r}, 60)"],
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "secret-of-ours"},
    )
    try:
        until(lambda: len(family(worker.pid)) == 2)
        begun, child = family(worker.pid)
        until(lambda: confined(child))
        kept = {str(link.readlink()) for link in Path(f"/proc/{child}/fd").iterdir()}
        assert kept == {"/dev/null"}
        for pid in (begun, child):
            assert b"secret-of-ours" not in Path(f"/proc/{pid}/environ").read_bytes()
        assert os.getpgid(child) == child
    finally:
        worker.kill()
        worker.wait()


def test_password_never_passes_through_the_starter(tmp_path: Path) -> None:
    with pikepdf.open(pdf(tmp_path / "a.pdf")) as document:
        document.save(tmp_path / "b.pdf", encryption=pikepdf.Encryption("boss", "open-sesame"))
    open_file(tmp_path / "b.pdf", out_dir=tmp_path / "out", password="open-sesame")
    pid = starter().pid
    seen = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for row in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, access = row.split()[:2]
            if not access.startswith("rw"):
                continue
            start, end = (int(edge, 16) for edge in span.split("-"))
            memory.seek(start)
            block = memory.read(end - start)
            seen += b"child_starter" in block
            assert b"open-sesame" not in block
    assert seen


def test_idle_starter_ends_by_itself(tmp_path: Path) -> None:
    begun = Starter(idle_seconds=0.01)
    until(lambda: not begun.alive)
    assert begun.run(b"{}", 5) is None
    begun.stop()


def test_slow_file_is_killed_beside_another_that_goes_on(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf")
    open_file(path, out_dir=tmp_path / "out")
    first = starter().pid
    ends: list[End] = []
    request = never_ready(tmp_path)
    reading = threading.Thread(target=lambda: ends.append(run_child(request, 3)))
    reading.start()
    until(lambda: bool(family(first)))
    (slow,) = family(first)
    assert len(open_file(path, out_dir=tmp_path / "out").pages) == 1
    reading.join(60)
    assert [(end.code, end.timed_out) for end in ends] == [(-signal.SIGKILL, True)]
    assert not psutil.pid_exists(slow)
    assert starter().pid == first


def test_fork_begins_a_starter_of_its_own(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf")
    code = (
        f"{OPEN}read({str(path)!r})\n"
        "first = running().pid\n"
        "pid = os.fork()\n"
        f"read({str(path)!r})\n"
        "same = running().pid == first\n"
        "if pid == 0:\n"
        "    os._exit(3 if same else 0)\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
        "sys.exit(status if same else 4)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")], cwd=ROOT)
    assert done.returncode == 0


def test_request_that_cannot_be_understood_ends_the_child_alone() -> None:
    assert run_child(b"[]", 60).code == 1
    pid = starter().pid
    assert run_child(b"no json", 60).code == 1
    assert starter().pid == pid
