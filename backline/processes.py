"""Finding, ending and logging the processes of one supervised run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

RUN_VARIABLE = "BACKLINE_RUN"
PART_VARIABLE = "BACKLINE_PART"

UNDERTAKER_PATIENCE = 4.0
LOG_LIMIT = 5 * 1024 * 1024
LOGS_KEPT = 3

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def rotate(log: Path, limit: int = LOG_LIMIT, keep: int = LOGS_KEPT) -> None:
    """Move a log aside when it has grown past `limit` bytes: name.log.1 is the youngest."""
    if not log.exists() or log.stat().st_size <= limit:
        return
    for number in range(keep - 1, 0, -1):
        older = Path(f"{log}.{number}")
        if older.exists():
            older.rename(f"{log}.{number + 1}")
    log.rename(f"{log}.1")


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def relatives(run: str, part: str | None = None, group: int | None = None) -> list[psutil.Process]:
    """Living processes of a run (or of one part of it), wherever they were re-parented to.

    They carry the run in their environment, or belong to the part's process group.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if group is not None and os.getpgid(process.pid) == group:
                found.append(process)
                continue
            variables = process.environ()
            same_part = part is None or variables.get(PART_VARIABLE) == part
            if variables.get(RUN_VARIABLE) == run and same_part:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def kill(processes: Iterable[psutil.Process]) -> None:
    """End processes at once; those that ended meanwhile are no error."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


def die_with_parent(number: int) -> Callable[[], None] | None:
    """A hook for a child to be sent `number` when its parent dies; None where unsupported."""
    if _libc is None:
        return None
    library, parent = _libc, os.getpid()

    def ask_kernel() -> None:
        library.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return pid > 0 and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end_run(run: str, patience: float = UNDERTAKER_PATIENCE) -> None:
    """Ask all processes of a run to stop, then kill those that remain."""
    for process in relatives(run):
        with contextlib.suppress(psutil.Error):
            process.terminate()
    deadline = time.monotonic() + patience
    while (left := relatives(run)) and time.monotonic() < deadline:
        time.sleep(0.1)
    kill(left)
