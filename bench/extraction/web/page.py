"""HTML whose facts can be found again: each is a link, and the printed PDF says where links are."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from html import escape
from random import Random
from types import TracebackType
from typing import Any, Self

import pikepdf
from playwright.sync_api import sync_playwright

from backline.tests.browser import ARGUMENTS, chromium
from documents.samples.build import rng_for
from documents.samples.people import Person
from documents.samples.sheet import LETTER, Fact
from documents.samples.truth import Box, Part, Truth, TruthField, union

ADDRESS = "http://fact.example/"
STYLE = """
* { box-sizing: border-box } body { margin: 0; font-size: 10pt; line-height: 1.3; color: #111 }
a { color: inherit; text-decoration: none } table { border-collapse: collapse }
td, th { text-align: left; padding: 2pt 5pt; vertical-align: top }
h1, h2, h3, p, ul, ol, dl, dd { margin: 0 }
"""


@dataclass(slots=True)
class Page:
    """One document being written; ``facts`` are the answers in the order they were named."""

    facts: list[Fact] = field(default_factory=list)
    also: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def f(self, fact: Fact, *also: str) -> str:
        """The fact as HTML; under the names in ``also`` it may be found too."""
        return self.parts(fact, [fact.text], *also)[0]

    def parts(self, fact: Fact, texts: Sequence[str], *also: str) -> list[str]:
        """A fact printed in several places that count as one."""
        number = len(self.facts)
        self.facts.append(fact)
        self.also[number] = also
        return [f'<a href="{ADDRESS}{number}">{escape(text)}</a>' for text in texts]

    def drawn(self, fact: Fact, html: str) -> str:
        """A fact that is a picture, such as a signature."""
        number = len(self.facts)
        self.facts.append(fact)
        return f'<a href="{ADDRESS}{number}" style="display:inline-block">{html}</a>'


Html = Callable[[Page, Random, Person], str]


@dataclass(frozen=True, slots=True)
class WebLayout:
    """A way to print a kind of document in a browser; as ``catalogue.Layout``, but HTML."""

    name: str
    kind: str
    html: Html
    css: str = "body { font-family: 'DejaVu Sans', sans-serif }"
    size: tuple[float, float] = LETTER
    margin: float = 40
    language: str = "en"
    held_out: bool = False
    blank: bool = False


class Printer:
    """A browser that prints; open it once for many documents."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=list(ARGUMENTS)
            )  # fmt: skip
            stack.callback(browser.close)
            self._page = browser.new_page(java_script_enabled=False)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def draw(self, plan: WebLayout, person: Person, seed: int) -> tuple[bytes, Truth]:
        """The PDF of a layout for a patient with its truth."""
        page = Page()
        body = plan.html(page, rng_for(seed, plan.name, person.key), person)
        width, height = plan.size
        paper = f"@page {{ size: {width}pt {height}pt; margin: {plan.margin}pt }}"
        self._page.set_content(
            f"<!doctype html><meta charset=utf-8><style>{STYLE}{paper}{plan.css}</style>{body}"
        )
        return _with_truth(
            self._page.pdf(prefer_css_page_size=True, print_background=True), page, plan, person
        )


def _with_truth(
    data: bytes, page: Page, plan: WebLayout, person: Person
) -> tuple[bytes, Truth]:  # fmt: skip
    with pikepdf.open(io.BytesIO(data)) as pdf:
        boxes = _take_links(pdf)
        pages = tuple(range(1, len(pdf.pages) + 1))
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    patient = None if plan.blank else person.key
    truth = Truth(
        kind=plan.kind,
        layout=plan.name,
        variant="text",
        patient=patient,
        pages=len(pages),
        fields=tuple(_fields(page, boxes)),
        parts=(Part(plan.kind, pages, patient),),
        language=plan.language,
        blank=plan.blank,
        held_out=plan.held_out,
    )
    return out.getvalue(), truth


def _take_links(pdf: pikepdf.Pdf) -> dict[int, tuple[int, list[Box]]]:
    """Where each numbered link is: page and boxes; the links are removed."""
    found: dict[int, tuple[int, list[Box]]] = {}
    for number, page in enumerate(pdf.pages, 1):
        left, bottom, right, top = (float(v) for v in page.MediaBox)
        wide, tall = right - left, top - bottom
        for annotation in page.get("/Annots", []):
            uri = str(annotation.get("/A", {}).get("/URI", ""))
            if not uri.startswith(ADDRESS):
                continue
            x0, y0, x1, y1 = (float(v) for v in annotation.Rect)
            box = ((x0 - left) / wide, (top - y1) / tall, (x1 - left) / wide, (top - y0) / tall)
            kept = found.setdefault(int(uri.removeprefix(ADDRESS)), (number, []))
            if kept[0] == number:
                kept[1].append(box)
        if "/Annots" in page:
            del page["/Annots"]
    return found


def _fields(page: Page, boxes: dict[int, tuple[int, list[Box]]]) -> list[TruthField]:
    out = []
    for number, fact in enumerate(page.facts):
        at, rects = boxes[number]
        attrs: dict[str, Any] = fact.attrs
        one = TruthField(
            name=fact.name,
            value=fact.text if fact.value is None else fact.value,
            raw=fact.text,
            page=at,
            bbox=union(rects),
            **attrs,
        )
        out.append(one)
        out += [replace(one, name=name, optional=True) for name in page.also.get(number, ())]
    return out
