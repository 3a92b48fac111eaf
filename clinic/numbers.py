"""Display numbers that people read to each other: MRN, C12345, T12345."""

from __future__ import annotations

from django.db import connection

from clinic.current import current_clinic_id

FIRST = {"mrn": 100001, "claim": 10001, "task": 10001}


def next_number(series: str) -> int:
    """The next number of the clinic's series; two callers never get the same one.

    Outside of a transaction it is taken at once and nobody waits; a number whose row then fails
    is left out. Inside of one the series stays locked until its end. The number alone need not
    wait for the disk: the row that carries it is later in the same log.
    """
    hurried = (
        "" if connection.in_atomic_block else ", set_config('synchronous_commit', 'off', true)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_clinicnumber AS n (id, clinic_id, series, last)"  # noqa: S608 - our own words
            " VALUES (gen_random_uuid(), %s, %s, %s)"
            " ON CONFLICT (clinic_id, series) DO UPDATE SET last = n.last + 1"
            f" RETURNING last{hurried}",
            [current_clinic_id(), series, FIRST[series]],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
