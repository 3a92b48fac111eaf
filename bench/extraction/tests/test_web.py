"""Browser layouts: each fact is printed inside its box, and kinds have layouts on both sides."""

from __future__ import annotations

from collections import Counter

import pypdfium2 as pdfium

from backline.tests.browser import needs_browser
from bench.extraction.run import EVERY, patient_for
from bench.extraction.web.catalogue import WEB_LAYOUTS
from bench.extraction.web.page import Printer
from documents.samples.build import rng_for
from documents.samples.made_up import made_up

NO_WORDS = {"consent.signed"}


def squeezed(text: str) -> str:
    return "".join(text.split()).replace("\x02", "-")


def test_every_kind_has_the_layouts_that_were_asked_for_and_a_third_is_held_out():
    real = [plan for plan in EVERY if not plan.blank]
    counts = Counter(plan.kind for plan in real)
    held = Counter(plan.kind for plan in real if plan.held_out)

    assert counts.pop("lab") >= 6
    assert min(counts.values()) >= 4
    assert len(counts) == 7
    assert all(held[kind] for kind in counts)
    assert 3 * sum(held.values()) >= len(real)


def test_patients_of_held_out_layouts_are_held_out():
    for plan in EVERY:
        who = patient_for(rng_for(plan.name, 1), plan)
        number = who.key.removeprefix("made-")
        assert (number.isdigit() and int(number) % 3 == 2) == plan.held_out


@needs_browser
def test_browser_layouts_print_each_fact_inside_its_box():
    with Printer() as printer:
        for plan in WEB_LAYOUTS:
            data, truth = printer.draw(plan, made_up(44), 3)
            document = pdfium.PdfDocument(data)
            assert bool(truth.fields) != plan.blank
            for fact in truth.fields:
                page = document[fact.page - 1]
                width, height = page.get_size()
                x0, y0, x1, y1 = fact.bbox
                assert 0 <= x0 < x1 <= 1, (plan.name, fact)
                found = page.get_textpage().get_text_bounded(
                    left=x0 * width - 1,
                    right=x1 * width + 1,
                    top=height * (1 - y0) + 1,
                    bottom=height * (1 - y1) - 1,
                )
                if fact.name not in NO_WORDS:
                    inside = [squeezed(word) in squeezed(found) for word in fact.raw.split()]
                    assert all(inside), (plan.name, fact, found)
