"""Which words mean which intent: the table in ``rules.txt``, tried from the top.

A rule sees the shape of a sentence (``slots.Sentence.left``): lower case, mended, with marks for
what was taken out of it. An intent is a tool's name, or one of ``TALK`` for which there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MARK = re.compile(r"(?<!\?P)<([a-z]+|\(\?:[a-z|]+\))>")
"""A mark as the tables write it."""
TALK = frozenset({"greet", "thanks", "help", "choose"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, the intent it shows, and slots that follow from it.

    A slot ``needs`` names a subject without which the rule does not hold.
    """

    intent: str
    slots: Mapping[str, str]
    pattern: re.Pattern[str]


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The table in its order."""
    text = (Path(__file__).parent / "rules.txt").read_text(encoding="utf-8")
    return tuple(_read(text.splitlines()))


def _read(lines: list[str]) -> Iterator[Rule]:
    words: dict[str, str] = {}
    for line in lines:
        if not line or line.startswith("#"):
            continue
        if "\t" not in line:
            name, _, pattern = line.partition(" = ")
            words[name] = pattern
            continue
        intent, given, pattern = line.split("\t")
        for name, alternatives in words.items():
            pattern = pattern.replace(f"{{{name}}}", alternatives)
        pattern = MARK.sub(r"<_\1_>", pattern)
        pairs = () if given == "-" else (pair.split("=") for pair in given.split())
        yield Rule(intent, dict(pairs), re.compile(pattern))
