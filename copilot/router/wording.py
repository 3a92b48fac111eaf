"""The words of a sentence: contractions written out, slips of the fingers mended. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

WORD = re.compile(r"[^\W\d_][^\W_]*(?:['’-][^\W_]+)*")
POLITE = re.compile(
    r"^(?:(?:please|pls|plz|kindly|hey|yo|hi|hello|ok(?:ay)?|so|well|copilot|backline|also|now"
    r"|then)[,!]? +"
    r"|good (?:morning|afternoon|evening)[,!.]? +(?=\w)"
    r"|(?:can|could|would|will) you (?:please )?|(?:i(?:'d| would) like|i (?:want|need)) "
    r"(?:you )?to |let us |let me |i want |i need )+",
    re.IGNORECASE,
)
THANKS = re.compile(r"[,. ]+(?:please|pls|thanks|thank you|thx)[.! ]*$", re.IGNORECASE)
CONTRACTIONS = tuple(
    (re.compile(pattern, re.IGNORECASE), full)
    for pattern, full in (
        (r"\b(what|who|where|when|how|that|there|here|it|he|she)'?s\b(?!')", r"\1 is"),
        (r"\b(?:mr|mrs|ms|miss|mx|se[nñ]ora?|sra?)\b\.? (?=[^\W\d_])", ""),
        (r"\btl;? ?dr\b:?", "summary of"),
        (r"\bpts\b\.?", "patients"),
        (r"\bppl\b", "people"),
        (r"\b'?til\b", "until"),
        (r"\bpt\b\.?(?!')", "patient"),
        (r"\bpt's\b", "patient's"),
        (r"\bw/(?=\s|\w)", "with "),
        (r"\bf/u\b", "follow-up"),
        (r"\b(?:hx|pmh)\b", "history"),
        (r"\b(?:rx|rxs)\b", "prescriptions"),
        (r"\bdx\b", "diagnosis"),
        (r"\bb/p\b", "bp"),
        (r"\b(can|could|would|will|do|are) u\b", r"\1 you"),
        (r"\bi gotta\b|\bi(?: have|'ve) got to\b|\bi hafta\b", "i have to"),
        (r"\bgotta\b", "have to"),
        (r"\b(?:wanna)\b", "want to"),
        (r"\bgonna\b", "going to"),
        (r"\b(why|how|who|what|when|where)'?d\b", r"\1 did"),
        (r"\b(why)'?s\b", r"\1 is"),
        (r"\b(can)(?:'?t|not)\b", r"\1 not"),
        (r"\bwon't\b|\bwont\b", "will not"),
        (
            r"\b(is|are|was|were|has|have|had|do|does|did|would|could|should)n'?t\b(?!')",
            r"\1 not",
        ),
        (r"\bi'?m\b", "i am"),
        (r"\b(i|you|we|they)'(ve|re|ll)\b", r"\1 \2"),
        (r"\blet's\b", "let us"),
    )
)
SHORTEST_MENDED = 5
ALONE = frozenset({"again", "there", "all", "everybody", "everyone", "you"})
"""What stands behind a greeting without asking anything."""


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Words that are no names: what staff of a clinic write every day."""
    text = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if line[:1] != "#" for word in line.split())


@lru_cache(maxsize=1)
def _mendable() -> list[str]:
    return sorted(word for word in known_words() if len(word) >= SHORTEST_MENDED)


def tidy(text: str) -> str:
    """One line, contractions written out, without please and thank you around it."""
    text = " ".join(text.replace("’", "'").split())
    for pattern, full in CONTRACTIONS:
        text = pattern.sub(full, text)
    stripped = THANKS.sub("", text)
    bare = POLITE.sub("", stripped)
    return stripped if not bare or bare.lower().strip(" !.") in ALONE else bare


def mend(text: str, *, begins: bool = True) -> str:
    """The text in lower case with misspelt everyday words put right.

    A word with a capital that does not begin the sentence is left: it may be a name.
    """
    out, done = [], 0
    for found in WORD.finditer(text):
        out.append(text[done : found.start()].lower())
        first = begins and not text[: found.start()].strip()
        out.append(_mended(found.group(), first=first))
        done = found.end()
    out.append(text[done:].lower())
    return "".join(out)


def _mended(word: str, *, first: bool) -> str:
    lowered = word.lower()
    if len(word) < SHORTEST_MENDED or lowered in known_words():
        return lowered
    if lowered.endswith("'s") or (word[0].isupper() and not first):
        return lowered
    return nearest(lowered) or lowered


@lru_cache(maxsize=4096)
def nearest(word: str) -> str | None:
    """The everyday word that somebody meant, one slip away (two in a long word), or None."""
    most = 2 if len(word) >= 8 else 1
    found = process.extractOne(
        word, _mendable(), scorer=OSA.distance, score_cutoff=most, processor=None
    )
    if found is None or found[0][0] != word[0]:
        return None
    return str(found[0])


def is_known(word: str) -> bool:
    """Whether this is an everyday word, as written or mended."""
    lowered = word.lower().removesuffix("'s")
    if lowered in known_words():
        return True
    return len(word) >= SHORTEST_MENDED and word.islower() and nearest(lowered) is not None
