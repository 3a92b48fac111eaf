"""Keeps the processes of one machine running together, and leaves none behind.

A part that dies or never becomes ready is started again after a growing pause; its descendants
are ended first, because an orphaned pool child or server backend would keep a port, a lease or
shared memory. When the supervisor itself is killed, the kernel tells its children (Linux) and a
forked undertaker ends whatever remains.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from backline.embedded import Launch
from backline.processes import (
    PART_VARIABLE,
    RUN_VARIABLE,
    UNDERTAKER_PATIENCE,
    die_with_parent,
    end_run,
    is_alive,
    kill,
    relatives,
    rotate,
    tail,
)

LONGEST_PAUSE = 10.0
SETTLED_AFTER = 30.0
STOP_PATIENCE = 8.0


class AlreadyRunning(Exception):
    """Another supervisor holds this folder; carries its process id (0 when unknown)."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"Already running as process {pid}.")
        self.pid = pid


class PartFailed(Exception):
    """A part or step failed at the first start; carries its name and last log lines."""

    def __init__(self, name: str, tail: str) -> None:
        super().__init__(f"{name} failed.")
        self.name = name
        self.tail = tail


class Stopped(Exception):
    """A person asked to stop while something was still being started."""


@dataclass(slots=True)
class Part:
    """One supervised process.

    `prepare` runs before every start and may clear what a crash left; `cleanup` ends helpers
    that do not carry the run's environment; `wedged` says that it lives but must be restarted;
    a `server` outlives the parts that talk to it when everything stops.
    """

    name: str
    prepare: Callable[[], Launch]
    is_ready: Callable[[], bool]
    patience: float = 60.0
    server: bool = False
    cleanup: Callable[[], None] | None = None
    wedged: Callable[[], bool] | None = None

    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    stop_signal: signal.Signals = field(default=signal.SIGTERM, init=False)
    started: float = field(default=0.0, init=False)
    ready: bool = field(default=False, init=False)
    failures: int = field(default=0, init=False)
    next_start: float = field(default=0.0, init=False)

    def pause(self) -> float:
        """Seconds before the next start: 0.2 s after the first death, doubling up to 10 s."""
        return min(LONGEST_PAUSE, 0.2 * 2.0 ** max(0, self.failures - 1))


