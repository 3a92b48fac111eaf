"""Answers about patients and their charts; every sentence links to where it was read. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from copilot.router.reading import Meaning
from copilot.router.saying import (
    DOCUMENT,
    bullets,
    clean,
    day_of,
    fact_line,
    link,
    many,
    moment_of,
    numbered,
    rest_of,
    words_of,
)
from copilot.router.talk import Talk

Result = Mapping[str, Any]
MARK = re.compile(r" ?\[(\d+)\]")
ACTIONS = {
    "patient.view": "looked at the chart",
    "patient.summary": "read the summary",
    "patient.looks": "asked who looked",
    "patient.create": "entered the patient",
    "patient.change": "changed details",
}


def _person(result: Result) -> str:
    patient = result["patient"]
    return link(clean(patient["name"]), f"/patients/{patient['patient_id']}")


def patients(result: Result, meaning: Meaning, talk: Talk) -> str:
    """Patients that were found, numbered."""
    rows = result["patients"]
    if not rows:
        return f"No patient fits “{clean(meaning.arguments.get('query', ''))}”."
    lines = []
    for row in rows:
        born = f", born {day_of(row['dob'])}" if row["dob"] else ""
        match = f" ({clean(row['match'])})" if row["match"] else ""
        name = link(clean(row["name"]), f"/patients/{row['patient_id']}")
        lines.append(f"{name}{born}, MRN {clean(row['mrn'])}{match}")
    head = "One patient fits:" if result["total"] == 1 else f"{result['total']} patients fit:"
    return f"{head}\n\n{numbered(lines)}{rest_of(len(rows), result['total'], 'fit')}"


def summary(result: Result, meaning: Meaning, talk: Talk) -> str:
    """A chart in a few sentences."""
    patient_id = result["patient"]["patient_id"]
    parts = []
    for fact in result["facts"]:
        parts.append(_with_places(fact))
    return "\n\n".join([*parts, f"More in the {link('chart', f'/patients/{patient_id}')}."])


def _with_places(fact: Mapping[str, Any]) -> str:
    """A sentence with a link in the place of each of its marks."""
    places = [link(clean(one["label"]), one["href"]) for one in fact["citations"]]
    parts = MARK.split(fact["text"])
    told = [clean(parts[0])]
    for number, after in zip(parts[1::2], parts[2::2], strict=True):
        known = 0 < int(number) <= len(places)
        said = clean(after)
        gap = " " if after[:1].isspace() else ""
        told.append(f" {places[int(number) - 1] if known else clean(f'[{number}]')}{gap}{said}")
    return "".join(told)


def chart(result: Result, meaning: Meaning, talk: Talk) -> str:
    """A part of the chart."""
    about, asked = clean(result["about"]), meaning.arguments.get("about")
    part = words_of(str(meaning.arguments.get("part", "results")))
    facts, who = result["facts"], _person(result)
    if result["none_stated"]:
        said = fact_line(facts[0], result["patient"]["patient_id"])
        return f"{who} has no allergies, as stated: {said}"
    if not facts and asked and result["total"]:
        return (
            f"Nothing in the {part} of {who} mentions {about}; the chart has"
            f" {many(result['total'], 'other entry', 'other entries')} there."
        )
    if not facts:
        return (
            f"The chart of {who} says nothing about {about}. That is not a “no”:"
            " nobody entered any."
        )
    lines = [fact_line(one, result["patient"]["patient_id"]) for one in facts]
    return f"{about[:1].upper()}{about[1:]} of {who}:\n\n{bullets(lines)}"


def labs(result: Result, meaning: Meaning, talk: Talk) -> str:
    """Laboratory results."""
    facts, who = result["facts"], _person(result)
    test = meaning.arguments.get("test")
    of_test = f" of {clean(test)}" if test else ""
    if not facts and result["total"]:
        of_how_many = many(result["total"], "result")
        return f"No latest result{of_test} of {who} is out of its range ({of_how_many})."
    if not facts:
        return f"The chart of {who} has no results{of_test}."
    lines = [fact_line(one, result["patient"]["patient_id"]) for one in facts]
    heads = {"abnormal": "Results out of range", "trend": "Results over time, latest first,"}
    head = heads.get(str(meaning.arguments.get("which")), "Latest results")
    return f"{head}{of_test} of {who}:\n\n{bullets(lines)}"


def details(result: Result, meaning: Meaning, talk: Talk) -> str:
    """Who somebody is."""
    born = f"{day_of(result['dob'])} ({result['age']} years old)" if result["dob"] else ""
    pairs = [
        ("Born", born),
        ("Sex", result["gender"].lower()),
        ("MRN", result["patient"]["mrn"]),
        ("Phone", result["phone"]),
        ("E-mail", result["email"]),
        ("Address", result["address"]),
        ("Status", result["status"]),
        ("Flags", "; ".join(result["flags"])),
    ]
    known = [f"{name}: {clean(value)}" for name, value in pairs if value]
    unknown = [name.lower() for name, value in pairs[:6] if not value]
    rest = f"\n\nNot known: {', '.join(unknown)}." if unknown else ""
    return f"{_person(result)}\n\n{bullets(known)}{rest}"


def looks(result: Result, meaning: Meaning, talk: Talk) -> str:
    """Who looked at a chart."""
    if not result["looks"]:
        return f"Nobody looked at the chart of {_person(result)} then."
    lines = []
    for look in result["looks"]:
        did = ACTIONS.get(look["action"], words_of(look["action"].replace(".", " ")))
        times = f", {look['times']} times" if look["times"] > 1 else ""
        last = moment_of(look["last_at"], talk.now)
        lines.append(f"{clean(look['person'])} {clean(did)}{times}, last {last}")
    return f"Who looked at the chart of {_person(result)} or changed it:\n\n{bullets(lines)}"


KIND_PAGES = {"task": "tasks", "claim": "claims", "visit": "appointments"}


def changes(result: Result, meaning: Meaning, talk: Talk) -> str:
    """What is new since the last visit or a day: results first, then papers, then the rest."""
    who = _person(result)
    if not result["since"]:
        return (
            f"No past visit of {who} is on record, so there is nothing to count from."
            " Name a day: “what changed since 1 March”."
        )
    since = f"since {moment_of(result['since'], talk.now).split(',')[0]}"
    if result["visit"]:
        since = f"since the visit on {since.removeprefix('since ')} ({clean(result['visit'])})"
    parts = [_charted(result), _papers(result), _others(result, talk)]
    if any(parts) and not parts[0]:
        parts[0] = "**Chart:** nothing new from a document."
    told = "\n\n".join(part for part in parts if part)
    by_hand = " What was typed by hand has no day, and is not told." if result["by_hand"] else ""
    if not told:
        return f"Nothing has come in for {who} {since}.{by_hand}"
    return f"New for {who} {since}:\n\n{told}{chr(10) * 2 + by_hand.strip() if by_hand else ''}"


def _charted(result: Result) -> str:
    facts = result["facts"]
    if not facts:
        return ""
    lines = bullets(fact_line(one, result["patient"]["patient_id"]) for one in facts)
    more = rest_of(len(facts), result["charted"], "entries in the chart")
    return f"**Chart**, {many(result['charted'], 'entry', 'entries')}:\n\n{lines}{more}"


def _papers(result: Result) -> str:
    papers = result["papers"]
    if not papers:
        return ""
    lines = bullets(
        f"{link(clean(one['name']), '/documents/' + one['document_id'])} · {words_of(one['kind'])}"
        f" · {DOCUMENT[one['status']]}"
        for one in papers
    )
    more = rest_of(len(papers), result["papers_total"], "papers")
    return f"**Papers**, {result['papers_total']}:\n\n{lines}{more}"


def _others(result: Result, talk: Talk) -> str:
    if not result["rows"]:
        return ""
    lines = bullets(
        f"{link(clean(one['title']), '/' + KIND_PAGES[one['kind']] + '/' + one['id'])}"
        f" · {one['kind']} · {clean(one['status']).lower()} · {moment_of(one['at'], talk.now)}"
        for one in result["rows"]
    )
    return f"**Tasks, claims and visits:**\n\n{lines}"
