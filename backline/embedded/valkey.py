"""A private Valkey."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import psutil

from backline.embedded.binaries import find_valkey
from backline.embedded.launching import Launch, Ports


class ValkeyServer:
    """A Valkey without persistence under `<base>/valkey`: queues and pokes can be rung again."""

    def __init__(self, base: Path, secrets: dict[str, str], ports: Ports) -> None:
        self._secrets = secrets
        self._ports = ports
        self.directory = base / "valkey"

    @property
    def port(self) -> int:
        """The loopback port, the same at every start."""
        return self._ports.of("valkey")

    def url(self) -> str:
        """The address, with its password."""
        return f"redis://:{self._secrets['VALKEY_PASSWORD']}@127.0.0.1:{self.port}/0"

    def prepare(self) -> Launch:
        """Write the configuration (it holds the password, so 0600) and say how to start."""
        binary = find_valkey()
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._ports.replace_taken("valkey")
        configuration = self.directory / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f"bind 127.0.0.1\nport {self.port}\nprotected-mode yes\n"
            f"requirepass {self._secrets['VALKEY_PASSWORD']}\n"
            f'save ""\nappendonly no\nmaxmemory 128mb\nmaxmemory-policy noeviction\n'
            f'dir "{self.directory}"\ndaemonize no\npidfile "{self.directory / "valkey.pid"}"\n'
        )
        return Launch([str(binary), str(configuration)], self.directory, signal.SIGTERM)

    def is_ready(self) -> bool:
        """Whether the server answers PING under our password."""
        password = self._secrets["VALKEY_PASSWORD"]
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                answer = b""
                while b"PONG" not in answer and (part := connection.recv(256)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def pid(self) -> int | None:
        """Process id of the running server of this folder, None when there is none."""
        try:
            found = int((self.directory / "valkey.pid").read_text())
            process = psutil.Process(found)
            return found if process.cwd() == str(self.directory) else None
        except (OSError, ValueError, psutil.Error):
            return None
