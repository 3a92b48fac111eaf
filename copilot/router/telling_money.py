"""Answers about open money, denials and letters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from copilot.router.reading import Meaning
from copilot.router.saying import (
    bullets,
    clean,
    day_of,
    fact_line,
    link,
    many,
    money_of,
    numbered,
    quoted,
)
from copilot.router.talk import Talk

Result = Mapping[str, Any]


def aging(result: Result, meaning: Meaning, talk: Talk) -> str:
    """How much is open and how old."""
    if not result["claims"]:
        return "No claim is open."
    ages = [
        f"{one['days']} days: {many(one['claims'], 'claim')}, {money_of(one['amount'])}"
        for one in result["buckets"]
    ]
    payers = [
        f"{clean(one['payer'])}: {many(one['claims'], 'claim')}, {money_of(one['amount'])}"
        for one in result["payers"]
    ]
    head = f"{many(result['claims'], 'claim')} not settled, {money_of(result['amount'])} in all."
    where = link("worklist", "/claims")
    return f"{head}\n\n{bullets(ages)}\n\nBy payer:\n\n{bullets(payers)}\n\nMore in the {where}."


def denials(result: Result, meaning: Meaning, talk: Talk) -> str:
    """Why payers deny."""
    if not result["groups"]:
        return "No claim is denied."
    lines = []
    for one in result["groups"]:
        code = f" ({clean(one['code'])})" if one["code"] else ""
        left = ""
        if one["days_left"] is not None:
            days = one["days_left"]
            left = f", {many(days, 'day')} left" if days >= 0 else ", past the deadline"
        lines.append(
            f"{clean(one['payer'])}: {clean(one['reason'])}{code}, {many(one['claims'], 'claim')},"
            f" {money_of(one['amount'])}{left}. {clean(one['fix'])}"
        )
    return f"Why payers deny, most money first:\n\n{bullets(lines)}"


def letter(result: Result, meaning: Meaning, talk: Talk) -> str:
    """A draft, with what it stands on."""
    name = link(clean(result["display_id"]), f"/claims/{result['claim_id']}")
    head = f"A draft for {name} to {clean(result['payer'])}. Nothing was sent; check it first."
    parts = [head, quoted(result["text"])]
    if result["evidence"]:
        parts += ["**Evidence**", numbered(fact_line(one) for one in result["evidence"])]
    else:
        parts.append("I found no evidence in the patient's papers.")
    parts.append(f"**Before you send it:** {clean(result['advice'])}")
    if result["missing"]:
        parts.append(f"Not on file: {clean('; '.join(result['missing']))}.")
    return "\n\n".join(parts)


def denial(found: Result, today: date) -> str:
    """Why one claim was denied, with what helps and until when."""
    code = f"{clean(found['code'])}: " if found["code"] else ""
    parts = [f"**Why it was denied:** {code}{clean(found['reason'])}.", clean(found["fix"])]
    if found["reply_by"]:
        until = date.fromisoformat(str(found["reply_by"]))
        ended = "The time limit ended on" if until < today else "The payer wants an answer by"
        parts.append(f"{ended} {day_of(until)}.")
    lines = bullets(fact_line(one) for one in found["facts"])
    letter_says = f"\n\nThe payer's letter says:\n\n{lines}" if lines else ""
    return " ".join(parts) + letter_says
