"""Tools about a patient's chart: every sentence names the place it was read."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import BaseModel, Field
from rapidfuzz import fuzz

from copilot.toolbox import Tool, Work, register
from copilot.tools.sharing import Citation, Fact, OfPatient, Who, fact, open_chart, the_patient, who
from documents.pipeline.extraction.normalise.loinc import candidates
from documents.queries import kinds_of
from documents.summary import summarise_patient
from patients.chart import Item
from patients.permissions import may_read_patients
from patients.summary import Facts, Measured
from patients.summary_facts import summary_facts

MOST = 40
MARK = re.compile(r"\[(\d+)\]")
GROUPS = {
    "cholesterol": ("cholesterol", "ldl", "hdl", "triglycerides"),
    "sugar": ("glucose", "hemoglobin a1c"),
    "kidney function": ("creatinine", "egfr", "urea nitrogen"),
    "liver function": ("alt", "ast", "bilirubin", "alkaline phosphatase"),
    "thyroid": ("tsh", "thyroxine", "triiodothyronine"),
}
GROUPS |= {
    "kidneys": GROUPS["kidney function"],
    "kidney": GROUPS["kidney function"],
    "liver": GROUPS["liver function"],
}


class Which(StrEnum):
    """Which laboratory results."""

    LATEST = "latest"
    ABNORMAL = "abnormal"
    TREND = "trend"


class Part(StrEnum):
    """A part of the chart."""

    PROBLEMS = "problems"
    MEDICATIONS = "medications"
    ALLERGIES = "allergies"
    VITALS = "vitals"
    IMMUNIZATIONS = "immunizations"
    PROCEDURES = "procedures"
    INSURANCE = "insurance"


class PatientLabs(OfPatient):
    """Which results."""

    test: str | None = Field(None, max_length=80, description="Only this test, by any usual name.")
    which: Which = Field(
        Which.LATEST,
        description="latest of each test, only abnormal ones, or trend: all results over time.",
    )


class PatientChart(OfPatient):
    """Which part."""

    part: Part = Field(description="Which part of the chart.")
    about: str | None = Field(
        None, max_length=80, description="Only entries about this, such as a medicine's name."
    )


class ChartAnswer(BaseModel):
    """Facts with evidence. ``total`` counts what the chart has of this kind; ``none_stated`` says
    that somebody stated that there is none."""

    patient: Who
    about: str
    facts: list[Fact]
    total: int
    none_stated: bool = False


class PatientSummary(BaseModel):
    """A chart in a few sentences; marks such as [1] number a sentence's own citations."""

    patient: Who
    facts: list[Fact]
    model: str


def patient_summary(work: Work, asked: OfPatient) -> PatientSummary:
    """The chart in sentences, each with the places it was read."""
    summary = summarise_patient(patient_id=asked.patient_id, by=work.actor)
    work.read("patient", asked.patient_id)
    patient = who(the_patient(asked.patient_id))
    places = [_citation(one) for one in summary.citations]
    facts = [_sentence(text, places) for text in summary.text.split("\n\n")]
    work.read("document", *{one.document_id for one in places})
    return PatientSummary(patient=patient, facts=facts, model=summary.model)


def _sentence(text: str, places: list[Citation]) -> Fact:
    """A sentence with its own citations, numbered from 1 in the order of its marks.

    A mark without a place is no mark: somebody may be called so.
    """
    numbers = [int(number) for number in MARK.findall(text)]
    own = list(dict.fromkeys(one for one in numbers if 0 < one <= len(places)))

    def renumbered(found: re.Match[str]) -> str:
        number = int(found[1])
        return f"[{own.index(number) + 1}]" if number in own else f"({number})"

    return Fact(text=MARK.sub(renumbered, text), citations=[places[number - 1] for number in own])


def patient_labs(work: Work, asked: PatientLabs) -> ChartAnswer:
    """Laboratory results."""
    patient = open_chart(work, asked.patient_id)
    labs = list(summary_facts(patient.pk, kinds_of=kinds_of).labs)
    if asked.test:
        labs = [lab for lab in labs if _is_test(lab, asked.test)]
    shown = labs if asked.which is Which.TREND else _latest(labs)
    if asked.which is Which.ABNORMAL:
        shown = [lab for lab in shown if lab.how]
    about = f"{asked.which.value} results" + (f" of {asked.test}" if asked.test else "")
    facts = [fact(lab_said(lab), lab.source, lab.date) for lab in shown[:MOST]]
    return _answer(
        work, ChartAnswer(patient=who(patient), about=about, facts=facts, total=len(labs))
    )


