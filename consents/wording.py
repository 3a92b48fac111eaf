"""A form's wording: Markdown, its fields filled in, and what a browser may show of it.

Fields are looked up by name and replaced as text; nothing in a template is evaluated.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from clinic.models import Clinic
from clinic.refusals import Invalid, invalid
from patients.models import Patient

FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&:/@])")
Value = Callable[[Patient, Clinic, date], str]


def long_date(day: date | None) -> str:
    """A day as no reader mistakes it: 4 March 2025."""
    return f"{day.day} {day:%B %Y}" if day else "not on file"


FIELDS: dict[str, Value] = {
    "patient.name": lambda patient, clinic, today: patient.name,
    "patient.first_name": lambda patient, clinic, today: patient.first_name,
    "patient.last_name": lambda patient, clinic, today: patient.last_name,
    "patient.dob": lambda patient, clinic, today: long_date(patient.dob),
    "patient.mrn": lambda patient, clinic, today: patient.mrn,
    "clinic.name": lambda patient, clinic, today: clinic.name,
    "today": lambda patient, clinic, today: long_date(today),
}


def check_body(body: str) -> None:
    """Accepts a wording whose fields are all known.

    Raises:
        Invalid: naming those that are not.
    """
    if not body.strip():
        raise invalid("body", "Write what the patient is asked to agree to.")
    unknown = sorted({name for name in FIELD.findall(body) if name not in FIELDS})
    if unknown:
        sentence = f"There is no field {unknown[0]!r}. Fields are: {', '.join(FIELDS)}."
        raise Invalid(sentence, errors={"body": [sentence]})


def filled_in(body: str, *, patient: Patient, clinic: Clinic, today: date) -> str:
    """The wording with every field's value, written so that Markdown sees plain text.

    Raises:
        Invalid: for a field that is not known.
    """
    check_body(body)

    def value(match: re.Match[str]) -> str:
        plain = " ".join(FIELDS[match[1]](patient, clinic, today).split())
        return SPECIAL.sub(r"\\\1", plain)

    return FIELD.sub(value, body)


def digest(body: str) -> str:
    """SHA-256 (hex) of a wording in UTF-8."""
    return hashlib.sha256(body.encode()).hexdigest()


def _reader() -> MarkdownIt:
    """CommonMark with tables; HTML stays text, and nothing is fetched or led to."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return reader.disable(["image", "link", "autolink", "html_block", "html_inline", "reference"])


def as_html(body: str) -> SafeString:
    """The wording for a page: every character of it that is not Markdown is escaped."""
    html: str = _reader().render(body)
    return mark_safe(html)  # noqa: S308 - made by the reader, HTML off


def as_tree(body: str) -> SyntaxTreeNode:
    """The wording's blocks and their text, for the printed form."""
    return SyntaxTreeNode(_reader().parse(body))
