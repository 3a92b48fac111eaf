"""Display numbers that people read to each other: MRN, C12345, T12345."""

from __future__ import annotations

from django.db import connection

from clinic.current import current_clinic_id

FIRST = {"mrn": 100001, "claim": 10001, "task": 10001}


def next_number(series: str) -> int:
    """The next number of the clinic's series; two callers never get the same one.

    Inside a transaction the number's row stays locked until it ends, and a rolled-back number is
    used again. Outside of one the number is given at once and for good, so that nobody waits for
    another's commit to get theirs; one that is not used after all stays unused.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_clinicnumber AS n (id, clinic_id, series, last)"  # noqa: S608
            " VALUES (gen_random_uuid(), %s, %s, %s)"
            f" ON CONFLICT (clinic_id, series) DO UPDATE SET last = n.last + 1 {returning()}",
            [current_clinic_id(), series, FIRST[series]],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def returning() -> str:
    """The end of a statement that gives a number.

    Outside of a transaction it need not wait for the disk: whatever uses the number is committed
    later, and the log keeps that order.
    """
    if connection.in_atomic_block:
        return "RETURNING last"
    return "RETURNING last, set_config('synchronous_commit', 'off', true)"