class Supervisor:
    """Runs parts under one folder `var`; use as a context manager, which holds the folder."""

    def __init__(self, var: Path, *, say: Callable[[str], None] = print) -> None:
        self.var = var
        self.run_id = secrets.token_hex(8)
        self.parts: list[Part] = []
        self.facts: dict[str, object] = {}
        self.stop_requests = 0
        self._say = say
        self._lock = -1
        self._undertaker = (-1, -1)
        self._wake = (-1, -1)
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Supervisor:
        (self.var / "run").mkdir(parents=True, exist_ok=True)
        self._lock = _hold(self.var / "run" / "lock")
        self._end_previous_run()
        self._undertaker = self._start_undertaker()
        self._wake = os.pipe()
        for end in self._wake:
            os.set_blocking(end, False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._previous[number] = signal.signal(number, self._ask_to_stop)
        self._previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        self._write_state()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        pid, pipe = self._undertaker
        os.write(pipe, b"x")
        os.close(pipe)
        os.waitpid(pid, 0)
        signal.set_wakeup_fd(-1)
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        for end in self._wake:
            os.close(end)
        (self.var / "run" / "state.json").unlink(missing_ok=True)
        os.close(self._lock)

    # Starting

    def start(self, *parts: Part) -> None:
        """Start parts side by side and wait until all are ready.

        Raises:
            PartFailed: one died, or was not ready within its patience.
            Stopped: a person asked to stop meanwhile.
        """
        for part in parts:
            self.parts.append(part)
            self._launch(part)
        while waiting := [part for part in parts if not part.ready]:
            for part in waiting:
                process = part.process
                if process is None or process.poll() is not None or self._is_late(part):
                    raise PartFailed(part.name, tail(self.log(part.name)))
                part.ready = part.is_ready()
            if any(not part.ready for part in waiting):
                self.wait(0.05)
                self.check_stop()

    def step(self, name: str, argv: list[str], env: dict[str, str]) -> None:
        """Run one command to its end, its output in the log `name`.

        Raises:
            PartFailed: it ended with an error.
            Stopped: a person asked to stop meanwhile; the command is killed.
        """
        log = self.log(name)
        rotate(log)
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command line
                argv,
                env={**os.environ, **env, RUN_VARIABLE: self.run_id, PART_VARIABLE: name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        while process.poll() is None:
            self.wait(0.2)
            if self.stop_requests:
                kill(relatives(self.run_id, name, process.pid))
                process.wait()
        self.check_stop()
        if process.returncode:
            raise PartFailed(name, tail(log))

    def log(self, name: str) -> Path:
        """Where the output of a part or step goes."""
        folder = self.var / "log"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"

    def check_stop(self) -> None:
        """Raise Stopped when a person has asked to stop."""
        if self.stop_requests:
            raise Stopped

    def _launch(self, part: Part) -> None:
        plan = part.prepare()
        log = self.log(part.name)
        rotate(log)
        part.stop_signal = plan.stop_signal
        part.started = time.monotonic()
        part.ready = False
        variables = {RUN_VARIABLE: self.run_id, PART_VARIABLE: part.name}
        with log.open("ab") as output:
            part.process = subprocess.Popen(  # noqa: S603 - our own command line
                plan.argv,
                cwd=plan.cwd,
                env={**os.environ, **plan.env, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=plan.user,
                group=plan.group,
                extra_groups=None if plan.user is None else [],
                preexec_fn=die_with_parent(plan.stop_signal),
            )
        self._write_state()

    # Watching

    def watch(self) -> None:
        """Keep every part running until a person asks to stop."""
        while not self.stop_requests:
            self.look_after()
            self.wait(0.5)

    def look_after(self) -> None:
        """One round over all parts; a death, a recovery and a forced restart are each said."""
        for part in self.parts:
            if self.stop_requests:
                return
            if part.process is None:
                if time.monotonic() >= part.next_start:
                    self._relaunch(part)
            elif part.process.poll() is not None:
                self._bury(part, f"ended ({_ending(part.process.returncode)})")
            elif not part.ready:
                self._await_recovery(part)
            elif part.wedged is not None and part.wedged():
                self._bury(part, "was stuck")
            elif part.failures and time.monotonic() - part.started > SETTLED_AFTER:
                part.failures = 0

    def _relaunch(self, part: Part) -> None:
        try:
            self._launch(part)
        except Exception as error:  # noqa: BLE001 - a failed restart is said and tried again
            self._bury(part, f"could not be started ({error})")

    def _await_recovery(self, part: Part) -> None:
        part.ready = part.is_ready()
        seconds = time.monotonic() - part.started
        if part.ready:
            pid = part.process.pid if part.process else 0
            self._say(f"{_clock()}  {part.name} is back after {seconds:.1f} s (process {pid})")
        elif self._is_late(part):
            self._bury(part, f"was not ready after {part.patience:.0f} s")

    def _bury(self, part: Part, what: str) -> None:
        """End what is left of a part and set the time of its next start."""
        self._end(part)
        if time.monotonic() - part.started > SETTLED_AFTER:
            part.failures = 0
        part.failures += 1
        part.ready = False
        part.next_start = time.monotonic() + part.pause()
        self._say(f"{_clock()}  {part.name} {what}; starting it again in {part.pause():.1f} s")
        if part.failures in (3, 10):
            self._say(f"Last lines of {self.log(part.name)}:\n{tail(self.log(part.name))}")

    def _end(self, part: Part) -> None:
        if part.process is not None:
            kill(relatives(self.run_id, part.name, part.process.pid))
            part.process.wait()
        if part.cleanup is not None:
            part.cleanup()
        part.process = None

    @staticmethod
    def _is_late(part: Part) -> bool:
        return time.monotonic() - part.started > part.patience

    def wait(self, seconds: float) -> None:
        """Sleep, but wake at once when a child ends or a signal arrives."""
        readable, _, _ = select.select([self._wake[0]], [], [], seconds)
        if readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake[0], 512)

    # Stopping

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1

    def stop(self) -> None:
        """Stop the parts, servers last; a second request makes it immediate."""
        parts, self.parts = self.parts, []
        requests = self.stop_requests
        servers = [part for part in parts if part.server]
        for batch in ([part for part in parts if part not in servers], servers):
            for part in batch:
                if part.process is not None and part.process.poll() is None:
                    part.process.send_signal(part.stop_signal)
            deadline = time.monotonic() + STOP_PATIENCE
            while any(part.process and part.process.poll() is None for part in batch):
                if time.monotonic() > deadline or self.stop_requests > max(requests, 1):
                    break
                self.wait(0.1)
            for part in batch:
                self._end(part)
        kill(relatives(self.run_id))

    def _start_undertaker(self) -> tuple[int, int]:
        """Fork a process that outlives us and ends the run when we vanish without a word.

        It keeps the folder's lock until it is done, so that a new start waits for it. Returns
        its process id and the pipe that tells it we end in order.
        """
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.close(reading)
            return pid, writing
        os.close(writing)
        try:
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            if os.read(reading, 1) == b"":
                end_run(self.run_id)
        finally:
            os._exit(0)

    # State for others

    def _write_state(self) -> None:
        """Tell `--status` and the next start which processes belong to this run."""
        state = {
            "pid": os.getpid(),
            "run": self.run_id,
            "started": psutil.Process().create_time(),
            "parts": {part.name: part.process.pid for part in self.parts if part.process},
            **self.facts,
        }
        path = self.var / "run" / "state.json"
        partial = path.with_suffix(".new")
        partial.write_text(json.dumps(state))
        partial.rename(path)

    def _end_previous_run(self) -> None:
        """End what a run left whose supervisor and undertaker were both killed."""
        path = self.var / "run" / "state.json"
        with contextlib.suppress(OSError, ValueError):
            end_run(json.loads(path.read_text())["run"], patience=1.0)


def _hold(path: Path, patience: float = UNDERTAKER_PATIENCE * 2) -> int:
    """Lock the folder; wait for the undertaker of a run that was killed.

    Raises:
        AlreadyRunning: a living supervisor holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = int(os.pread(handle, 32, 0) or b"0")
            if is_alive(holder) or time.monotonic() > deadline:
                os.close(handle)
                raise AlreadyRunning(holder) from None
            time.sleep(0.1)
            continue
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        return handle


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def _clock() -> str:
    return time.strftime("%H:%M:%S")
