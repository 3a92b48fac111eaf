"""How alike two names are, for searching and for finding the same person entered twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rapidfuzz.distance import JaroWinkler

WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a name, without case and accents."""
    if text.isascii():
        return WORD.findall(text.lower())
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return WORD.findall(plain)


def name_likeness(wanted: Sequence[str], name: Sequence[str]) -> float:
    """0 to 1: how well the wanted words are found among the name's, in any order.

    Each name word answers for one wanted word. A wanted word that begins a name word counts
    nearly as that word, because people stop typing when they see who they mean.
    """
    if not wanted or not name:
        return 0.0
    pairs = sorted(
        ((_word_likeness(w, n), i, j) for i, w in enumerate(wanted) for j, n in enumerate(name)),
        reverse=True,
    )
    taken: set[int] = set()
    best: dict[int, float] = {}
    for score, i, j in pairs:
        if i not in best and j not in taken:
            best[i] = score
            taken.add(j)
    found = sum(len(w) * best.get(i, 0.0) for i, w in enumerate(wanted)) / sum(map(len, wanted))
    left_over = len(name) - len(taken)
    return float(found - 0.01 * left_over)


def _word_likeness(wanted: str, word: str) -> float:
    if wanted == word:
        return 1.0
    if len(wanted) >= 2 and word.startswith(wanted):
        return 0.93 + 0.06 * len(wanted) / len(word)
    return 0.95 * float(JaroWinkler.similarity(wanted, word))
