"""Where a packet may be cut without asking, what cannot be cut, and how parts are called."""

from uuid import UUID

import pytest

from clinic.ids import uuid7
from clinic.refusals import Invalid
from documents.actions import UnknownPatient
from documents.models import Document
from documents.packets import Cut, _check, _name, certain_cuts, is_packet, proposal
from patients.models import Patient

OWNER = "0192f0c5-0000-7000-8000-000000000001"


def fact(name, value, page, confidence=0.95):
    return {"name": name, "value": value, "page": page, "confidence": confidence}


def packet(*, second=None, confidence=0.95, named="Ana Lima", born="1980-03-04", sure=0.95):
    """A cover sheet and two papers of Ana's; the arguments change the second paper."""
    segments = [
        {"pages": [1], "kind": "other", "confidence": 0.3, "cover": True},
        {"pages": [2, 3], "kind": "lab", "confidence": 0.95},
        {"pages": [4], "kind": "imaging", "confidence": confidence} | (second or {}),
    ]
    fields = [
        fact("patient.name", "Ana Lima", 2),
        fact("patient.dob", "1980-03-04", 3),
        fact("patient.name", named, 4, sure),
        fact("patient.dob", born, 4),
    ]
    return {"segments": segments, "fields": [one for one in fields if one["value"]]}


def test_two_sure_papers_of_one_known_patient_are_cut_without_their_cover():
    assert certain_cuts(packet(), OWNER) == [
        Cut((2, 3), "lab", UUID(OWNER)),
        Cut((4,), "imaging", UUID(OWNER)),
    ]


@pytest.mark.parametrize(
    ("changed", "is_sure"),
    [
        ({"confidence": 0.9, "sure": 0.9}, True),
        ({"confidence": 0.89}, False),
        ({"sure": 0.89}, False),
        ({"named": ""}, False),
        ({"born": ""}, False),
        ({"named": "Ana Roth"}, False),
        ({"born": "1980-03-05"}, False),
        ({"second": {"other_patient": True}}, False),
        ({"second": {"cover": True}}, False),
    ],
)
def test_a_doubt_about_any_part_asks_a_person(changed, is_sure):
    assert bool(certain_cuts(packet(**changed), OWNER)) is is_sure
    assert certain_cuts(packet(**changed), None) == []


def test_a_proposal_tells_whose_each_part_is_by_its_surest_words():
    extracted = packet()
    extracted["fields"] += [
        fact("patient.name", "A. Lima", 2, 0.5),
        fact("patient.name", "Ana M. Lima", 3, 0.97),
        fact("patient.mrn", "100", 3),
        fact("patient.phone", "555", 3),
        fact("patient.mrn", None, 4),
    ]
    cover, first, second = proposal(extracted)
    assert (cover.cover, cover.identity) == (True, {})
    assert first.identity == {
        "name": ("Ana M. Lima", 0.97), "dob": ("1980-03-04", 0.95), "mrn": ("100", 0.95),
    }  # fmt: skip
    assert second.identity == {"name": ("Ana Lima", 0.95), "dob": ("1980-03-04", 0.95)}
    assert (second.starts, second.other_patient) == ("", False)


def test_a_packet_has_several_parts_and_a_kind_that_can_be_cut():
    several = packet()
    assert is_packet(Document(mime="application/pdf", extracted=several))
    assert is_packet(Document(mime="image/tiff", extracted=several))
    assert not is_packet(Document(mime="image/png", extracted=several))
    assert not is_packet(Document(mime="application/pdf", extracted=None))
    one = {"segments": several["segments"][:1], "fields": []}
    assert not is_packet(Document(mime="application/pdf", extracted=one))


def said(parts, pages=3):
    with pytest.raises(Invalid) as refused:
        _check(Document(pages=pages), parts)
    return refused.value.errors["parts"]


@pytest.mark.django_db
def test_parts_that_cannot_be_are_named(alice, charlie):
    with charlie.at_work():
        theirs = Patient.objects.create(mrn="1", first_name="A", last_name="B")
    with alice.at_work():
        ours = Patient.objects.create(mrn="1", first_name="A", last_name="B")
        assert said([]) == said([Cut(())]) == said([Cut((1,)), Cut(())])
        assert said([Cut((1, 2)), Cut((2,))]) == ["A page can be in one document only."]
        for page in (0, 4, -1):
            assert said([Cut((1, page))]) == ["The packet has pages 1 to 3."]
        assert said([Cut((1,))], pages=None) == ["The packet has pages 1 to 0."]
        assert said([Cut((1,), "poem")]) == ["Choose one of the listed kinds."]
        _check(Document(pages=3), [Cut((1, 3), "lab", ours.pk), Cut((2,), "", ours.pk)])
        for nobody in (theirs.pk, uuid7()):
            with pytest.raises(UnknownPatient):
                _check(Document(pages=3), [Cut((1,), "lab", nobody), Cut((2,), "", ours.pk)])


@pytest.mark.parametrize(
    ("name", "pages", "told"),
    [
        ("fax.pdf", [2], "fax (page 2).pdf"),
        ("fax.tar.pdf", [2, 3, 5], "fax.tar (pages 2-5).pdf"),
        ("fax", [1, 2], "fax (pages 1-2)"),
        ("x" * 300 + ".pdf", [1], "x" * 242 + " (page 1).pdf"),
    ],
)
def test_a_part_is_called_after_its_packet_and_its_pages(name, pages, told):
    assert _name(name, pages) == told
    assert len(told) <= 255
