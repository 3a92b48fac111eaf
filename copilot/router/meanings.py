"""Which words stand for a status, a kind, a part: the tables in ``meanings.txt``. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from copilot.router.rules import MARK

FOUND = "-"


@lru_cache(maxsize=1)
def _tables() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    text = (Path(__file__).parent / "meanings.txt").read_text(encoding="utf-8")
    tables: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            table, value, pattern = line.split("\t")
            pattern = MARK.sub(r"<_\1_>", pattern)
            tables.setdefault(table, []).append((value, re.compile(pattern)))
    return tables


def first(table: str, text: str) -> str | None:
    """The first value of a table whose pattern fits the text."""
    for value, pattern in _tables()[table]:
        if found := pattern.search(text):
            return found[1] if value == FOUND else value
    return None


def fits(table: str, text: str) -> bool:
    """Whether any pattern of a table fits the text."""
    return any(pattern.search(text) for _, pattern in _tables()[table])


def without(table: str, text: str) -> str:
    """The text without the words of a table."""
    for _, pattern in _tables()[table]:
        text = pattern.sub("", text)
    return text
