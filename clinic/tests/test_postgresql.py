from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.pq import TransactionStatus

from clinic.models import AuditEntry, Event, Tally
from clinic.postgresql.base import ClinicCursor
from clinic.recording import SYSTEM, change

pytestmark = pytest.mark.django_db(transaction=True)


def status() -> TransactionStatus:
    return connection.connection.info.transaction_status


def sent_while(monkeypatch, work) -> list[str]:
    """Statements as they leave for the server, one for each round trip."""
    statements: list[str] = []
    monkeypatch.setattr(ClinicCursor, "_maybe_prepare_gen", _noted(statements))
    monkeypatch.setattr(psycopg.Connection, "_exec_command", _noted_command(statements))
    work()
    return statements


def _noted(statements):
    original = ClinicCursor._maybe_prepare_gen

    def send(self, query, **options):
        statements.append(query.query.decode())
        return original(self, query, **options)

    return send


def _noted_command(statements):
    original = psycopg.Connection._exec_command

    def execute(self, command, *rest, **options):
        statements.append(command.decode() if isinstance(command, bytes) else str(command))
        return original(self, command, *rest, **options)

    return execute


def test_begin_and_commit_travel_with_statements(in_clinic, clinic, monkeypatch):
    connection.ensure_connection()

    def work():
        with change(by=SYSTEM) as record, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            record.audit("clinic.look", clinic)

    first, last = sent_while(monkeypatch, work)

    assert first == f"BEGIN; SET LOCAL app.clinic_id = '{in_clinic}'; SELECT 1"
    assert last.startswith("SELECT clinic_record(")
    assert last.endswith("; COMMIT")
    assert status() == TransactionStatus.IDLE
    assert AuditEntry.objects.filter(action="clinic.look").count() == 1


def test_row_goes_with_its_events_and_the_commit(in_clinic, clinic, monkeypatch):
    connection.ensure_connection()
    tally = Tally(name="made.up", delta=1)

    def work():
        with change(by=SYSTEM) as record:
            record.insert(tally)
            record.audit("clinic.look", clinic)

    (only,) = sent_while(monkeypatch, work)

    assert only.startswith(f"BEGIN; SET LOCAL app.clinic_id = '{in_clinic}'; INSERT INTO")
    assert only.endswith("; COMMIT")
    assert Tally.objects.get(name="made.up").pk == tally.pk


def test_row_that_is_refused_takes_its_events_with_it(in_clinic, clinic):
    first = Tally.objects.create(name="made.up", delta=1)

    with pytest.raises(IntegrityError), change(by=SYSTEM) as record:
        record.insert(Tally(pk=first.pk, name="made.up", delta=2))
        record.audit("clinic.look", clinic)

    assert AuditEntry.objects.filter(action="clinic.look").count() == 0
    assert status() == TransactionStatus.IDLE


def test_lost_connection_is_an_operational_error(in_clinic):
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()


def test_joined_change_commits_with_the_outer_block_only(in_clinic, clinic):
    with transaction.atomic():
        with change(by=SYSTEM) as record:
            record.event("task", "update", {})
        assert status() == TransactionStatus.INTRANS
        transaction.set_rollback(True)

    assert not Event.objects.exists()


def test_failed_block_leaves_nothing(in_clinic):
    with pytest.raises(RuntimeError), transaction.atomic():
        Tally.objects.create(name="a.b", delta=1)
        raise RuntimeError

    assert status() == TransactionStatus.IDLE
    assert not Tally.objects.filter(name="a.b").exists()


def test_constraint_that_fails_at_the_commit_undoes_the_record(in_clinic, clinic):
    with (
        pytest.raises(IntegrityError),
        change(by=SYSTEM) as record,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO clinic_membership (id, clinic_id, user_id, role, is_active, created_at)"
            " VALUES (gen_random_uuid(), %s, gen_random_uuid(), 'staff', true, now())",
            [in_clinic],
        )
        record.audit("clinic.look", clinic)

    assert status() == TransactionStatus.IDLE
    assert not AuditEntry.objects.filter(action="clinic.look").exists()


def test_connection_that_the_server_ended_is_not_usable(in_clinic):
    connection.ensure_connection()
    assert connection.is_usable()
    with psycopg.connect(_owner_url(), autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid]
        )

    assert not connection.is_usable()
    connection.close()


def _owner_url() -> str:
    from urllib.parse import urlsplit, urlunsplit

    url = urlsplit(settings.DATABASE_OWNER_URL)
    return urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
