from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from django.db import connection, transaction

from clinic import looking
from clinic.audit import verify_chain
from clinic.looking import audit_look
from clinic.models import AuditEntry

LOOKS = 40


@pytest.mark.django_db(transaction=True)
def test_everybodys_look_is_written_once(in_clinic, clinic, alice, bob):
    people = [alice.actor, bob.actor]

    def look(number: int) -> None:
        audit_look("clinic.look", clinic, by=people[number % 2])
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(copy_context().run, look, number) for number in range(LOOKS)]
        for one in waiting:
            one.result(30)

    lines = AuditEntry.objects.filter(action="clinic.look")
    assert lines.filter(actor_id=alice.user.pk).count() == LOOKS / 2
    assert lines.filter(actor_id=bob.user.pk).count() == LOOKS / 2
    assert verify_chain().holds
    assert looking._queues == {}


@pytest.mark.django_db(transaction=True)
def test_looks_that_wait_are_written_together(in_clinic, clinic, alice, monkeypatch):
    batches: list[int] = []
    write = looking.write_record

    def slow(clinic_id, record, **options):
        batches.append(len(record.audits))
        if len(batches) == 1:
            until_all_wait()
        write(clinic_id, record, **options)

    def until_all_wait():
        while len(looking._queues[in_clinic].waiting) < 4:
            pass

    def look() -> None:
        audit_look("clinic.look", clinic, by=alice.actor)
        connection.close()

    monkeypatch.setattr(looking, "write_record", slow)
    with ThreadPoolExecutor(5) as pool:
        waiting = [pool.submit(copy_context().run, look) for _ in range(5)]
        for one in waiting:
            one.result(30)

    assert batches == [1, 4]
    assert AuditEntry.objects.filter(action="clinic.look").count() == 5


@pytest.mark.django_db(transaction=True)
def test_look_that_cannot_be_written_is_refused(in_clinic, clinic, alice, monkeypatch):
    def fail(clinic_id, record, **options):
        raise OSError("no disk")

    monkeypatch.setattr(looking, "write_record", fail)

    with pytest.raises(OSError, match="no disk"):
        audit_look("clinic.look", clinic, by=alice.actor)

    assert looking._queues == {}


@pytest.mark.django_db(transaction=True)
def test_look_inside_a_transaction_is_one_of_its_lines(in_clinic, clinic, alice):
    with transaction.atomic():
        audit_look("clinic.look", clinic, by=alice.actor)
        transaction.set_rollback(True)

    assert not AuditEntry.objects.filter(action="clinic.look").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wait", [True, False])
def test_look_waits_for_the_disk_where_it_is_asked_to(in_clinic, clinic, alice, settings, wait):
    settings.AUDIT_LOOKS_ON_DISK = wait
    said: list[str] = []

    def listen(execute, sql, *others):
        said.append(sql)
        return execute(sql, *others)

    with connection.execute_wrapper(listen):
        audit_look("clinic.look", clinic, by=alice.actor)

    assert AuditEntry.objects.filter(action="clinic.look").count() == 1
    written = [sql for sql in said if "clinic_record" in sql]
    assert len(written) == 1
    assert ("synchronous_commit" in written[0]) is not wait
