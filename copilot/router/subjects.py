"""Whom or what a sentence is about: what it names, what the page shows, or what was said before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from copilot.router.slots import Sentence

HERE = "@page"
"""The patient, task, claim or document of the page that is open."""
SUBJECTS: dict[str, str] = {
    "patient_summary": "patient",
    "patient_labs": "patient",
    "patient_chart": "patient",
    "patient_details": "patient",
    "patient_changes": "patient",
    "who_looked": "patient",
    "list_tasks": "patient",
    "list_claims": "patient",
    "list_appointments": "patient",
    "list_documents": "patient",
    "list_consents": "patient",
    "list_calls": "patient",
    "send_consent": "patient",
    "plan_call": "patient",
    "create_task": "patient",
    "book_appointment": "patient",
    "move_appointment": "patient",
    "change_appointment_status": "patient",
    "explain_task": "task",
    "update_task": "task",
    "comment_on_task": "task",
    "claim_details": "claim",
    "move_claim": "claim",
    "note_on_claim": "claim",
    "draft_letter": "claim",
    "document_status": "document",
    "start_agent": "document",
}
LISTS = frozenset(intent for intent in SUBJECTS if intent.startswith("list_"))
POINTS = re.compile(
    r"\b(?:he|she|they|him|her|hers|his|them|their|it|its|this|that|these|the patient|the claim"
    r"|the task|the document|the paper)\b"
)
WHOLE = re.compile(r"\b(?:all|our|my|mine|every|everyone|everybody|clinic|whole|we|us)\b")


WITH = re.compile(r"\b(?:with|to see) <_who_>")
BY_PROVIDER = frozenset({"book_appointment", "list_appointments"})


def provider_of(
    intent: str, sentence: Sentence, page: frozenset[str], before: Mapping[str, Any]
) -> str | None:
    """Whom "with" names in a visit: a colleague, unless nobody else could be the patient."""
    if sentence.slots.get("doctor"):
        return str(sentence.slots["doctor"])
    found = WITH.search(sentence.left) if intent in BY_PROVIDER else None
    if found is None:
        return None
    place = sentence.left[: found.end()].count("<_who_>") - 1
    others = len(sentence.people) > 1 or "patient" in page or before.get("patient")
    return sentence.people[place] if others or intent == "list_appointments" else None


def subject_of(
    intent: str, sentence: Sentence, page: frozenset[str], before: Mapping[str, Any]
) -> dict[str, Any]:
    """{"patient": name}, {"task": "T104"} and the like, or nothing.

    Lists of the whole clinic are not narrowed to the page's patient when a day or the clinic is
    named and nothing points at the patient.
    """
    kind = SUBJECTS.get(intent)
    if kind is None:
        return {}
    provider = provider_of(intent, sentence, page, before)
    people = [name for name in sentence.people if name != provider]
    if kind == "patient" and people:
        return {"patient": people[0]}
    if kind in sentence.slots:
        return {kind: sentence.slots[kind]}
    if "ordinal" in sentence.slots:
        return {kind: f"@{sentence.slots['ordinal']}"}
    points = bool(POINTS.search(sentence.left))
    if points and before.get(kind) and not (kind in page and "this" in sentence.left):
        return {kind: before[kind]}
    broad = intent in LISTS and (
        WHOLE.search(sentence.left) or ("when" in sentence.slots and not points)
    )
    if kind in page and not broad:
        return {kind: HERE}
    if before.get(kind) and intent not in LISTS and intent != "create_task":
        return {kind: before[kind]}
    return {}


def known_subjects(
    sentence: Sentence, page: frozenset[str], before: Mapping[str, Any]
) -> frozenset[str]:
    """The kinds of subject that a sentence could be about."""
    named = {"patient"} if sentence.people else set()
    talked = {kind for kind in ("patient", "task", "claim", "document") if before.get(kind)}
    return frozenset(named | {k for k in sentence.slots if k in ("task", "claim")} | page | talked)
