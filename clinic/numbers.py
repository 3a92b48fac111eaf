"""Display numbers that people read to each other: MRN, C12345, T12345."""

from __future__ import annotations

from django.db import connection

from clinic.current import current_clinic_id

FIRST = {"mrn": 100001, "claim": 10001, "task": 10001}


def next_number(series: str) -> int:
    """The next number of the clinic's series; two callers never get the same one.

    The row stays locked until the transaction ends, so a rolled-back number is used again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_clinicnumber AS n (id, clinic_id, series, last)"
            " VALUES (gen_random_uuid(), %s, %s, %s)"
            " ON CONFLICT (clinic_id, series) DO UPDATE SET last = n.last + 1 RETURNING last",
            [current_clinic_id(), series, FIRST[series]],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
