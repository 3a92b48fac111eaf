"""Who is at work on what: one holder at a time, and never for ever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from clinic import leases
from clinic.models import Lease


@pytest.mark.django_db
class TestLeases:
    def test_the_first_keeps_it_and_the_second_is_told_who(self, alice, bob):
        item = uuid4()
        with alice.at_work():
            assert leases.take(item, alice.actor).user_id == alice.user.pk
            assert leases.take(item, bob.actor) == leases.Holder(alice.user.pk, "Alice Adams")
            assert leases.holders([item, uuid4()]) == {
                item: leases.Holder(alice.user.pk, "Alice Adams")
            }

    def test_its_holder_renews_it(self, alice):
        item = uuid4()
        with alice.at_work():
            leases.take(item, alice.actor)
            Lease.objects.update(until=timezone.now() + timedelta(seconds=1))
            leases.take(item, alice.actor)
            left = Lease.objects.get().until - timezone.now()
        assert timedelta(seconds=leases.SECONDS - 5) < left <= timedelta(seconds=leases.SECONDS)

    def test_one_that_has_ended_is_anybodys(self, alice, bob):
        item = uuid4()
        with alice.at_work():
            leases.take(item, alice.actor)
            Lease.objects.update(until=timezone.now())
            assert leases.holders([item]) == {}
            assert leases.take(item, bob.actor).user_id == bob.user.pk
            assert leases.take(item, alice.actor).user_id == bob.user.pk

    def test_only_its_holder_gives_it_back(self, alice, bob):
        item = uuid4()
        with alice.at_work():
            leases.take(item, alice.actor)
            leases.release(item, bob.actor)
            assert item in leases.holders([item])
            leases.release(item, alice.actor)
            assert leases.holders([item]) == {}

    def test_another_clinic_knows_nothing_of_it(self, alice, charlie):
        item = uuid4()
        with alice.at_work():
            leases.take(item, alice.actor)
        with charlie.at_work():
            assert leases.holders([item]) == {}
            assert leases.take(item, charlie.actor).user_id == charlie.user.pk
        with alice.at_work():
            assert leases.take(item, alice.actor).user_id == alice.user.pk


@pytest.mark.django_db(transaction=True)
def test_of_many_who_reach_for_it_at_once_one_gets_it(alice, clinic):
    from conftest import make_person

    item, people = uuid4(), [alice]
    people += [make_person(clinic, f"p{n}@example.org", f"P {n}", "staff") for n in range(7)]
    start = Barrier(len(people))

    def reach(person):
        try:
            with person.at_work():
                start.wait(20)
                return leases.take(item, person.actor).user_id == person.user.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        got = list(pool.map(reach, people))
    assert got.count(True) == 1
