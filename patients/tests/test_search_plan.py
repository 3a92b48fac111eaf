from __future__ import annotations

import pytest
from django.db import connection, transaction

from clinic.recording import SYSTEM
from patients.actions import create_patient
from patients.queries import possible_duplicates, search_patients

SCANS = "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'patients'"


def scans() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(SCANS)
        whole, by_index = cursor.fetchone() or (0, 0)
    return whole, by_index


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", ["jon smyth", "smyth", "867-5309", "1971-05-09", "100001"])
def test_search_reads_by_indexes_alone_under_row_level_security(in_clinic, text):
    create_patient(by=SYSTEM, first_name="Jon", last_name="Smyth", phone="212 867 5309")
    with transaction.atomic():
        with connection.cursor() as cursor:
            # So few rows would be read whole; a condition that no index answers still would be.
            cursor.execute("SET LOCAL enable_seqscan = off")
        before = scans()
        search_patients(text)
        after = scans()

    assert after[0] == before[0]
    assert after[1] > before[1]


@pytest.mark.django_db(transaction=True)
def test_duplicates_are_looked_for_by_indexes_alone(in_clinic):
    create_patient(by=SYSTEM, first_name="Jon", last_name="Smyth", phone="212 867 5309")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        before = scans()
        found = possible_duplicates(first_name="Jon", last_name="Smyth", phone="2128675309")
        after = scans()

    assert [row["last_name"] for row in found] == ["Smyth"]
    assert after[0] == before[0]
