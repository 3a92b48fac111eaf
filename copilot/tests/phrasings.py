"""Reads the table of phrasings; a part of it by hash is held back from tuning."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from copilot.router.reading import Before, Meaning, understand

NOW = datetime(2026, 11, 25, 10, 0)
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Phrasing:
    """What was written (after what, on which page), and what should be understood."""

    written: str
    intent: str
    arguments: dict[str, str]

    @property
    def held_back(self) -> bool:
        return int(hashlib.sha256(self.written.encode()).hexdigest(), 16) % 3 != 0

    @property
    def page(self) -> frozenset[str]:
        first = self.written.split(" ")[0]
        return frozenset({first[1:]}) if first.startswith("@") else frozenset()

    @property
    def messages(self) -> list[str]:
        text = self.written.split(" ", 1)[1] if self.page else self.written
        return text.split(" // ")

    def understood(self) -> Meaning:
        meaning = None
        for message in self.messages:
            meaning = understand(message, Before(now=NOW, meaning=meaning, page=self.page))
        assert meaning is not None
        return meaning

    def is_right(self) -> bool:
        meaning = self.understood()
        return meaning.intent == self.intent and said(meaning) == self.arguments


def said(meaning: Meaning) -> dict[str, str]:
    return {name: _text(value) for name, value in meaning.arguments.items()}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return "true" if value is True else str(value)


def phrasings() -> list[Phrasing]:
    lines = (HERE / "phrasings.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [
        Phrasing(text, intent, dict(p.split("=", 1) for p in given.split("; ") if p))
        for text, intent, given in rows
    ]


@dataclass(frozen=True)
class Newcomer:
    """What was written, on which page and after what, with the intents and arguments that fit."""

    written: str
    intents: frozenset[str]
    arguments: dict[str, str]
    page: frozenset[str]
    after: str

    @property
    def held_back(self) -> bool:
        return int(hashlib.sha256(self.written.encode()).hexdigest(), 16) % 2 == 0

    def understood(self) -> Meaning:
        meaning = understand(self.after, Before(NOW, page=self.page)) if self.after else None
        return understand(self.written, Before(NOW, meaning, self.page))

    def is_right(self) -> bool:
        meaning = self.understood()
        told = {name: value.lower() for name, value in said(meaning).items()}
        asked = {name: value.lower() for name, value in self.arguments.items()}
        return meaning.intent in self.intents and asked.items() <= told.items()


def newcomers() -> list[Newcomer]:
    lines = (HERE / "newcomers.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [_newcomer(written, intents, given) for written, intents, given in rows]


def _newcomer(written: str, intents: str, given: str) -> Newcomer:
    parts = [part for part in given.split("; ") if part]
    page = frozenset(part[1:] for part in parts if part.startswith("@"))
    named = dict(part.split("=", 1) for part in parts if not part.startswith("@"))
    after = named.pop("after", "")
    return Newcomer(written, frozenset(intents.split(",")), named, page, after)
