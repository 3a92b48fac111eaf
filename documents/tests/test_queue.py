"""The queue of documents that need a person: everybody gets another one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from clinic import leases
from clinic.models import Lease
from documents.models import Document
from documents.queue import take_next
from documents.tests.papers import made_document
from patients.models import Patient

LDL = {"LDL": 148}


def queue_of(person, count):
    with person.at_work():
        james = Patient.objects.create(mrn="1", first_name="James", last_name="Smith")
        return [made_document(james, LDL, name=f"{n}.pdf") for n in range(count)]


@pytest.mark.django_db
class TestNext:
    def test_the_longest_waiting_first_and_nobody_gets_anothers(self, alice, bob):
        first, second, _ = queue_of(alice, 3)
        with alice.at_work():
            assert take_next(by=alice.actor) == first.pk
            assert take_next(by=bob.actor) == second.pk
            assert take_next(by=alice.actor) == first.pk

    def test_next_gives_the_one_before_back_and_starts_again_after_the_last(self, alice, bob):
        first, second = queue_of(alice, 2)
        with alice.at_work():
            take_next(by=alice.actor)
            assert take_next(by=alice.actor, after=first) == second.pk
            assert take_next(by=bob.actor) == first.pk
            assert take_next(by=alice.actor, after=second) is None
            leases.release(first.pk, bob.actor)
            assert take_next(by=alice.actor, after=second) == first.pk

    def test_a_lease_that_ended_blocks_nobody(self, alice, bob):
        (first,) = queue_of(alice, 1)
        with alice.at_work():
            take_next(by=alice.actor)
            assert take_next(by=bob.actor) is None
            Lease.objects.update(until=timezone.now() - timedelta(seconds=1))
            assert take_next(by=bob.actor) == first.pk

    def test_the_page_says_who_is_on_it(self, alice, bob):
        (first,) = queue_of(alice, 1)
        alice.client.get(f"/documents/{first.pk}")
        shown = bob.client.get(f"/documents/{first.pk}?fragment=head").content.decode()
        assert "Alice Adams is on this" in shown
        assert "is on this" not in alice.client.get(f"/documents/{first.pk}").content.decode()

    def test_next_leads_to_a_document_or_back_to_the_inbox(self, alice, bob, charlie):
        (first,) = queue_of(alice, 1)
        assert alice.client.get("/documents/next")["Location"] == f"/documents/{first.pk}"
        assert bob.client.get("/documents/next")["Location"] == "/documents"
        assert charlie.client.get("/documents/next")["Location"] == "/documents"
        assert charlie.client.get(f"/documents/next?after={first.pk}").status_code == 404

    def test_a_decision_ends_the_lease_and_offers_an_undo(self, alice, bob):
        first, second = queue_of(alice, 2)
        bob.client.get(f"/documents/{second.pk}")
        browser = alice.client
        browser.get(f"/documents/{first.pk}")
        answer = browser.post(f"/documents/{first.pk}", {"action": "approve", "kind": "lab"})
        assert answer["Location"] == "/documents"
        page = browser.get("/documents")
        action = page.content.decode().partition('action="/undo/')[2].partition('"')[0]
        with alice.at_work():
            assert not Lease.objects.filter(object_id=first.pk).exists()
        answer = browser.post(f"/undo/{action}")
        assert answer["Location"] == f"/documents/{first.pk}"
        with alice.at_work():
            assert Document.objects.get(pk=first.pk).status == "not_ingested"
        again = browser.post(f"/undo/{action}", {"next": "/documents"}, follow=True)
        assert "can no longer be undone" in again.content.decode()
        assert browser.post("/undo/0192f0c5-0000-7000-8000-000000000000").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_people_who_press_next_at_once_never_get_the_same(alice, clinic):
    from conftest import make_person

    documents = queue_of(alice, 6)
    people = [make_person(clinic, f"p{n}@example.org", f"P {n}", "staff") for n in range(6)]
    start = Barrier(len(people))

    def press(person):
        try:
            with person.at_work():
                start.wait(20)
                return take_next(by=person.actor)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        got = list(pool.map(press, people))
    assert sorted(got) == sorted(document.pk for document in documents)
