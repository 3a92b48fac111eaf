"""Words read once and kept, so that a change in extraction is measured in seconds.

An entry is named by the file's bytes and by the version of reading: ``READER`` is raised whenever
a change in clean-up or recognition would give other words.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from documents.pipeline.types import PageText

READER = "2"


@dataclass(frozen=True, slots=True)
class WordStore:
    """A folder of pages as read; safe to share between processes."""

    folder: Path
    reader: str = READER

    def _path(self, data: bytes) -> Path:
        return self.folder / f"{hashlib.sha256(self.reader.encode() + data).hexdigest()}.json"

    def get(self, data: bytes) -> tuple[list[PageText], float] | None:
        """The pages of these bytes and the CPU seconds of their reading; None when unread."""
        path = self._path(data)
        if not path.exists():
            return None
        entry = json.loads(path.read_text(encoding="utf-8"))
        return [PageText.from_dict(row) for row in entry["pages"]], entry["cpu"]

    def put(self, data: bytes, pages: list[PageText], cpu: float) -> None:
        """Keep what was read; a half-written entry is never seen."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(data)
        fresh = path.with_suffix(f".{os.getpid()}")
        entry = {"cpu": round(cpu, 4), "pages": [page.as_dict() for page in pages]}
        fresh.write_text(json.dumps(entry, ensure_ascii=False), encoding="utf-8")
        fresh.replace(path)
