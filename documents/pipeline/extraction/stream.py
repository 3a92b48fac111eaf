"""A page's words as one text, for what is told in sentences."""

from __future__ import annotations

from documents.pipeline.extraction.evidence import Candidate
from documents.pipeline.extraction.lines import Layout, Token, flows
from documents.pipeline.extraction.typed import covering, text_of


class Stream:
    """A page's words as one text, with the line of each character."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.tokens: list[Token] = []
        self.starts: list[tuple[int, int]] = []
        length = 0
        for flow in flows(layout):
            for chunk in flow:
                self.starts.append((length, chunk.line))
                self.tokens.extend(chunk.tokens)
                length += sum(len(t.text) + 1 for t in chunk.tokens)
        self.text = text_of(self.tokens)

    def line_at(self, position: int) -> int:
        """The line that holds a character."""
        return max((s for s in self.starts if s[0] <= position), key=lambda s: s[0])[1]

    def labelled(self, position: int) -> bool:
        """Whether a cell begins here that stands right of one with a colon at its end."""
        start, index = max((s for s in self.starts if s[0] <= position), key=lambda s: s[0])
        line = self.layout.lines[index]
        token = covering(self.tokens, position, position + 1)[0]
        at = line.tokens.index(token)
        return start == position and at > 0 and line.tokens[at - 1].text.endswith(":")

    def begins_cell(self, position: int) -> bool:
        """Whether a cell begins at a character: what stands before it may be another's."""
        return any(start == position for start, _ in self.starts)

    def on_line(self, position: int, text: str) -> str:
        """As much of a text as stands on the line it begins on, if that is two words or more."""
        end = min((s[0] for s in self.starts if s[0] > position), default=len(self.text))
        first = text[: end - position].rstrip(" ,")
        return first if len(first.split()) >= 2 else text

    def candidate(
        self, name: str, value: str, start: int, end: int, features: dict[str, float]
    ) -> Candidate:
        """A candidate for the characters ``start:end``."""
        return Candidate(
            name,
            value,
            covering(self.tokens, start, end),
            self.layout,
            self.line_at(start),
            None,
            features,
            {},
            (),
            self.text[start:end],
        )
