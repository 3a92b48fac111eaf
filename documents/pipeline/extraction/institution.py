"""An institution's name without what is printed behind it: its address, its telephone, its role."""

from __future__ import annotations

import re

PLACE = re.compile(
    r"\b(laborator\w+|labs?|hospital|clinic|medical|health\w*|imaging|radiology|center|centre|"
    r"medicine|associates|physicians|diagnostics?|pathology|care|institute|family|group|practice|"
    r"mri|x-ray|university|pediatrics?|cardiology|orthop\w+|labor|laborzentrum|klinik(?:um)?|"
    r"praxis|laboratorio|infirmary|polyclinic|surgery|h[oô]pital|clinique|cabinet|centro|hospitalier|"
    r"krankenhaus|ambulatorium|cl[ií]nica|policl[ií]nica|ospedale|poliambulatorio|gesundheitszentrum|dermatology|neurology|nephrology|oncology|urology|gastroenterology|"
    r"endoscopy|rheumatology|pulmonary|"
    r"scan|reference|clinical|specialists|partners|wellness|surgery|surgical|urgent)\b",
    re.IGNORECASE,
)
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|parkway|pkwy|court|ct|way|"
    r"place|pl|plaza|highway|hwy|suite|ste|floor|square|sq|circle|trail|terrace|p\.?o\.? box|box)"
)
_SEPARATOR = r"(?:\s*[,|·•*]\s*|\s+[-–—]\s+|\s+)"
_TAILS = (
    re.compile(rf"{_SEPARATOR}\d{{1,5}}[A-Z]?\s(?:[\w.'’-]+\s){{0,4}}{_STREET}\b.*", re.IGNORECASE),
    re.compile(r"\s*[|·•]\s*\d.*"),
    re.compile(rf"{_SEPARATOR}(?:one|two)\s(?:[\w.'’-]+\s){{1,3}}{_STREET}\b.*", re.IGNORECASE),
    re.compile(rf"{_SEPARATOR}p\.?\s?o\.?\s+box\b.*", re.IGNORECASE),
    re.compile(r",\s+[A-Z][\w.'’-]+(?:\s[A-Z][\w.'’-]+){0,2},?\s+[A-Z]{2}\b[.,;]?(?:\s.*)?$"),
    re.compile(
        rf"{_SEPARATOR}(?:tel(?:ephone)?|phone|ph|fax|call|t|f|p)\b\.?:?\s*[+(]?\d[\d\s().-]{{6,}}.*",
        re.IGNORECASE,
    ),
    re.compile(r"\s*[|·•,]?\s+\(\d{3}\)\s?\d{3}.*"),
    re.compile(r"\.\s+(?:For|Call|Please|Phone|Tel|Contact|Lab|Director)\b.*"),
)
_CODE = re.compile(r"^\(?(?:\d{1,2}|[A-Z]{1,2}\d?)\)?[:.)-]?\s+(?=[A-Z][a-z])")


def bare_name(text: str) -> str:
    """The part of a line that is the name; the whole line when nothing of a name would be left."""
    ends = [m.start() for tail in _TAILS if (m := tail.search(text)) and m.start() > 3]
    name = text[: min(ends, default=len(text))].rstrip(" ,;|·•*-–—")
    return name if PLACE.search(name) or len(name.split()) > 1 else text


def without_code(text: str) -> str:
    """A performing laboratory's name without its code in the report: ``01 Cascadia Reference``."""
    match = _CODE.match(text)
    rest = text[match.end() :] if match and match.group(0)[0] in "(0123456789" else text
    return rest if PLACE.search(rest) else text
