"""The particulars in a sentence: numbers of tasks and claims, amounts, days, tests, names. Pure.

What is found is taken out of the sentence: a mark such as ``<task>`` stands in its place, so that
rules see the shape of what was asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from copilot.router import when
from copilot.router.wording import is_known, known_words, mend, tidy
from documents import pipeline

DATA = Path(str(pipeline.__file__)).parent / "extraction" / "data"
TASK = re.compile(
    r"\b(?:task|todo|to-do)? ?#?t ?(\d{1,9})\b|\btask (?:number |no\.? )?#?(\d{1,9})\b"
)
CLAIM = re.compile(r"\b(?:claim )?#?c ?(\d{1,9})\b|\bclaim (?:number |no\.? )?#?(\d{1,9})\b")
MONEY = re.compile(
    r"(?:\$ ?(?P<a>\d[\d,]*(?:\.\d\d)?) ?(?P<ka>k\b)?|\b(?P<b>\d[\d,]*(?:\.\d\d)?) ?(?P<kb>k)?"
    r" ?(?:dollars|usd|bucks)\b)"
)
PAYERS = re.compile(
    r"\b(aetna|blue shield|blue cross(?: blue shield)?|bcbs|cigna|humana|united ?healthcare|uhc"
    r"|medicare|medicaid|kaiser|anthem|tricare|molina|centene|oscar health|wellcare)\b"
)
ORDINALS = {
    name: number
    for number, names in enumerate(
        (("first", "1st"), ("second", "2nd"), ("third", "3rd"), ("fourth", "4th"), ("fifth", "5th"),
         ("sixth", "6th"), ("seventh", "7th"), ("eighth", "8th"), ("ninth", "9th"),
         ("tenth", "10th")),
        start=1,
    )
    for name in names
} | {"last": -1}  # fmt: skip
ORDINAL = re.compile(
    rf"\b(?:the )?(?P<word>{'|'.join(ORDINALS)}) (?:one|task|claim|patient|document|visit"
    r"|appointment|of (?:them|these|those))\b|\b(?:number|no\.?|option|#) ?(?P<digit>\d{1,2})\b"
    rf"|^(?:(?:and|then|now) )*(?:the )?(?P<alone>{'|'.join(ORDINALS)})[.!?]?$"
    r"|^(?P<bare>\d{1,2})[.!?]?$"
)
LATEST_VISIT = re.compile(r"(?:the )?last (?:visit|appointment)")
"""No place in a list: the visit that was most lately."""
SUFFERERS = {"diabetic": "diabetes", "asthmatic": "asthma", "hypertensive": "hypertension",
             "epileptic": "epilepsy", "pregnant": "pregnancy"}  # fmt: skip
"""What somebody is called who has a condition."""
SHORTEST_TERM, LONG_TERM = 7, 9
"""Letters from which a misspelt term is mended, by one slip and by two."""
CUES = frozenset(
    # Words behind which a name may stand in small letters.
    """for of about on to does do did is was has had with named called someone patient in find
    summarize summarise book check up meds labs call reschedule move cancel put mark and who opened
    accessed brief search phone ring phoned rang squeeze see saw in at pencil chase tell
    ask""".split()  # noqa: SIM905 - a list of words
)
NAME = re.compile(r"[^\W\d_](?:[^\W_]|['.-](?=[^\W\d_]))*(?:'s\b)?")
OWNED = re.compile(
    r" (?:latest |last |next |open |recent )?(?:chart|labs?|meds|medications?|allergies|results?"
    r"|claims?|tasks?|appointments?|appts?"
    r"|visits?|insurance|phone|number|address|consents?|documents?|record|history|dob|birthday)\b"
)
"""Behind a name in small letters with an s but no apostrophe: garcias chart."""
TITLE = re.compile(r"\b(?:dr|doctor|prof)\.? +$", re.IGNORECASE)


def mark(name: str) -> str:
    """What stands for something that was taken out; no word of a rule is found within it."""
    return f"<_{name}_>"


@dataclass(slots=True)
class Sentence:
    """What was written (``text``, tidied) and its shape (``left``: mended, with marks).

    Marks have the length of what they stand for where it is longer, so ``places`` (of what was
    found in ``text``) are kept beside them.
    """

    text: str
    left: str
    slots: dict[str, Any] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)


def read_slots(written: str, now: datetime) -> Sentence:
    """Takes everything out of a sentence that is not its shape."""
    text = tidy(written)
    taken: list[tuple[int, int, str]] = []
    slots: dict[str, Any] = {}
    lowered = text.lower()
    for name, pattern, letter in (("task", TASK, "T"), ("claim", CLAIM, "C")):
        if found := pattern.search(lowered):
            slots[name] = f"{letter}{found[1] or found[2]}"
            start = found.end() - len(found.group().lstrip())
            taken.append((start, found.end(), name))
    if found := MONEY.search(lowered):
        number = Decimal((found["a"] or found["b"]).replace(",", ""))
        slots["money"] = number * (1000 if found["ka"] or found["kb"] else 1)
        taken.append((*found.span(), "money"))
    if found := PAYERS.search(lowered):
        slots["payer"] = text[slice(*found.span())]
        taken.append((*found.span(), "payer"))
    if (found := ORDINAL.search(lowered)) and _is_free(found.span(), taken):
        word = found["word"] or found["alone"]
        if not LATEST_VISIT.match(found.group()):
            slots["ordinal"] = ORDINALS[word] if word else int(found["digit"] or found["bare"])
            taken.append((*found.span(), "ordinal"))
    _take_times(text, now, slots, taken)
    for name, terms in (("test", _tests()), ("drug", _drugs()), ("condition", _conditions())):
        if (place := _term_in(terms, text)) and _is_free(place, taken):
            said = text[slice(*place)]
            slots[name] = SUFFERERS.get(said.lower(), said)
            taken.append((*place, name))
    _take_misspelt(text, slots, taken)
    sentence = Sentence(text, "", slots)
    _take_names(sentence, taken)
    sentence.places = {name: (start, end) for start, end, name in taken}
    sentence.left = _shape(text, taken)
    return sentence


def _take_misspelt(text: str, slots: dict[str, Any], taken: list[tuple[int, int, str]]) -> None:
    """A medicine, test or condition with a slip, such as penicilin; names have a capital."""
    for found in NAME.finditer(_blanked(text, taken)):
        word = found.group()
        if len(word) < SHORTEST_TERM or not word.islower() or is_known(word):
            continue
        for name, terms in (("drug", _drug_words()), ("test", _test_words())):
            most = 1 if len(word) < LONG_TERM else 2
            near = process.extractOne(word, terms, scorer=OSA.distance, score_cutoff=most)
            if near and near[0][0] == word[0] and name not in slots:
                slots[name] = str(near[0])
                taken.append((*found.span(), name))
                break


def _take_times(
    text: str, now: datetime, slots: dict[str, Any], taken: list[tuple[int, int, str]]
) -> None:
    length = when.find_minutes(text)
    if length and _is_free(length[1], taken):
        slots["minutes"] = length[0]
        taken.append((*length[1], "length"))
    span = when.find_span(text, now)
    if span and _is_free(span.place, taken):
        slots["when"] = True
        taken.append((*span.place, "when"))
    rest = _blanked(text, taken)
    clock = when.find_clock(rest)
    if clock:
        slots["clock"] = clock.at
        taken.append((*clock.place, "clock"))


def _take_names(sentence: Sentence, taken: list[tuple[int, int, str]]) -> None:
    """Runs of words that are no everyday words, where a name would stand."""
    text = _blanked(sentence.text, taken)
    tokens = list(NAME.finditer(text))
    at = 0
    while at < len(tokens):
        end = at
        while end < len(tokens) and _continues(text, tokens, at, end):
            end += 1
            if tokens[end - 1].group().endswith("'s"):
                break
        if end == at:
            at += 1
            continue
        if _is_name(text, tokens, at, end):
            start, stop = tokens[at].start(), tokens[end - 1].end()
            said = text[start:stop].removesuffix("'s").rstrip(".")
            if said.islower() and said.endswith("s") and OWNED.match(text[stop:].lower()):
                said = said[:-1]
            if title := TITLE.search(text[:start]):
                start = title.start()
                sentence.slots.setdefault("doctor", f"{title.group()}{said}")
                taken.append((start, stop, "doctor"))
            else:
                sentence.people.append(said)
                taken.append((start, stop, "who"))
        at = end


def _may_be_name(text: str, tokens: list[re.Match[str]], at: int) -> bool:
    word = tokens[at].group()
    if word.lower().rstrip(".") in ("dr", "prof", "doctor"):
        return False
    if not is_known(word):
        return True
    # A surname such as Long or May, between others or with a capital in the middle.
    before = at > 0 and not is_known(tokens[at - 1].group()) and _adjacent(text, tokens, at - 1)
    return before and word[0].isupper() and word.lower() not in ("i",)


def _continues(text: str, tokens: list[re.Match[str]], first: int, at: int) -> bool:
    """Whether the name that began at a token goes on with (or begins at) another."""
    return _may_be_name(text, tokens, at) and (at == first or _adjacent(text, tokens, at - 1))


def _adjacent(text: str, tokens: list[re.Match[str]], at: int) -> bool:
    return text[tokens[at].end() : tokens[at + 1].start()] == " "


def _is_name(text: str, tokens: list[re.Match[str]], first: int, end: int) -> bool:
    words = [token.group() for token in tokens[first:end]]
    capital = sum(word[0].isupper() for word in words)
    if words[-1].endswith("'s") or capital == len(words):
        return True
    before = text[: tokens[first].start()].rstrip().lower()
    last = re.search(r"([\w-]+)$", before)
    if not before and len(words) == 1:
        return _begins_with_name(text[tokens[first].end() :])
    return bool(last and last[1] in CUES) or not before or capital > 0


def _begins_with_name(rest: str) -> bool:
    """Whether what follows a sentence's first word tells of a person: ruiz did not show up."""
    return bool(
        re.match(
            r" (?:just |has |is |was |had |did |does |never |no |needs |wants |cancel\w*"
            r"|called|arrived|came|walked|showed)",
            rest.lower(),
        )
    )


