"""Facts of papers in a chart: each once, each with its paper, and the chart's version with them."""

from datetime import date

import pytest

from clinic.ids import uuid7
from clinic.models import Event
from clinic.recording import change
from documents.models import Document
from patients.charting import (
    chart_facts,
    clear_flags,
    current_facts,
    facts_from,
    following,
    move_facts,
    raise_flag,
    restore_facts,
    same_fact,
    same_matter,
    withdraw_entries,
    withdraw_facts,
)
from patients.models import (
    AllergyIntolerance,
    Condition,
    Coverage,
    LabResult,
    MedicationStatement,
    Patient,
    PatientFlag,
)

pytestmark = pytest.mark.django_db
DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)


@pytest.fixture
def ana(in_clinic):
    return Patient.objects.create(mrn="1", first_name="Ana", last_name="Lima")


@pytest.fixture
def lea(in_clinic):
    return Patient.objects.create(mrn="2", first_name="Lea", last_name="Roth")


@pytest.fixture
def done(alice):
    """Does something in a change: ``done(chart_facts, ana.pk, [...])``."""

    def act(what, *arguments):
        with change(by=alice.actor) as record:
            return what(*arguments, record)

    return act


def ldl(value="148", day=DAY, paper=None, **more):
    fields = {"name": "LDL", "unit": "mg/dL", **more}
    return LabResult(value=value, effective_date=day, source_document_id=paper, **fields)


def paper_of(count):
    """The ids of so many papers."""
    names = [uuid7().hex for _ in range(count)]
    return [Document.objects.create(name=one, storage_name=one, size=1).pk for one in names]


def version(patient):
    return Patient.objects.values_list("chart_version", flat=True).get(pk=patient.pk)


def chart(patient):
    rows = LabResult.objects.filter(patient=patient, is_current=True)
    return sorted((row.name, row.value, row.source_document_id) for row in rows)


def heard():
    """Whose charts open screens were told of."""
    rows = Event.objects.filter(type="patient").order_by("seq")
    return [row.doc["patient_id"] for row in rows]


def test_a_fact_is_charted_once_however_often_papers_state_it(ana, done):
    paper, copy = paper_of(2)
    assert done(chart_facts, ana.pk, [ldl(paper=paper), ldl(paper=paper)]) == 1
    first = version(ana)
    again = [ldl(paper=copy), ldl(paper=copy, name=" ldl ", unit="MG/DL")]
    assert done(chart_facts, ana.pk, again) == 0
    assert (version(ana), chart(ana)) == (first, [("LDL", "148", paper)])
    others = [ldl("149"), ldl(day=NEXT), ldl(unit="mmol/L"), ldl(name="HDL")]
    assert done(chart_facts, ana.pk, others) == 4
    assert version(ana) == first + 1
    assert heard() == [str(ana.pk)] * 2


def test_what_was_withdrawn_can_be_charted_again_and_what_another_has_does_not_count(
    ana, lea, done
):
    (paper,) = paper_of(1)
    done(chart_facts, lea.pk, [ldl()])
    assert done(chart_facts, ana.pk, [ldl(paper=paper)]) == 1
    assert done(withdraw_facts, paper) == 1
    assert chart(ana) == []
    assert done(chart_facts, ana.pk, [ldl(paper=paper)]) == 1


def test_denied_and_stated_are_two_facts_and_a_card_is_its_numbers(ana, done):
    facts = [
        AllergyIntolerance(name="Latex"),
        AllergyIntolerance(name="Latex", negated=True),
        Condition(name="Asthma", effective_date=DAY),
        Condition(name="asthma", effective_date=NEXT),
        Coverage(payer="Aetna", member_id="W1", group_number="G"),
        Coverage(payer="Aetna", member_id="W1", group_number="G", plan="Other"),
        Coverage(payer="Aetna", member_id="W2", group_number="G"),
    ]
    assert done(chart_facts, ana.pk, facts) == 5


