"""The running product on one machine: what `bin/demo` does once the packages are installed.

PostgreSQL and Valkey (unless DATABASE_URL and REDIS_URL name others), the database prepared and
seeded, then the web server, the worker and the sweep under one supervisor.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from backline import environment
from backline.embedded import Launch, Servers, ServerUnavailable, port_is_free
from backline.supervisor import AlreadyRunning, Part, PartFailed, Stopped, Supervisor

ROOT = Path(__file__).resolve().parent.parent

FAILED, PORT_TAKEN, ALREADY_RUNNING = 1, 3, 4

# What one run may leave under var/; `--fresh` removes these and nothing else.
OWN_DATA = ("valkey", "files", "static", "log", "secrets.env", "run/ports.json")

# Reading paper takes seconds and the OCR model's memory; everything else must not wait for it.
QUICK, READING = "backline.quick", "backline.reading"
READER_BYTES = 1_200_000_000
"""What a reading worker may come to hold: the recogniser and its largest page."""


def workers() -> dict[str, str]:
    """Names of the workers and their queues: a reader for each core, READERS or memory allowing.

    Each reads with one thread: several papers at once cost less than one paper on all cores.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    fitting = int(psutil.virtual_memory().total * 0.6 // READER_BYTES)
    count = int(os.environ.get("READERS") or 0) or max(1, min(cores or 1, fitting))
    names = ["reader", *(f"reader-{number}" for number in range(2, count + 1))]
    return {"worker": QUICK, **dict.fromkeys(names, READING)}


# What `manage.py seed` makes; told to whoever starts the demo.
SIGN_IN = "admin@backlinemd.com / test123"


def say(text: str = "") -> None:
    """One line to the person who started us."""
    _write(text + "\n")


def _write(text: str) -> None:
    # The terminal may be gone; what runs must not end because nobody reads along.
    with contextlib.suppress(OSError):
        sys.stdout.write(text)
        sys.stdout.flush()


@contextlib.contextmanager
def told(what: str) -> Iterator[list[str]]:
    """Say a step, and the seconds it took; text put into the list replaces the word `done`."""
    _write(f"  {what:<34}")
    result: list[str] = []
    begun = time.monotonic()
    try:
        yield result
    except Stopped:
        say("stopped")
        raise
    except BaseException:
        say("failed")
        raise
    say(f"{result[0] if result else 'done':<32}{time.monotonic() - begun:6.1f} s")


def web_command(port: int) -> list[str]:
    """The web server's program and arguments; WEB_PROCESSES as many processes, else one or two."""
    processes = environment.number("WEB_PROCESSES", min(2, os.cpu_count() or 1))
    argv = ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    argv += ["--workers", str(processes), "--ws", "--no-access-log", "--backlog", "4096"]
    # Open sockets count against the backpressure; past it every page would wait for ever.
    argv += ["--backpressure", "16384"]
    # One that is killed must not take the others, and what they are doing, with it.
    argv += ["--respawn-failed-workers", "--respawn-interval", "0.5"]
    return [*argv, "--workers-kill-timeout", "3", "backline.asgi:application"]


class Demo:
    """One installation: its folder, servers, environment and parts."""

    def __init__(self, var: Path, port: int) -> None:
        self.var = var
        self.port = port
        self.own_database = "DATABASE_URL" not in os.environ
        self.own_broker = "REDIS_URL" not in os.environ
        self.servers = Servers(var)
        self.address = f"http://localhost:{port}"

    def environment(self) -> dict[str, str]:
        """Settings for every part. What the person set in the environment wins."""
        ours = self.servers.environment()
        if not self.own_database:
            del ours["DATABASE_OWNER_URL"]
        ours |= {
            "DEBUG": "0",
            "PORT": str(self.port),
            "PUBLIC_URL": self.address,
            "ALLOWED_ORIGINS": f"http://127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
            "BACKLINE_VAR": str(self.var),
            "MEDIA_ROOT": str(self.var / "files"),
            "PYTHONUNBUFFERED": "1",
            # Each malloc arena keeps what it freed; eight per core would hold hundreds of MB.
            "MALLOC_ARENA_MAX": "2",
        }
        return {name: os.environ.get(name, value) for name, value in ours.items()}

    # Parts

    def database(self) -> Part:
        """The private PostgreSQL."""
        server = self.servers.postgres
        return Part(
            "postgres", server.prepare, server.is_ready, server=True, cleanup=server.end_leftovers
        )

    def broker(self) -> Part:
        """The private Valkey."""
        server = self.servers.valkey
        return Part("valkey", server.prepare, server.is_ready, server=True)

    def web(self) -> Part:
        """Pages, API and sockets in one ASGI process."""
        return Part("web", lambda: self._program(web_command(self.port)), self._web_answers)

    def worker(self, supervisor: Supervisor, name: str, queue: str) -> Part:
        """A Celery worker of one queue, in one process; the leases and the sweep cover its death.

        The sweep leaves a file when the workers must be restarted. All of them see it in the
        same round, before the first to start again removes it.
        """
        argv = ["celery", "-A", "backline", "worker", "-Q", queue, "--hostname", f"{name}@%h"]
        argv += ["--pool", "solo", "--concurrency", "1", "--loglevel", "info"]
        argv += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        log = supervisor.log(name)
        wedged = self.var / "run" / "worker-wedged"
        offset = 0

        def prepare() -> Launch:
            nonlocal offset
            wedged.unlink(missing_ok=True)
            offset = log.stat().st_size if log.exists() else 0
            return self._program(argv)

        def is_ready() -> bool:
            with contextlib.suppress(OSError), log.open("rb") as file:
                # A log that grew past its limit was moved aside and begins anew.
                file.seek(offset if log.stat().st_size >= offset else 0)
                return b" ready." in file.read()
            return False

        return Part(name, prepare, is_ready, wedged=wedged.exists)

    def sweep(self) -> Part:
        """Rings again for runs whose lease is past; needs neither Celery nor the broker."""
        argv = [str(ROOT / "manage.py"), "sweep"]
        part = Part("sweep", lambda: self._program(argv), lambda: True)
        part.is_ready = lambda: time.monotonic() - part.started > 1.0
        return part

    def _program(self, argv: list[str]) -> Launch:
        """A Python program of our virtual environment."""
        # The role that owns the tables is for migrating; nothing that serves may have it.
        variables = {**self.environment(), "DATABASE_OWNER_URL": ""}
        first = [sys.executable] if argv[0].endswith(".py") else [sys.executable, "-m"]
        return Launch([*first, *argv], ROOT, signal.SIGTERM, env=variables)

    def _web_answers(self) -> bool:
        """Whether pages are served; a page that answers with an error of ours is not."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                return True
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False

    # Preparing

    def prepare(self, supervisor: Supervisor, *, seed: bool) -> None:
        """Migrate and seed, unless neither changed since the last time on this cluster."""
        print_now = _fingerprint()
        done = self._done()
        for name, argv in (("prepare_database", []), ("seed", ["--demo", "--allow-demo-password"])):
            if name == "seed" and not seed:
                continue
            what = "Migrating the database" if name != "seed" else "Seeding two made-up clinics"
            if self.own_database and done.get(name) == print_now:
                continue
            with told(what):
                command = [sys.executable, str(ROOT / "manage.py"), name, *argv]
                supervisor.step(name, command, self.environment())
            done[name] = print_now
            self._remember(done)

    def _done(self) -> dict[str, str]:
        """Fingerprints of the steps done on this cluster: kept in it, so they go with it."""
        try:
            found: dict[str, str] = json.loads(self._marker().read_text())
        except (OSError, ValueError):
            return {}
        return found

    def _remember(self, done: dict[str, str]) -> None:
        if self.own_database:
            self._marker().write_text(json.dumps(done))

    def _marker(self) -> Path:
        return self.servers.postgres.data / "backline-prepared"


def _fingerprint() -> str:
    """A hash of everything that migrates or seeds: migrations, commands, seeding, samples."""
    digest = hashlib.sha256()
    apps = sorted(path.parent for path in ROOT.glob("*/apps.py"))
    for path in sorted(file for app in apps for file in app.rglob("*")):
        inside = path.relative_to(ROOT).as_posix()
        marks = ("/migrations/", "/management/", "/samples/", "seed")
        if any(mark in inside for mark in marks) and "__pycache__" not in inside and path.is_file():
            digest.update(inside.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def run(demo: Demo, supervisor: Supervisor, *, seed: bool) -> None:
    """Start everything, say where it is, and watch until a person asks to stop."""
    begun = time.monotonic()
    supervisor.facts = {"address": demo.address}
    servers = []
    if demo.own_database:
        servers.append(demo.database())
        if demo.servers.postgres.moved:
            home = demo.servers.postgres.home
            say(f"  PostgreSQL may not enter this folder; its data is in {home}")
    if demo.own_broker:
        servers.append(demo.broker())
    if servers:
        with told(f"Starting {' and '.join(_TITLES[part.name] for part in servers)}"):
            supervisor.start(*servers)
    demo.prepare(supervisor, seed=seed)
    # One after the other: on two cores the pages are there in half the time.
    with told("Starting web"):
        supervisor.start(demo.web())
    with told("Starting workers and sweep"):
        parts = [demo.worker(supervisor, name, queue) for name, queue in workers().items()]
        supervisor.start(*parts, demo.sweep())
    say()
    say(f"  Backline is ready after {time.monotonic() - begun:.1f} s")
    say(f"  Open     {demo.address}")
    if seed:
        say(f"  Sign in  {SIGN_IN}")
    say("  Logs are in var/log; Ctrl-C stops everything")
    say()
    supervisor.watch()


_TITLES = {"postgres": "PostgreSQL", "valkey": "Valkey"}


def remove_data(var: Path) -> None:
    """Delete what earlier runs left here."""
    Servers(var).postgres.remove()
    for name in OWN_DATA:
        path = var / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def status(var: Path) -> int:
    """Print address, uptime, and the memory of each part with all its descendants."""
    try:
        state = json.loads((var / "run" / "state.json").read_text())
        supervisor = psutil.Process(state["pid"])
        if supervisor.create_time() != state["started"]:
            raise psutil.NoSuchProcess(state["pid"])
    except (OSError, ValueError, psutil.Error):
        say("Backline is not running in this folder.")
        return FAILED
    minutes, seconds = divmod(int(time.time() - state["started"]), 60)
    say(f"Backline runs at {state.get('address', '?')} for {minutes} min {seconds} s")
    say(f"  {'part':<12}{'process':>8}{'count':>7}{'RSS MB':>9}{'PSS MB':>9}")
    total = [0.0, 0.0]
    rows = {"supervisor": [supervisor]}
    for name, pid in state["parts"].items():
        with contextlib.suppress(psutil.Error):
            head = psutil.Process(pid)
            rows[name] = [head, *head.children(recursive=True)]
    for name, processes in rows.items():
        resident, shared_out = _memory(processes)
        total = [total[0] + resident, total[1] + shared_out]
        first = processes[0].pid
        say(f"  {name:<12}{first:>8}{len(processes):>7}{resident:>9.0f}{shared_out:>9.0f}")
    say(f"  {'total':<27}{total[0]:>9.0f}{total[1]:>9.0f}")
    return 0


def _memory(processes: list[psutil.Process]) -> tuple[float, float]:
    """RSS and PSS of processes in MB; PSS counts a page shared by n processes as 1/n of it."""
    resident = proportional = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            resident += process.memory_info().rss / 1e6
            detail = process.memory_full_info()
            proportional += getattr(detail, "pss", detail.uss) / 1e6
    return resident, proportional


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line of `bin/demo`."""
    parser = argparse.ArgumentParser(prog="bin/demo")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8001")))
    parser.add_argument("--fresh", action="store_true", help="delete this folder's data first")
    parser.add_argument("--no-seed", action="store_true", help="leave the database empty")
    parser.add_argument("--status", action="store_true", help="memory of each running part")
    return parser.parse_args(argv)


def _allow_many_sockets() -> None:
    """Raise the limit of open files: every socket is one; our programs inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(argv: list[str] | None = None) -> int:
    """Run the demo; the exit code says how it ended."""
    options = arguments(argv)
    var = Path(os.environ.get("BACKLINE_VAR", ROOT / "var")).resolve()
    if options.status:
        return status(var)
    _allow_many_sockets()
    try:
        return _supervised(var, options)
    except AlreadyRunning as error:
        say(f"Backline is already running in this folder (process {error.pid}).")
        say("Stop it with Ctrl-C in its terminal; `bin/demo --status` shows its address.")
        return ALREADY_RUNNING


def _supervised(var: Path, options: argparse.Namespace) -> int:
    with Supervisor(var, say=say) as supervisor:
        try:
            if not port_is_free(options.port):
                say(f"Port {options.port} is taken{_holder(options.port)}.")
                say("Stop that program, or choose another port: bin/demo --port 8002")
                return PORT_TAKEN
            if options.fresh:
                with told("Removing the data of earlier runs"):
                    remove_data(var)
            run(Demo(var, options.port), supervisor, seed=not options.no_seed)
        except PartFailed as error:
            say(f"\n{error} The last lines of {supervisor.log(error.name)}:\n{error.tail}")
            return FAILED
        except ServerUnavailable as error:
            say(f"\n{error}")
            return FAILED
        except Stopped:
            pass
        begun = time.monotonic()
        say("\n  Stopping; press Ctrl-C again to stop at once")
        supervisor.stop()
        say(
            f"  Everything has stopped ({time.monotonic() - begun:.1f} s); the data is kept in var/"
        )
        return 0


def _holder(port: int) -> str:
    """Who listens on a port, as far as we may know."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="tcp"):
            taken = connection.laddr and connection.laddr.port == port
            if taken and connection.status == psutil.CONN_LISTEN and connection.pid:
                name = psutil.Process(connection.pid).name()
                return f" by {name} (process {connection.pid})"
    return ""


if __name__ == "__main__":
    raise SystemExit(main())
