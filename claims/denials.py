"""Why payers deny: the adjustment codes of their letters in plain words, with what helps.

The words are our own; the official descriptions of the code list belong to its publisher.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

CODE_FORM = re.compile(r"(CO|PR|OA|PI|CR)[\s-]?([A-Z]?\d{1,3})", re.IGNORECASE)
DENIAL_EVENTS = ("denied", "denial_reason")


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code in words, and the first thing to try."""

    words: str
    fix: str


UNKNOWN = Meaning(
    "A code that is not in our list",
    "Read the letter: it says what the payer wants, and by when.",
)
UNRECORDED = Meaning(
    "The reason is not recorded",
    "Find the payer's letter, record its code and its deadline here, then decide.",
)
MEANINGS: dict[str, Meaning] = {
    "4": Meaning(
        "The procedure and its modifier do not fit",
        "Check the modifier against the note of the visit, correct it and submit again.",
    ),
    "11": Meaning(
        "The diagnosis does not support the procedure",
        "Compare the diagnosis with the note of the visit; correct the code, or appeal with it.",
    ),
    "16": Meaning(
        "Something on the claim is missing or wrong",
        "See which field the letter names, complete it and submit again.",
    ),
    "18": Meaning(
        "The payer takes it for a duplicate",
        "Look for the first claim. If it was paid, close this one; if not, call the payer.",
    ),
    "22": Meaning(
        "Another insurer has to pay first",
        "Ask the patient for their other insurance, bill it first, then this payer.",
    ),
    "27": Meaning(
        "The coverage had ended by the date of service",
        "Check the patient's insurance card of that day and bill the payer who covered it.",
    ),
    "29": Meaning(
        "It arrived after the payer's time limit",
        "Look for proof that it was sent in time, and appeal with it.",
    ),
    "31": Meaning(
        "The payer does not find the patient",
        "Compare name, date of birth and member number with the card, correct and submit again.",
    ),
    "45": Meaning(
        "More than the contract allows",
        "Usually no mistake: write off the difference that the contract says.",
    ),
    "50": Meaning(
        "The payer sees no medical need",
        "Appeal with the note of the visit and the results that led to it.",
    ),
    "96": Meaning(
        "The plan does not cover this service",
        "Check the plan. If it is right, tell the patient what they owe before billing them.",
    ),
    "97": Meaning(
        "The payer counts it as part of another service",
        "See which service the letter names; if both were separate, appeal with the notes.",
    ),
    "109": Meaning(
        "It went to the wrong payer",
        "Check the card for the payer of that day and submit it there.",
    ),
    "197": Meaning(
        "There was no authorisation",
        "Look for the authorisation number. If there is one, add it and submit again; if not,"
        " ask whether the payer grants one afterwards.",
    ),
    "204": Meaning(
        "Not a benefit of the patient's plan",
        "Check the plan. If it is right, tell the patient what they owe before billing them.",
    ),
}


@dataclass(frozen=True, slots=True)
class Denial:
    """What is recorded about a denial. ``document_id`` is the letter that said so."""

    code: str
    reply_by: date | None
    document_id: UUID | None
    by: str

    @property
    def meaning(self) -> Meaning:
        """The code in words."""
        return meaning_of(self.code)


def meaning_of(code: str) -> Meaning:
    """A code of a letter in words: CO-16, co 16 and 16 mean the same."""
    if not code:
        return UNRECORDED
    found = CODE_FORM.fullmatch(code.strip())
    number = found[2].upper() if found else code.strip().upper()
    return MEANINGS.get(number.lstrip("0") or number, UNKNOWN)


def tidy_code(text: str) -> str:
    """A code as the denials page groups by it: CO-16 for "co16"; other texts stay."""
    found = CODE_FORM.fullmatch(text.strip())
    return f"{found[1].upper()}-{found[2].upper()}" if found else text.strip()


def denial_of(events: Iterable[Mapping[str, Any]]) -> Denial:
    """What a timeline (oldest first) says last about why its claim was denied."""
    told: Mapping[str, Any] = {}
    for event in events:
        if event["event_type"] in DENIAL_EVENTS:
            told = event["payload"]
    return Denial(
        str(told.get("denial_code") or ""),
        _date(told.get("reply_by")),
        _id(told.get("document_id")),
        str(told.get("by") or ""),
    )


def _date(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _id(text: Any) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None