def test_withdrawing_a_paper_leaves_other_papers_and_bumps_each_chart_it_was_in(ana, lea, done):
    paper, other = paper_of(2)
    done(chart_facts, ana.pk, [ldl(paper=paper), ldl("1", paper=other)])
    done(chart_facts, lea.pk, [ldl(paper=paper)])
    before = version(ana), version(lea)
    assert done(withdraw_facts, paper) == 2
    assert (chart(ana), chart(lea)) == ([("LDL", "1", other)], [])
    assert (version(ana), version(lea)) == (before[0] + 1, before[1] + 1)
    assert done(withdraw_facts, paper) == 0
    assert (version(ana), version(lea)) == (before[0] + 1, before[1] + 1)


def test_entries_are_withdrawn_one_by_one(ana, done):
    (paper,) = paper_of(1)
    done(chart_facts, ana.pk, [ldl(paper=paper), ldl("1", paper=paper)])
    before = version(ana)
    (keep, gone) = sorted(current_facts(ana.pk, [paper]), key=lambda one: one.value)
    done(withdraw_entries, [gone])
    assert current_facts(ana.pk, [paper]) == [keep]
    assert version(ana) == before + 1
    assert current_facts(ana.pk, [uuid7()]) == []


def test_facts_follow_their_paper_and_what_is_there_already_stays_once(ana, lea, done):
    paper, other, theirs = paper_of(3)
    done(chart_facts, ana.pk, [ldl(paper=paper), ldl("1", paper=paper), ldl("2", paper=other)])
    done(chart_facts, lea.pk, [ldl(paper=theirs)])
    known = {one.value: one.known for one in following(paper, lea.pk)}
    assert known == {"148 mg/dL": True, "1 mg/dL": False}
    before, kept = (version(ana), version(lea)), facts_from(paper)
    assert done(move_facts, paper, lea.pk) == 2
    assert chart(ana) == [("LDL", "2", other)]
    assert chart(lea) == [("LDL", "1", paper), ("LDL", "148", theirs)]
    assert (version(ana), version(lea)) == (before[0] + 1, before[1] + 1)
    assert done(move_facts, paper, lea.pk) == 0
    done(restore_facts, paper, kept)
    assert sorted(value for _, value, _ in chart(ana)) == ["1", "148", "2"]
    assert chart(lea) == [("LDL", "148", theirs)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ldl("1"), ldl("2"), True),
        (ldl("1"), ldl("2", NEXT), False),
        (ldl("1"), ldl("2", None), True),
        (ldl(name="LDL Chol"), ldl(name="LDL Cho1"), True),
        (ldl(name="LDL Chol"), ldl(name="HDL Chol"), False),
        (ldl(name="LDL", code="1"), ldl(name="HDL", code="1"), True),
        (ldl(name="LDL", code="1"), ldl(name="LDL", code="2"), False),
        (ldl(name="LDL", code="1"), ldl(name="LDL"), True),
        (Condition(name="Asthma"), MedicationStatement(name="Asthma"), False),
        (Coverage(member_id="1"), Coverage(member_id="2"), True),
    ],
)
def test_two_entries_may_be_about_the_same_matter(one, other, same):
    assert same_matter(one, other) is same_matter(other, one) is same


def test_the_same_words_of_another_kind_are_another_fact():
    assert same_fact(ldl(), ldl())
    assert not same_fact(ldl(), ldl("1"))
    assert not same_fact(Condition(name="x"), AllergyIntolerance(name="x"))


def test_a_flag_is_raised_once_and_again_after_it_was_cleared(ana, lea):
    paper, other = paper_of(2)
    for _ in range(2):
        raise_flag(ana.pk, "document_review", "Lab to check", paper)
    raise_flag(ana.pk, "document_review", "Lab to check", other)
    raise_flag(lea.pk, "document_review", "Lab to check", paper)
    open_ = PatientFlag.objects.filter(cleared_at=None)
    assert open_.count() == 3
    clear_flags(paper)
    assert [(one.patient_id, one.object_id) for one in open_] == [(ana.pk, other)]
    raise_flag(ana.pk, "document_review", "Lab to check", paper)
    assert (open_.all().count(), PatientFlag.objects.count()) == (2, 4)
