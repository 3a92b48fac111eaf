"""Notes told under letters: "S: ... O: ... A: ... P: ...", a heading of one letter each."""

from __future__ import annotations

import re

from documents.pipeline.extraction.lines import Layout

LETTERS = {"s": "stop", "o": "vital", "a": "diagnosis", "p": "stop", "a p": "diagnosis"}
_LETTERED = re.compile(r"^(S|O|A|P|A/P|A&P)[:.)-]$", re.IGNORECASE)


def lettered_lines(layout: Layout) -> frozenset[int]:
    """Lines of a note that is told under S:, O:, A: and P:, at least three of them in order."""
    found = [
        (match.group(1).upper()[0], line.index)
        for line in layout.lines
        if (match := _LETTERED.match(line.tokens[0].text))
        and (len(line.tokens) > 1 or match.group(0)[-1] == ":")
    ]
    letters = "".join(letter for letter, _ in found)
    told = "SOA" in letters or "OAP" in letters
    return frozenset(index for _, index in found) if told else frozenset()
