"""May the text layer of a PDF page be believed, or must the page be read as a picture?

A stage of its own, because the layer lies in ways that look fine: phone apps put poor OCR under
the picture as invisible text, fonts without a Unicode table yield private-use characters, forms
carry printed labels as text and the filled-in values as outlines or as a picture.
Only counts are used; a page costs well under a millisecond.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .types import TextLayer

_MIN_LETTERS = 8
_BAD_CHARACTERS = 0.03
_INVISIBLE = 0.5
_COVERED = 0.30
_OUTLINE_GLYPHS = 40
_OUTLINE_LINES = 3
_OUTLINE_SHARE = 0.10
_SIDEWAYS = 0.5
_ODD_WORDS = 0.35
_KNOWN_NEEDED = 60

_WORDLIKE = re.compile(r"^[(\[\"'“]*[^\W\d_]+(?:['’./-][^\W\d_]+)*[)\].,;:!?\"'”%*]*$")
_NUMBERLIKE = re.compile(r"^[<>=~±+$€£#(\[]*\d[\d.,:/x×^()+%-]*\w{0,6}[)\].,;:%*]*$")
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüœ]", re.IGNORECASE)
_KNOWN = frozenset(
    """a address age all an and any are as at be blood by care case claim clinic code comments
    company continued copy current daily date day days diagnosis doctor dob each exam family fax
    female findings flag for from gender group has have high history hospital id if in information
    insurance is it lab laboratory left low male may md medical medication medications member mg
    month months name negative no normal not number of on or order ordered other out page patient
    payer per phone physician plan policy positive prescription provider range reason received
    reference referral report reported result results review right service sex signature signed
    specimen state status street tablet take telephone test tests that the this time to total type
    unit units value visit was we weight were will with years yes you your
    de der die das des den und mit für von zu im ist nicht le la les et du en pour que el los las y
    del con por para una se il di e per nombre fecha paciente datum nom patienten""".split()  # noqa: SIM905  (250 words)
)


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What was counted on one page.

    ``texts`` are the visible words; ``bad`` counts characters without a Unicode meaning out of
    ``characters``; ``invisible`` counts characters drawn in render mode 3 or 7; ``sideways`` those
    whose baseline is not horizontal on the displayed page. ``image_cover`` is the share of the
    page under pictures, ``outline_glyphs`` a guess at letters drawn as paths, on
    ``outline_lines`` different heights.
    """

    texts: Sequence[str]
    characters: int
    bad: int = 0
    invisible: int = 0
    sideways: float = 0.0
    image_cover: float = 0.0
    outline_glyphs: int = 0
    outline_lines: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is one machine word, for the log and for tests."""

    layer: TextLayer
    reason: str


def judge(facts: LayerFacts) -> Verdict:
    """The verdict on one page; the first rule that applies decides."""
    letters = sum(len(text) for text in facts.texts)
    if facts.invisible and facts.invisible >= _INVISIBLE * (facts.invisible + letters):
        return Verdict("untrusted", "invisible")
    if letters < _MIN_LETTERS:
        return Verdict("absent", "no_text")
    if facts.bad > _BAD_CHARACTERS * facts.characters:
        return Verdict("untrusted", "no_unicode")
    if facts.image_cover >= _COVERED:
        return Verdict("untrusted", "picture")
    if _outlined(facts, letters):
        return Verdict("untrusted", "outlines")
    if facts.sideways > _SIDEWAYS:
        return Verdict("untrusted", "sideways")
    if garbled(facts.texts):
        return Verdict("untrusted", "garbled")
    return Verdict("trusted", "text")


def _outlined(facts: LayerFacts, letters: int) -> bool:
    """Values drawn as paths; a logo's lettering stays on one or two lines."""
    return (
        facts.outline_glyphs >= _OUTLINE_GLYPHS
        and facts.outline_lines >= _OUTLINE_LINES
        and facts.outline_glyphs >= _OUTLINE_SHARE * letters
    )


def garbled(texts: Sequence[str]) -> bool:
    """Words that no language writes: a shifted character table, or OCR of a bad photograph.

    Chinese, Arabic and the like pass the shape test (their characters are letters) and are exempt
    from the vowel test, which looks at long Latin words only.
    """
    odd = sum(1 for text in texts if _odd(text))
    if len(texts) >= 5 and odd > _ODD_WORDS * len(texts):
        return True
    latin = [text.strip(".,:;()[]*").lower() for text in texts if text.isascii()]
    words = [text for text in latin if text.isalpha()]
    return len(words) >= _KNOWN_NEEDED and not any(word in _KNOWN for word in words)


def _odd(text: str) -> bool:
    if len(text) == 1:
        return False
    if _NUMBERLIKE.match(text):
        return False
    if not _WORDLIKE.match(text):
        return not _plain_mark(text)
    core = text.strip(".,:;()[]\"'*")
    long_latin = len(core) >= 6 and core.isascii() and not core.isupper()
    return long_latin and not _VOWEL.search(core)


def _plain_mark(text: str) -> bool:
    """Codes, mails, links, rulers and joined labels such as ``MRN#:`` or ``A1c/eAG``."""
    if not any(ch.isalnum() for ch in text):
        return len(set(text)) <= 3
    inner = sum(ch.isalnum() or ch in "-_./:,#@&'’()%+*=" for ch in text)
    return inner == len(text) and text[0] not in "_.,:@&%=" and not _mixed(text)


def _mixed(text: str) -> bool:
    """Punctuation between letters more often than a code or address would have it."""
    marks = sum(not ch.isalnum() for ch in text)
    return len(text) >= 4 and marks * 2 > len(text)