@lru_cache(maxsize=1)
def _tests() -> re.Pattern[str]:
    tests = _data("loinc.json")["tests"]
    names = {name.lower() for test in tests for name in [test["name"], *test["synonyms"]]}
    names |= {"a1c", "cholesterol", "sugar", "kidney function", "liver function"}
    names |= {"kidneys", "kidney", "liver", "thyroid"}
    return _any_of(name for name in names if len(name) >= 2 and name not in known_words())


@lru_cache(maxsize=1)
def _drugs() -> re.Pattern[str]:
    """Medicines and what people are allergic to."""
    data = _data("drugs.json")
    return _any_of({*data["drugs"], *data["allergens"]} - known_words())


@lru_cache(maxsize=1)
def _drug_words() -> list[str]:
    data = _data("drugs.json")
    return sorted(name for name in {*data["drugs"], *data["allergens"]} if _is_long(name))


@lru_cache(maxsize=1)
def _test_words() -> list[str]:
    tests = _data("loinc.json")["tests"]
    names = {name.lower() for test in tests for name in [test["name"], *test["synonyms"]]}
    return sorted(name for name in names | {"cholesterol"} if _is_long(name))


def _is_long(name: str) -> bool:
    return len(name) >= SHORTEST_TERM and name.isalpha() and name not in known_words()


