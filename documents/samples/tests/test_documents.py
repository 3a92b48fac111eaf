"""The truth of sample documents: on the page where it says, and the same every time."""

from __future__ import annotations

import io
import json
from datetime import date

import pikepdf
import pypdfium2 as pdfium
import pytest

from documents.samples.build import draw, make, make_packet, truth_json
from documents.samples.catalogue import LAYOUTS, layout
from documents.samples.people import ALEX, JAMES, MARIA, PEOPLE, person
from documents.samples.places import PROVIDERS
from documents.samples.truth import Truth

NO_WORDS = {"consent.signed"}
IN_WIDGETS = {"claim-fillable"}


def text_within(page: pdfium.PdfPage, box: tuple[float, float, float, float]) -> str:
    """The page's text inside a box in fractions of the displayed, unrotated page."""
    width, height = page.get_size()
    x0, y0, x1, y1 = box
    return page.get_textpage().get_text_bounded(
        left=x0 * width - 1,
        right=x1 * width + 1,
        top=height * (1 - y0) + 1,
        bottom=height * (1 - y1) - 1,
    )


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("plan", LAYOUTS, ids=lambda plan: plan.name)
def test_layout_prints_each_fact_inside_its_box(plan):
    for who in (PEOPLE[0], PEOPLE[4], PEOPLE[5]):
        data, truth = draw(plan, who, 11)
        document = pdfium.PdfDocument(data)
        assert len(document) == truth.pages
        for fact in truth.fields if plan.name not in IN_WIDGETS else ():
            if fact.name in NO_WORDS:
                continue
            found = squeezed(text_within(document[fact.page - 1], fact.bbox))
            assert squeezed(fact.raw) in found, (fact, found)


def test_fillable_form_holds_its_facts_in_form_fields():
    data, truth = draw(layout("claim-fillable"), JAMES, 1)
    with pikepdf.open(io.BytesIO(data)) as document:
        page = document.pages[0]
        _, _, width, height = (float(v) for v in page.MediaBox)
        fields = {}
        for annotation in page.Annots:
            x0, y0, x1, y1 = (float(v) for v in annotation.Rect)
            box = (x0 / width, 1 - y1 / height, x1 / width, 1 - y0 / height)
            fields[tuple(round(v, 4) for v in box)] = str(annotation.V)

    for fact in truth.fields:
        assert fields[tuple(round(v, 4) for v in fact.bbox)] == fact.raw


@pytest.mark.parametrize("plan", LAYOUTS, ids=lambda plan: plan.name)
def test_layout_stays_on_the_page_for_every_patient(plan):
    for who in PEOPLE:
        _, truth = draw(plan, who, 5)
        for fact in truth.fields:
            x0, y0, x1, y1 = fact.bbox
            assert 0 <= x0 < x1 <= 1, (who.key, fact)
            assert 0 <= y0 < y1 <= 1, (who.key, fact)


def test_blank_layouts_have_no_facts_and_the_others_name_the_patient():
    for plan in LAYOUTS:
        _, truth = draw(plan, ALEX, 1)
        if plan.blank:
            assert truth.fields == ()
            assert truth.patient is None
        else:
            assert [f.value for f in truth.fields if f.name == "patient.name"] == ["Alex Rodriguez"]


@pytest.mark.parametrize("variant", ["text", "turned", "scan", "fax", "faxpdf", "photo", "lowres"])
def test_same_arguments_give_the_same_bytes(variant):
    first = make("lab-classic", MARIA, variant, 3)
    again = make("lab-classic", MARIA, variant, 3)
    other = make("lab-classic", MARIA, variant, 4)

    assert first.data == again.data
    assert first.truth == again.truth
    assert first.data != other.data


def test_truth_survives_its_json():
    _, truth = draw(layout("lab-cumulative"), JAMES, 2)

    assert Truth.from_dict(json.loads(truth_json(truth))).as_dict() == truth.as_dict()


def test_lab_flags_agree_with_values_and_ranges():
    for plan in LAYOUTS:
        if plan.kind != "lab":
            continue
        for seed in range(6):
            _, truth = draw(plan, ALEX, seed)
            for row in (f for f in truth.fields if f.name == "lab" and not f.optional):
                if row.ref_range is None or row.ref_range["low"] == row.ref_range["high"] is None:
                    continue
                value = float(row.value)
                low, high = row.ref_range["low"], row.ref_range["high"]
                below = low is not None and value < low
                above = high is not None and value > high
                assert row.flag == ("L" if below else "H" if above else None), row


def test_packet_counts_pages_through_and_keeps_both_patients():
    made = make_packet(
        [("fax-cover", ALEX), ("visit-discharge", ALEX), ("lab-grid", MARIA)],
        name="packet",
        variant="text",
        seed=1,
    )

    assert [(p.kind, p.pages, p.patient) for p in made.truth.parts] == [
        ("other", (1,), None),
        ("summary", (2, 3), "alex-rodriguez"),
        ("lab", (4,), "maria-garcia"),
    ]
    assert (made.truth.kind, made.truth.patient, made.truth.pages) == ("summary", ALEX.key, 4)
    named = [(f.page, f.value) for f in made.truth.fields if f.name == "patient.name"]
    assert named == [(2, "Alex Rodriguez"), (4, "Maria Garcia")]


def test_seed_patients_are_those_of_the_founding_document():
    facts = [(p.name, p.dob, p.sex, p.mrn) for p in PEOPLE[:3]]

    assert facts == [
        ("Alex Rodriguez", date(1979, 3, 14), "M", "100001"),
        ("Maria Garcia", date(1985, 7, 22), "F", "100002"),
        ("James Smith", date(1962, 11, 5), "M", "100003"),
    ]
    assert person("maria-garcia") is MARIA


def test_nobody_is_real():
    for who in PEOPLE:
        assert " 555-01" in who.phone
        assert " 555-01" in who.emergency[2]
    for provider in PROVIDERS:
        digits = [int(c) for c in "80840" + provider.npi]
        doubled = [d * 2 - 9 * (d > 4) if n % 2 else d for n, d in enumerate(reversed(digits))]
        assert sum(doubled) % 10 == 0
        assert provider.npi.startswith("2"), "numbers that begin with 2 have not been issued"
