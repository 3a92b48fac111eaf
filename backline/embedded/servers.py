"""Both private servers of one folder, started and stopped outside any supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil

from backline.embedded.binaries import ServerUnavailable
from backline.embedded.launching import Launch, Ports, load_secrets
from backline.embedded.postgres import APPLICATION, OWNER, PostgresServer
from backline.embedded.valkey import ValkeyServer


class Servers:
    """The private servers of one folder: their secrets, ports, data and addresses."""

    def __init__(self, base: Path) -> None:
        self.base = base.resolve()
        self.secrets = load_secrets(self.base / "secrets.env")
        ports = Ports(self.base / "run" / "ports.json")
        self.postgres = PostgresServer(self.base, self.secrets, ports)
        self.valkey = ValkeyServer(self.base, self.secrets, ports)

    def environment(self) -> dict[str, str]:
        """What the settings need to reach these servers."""
        return {
            "DATABASE_URL": self.postgres.url(APPLICATION),
            "DATABASE_OWNER_URL": self.postgres.url(OWNER),
            "REDIS_URL": self.valkey.url(),
            "SECRET_KEY": self.secrets["SECRET_KEY"],
        }


def launch(plan: Launch, log: Path) -> subprocess.Popen[bytes]:
    """Start a server in its own session, writing to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own command line
            plan.argv,
            cwd=plan.cwd,
            env={**os.environ, **plan.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=plan.user,
            group=plan.group,
            extra_groups=None if plan.user is None else [],
        )


def start(servers: Servers, timeout: float = 60) -> None:
    """Start both servers when they do not run, and wait until they answer."""
    for name, server in (("postgres", servers.postgres), ("valkey", servers.valkey)):
        if server.pid() and server.is_ready():
            continue
        log = servers.base / "log" / f"{name}.log"
        process = launch(server.prepare(), log)
        deadline = time.monotonic() + timeout
        while not server.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
                raise ServerUnavailable(f"{name} did not start:\n{tail}")
            time.sleep(0.03)


def stop(servers: Servers, timeout: float = 20) -> None:
    """Stop both servers, hard after `timeout` seconds."""
    ends = ((servers.valkey, signal.SIGTERM), (servers.postgres, signal.SIGINT))
    for server, number in ends:
        pid = server.pid()
        if pid is None:
            continue
        process = psutil.Process(pid)
        process.send_signal(number)
        try:
            process.wait(timeout)
        except psutil.TimeoutExpired:
            process.kill()
    servers.postgres.end_leftovers()
