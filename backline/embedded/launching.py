"""How a server is started, and the ports and secrets it keeps between starts."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a server: what to run, where, and as which user (None: as ourselves)."""

    argv: list[str]
    cwd: Path
    stop_signal: signal.Signals
    user: int | None = None
    group: int | None = None
    env: dict[str, str] = field(default_factory=dict)


def load_secrets(path: Path) -> dict[str, str]:
    """Passwords and the signing key of one installation, made once and readable by us alone."""
    found: dict[str, str] = {}
    if path.exists():
        lines = path.read_text().splitlines()
        found = dict(line.split("=", 1) for line in lines if "=" in line)
    names = ("SECRET_KEY", "OWNER_PASSWORD", "APPLICATION_PASSWORD", "VALKEY_PASSWORD")
    missing = {name: secrets.token_urlsafe(48) for name in names if name not in found}
    if missing:
        found.update(missing)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".new")
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in found.items())
        partial.rename(path)
    return found


class Ports:
    """Ports chosen once and kept in a file, so that addresses survive a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._settled: set[str] = set()

    def of(self, name: str) -> int:
        """The port kept for a server, chosen now when there is none yet."""
        ports = self._read()
        if name not in ports:
            ports[name] = free_port()
            self._write(ports)
        return ports[name]

    def replace_taken(self, name: str) -> None:
        """Choose anew when somebody else listens on the server's port by now.

        Only before the first start of this process: later the addresses are in use.
        """
        if name in self._settled:
            return
        self._settled.add(name)
        ports = self._read()
        if name in ports and not port_is_free(ports[name]):
            del ports[name]
            self._write(ports)

    def _read(self) -> dict[str, int]:
        ports: dict[str, int] = json.loads(self._path.read_text()) if self._path.exists() else {}
        return ports

    def _write(self, ports: dict[str, int]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".new")
        partial.write_text(json.dumps(ports))
        partial.rename(self._path)


def free_port() -> int:
    """A port nobody listens on, below the range clients' own ports are drawn from.

    In that range a client that keeps calling a dead server can be given the server's port as its
    own, connect to itself, and keep the server from coming back.
    """
    candidates = range(15_000, 30_000)
    for _ in range(200):
        port = secrets.choice(candidates)
        if port_is_free(port):
            return port
    raise OSError("No free port between 15000 and 30000 on 127.0.0.1.")


def port_is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1 at `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