def patient_chart(work: Work, asked: PatientChart) -> ChartAnswer:
    """A part of the chart."""
    patient = open_chart(work, asked.patient_id)
    known = summary_facts(patient.pk, kinds_of=kinds_of)
    facts = _part(known, asked.part)
    typed = patient.preconditions if asked.part is Part.PROBLEMS else []
    facts += [Fact(text=str(text)) for text in typed]
    total = len(facts)
    if asked.about:
        facts = [one for one in facts if _mentions(one.text, asked.about)]
    denied = asked.part is Part.ALLERGIES and not known.chart.allergies and known.no_allergies
    if denied:
        facts = [fact(one.label, one.source, one.date) for one in known.no_allergies[:1]]
    return _answer(
        work,
        ChartAnswer(
            patient=who(patient),
            about=asked.about or asked.part.value,
            facts=facts[:MOST],
            total=total,
            none_stated=bool(denied),
        ),
    )


def _answer(work: Work, answer: ChartAnswer) -> ChartAnswer:
    ids = {citation.document_id for one in answer.facts for citation in one.citations}
    work.read("document", *ids)
    return answer


def _citation(place: dict[str, object]) -> Citation:
    kind = str(place["kind"] or "document").replace("_", " ")
    page = place["page"]
    query = f"?field={place.get('field_id', '')}&page={page}"
    return Citation.model_validate(
        {
            "document_id": place["document_id"],
            "page": page,
            "bbox": place["bbox"],
            "label": f"{kind}, page {page}" if page else kind,
            "href": f"/documents/{place['document_id']}{query}",
        }
    )


def _latest(labs: list[Measured]) -> list[Measured]:
    found: dict[str, Measured] = {}
    for lab in labs:
        found.setdefault(lab.test, lab)
    return list(found.values())


def lab_said(lab: Measured) -> str:
    """LDL 190 mg/dL (high, range <130)."""
    limits = f", range {lab.range}" if lab.range else ""
    how = f" ({lab.how}{limits})" if lab.how else f" (within {lab.range})" if lab.range else ""
    return f"{lab.label} {lab.said}{how}"


def _is_test(lab: Measured, said: str) -> bool:
    """Whether a result is of the test that was named: by code, by name, or as one of a group."""
    wanted = said.casefold()
    codes = {test.code for test in candidates(said)[0]}
    if lab.test in codes:
        return True
    label = lab.label.casefold()
    return any(_within(name, label) for name in GROUPS.get(wanted, (wanted,)))


def _within(name: str, label: str) -> bool:
    return (
        bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", label)) or fuzz.ratio(name, label) >= 88
    )


def _mentions(text: str, about: str) -> bool:
    """Whether an entry is about something, by a word of it or by a near spelling."""
    text, about = text.casefold(), about.casefold()
    return about in text or any(
        fuzz.ratio(about, word) >= 85 for word in re.findall(r"[\w-]+", text)
    )


def _part(known: Facts, part: Part) -> list[Fact]:
    chart = known.chart
    if part is Part.INSURANCE:
        return [
            fact(_insurance(one.payer, one.plan, one.member_id, one.group), one.source)
            for one in chart.insurance
        ]
    items: dict[Part, list[Item]] = {
        Part.PROBLEMS: chart.problems,
        Part.MEDICATIONS: chart.medications,
        Part.ALLERGIES: chart.allergies,
        Part.VITALS: chart.vitals,
        Part.IMMUNIZATIONS: chart.immunizations,
        Part.PROCEDURES: chart.procedures,
    }
    return [fact(said_item(item), item.source, item.date) for item in items[part]]


def said_item(item: Item) -> str:
    """An entry with its value, dose and reaction."""
    parts = [item.label]
    if item.value:
        parts.append(f"{item.value} {item.unit}".strip())
    if item.dose and item.dose.casefold() not in item.label.casefold():
        parts.append(item.dose)
    text = " ".join(parts)
    return f"{text}: {item.reaction}" if item.reaction else text


def _insurance(payer: str, plan: str, member_id: str, group: str) -> str:
    parts = [
        payer,
        plan,
        f"member {member_id}" if member_id else "",
        f"group {group}" if group else "",
    ]
    return ", ".join(part for part in parts if part)


for _tool in (
    Tool(
        name="patient_summary",
        description="A patient's chart in a few sentences with citations.",
        arguments=OfPatient,
        scope="patients.read",
        may=may_read_patients,
        handler=patient_summary,
    ),
    Tool(
        name="patient_labs",
        description="A patient's laboratory results with citations: latest, abnormal, or a trend.",
        arguments=PatientLabs,
        scope="patients.read",
        may=may_read_patients,
        handler=patient_labs,
    ),
    Tool(
        name="patient_chart",
        description="Part of a patient's chart with citations: problems, medications, allergies, "
        "vital signs, vaccinations, procedures or insurance.",
        arguments=PatientChart,
        scope="patients.read",
        may=may_read_patients,
        handler=patient_chart,
    ),
):
    register(_tool)
