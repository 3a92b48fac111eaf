"""Printed test names to LOINC, by our own table of names (see data/NOTICE.txt).

A name such as "Neutrophils" or "Glucose" stands for several tests; the unit printed in the row
and the specimen of the section around it choose between them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from rapidfuzz import fuzz, process

from documents.pipeline.extraction.lines import norm
from documents.pipeline.extraction.normalise.units import same_unit

SYSTEM = "http://loinc.org"
_SUFFIX = re.compile(
    r"\b(serum|plasma|blood|s|p|b|s p|ser|plas|ser plas|bld|ur|mass volume in.*|presence in.*"
    r"|moles volume in.*|by automated count|automated|auto|calculated|calc|in serum.*|in blood.*"
    r"|level|result|test|lab|venous|random|spot|direct|total in.*|01|02|ab)$"
)


@dataclass(frozen=True, slots=True)
class Test:
    """One row of the table; ``plausible`` in the first unit, None for qualitative tests."""

    code: str
    name: str
    units: tuple[str, ...]
    plausible: tuple[float, float] | None
    specimen: str


@dataclass(frozen=True, slots=True)
class TestMatch:
    """A candidate meaning of a printed name; ``similarity`` from 0 to 1."""

    test: Test
    similarity: float
    unit_known: bool


@cache
def _table() -> dict[str, tuple[Test, ...]]:
    text = (
        resources.files("documents.pipeline.extraction")
        .joinpath("data/loinc.json")
        .read_text(encoding="utf-8")
    )
    names: dict[str, list[Test]] = {}
    for row in json.loads(text)["tests"]:
        bounds = row["plausible"]
        test = Test(
            row["code"],
            row["name"],
            tuple(row["units"]),
            (bounds[0], bounds[1]) if bounds else None,
            row["specimen"],
        )
        for synonym in {norm(s) for s in (*row["synonyms"], row["name"])}:
            known = names.setdefault(synonym, [])
            if test not in known:
                known.append(test)
    return {name: tuple(tests) for name, tests in names.items()}


@cache
def first_words() -> frozenset[str]:
    """Words that a name of the table begins with, as printed with or without its specimen."""
    return frozenset({"serum", "plasma", "total", *(name.split()[0] for name in _table())})


@cache
def _names() -> tuple[str, ...]:
    return tuple(name for name in _table() if len(name) >= 5)


@lru_cache(maxsize=8000)
def candidates(name: str, *, fuzzy: bool = True) -> tuple[tuple[Test, ...], float]:
    """Tests a printed name may mean and how well the name fits (1.0 exact, 0.0 unknown)."""
    key = norm(
        re.sub(
            r"\(\s*(?:serum|plasma|blood|automated|auto|calc\w*)\s*\)",
            " ",
            name,
            flags=re.IGNORECASE,
        )
    )
    if not key:
        return (), 0.0
    table = _table()
    for form, similarity in _forms(key):
        if form in table:
            return table[form], similarity
    if fuzzy and len(key) >= 5:
        best = process.extractOne(key, _names(), scorer=fuzz.ratio, score_cutoff=88)
        if best is not None and _same_digits(key, best[0]):
            return table[best[0]], best[1] / 100 * 0.97
        best = process.extractOne(key, _names(), scorer=fuzz.token_sort_ratio, score_cutoff=93)
        if best is not None and _same_digits(key, best[0]):
            return table[best[0]], best[1] / 100 * 0.97
    return (), 0.0


def _same_digits(one: str, other: str) -> bool:
    """T3 is not T4 however alike the rest."""
    return re.findall(r"\d+|%", one) == re.findall(r"\d+|%", other)


def _forms(key: str) -> list[tuple[str, float]]:
    forms = [(key, 1.0)]
    short, similarity = key, 0.99
    while True:
        cut = _SUFFIX.sub("", short).strip()
        if not cut or cut == short:
            break
        short = cut
        forms.append((short, similarity))
    words = key.split()
    for prefix in ("serum", "plasma", "blood", "s", "p", "b"):
        if words[0] == prefix and len(words) > 1:
            forms.append((" ".join(words[1:]), 0.98))
    if words[-1] == "no" and len(words) > 1:
        forms.append((" ".join(words[:-1]), 0.97))
    forms.append(
        (" ".join(w for w in words if w not in {"in", "the", "of", "by", "and", "total"}), 0.96)
    )
    if len(words) > 1 and len(words[-1]) <= 5:
        forms.append((" ".join(words[:-1]), 0.95))  # "Glucose (GLU)", "Sodium NA"
    return forms


def match_test(name: str, unit: str | None, specimen: str | None) -> TestMatch | None:
    """The meaning of a row's name given its UCUM unit and the section's specimen."""
    tests, similarity = candidates(name)
    if not tests:
        return None

    def fit(test: Test) -> tuple[float, float]:
        known = unit is not None and any(same_unit(unit, u) for u in test.units)
        exact = unit is not None and unit in test.units
        unit_score = (
            2.0
            if exact
            else 1.5
            if known
            else (0.6 if not unit and not test.units else 0.5 if not unit else 0.0)
        )
        side = 1.0 if (test.specimen == "urine") == (specimen == "urine") else 0.0
        return unit_score + 1.2 * side, 0.0

    best = max(tests, key=lambda test: fit(test)[0])
    known = unit is not None and any(same_unit(unit, u) for u in best.units)
    return TestMatch(best, similarity, known)


@cache
def _by_code() -> dict[str, Test]:
    return {test.code: test for tests in _table().values() for test in tests}


def plausible_bounds(code: str) -> tuple[str, float, float] | None:
    """(UCUM unit, low, high) within which results of a test can lie in a living patient.

    The table's bounds hold for its first unit; those of mixed-unit tests are wide on purpose.
    """
    test = _by_code().get(code)
    if test is None or test.plausible is None or not test.units:
        return None
    return test.units[0], *test.plausible
