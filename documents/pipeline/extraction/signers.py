"""Who signed a page at its foot: after closing words, "signed by", over a role, or alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Chunk, Layout, Line, norm
from documents.pipeline.extraction.normalise.names import looks_like_name
from documents.pipeline.extraction.typed import covering

CREDENTIAL = re.compile(
    r",?\s(?:M\.?D\.?|D\.?O\.?|N\.?P\.?|P\.?A\.?(?:-C)?|Ph\.?D\.?|[CAFP]{1,2}NP|AGNP|APRN|DPM"
    r"|MBBS|MBBCh|DNP|CNM|ARNP|CRNP|D\.?C\.|LCSW|Psy\.?D\.?|PharmD|FACP|FAAP)(?:-[A-Z]{1,2})?"
    r"(?:[,\s]+[A-Z][A-Za-z.-]{1,6})*\b"
)
_SIGNED = re.compile(
    r"(?:electronically )?(?:signed|authenticated|approved|finalized|verified|dictated|interpreted|"
    r"read|reviewed|authored|attested)(?: and \w+)?(?: electronically)? by:?\s+"
    r"|\b(?:electronically |digitally |e-?)?signed(?: electronically)?:\s+",
    re.IGNORECASE,
)
_SIGNED_ALONE = re.compile(r"^(?:this document was )?(?:electronically|digitally) signed(?! by)\b")
_ROLE = re.compile(
    r"^(?:board certified |consulting |attending |interpreting |diagnostic |staff |discharging )*"
    r"(?:physician|radiologist|pathologist|attending|neuroradiologist|cardiologist|surgeon)$"
)
_CLOSING = re.compile(
    r"^(?:sincerely|regards|(?:best|kind|warm)(?:est)? (?:regards|wishes)|respectfully|yours"
    r"|cordially|warmly|(?:with )?(?:many )?thanks(?: again| and regards)?|thank you"
    r"|with appreciation"
    r"|mit freundlichen grussen|cordialement|atentamente|bien cordialement|saludos)\b"
    r"|\b(?:sincerely|regards|respectfully|truly|faithfully)(?: yours)?$"
)


def closes(line: Line) -> bool:
    """Whether a line holds a letter's closing words, behind which only its signer follows."""
    return len(line.tokens) <= 8 and _CLOSING.search(norm(line.text)) is not None


def titled_person(text: str) -> bool:
    """Whether a text is a person's name with a degree: "Priya Raman, MD"."""
    degree = CREDENTIAL.search(text)
    return degree is not None and looks_like_name(text[: degree.start()])


def signer(layout: Layout) -> Iterator[Candidate]:
    """ "Electronically signed by NAME", or a name with a degree after the closing words."""
    closing = None
    for line in layout.lines:
        match = _SIGNED.search(line.text)
        if match:
            made = _name_after(layout, line, match.end(), 0.0)
            if made is not None and (" by" in match.group(0).lower() or _titled(made.value)):
                yield made
        if closes(line):
            closing = line.index
        elif closing is not None and line.index - closing <= 4:
            chunk = line.chunks[0]
            degree = CREDENTIAL.search(chunk.text)
            if degree and looks_like_name(chunk.text[: degree.start()]):
                yield _signed(layout, line, chunk, None, 0.2)
                closing = None
        if line.index > 6:
            yield from _over_role(layout, line)
    yield from _last(layout)


def _titled(text: str) -> bool:
    """A name with a degree behind it and nothing else."""
    degree = CREDENTIAL.search(text)
    return (
        degree is not None
        and degree.end() >= len(text.rstrip(" .,"))
        and looks_like_name(text[: degree.start()])
    )


def _last(layout: Layout) -> Iterator[Candidate]:
    """A name with a degree that stands alone under everything else, where one signs."""
    for line in layout.lines[-4:]:
        chunk = line.chunks[0]
        above = layout.lines[line.index - 1] if line.index else None
        apart = above is not None and line.y0 - above.y1 > 0.8 * line.height
        if line.index > 8 and len(line.chunks) == 1 and apart and _titled(chunk.text):
            yield _signed(layout, line, chunk, None, 0.4)
            return


def _signed(layout: Layout, line: Line, cell: Chunk, label: str | None, strain: float) -> Candidate:
    return Candidate(
        "provider.author",
        cell.text,
        cell.tokens,
        layout,
        line.index,
        label,
        {"far_value": strain},
        {},
        (),
        cell.text,
    )


def _name_after(layout: Layout, line: Line, start: int, doubt: float) -> Candidate | None:
    text = line.text[start:]
    stop = re.search(r"\s(?:on|at)\s|\d|\(|;|\||\s-\s", text)
    text = (text[: stop.start()] if stop else text).strip(" ,.")
    degree = CREDENTIAL.search(text)
    name = text[: degree.start()] if degree else text
    if not looks_like_name(name):
        return None
    at = line.text.find(text, start)
    return Candidate(
        "provider.author",
        text,
        covering(line.tokens, at, at + len(text)),
        layout,
        line.index,
        "signed by",
        {"far_value": doubt},
        {},
        (),
        text,
    )


def _over_role(layout: Layout, line: Line) -> Iterator[Candidate]:
    """A name on the line above "Radiologist" or "Electronically signed"."""
    for chunk in line.chunks:
        signed = _SIGNED_ALONE.match(norm(chunk.text)) is not None
        if not signed and not _ROLE.match(norm(chunk.text)):
            continue
        for upper in reversed(layout.lines[max(0, line.index - 2) : line.index]):
            for cell in upper.chunks:
                degree = CREDENTIAL.search(cell.text)
                if (
                    degree
                    and abs(cell.x0 - chunk.x0) < 12 * layout.char
                    and looks_like_name(cell.text[: degree.start()])
                ):
                    yield _signed(layout, upper, cell, chunk.text, 0.3)
                    return
