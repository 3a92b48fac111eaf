"""Where uploaded bytes are kept: generated names in Django's storage, and a local copy to read."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage

from clinic.ids import uuid7
from documents.pipeline.sniff import HEAD_BYTES

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file's bytes are."""

    size: int
    sha256: str
    head: bytes


def measure(file: File[bytes]) -> Measured:
    """Reads a file once, for its size, SHA-256 (hex) and first bytes."""
    digest, size, head = hashlib.sha256(), 0, b""
    file.seek(0)
    while chunk := file.read(CHUNK):
        if not head:
            head = bytes(chunk[:HEAD_BYTES])
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return Measured(size, digest.hexdigest(), head)


def keep(clinic_id: UUID, file: File[bytes]) -> str:
    """Stores a file under a name that says nothing; the name."""
    now = datetime.now(UTC)
    return default_storage.save(f"{clinic_id}/{now:%Y/%m}/{uuid7().hex}", file)


@contextmanager
def local_copy(storage_name: str) -> Iterator[Path]:
    """A path to the stored bytes, whatever the storage; temporary when it is not a local one."""
    try:
        yield Path(default_storage.path(storage_name))
        return
    except NotImplementedError:
        pass
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with default_storage.open(storage_name) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK)
        yield path
