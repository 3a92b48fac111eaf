"""What somebody asks for: an intent and its particulars as they were said. Pure.

Names stay names here; ``planning`` finds out whom they mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from copilot.router.guards import refused
from copilot.router.particulars import read_particulars
from copilot.router.rules import TALK, Rule, rules
from copilot.router.slots import Sentence, read_slots
from copilot.router.subjects import (
    BY_PROVIDER,
    HERE,
    POINTS,
    SUBJECTS,
    known_subjects,
    provider_of,
    subject_of,
)

LEAD = re.compile(
    r"^(?:(?:and|also|now|but|then|ok|okay|no|yes|only|just|rather|instead)\b,? *)+"
    r"(?:(?:what|how) about |for |on |with |the )*"
    r"|^(?:what|how) about (?:the )?|^same (?:thing )?(?:for|with|but) (?:the )?"
    r"|^(?:make|change) (?:it|that) (?:to )?"
)
FILLER = re.compile(
    r"<\w+>|\b(?:the|for|on|at|to|ones?|and|in|of|with|please|by|a|an|ones|about|what|how)\b"
)
THIS = re.compile(
    r"^(?:(?:for|about) )?(?:(?:this|the) (?:one|patient|claim|task|document)|here|him|her|them)$"
)
"""Only the subject of the open page: and for this patient?"""
REST = re.compile(r"\bones?\b|\bof (?:them|those|these)\b|\b(?:too|as well|also|instead|only)$")
"""More or fewer of what was shown before: show denied ones too."""
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Meaning:
    """An intent with its arguments. ``guard`` says why nothing is done about it."""

    intent: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    guard: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """What the conversation was about so far, and what the open page is about.

    ``page`` names kinds: patient, task, claim, document. ``now`` is the clinic's local time.
    """

    now: datetime
    meaning: Meaning | None = None
    page: frozenset[str] = frozenset()

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Those of what was asked before."""
        return self.meaning.arguments if self.meaning else {}


def understand(written: str, before: Before) -> Meaning:
    """What a message asks for, given what went before.

    The earlier messages of a conversation are read again with each new one, so the latest
    readings are remembered.
    """
    meaning = before.meaning
    said = meaning and (meaning.intent, meaning.guard, tuple(meaning.arguments.items()))
    # Moments of two time zones may be equal, and "tomorrow at 3" is not the same in both.
    return _understood(written[:LONGEST], before.now, before.now.tzinfo, said, before.page)


@lru_cache(maxsize=256)
def _understood(
    written: str,
    now: datetime,
    zone: tzinfo | None,
    said: tuple[str, str, tuple[tuple[str, Any], ...]] | None,
    page: frozenset[str],
) -> Meaning:
    del zone  # only part of the key
    meaning = said and Meaning(said[0], dict(said[2]), said[1])
    return _read(written, Before(now, meaning, page))


def _read(written: str, before: Before) -> Meaning:
    sentence = read_slots(written, before.now)
    for text in (" ".join(written.lower().split()), sentence.text.lower(), sentence.left):
        if guard := refused(text):
            return Meaning("cannot", guard=guard)
    lead = LEAD.match(sentence.left) if before.meaning else None
    rest = sentence.left[lead.end() :] if lead else sentence.left
    if before.meaning and (_is_bare(rest) or (lead and THIS.match(rest))):
        merged = _merged(sentence, before, before.meaning)
        if merged is not None:
            return merged
    found = _rule_for(sentence, rest, known_subjects(sentence, before.page, before.arguments))
    if found is None:
        follows = before.meaning and (lead or REST.search(sentence.left))
        merged = _merged(sentence, before, before.meaning) if before.meaning and follows else None
        return merged or Meaning("cannot", guard="unknown")
    rule, match = found
    if rule.intent == "choose":
        return Meaning("choose", {"ordinal": sentence.slots["ordinal"]})
    if rule.intent in TALK:
        return Meaning(rule.intent)
    arguments = subject_of(rule.intent, sentence, before.page, before.arguments)
    arguments |= read_particulars(rule.intent, sentence, before.now, rule, match)
    if rule.intent in BY_PROVIDER:
        arguments["provider"] = provider_of(rule.intent, sentence, before.page, before.arguments)
    return Meaning(rule.intent, _without_empty(arguments))


def _rule_for(
    sentence: Sentence, rest: str, subjects: frozenset[str]
) -> tuple[Rule, re.Match[str]] | None:
    for rule in rules():
        needed = rule.slots.get("needs")
        if needed and needed not in subjects:
            continue
        found = rule.pattern.search(sentence.left) or rule.pattern.search(rest)
        if found:
            return rule, found
    return None


def _is_bare(shape: str) -> bool:
    """Whether there are particulars only: they change what was asked before."""
    return (
        "<" in shape
        and "<_ordinal_>" not in shape
        and not re.search("[a-z]", FILLER.sub("", shape))
    )


def _merged(sentence: Sentence, before: Before, meaning: Meaning) -> Meaning | None:
    """What was asked before, with the particulars that are new; None when there are none."""
    if meaning.intent in TALK or meaning.intent == "cannot":
        return None
    new = read_particulars(meaning.intent, sentence, before.now, before=meaning.arguments)
    kind = SUBJECTS.get(meaning.intent)
    provider = provider_of(meaning.intent, sentence, before.page, meaning.arguments)
    if provider and meaning.intent in BY_PROVIDER:
        new["provider"] = provider
    elif kind == "patient" and sentence.people and not {"assignee", "provider"} & new.keys():
        new["patient"] = sentence.people[0]
    elif kind in sentence.slots:
        new[kind] = sentence.slots[kind]
    elif kind in before.page and POINTS.search(sentence.left):
        new[kind] = HERE
    new = _without_empty(new)
    if not new or all(meaning.arguments.get(name) == value for name, value in new.items()):
        return None
    return Meaning(meaning.intent, {**meaning.arguments, **new})


def _without_empty(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value not in (None, "", False)}