@lru_cache(maxsize=1)
def _conditions() -> re.Pattern[str]:
    usual = "diabetes asthma cancer copd hypertension dementia epilepsy arthritis migraine"
    data = _data("conditions.json")
    names = {name.lower() for one in data for name in [one["name"], *one["synonyms"]]}
    return _any_of((names | set(usual.split()) | set(SUFFERERS)) - known_words())


def _data(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """A term of a list, or its plural; what the term is stands in the first group."""
    ordered = sorted(names, key=lambda name: (-len(name), name))
    terms = "|".join(map(re.escape, ordered))
    return re.compile(rf"(?<![\w-])({terms})s?(?![\w-])")


def _term_in(pattern: re.Pattern[str], text: str) -> tuple[int, int] | None:
    """The first term of a list that is not rather (part of) a name, such as Ana or Will."""
    for found in pattern.finditer(text.lower()):
        said = text[slice(*found.span())]
        if len(said) <= 4 and said.isalpha() and not said.isupper():
            following = NAME.match(text, found.end() + 1)
            if said[0].isupper() or (following and not is_known(following.group())):
                continue
        return found.span(1)
    return None


def _is_free(place: tuple[int, int], taken: list[tuple[int, int, str]]) -> bool:
    return all(place[1] <= start or place[0] >= end for start, end, _ in taken)


def _blanked(text: str, taken: list[tuple[int, int, str]]) -> str:
    for start, end, _ in taken:
        text = f"{text[:start]}{'·' * (end - start)}{text[end:]}"
    return text


def _shape(text: str, taken: list[tuple[int, int, str]]) -> str:
    parts, done = [], 0
    for start, end, name in sorted(taken):
        parts.append(mend(text[done:start], begins=done == 0))
        parts.append(mark(name))
        done = end
    parts.append(mend(text[done:], begins=done == 0))
    return " ".join("".join(parts).split()).strip(" ?!.")
