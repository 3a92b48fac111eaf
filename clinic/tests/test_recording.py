"""A unit of change: its rows, its lines and its events, all or nothing."""

import pytest
from django.db import connection, transaction

from clinic import recording
from clinic.current import NoClinic
from clinic.models import AuditEntry, ClinicCounter, Event
from clinic.recording import SYSTEM, Actor, change
from patients.models import Patient

pytestmark = pytest.mark.django_db


def leave(record, word, row):
    record.event("patient", "update", {"word": word})
    record.audit(f"test.{word}", row, patient_id=row.pk, detail={"word": word})


def left():
    """What is there: words of the audit's lines, and of the events."""
    lines = AuditEntry.objects.order_by("seq").values_list("action", flat=True)
    events = Event.objects.order_by("seq")
    return [one.partition(".")[2] for one in lines], [one.doc["word"] for one in events]


@pytest.fixture
def ana(in_clinic):
    return Patient.objects.create(mrn="1", first_name="Ana", last_name="Lima")


class Broken(Exception):
    pass


def test_a_change_leaves_its_lines_and_events_in_order_and_numbered(alice, ana):
    with change(by=alice.actor) as record:
        leave(record, "one", ana)
        leave(record, "two", ana)
        assert left() == ([], [])
    assert left() == (["one", "two"], ["one", "two"])
    lines = list(AuditEntry.objects.order_by("seq"))
    assert [one.seq for one in lines] == [1, 2]
    assert {(one.actor, one.actor_id) for one in lines} == {("Alice Adams", alice.user.pk)}
    assert [(one.object_type, one.object_id, one.patient_id, one.detail) for one in lines] == [
        ("patient", ana.pk, ana.pk, {"word": word}) for word in ("one", "two")
    ]
    counter = ClinicCounter.objects.get()
    assert (counter.audit_seq, counter.audit_hash) == (2, lines[1].hash)


def test_a_change_that_breaks_leaves_nothing(alice, ana):
    with pytest.raises(Broken), change(by=alice.actor) as record:
        leave(record, "one", ana)
        Patient.objects.create(mrn="2", first_name="Eva", last_name="Roth")
        raise Broken
    assert left() == ([], [])
    assert Patient.objects.count() == 1
    with change(by=alice.actor) as record:
        leave(record, "two", ana)
    assert left() == (["two"], ["two"])
    assert AuditEntry.objects.get().seq == 1


def test_an_inner_change_joins_the_outer_one_and_takes_only_its_own_back(alice, bob, ana):
    with change(by=alice.actor) as outer:
        leave(outer, "before", ana)
        with change(by=bob.actor) as inner:
            assert inner is outer
            leave(inner, "kept", ana)
        with pytest.raises(Broken), change(by=bob.actor) as inner:
            leave(inner, "lost", ana)
            Patient.objects.create(mrn="2", first_name="Eva", last_name="Roth")
            raise Broken
        leave(outer, "after", ana)
    assert left() == (["before", "kept", "after"],) * 2
    assert Patient.objects.count() == 1
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"Alice Adams"}


def test_a_line_may_be_somebody_elses_and_keeps_the_address(alice, ana):
    patient = Actor("A patient", None, "203.0.113.7")
    with change(by=SYSTEM) as record:
        record.audit("test.own", ana)
        record.audit("test.theirs", ana, actor=patient)
    found = AuditEntry.objects.order_by("seq").values_list("actor", "actor_id", "ip", "patient_id")
    assert list(found) == [
        ("Backline", None, None, None),
        ("A patient", None, "203.0.113.7", None),
    ]


def test_outside_of_every_clinic_nothing_can_be_changed(db):
    with pytest.raises(NoClinic), change(by=SYSTEM):
        raise AssertionError("inside")


@pytest.mark.django_db(transaction=True)
def test_a_row_that_nothing_reads_again_is_there_with_its_change_or_not_at_all(alice):
    def patient(mrn):
        return Patient(mrn=mrn, first_name="Ana", last_name="Lima")

    with alice.at_work():
        with change(by=alice.actor) as record:
            record.insert(patient("1"))
            leave(record, "one", patient("1"))
        with pytest.raises(Broken), change(by=alice.actor) as record:
            record.insert(patient("2"))
            leave(record, "two", patient("2"))
            raise Broken
        with change(by=alice.actor) as record, transaction.atomic():
            record.insert(patient("3"))
            assert Patient.objects.filter(mrn="3").exists()
            leave(record, "three", patient("3"))
        assert sorted(Patient.objects.values_list("mrn", flat=True)) == ["1", "3"]
        assert left() == (["one", "three"],) * 2


@pytest.mark.django_db(transaction=True)
def test_screens_are_poked_after_the_commit_and_only_for_events(alice, monkeypatch):
    poked = []
    monkeypatch.setattr(
        recording, "poke", lambda clinic_id: poked.append((clinic_id, connection.in_atomic_block))
    )
    with alice.at_work():
        ana = Patient.objects.create(mrn="1", first_name="Ana", last_name="Lima")
        with change(by=alice.actor) as record:
            record.audit("test.look", ana)
        assert poked == []
        with pytest.raises(Broken), change(by=alice.actor) as record:
            leave(record, "lost", ana)
            raise Broken
        assert poked == []
        with change(by=alice.actor) as record:
            leave(record, "one", ana)
            assert poked == []
    assert poked == [(alice.clinic.pk, False)]


def test_each_clinic_counts_for_itself(alice, charlie):
    for person in (alice, charlie, alice):
        with person.at_work():
            row = Patient.objects.first() or Patient.objects.create(
                mrn="1", first_name="Ana", last_name="Lima"
            )
            with change(by=person.actor) as record:
                leave(record, "one", row)
    for person, seqs in ((alice, [1, 2]), (charlie, [1])):
        with person.at_work():
            assert list(AuditEntry.objects.order_by("seq").values_list("seq", flat=True)) == seqs
            assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == seqs
