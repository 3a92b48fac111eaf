"""Vital signs anywhere on a page: run in a line, in a list, or in a table under their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Chunk, Layout, Line, Token, norm
from documents.pipeline.extraction.typed import covering, text_of

_NAMES = {
    "bp": "blood_pressure",
    "blood pressure": "blood_pressure",
    "b p": "blood_pressure",
    "bp systolic diastolic": "blood_pressure",
    "sitting bp": "blood_pressure",
    "systolic diastolic": "blood_pressure",
    "presion arterial": "blood_pressure",
    "pulse": "heart_rate",
    "hr": "heart_rate",
    "heart rate": "heart_rate",
    "p": "heart_rate",
    "pulse rate": "heart_rate",
    "temp": "temperature",
    "temperature": "temperature",
    "body temperature": "temperature",
    "t": "temperature",
    "oral temperature": "temperature",
    "rr": "respiration",
    "resp": "respiration",
    "respirations": "respiration",
    "resp rate": "respiration",
    "respiratory rate": "respiration",
    "r": "respiration",
    "spo2": "oxygen",
    "o2 sat": "oxygen",
    "oxygen saturation": "oxygen",
    "o2": "oxygen",
    "sao2": "oxygen",
    "pulse ox": "oxygen",
    "o2 saturation": "oxygen",
    "sats": "oxygen",
    "pulse oximetry": "oxygen",
    "spo 2": "oxygen",
    "sat": "oxygen",
    "wt": "weight",
    "weight": "weight",
    "body weight": "weight",
    "peso": "weight",
    "ht": "height",
    "height": "height",
    "body height": "height",
    "talla": "height",
    "bmi": "bmi",
    "body mass index": "bmi",
    "pain": "pain",
    "pain score": "pain",
    "pain level": "pain",
}
LOINC = {
    "blood_pressure": "85354-9",
    "heart_rate": "8867-4",
    "temperature": "8310-5",
    "respiration": "9279-1",
    "oxygen": "59408-5",
    "weight": "29463-7",
    "height": "8302-2",
    "bmi": "39156-5",
    "pain": "72514-3",
}
_VALUES = {
    "blood_pressure": r"(?P<v>\d{2,3}\s?/\s?\d{2,3})\s*(?P<u>mm\s?\[?Hg\]?)?",
    "heart_rate": r"(?P<v>\d{2,3})\s*(?P<u>bpm|/\s?min|beats/min(?:ute)?|\{beats\}/min)?",
    "temperature": r"(?P<v>\d{2,3}(?:[.,]\d{1,2})?)\s*"
    r"(?P<u>°?\s?[℉℃]|°\s?[FC]|deg(?:rees)?\s?[FC]|[FC]\b|Cel)?",
    "respiration": r"(?P<v>\d{1,2})\s*(?P<u>/\s?min|breaths/min(?:ute)?|bpm|rpm)?",
    "oxygen": r"(?P<v>\d{2,3})\s*(?P<u>%)?",
    "weight": r"(?P<v>\d{1,3}(?:[.,]\d{1,2})?)\s*(?P<u>lbs?\.?|kg|pounds|kilograms)?",
    "height": r"(?P<v>\d\s?['’′]\s?\d{1,2}\s?(?:[\"”″]|'')?|\d\s?ft\.?\s?\d{1,2}\s?in\.?"
    r"|\d{2,3}(?:[.,]\d{1,2})?)\s*(?P<u>cm|in(?:ches)?\.?|m\b)?",
    "bmi": r"(?P<v>\d{2}(?:[.,]\d{1,2})?)\s*(?P<u>kg/m\^?[2²])?",
    "pain": r"(?P<v>\d{1,2})\s*(?P<u>/\s?10)?",
}
_PLAUSIBLE = {
    "heart_rate": (20, 300),
    "temperature": (25, 115),
    "respiration": (4, 80),
    "oxygen": (40, 100),
    "weight": (0.4, 900),
    "height": (1, 290),
    "bmi": (8, 99),
    "pain": (0, 10),
}
_UCUM = {
    "mmhg": "mm[Hg]",
    "bpm": "/min",
    "/min": "/min",
    "%": "%",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "pounds": "[lb_av]",
    "kg": "kg",
    "cm": "cm",
    "in": "[in_i]",
    "inches": "[in_i]",
    "kg/m2": "kg/m2",
    "f": "[degF]",
    "c": "Cel",
    "°f": "[degF]",
    "°c": "Cel",
    "m": "m",
    "degf": "[degF]",
    "degc": "Cel",
    "cel": "Cel",
    "beats/min": "/min",
    "breaths/min": "/min",
    "rpm": "/min",
    "/10": "{score}",
}
_SHORT = {"p", "t", "r", "o2", "sat", "pain"}
_LABEL = re.compile(
    r"(?<![\w/])("
    + "|".join(
        sorted(
            (
                re.escape(n).replace(r"\ ", r"[ .]+")
                for n in (
                    "blood pressure",
                    "heart rate",
                    "pulse rate",
                    "pulse ox",
                    "pulse oximetry",
                    "pulse",
                    "bp",
                    "b/p",
                    "hr",
                    "temp",
                    "temperature",
                    "body temperature",
                    "rr",
                    "resp rate",
                    "resp. rate",
                    "respiratory rate",
                    "respirations",
                    "resp",
                    "spo2",
                    "sp02",
                    "sao2",
                    "o2 sat",
                    "o2 saturation",
                    "oxygen saturation",
                    "wt",
                    "weight",
                    "body weight",
                    "ht",
                    "height",
                    "body height",
                    "bmi",
                    "body mass index",
                    "pain score",
                    "p",
                    "t",
                    "r",
                    "presion arterial",
                    "oral temperature",
                    "peso",
                    "talla",
                )
            ),
            key=len,
            reverse=True,
        )
    )
    + r")"
    r"(?:\s?\((?:[^)]{0,18})\))?\.?\s*(?:[:=-]\s*|\s+(?:is |was |of )?|(?=\d{2}))",
    re.IGNORECASE,
)
SIGNS = 2
LISTED = 3


def vitals(
    layout: Layout, date: str | None, *, headed: frozenset[int], needs: int = SIGNS
) -> list[Candidate]:
    """Vital signs of a page; outside a headed part, a line must show two of them to count."""
    found: list[Candidate] = []
    for line in layout.lines:
        inside = line.index in headed
        row = list(_in_line(layout, line, line.tokens, date, strict=not inside))
        kinds = {_kind(c) for c in row}
        pressure = LOINC["blood_pressure"] in kinds
        if inside or len(kinds) >= needs or (pressure and len(line.tokens) <= 6):
            found.extend(row)
    for index, line in enumerate(layout.lines[:-1]):
        found.extend(_under_names(layout, line, layout.lines[index + 1], date))
    taken = {token for c in found for token in c.tokens}
    found.extend(c for c in _in_columns(layout, date) if not taken & set(c.tokens))
    return found


def _kind(candidate: Candidate) -> str:
    code: str = candidate.extra["code"]["code"]
    return code


def _in_columns(layout: Layout, date: str | None) -> list[Candidate]:
    """Signs one under the other, at least three of them, whatever stands over or beside them."""
    columns: list[tuple[float, list[Candidate]]] = []
    for line in layout.lines:
        for place, chunk in enumerate(line.chunks):
            after = line.chunks[place + 1 : place + 2]
            tokens = (*chunk.tokens, *(after[0].tokens if after else ()))
            sign = next(_in_line(layout, line, tokens, date, strict=True), None)
            if sign is None or not chunk.text.lower().startswith((sign.label or "").lower()):
                sign = _under_its_name(layout, chunk, date)
            if sign is None:
                continue
            mine = next((c for x, c in columns if abs(x - chunk.x0) < 2 * layout.char), None)
            if mine is None:
                columns.append((chunk.x0, [sign]))
            else:
                mine.append(sign)
    return [c for _, signs in columns if len({_kind(c) for c in signs}) >= LISTED for c in signs]


def _under_its_name(layout: Layout, chunk: Chunk, date: str | None) -> Candidate | None:
    """The sign whose name is a cell of its own and whose value is the next cell below it."""
    kind = _NAMES.get(norm(re.sub(r"\([^)]*\)", "", chunk.text)))
    if kind is None:
        return None
    upper = layout.lines[chunk.line]
    for line in layout.lines[chunk.line + 1 : chunk.line + 4]:
        if line.y0 - upper.y1 > 1.6 * layout.pitch:
            return None
        cell = next((c for c in line.chunks if abs(c.x0 - chunk.x0) < 2 * layout.char), None)
        if cell is None:
            continue
        value = re.compile(rf"^{_VALUES[kind]}\s*$", re.IGNORECASE).match(cell.text)
        return _made(layout, line, kind, chunk.text, value, date, cell.tokens) if value else None
    return None


def _in_line(
    layout: Layout, line: Line, tokens: Sequence[Token], date: str | None, *, strict: bool
) -> Iterator[Candidate]:
    text = text_of(tokens)
    at = 0
    while True:
        match = _LABEL.search(text, at)
        if match is None:
            return
        at = match.end()
        name = norm(match.group(1)).replace("sp02", "spo2")
        kind = _NAMES.get(name)
        if kind is None or (
            name in _SHORT and strict and not match.group(0).rstrip().endswith((":", "="))
        ):
            continue
        value = re.compile(rf"{_VALUES[kind]}(?![\d/]|\.\d)", re.IGNORECASE).match(text, at)
        if value is None:
            continue
        made = _made(layout, line, kind, match.group(1), value, date, tokens)
        if made is not None:
            at = value.end()
            yield made


def _made(
    layout: Layout,
    line: Line,
    kind: str,
    label: str,
    value: re.Match[str],
    date: str | None,
    among: Sequence[Token],
) -> Candidate | None:
    raw, unit = value.group("v"), value.group("u")
    start, end = value.span("v")
    tokens = covering(among, start, end)
    if not tokens:
        return None
    return _vital(layout, line, kind, label, raw, unit, tokens, date)


def _vital(
    layout: Layout,
    line: Line,
    kind: str,
    label: str,
    raw: str,
    unit: str | None,
    tokens: Sequence[Token],
    date: str | None,
) -> Candidate:
    number = float(raw.replace(",", ".")) if re.fullmatch(r"\d+(?:[.,]\d+)?", raw) else None
    features: dict[str, float] = {}
    low_high = _PLAUSIBLE.get(kind)
    if number is not None and low_high and not low_high[0] <= number <= low_high[1]:
        features["implausible"] = 1.0
    if kind == "blood_pressure":
        systolic, diastolic = (int(part) for part in re.findall(r"\d+", raw)[:2])
        if not (50 <= systolic <= 300 and 20 <= diastolic <= 200 and systolic > diastolic):
            features["implausible"] = 1.0
    if unit is None and kind in {"weight", "height", "temperature"} and number is not None:
        features["unit_missing"] = 1.0
    key = (
        re.sub(r"\s|\[|\]|\.$|minute$", "", unit.lower().replace("²", "2").replace("^", ""))
        if unit
        else ""
    )
    key = {"℉": "f", "℃": "c"}.get(key[-1:], key)
    ucum = _UCUM.get(key, _UCUM.get(key.replace("degrees", "deg")))
    return Candidate(
        "vital",
        raw,
        tuple(tokens),
        layout,
        line.index,
        label.strip(" .:").replace("p02", "pO2"),
        features,
        {
            "value_num": number,
            "value_type": "quantity",
            "unit": unit.strip() if unit else None,
            "unit_ucum": ucum,
            "effective_date": date,
            "code": {"system": "http://loinc.org", "code": LOINC[kind], "confidence": 0.98},
        },
        ("implausible_value",) if "implausible" in features else (),
        raw,
    )


def _under_names(
    layout: Layout, names: Line, values: Line, date: str | None
) -> Iterator[Candidate]:
    """A row of names over a row of values."""
    labelled = [(c, _NAMES.get(norm(re.sub(r"\([^)]*\)", "", c.text)))) for c in names.chunks]
    known = [(c, k) for c, k in labelled if k]
    if len(known) < 2 or len(known) < len(names.chunks) - 2:
        return
    for chunk in values.chunks:
        nearest, kind = min(
            known,
            key=lambda pair: min(
                abs(pair[0].x0 - chunk.x0), abs((pair[0].x0 + pair[0].x1 - chunk.x0 - chunk.x1) / 2)
            ),
        )
        if (
            min(abs(nearest.x0 - chunk.x0), abs(nearest.x0 + nearest.x1 - chunk.x0 - chunk.x1) / 2)
            > 5 * layout.char
        ):
            continue
        text = text_of(chunk.tokens)
        value = re.compile(rf"^{_VALUES[kind]}\s*$", re.IGNORECASE).match(text)
        if value is None:
            continue
        tokens = covering(chunk.tokens, *value.span("v"))
        unit = value.group("u")
        inner = re.search(r"\(([^)]*)\)", nearest.text)
        if unit is None and inner:
            unit = inner.group(1)
        yield _vital(
            layout,
            values,
            kind,
            re.sub(r"\s*\([^)]*\)", "", nearest.text),
            value.group("v"),
            unit,
            tokens,
            date,
        )
