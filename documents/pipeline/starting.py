"""The worker's side of the process that starts children (see :mod:`.child_starter`).

A process has one starter, begun at its first file with an empty environment, so that neither it
nor a child knows a secret of ours. It ends with this process, however that ends, and by itself
when there was no file for a while.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_IDLE_SECONDS = 120.0
_REAPING_SECONDS = 10.0
_END_BYTES = 200
_GONE = frozenset((errno.EPIPE, errno.ECONNRESET, errno.EBADF))


@dataclass(frozen=True, slots=True)
class End:
    """How a child ended; ``code`` is negative for a signal, ``peak`` its memory in bytes."""

    code: int
    timed_out: bool
    peak: int


class Starter:
    """A running starter. Threads share it: each waits on a link of its own."""

    def __init__(self, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-E", "-s", "-m", "documents.pipeline.child_starter"],
            cwd=_ROOT,
            env={"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "IDLE_SECONDS": str(idle_seconds)},
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        self.largest = 0

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once it has ended; what is left of it is reaped then."""
        return self._process.poll() is None

    def run(self, request: bytes, seconds: float) -> End | None:
        """One child from start to end; None when the starter went before the child's end."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reading, writing = os.pipe()
        with ours, os.fdopen(writing, "wb", buffering=0) as pipe:
            try:
                with theirs:
                    socket.send_fds(self._control, [b"."], [reading, theirs.fileno()])
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                return None
            finally:
                os.close(reading)
            with contextlib.suppress(BrokenPipeError):
                pipe.write(request + b"\n")
            return self._end(ours, seconds)

    def _end(self, link: socket.socket, seconds: float) -> End | None:
        timed_out = not _readable(link, seconds)
        if timed_out:
            link.shutdown(socket.SHUT_WR)
            if not _readable(link, _REAPING_SECONDS):
                self.stop()
        try:
            told = link.recv(_END_BYTES)
        except ConnectionResetError:
            told = b""
        if not told:
            return End(-signal.SIGKILL, True, 0) if timed_out else None
        code, peak = json.loads(told)
        self.largest = max(self.largest, peak)
        return End(code, timed_out, peak)

    def stop(self) -> None:
        """End it and its children now."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def left_behind(self) -> None:
        """In a fork: this starter belongs to the parent, which must stay its only worker."""
        self._control.close()
        self._process.returncode = 0

    def cpu_seconds(self) -> float:
        """Spent so far by it and by the children that have ended; 0 when it has ended itself."""
        try:
            row = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        return sum(int(ticks) for ticks in row[11:15]) / os.sysconf("SC_CLK_TCK")


class _Shared:
    """The starter of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.starter: Starter | None = None

    def current(self) -> Starter:
        """One that is alive, begun anew when it is not."""
        with self.lock:
            if self.starter is None or not self.starter.alive:
                lost, self.starter = self.starter, Starter()
                if lost is not None:
                    lost.stop()
            return self.starter

    def drop(self) -> None:
        """Let go of the starter, if there is one."""
        if self.starter is not None:
            self.starter.stop()
        self.starter = None

    def forked(self) -> None:
        """A fork starts one of its own; a lock another thread held stays locked in it."""
        self.lock = threading.Lock()
        if self.starter is not None:
            self.starter.left_behind()
        self.starter = None


_shared = _Shared()
os.register_at_fork(after_in_child=_shared.forked)
atexit.register(_shared.drop)


def run_child(request: bytes, seconds: float) -> End:
    """Read one file in a child, at most ``seconds`` long; nothing of it runs any more then.

    A starter may have ended just before it got the request, or have been killed: a second one is
    tried. What ends that one too counts as killed at its limit.
    """
    for _ in range(2):
        starter = _shared.current()
        end = starter.run(request, seconds)
        if end is not None:
            return end
        starter.stop()
    return End(-signal.SIGKILL, False, 0)


def running() -> Starter | None:
    """This process's starter, for measuring."""
    return _shared.starter


def _readable(link: socket.socket, seconds: float) -> bool:
    """Wait without polling; a closed link is readable too."""
    watch = select.poll()
    watch.register(link, select.POLLIN)
    return bool(watch.poll(max(seconds, 0.0) * 1000))
