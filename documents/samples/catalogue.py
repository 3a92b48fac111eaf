"""Every layout there is, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from documents.samples import labs_blocks, labs_columns
from documents.samples.people import Person
from documents.samples.sheet import A4, LETTER, Sheet

Draw = Callable[[Sheet, Random, Person], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to print a kind of document.

    ``held_out`` layouts are for measuring only: rules and calibration must not be fitted to them.
    ``families`` are the typefaces it is set in; ``card`` marks a plastic card, not a sheet.
    """

    name: str
    kind: str
    draw: Draw
    families: tuple[str, ...] = ("sans",)
    size: tuple[float, float] = LETTER
    language: str = "en"
    held_out: bool = False
    blank: bool = False
    card: bool = False


LAYOUTS: tuple[Layout, ...] = (
    Layout("lab-classic", "lab", labs_columns.classic, ("sans", "serif")),
    Layout("lab-grid", "lab", labs_columns.grid, ("serif", "sans")),
    Layout("lab-inout", "lab", labs_columns.in_out, ("sans",)),
    Layout("lab-typewriter", "lab", labs_columns.typewriter, ("mono",)),
    Layout("lab-wrapped", "lab", labs_blocks.wrapped, ("serif", "sans")),
    Layout("lab-cumulative", "lab", labs_blocks.cumulative, ("sans", "serif")),
    Layout("lab-portal", "lab", labs_blocks.portal, ("sans", "vera"), held_out=True),
    Layout("lab-german", "lab", labs_blocks.german, ("sans",), A4, "de"),
    Layout("lab-twoup", "lab", labs_blocks.two_up, ("sans",), held_out=True),
    Layout("lab-urinalysis", "lab", labs_blocks.urinalysis, ("sans", "serif")),
)


def layout(name: str) -> Layout:
    """The layout of this name; ``KeyError`` when there is none."""
    for candidate in LAYOUTS:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
