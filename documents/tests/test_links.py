"""Links between papers that are alike, and which papers are compared at all."""

import pytest
from django.core.files.base import ContentFile

from clinic.models import Event
from clinic.recording import change
from documents import duplicates
from documents.actions import receive_upload
from documents.duplicates import _candidates, link
from documents.models import Document, DocumentKey, DocumentLink, DocumentStatus, LinkType
from documents.tests import review_samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(in_clinic, settings, tmp_path):
    """Makes a read paper with keys: ``paper("a.pdf", "k1", "k2")``."""
    review_samples.keep_files_in(tmp_path, settings)

    def make(name, *keys, **fields):
        made = review_samples.add(name, **fields)
        for key in keys:
            DocumentKey.objects.create(document=made, key=key)
        return made

    return make


def links():
    return {(one.document_id, one.type, one.other_id) for one in DocumentLink.objects.all()}


@pytest.mark.parametrize(
    ("kind", "back"),
    [
        ("exact", "exact"),
        ("rescan", "rescan"),
        ("amended", "amended_by"),
        ("amended_by", "amended"),
    ],
)
def test_a_link_is_kept_once_from_both_ends_and_the_others_screens_hear_of_it(
    alice, paper, kind, back
):
    one, other = paper("a.pdf"), paper("b.pdf")
    for _ in range(2):
        with change(by=alice.actor) as record:
            link(one, other, LinkType(kind), 0.9, record)
    assert links() == {(one.pk, kind, other.pk), (other.pk, back, one.pk)}
    heard = Event.objects.filter(type="document", op="update")
    assert {event.doc["document_id"] for event in heard} == {str(other.pk)}


def test_the_newest_papers_that_share_a_key_are_compared(paper, monkeypatch):
    made = [paper(f"{n}.pdf", "k1", "k2" if n else "k3") for n in range(4)]
    paper("stranger.pdf", "k9")
    mine = paper("mine.pdf", "k1")
    assert _candidates(mine, ["k1", "k2"]) == made[::-1]
    assert _candidates(mine, ["k3"]) == made[:1]
    assert _candidates(mine, []) == []
    monkeypatch.setattr(duplicates, "COMPARED_PAPERS", 2)
    assert _candidates(mine, ["k1"]) == [made[3], made[2]]


def test_what_is_rejected_unread_linked_or_the_same_sheet_is_not_compared(paper):
    mine = paper("mine.pdf", "k1")
    paper("rejected.pdf", "k1", status=DocumentStatus.REJECTED)
    paper("unread.pdf", "k1", extracted=None)
    known = paper("known.pdf", "k1")
    link(mine, known, LinkType.RESCAN, 0.9)
    paper("part.pdf", "k1", packet=mine, packet_pages=[1])
    good = paper("good.pdf", "k1")
    assert _candidates(mine, ["k1"]) == [good]


def test_a_part_is_not_compared_with_its_packet_but_with_its_neighbours(paper):
    packet = paper("packet.pdf", "k1")
    first = paper("first.pdf", "k1", packet=packet, packet_pages=[1])
    second = paper("second.pdf", "k1", packet=packet, packet_pages=[2])
    assert _candidates(first, ["k1"]) == [second]


def test_another_clinics_paper_is_not_compared(paper, charlie):
    mine = paper("mine.pdf", "k1")
    with charlie.at_work():
        theirs = review_samples.add("theirs.pdf")
        DocumentKey.objects.create(document=theirs, key="k1")
    assert _candidates(mine, ["k1"]) == []


def test_the_same_bytes_a_third_time_are_a_copy_of_the_first(alice, paper):
    receipts = [
        receive_upload(file=ContentFile(b"%PDF-1.4 same", name=name), by=alice.actor)
        for name in ("one.pdf", "two.pdf", "three.pdf")
    ]
    first, second, third = (one.document for one in receipts)
    assert [one.duplicate_of for one in receipts] == [None, first, first]
    assert [one.duplicate_of_id for one in Document.objects.order_by("created_at")] == [
        None, first.pk, first.pk,
    ]  # fmt: skip
    assert links() == {
        (second.pk, "exact", first.pk), (first.pk, "exact", second.pk),
        (third.pk, "exact", first.pk), (first.pk, "exact", third.pk),
    }  # fmt: skip
