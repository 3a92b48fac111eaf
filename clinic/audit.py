"""The audit's hash chain: each line's hash covers the hash before it and every column."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from clinic.current import current_clinic_id
from clinic.models import ClinicCounter

BROKEN = """
SELECT seq FROM (
    SELECT a.seq, a.hash,
        lag(a.seq) OVER chain AS seq_before,
        encode(sha256(convert_to(
            coalesce(lag(a.hash) OVER chain, '') || clinic_audit_text(a), 'UTF8')), 'hex')
            AS right_hash
    FROM clinic_auditentry a WHERE a.clinic_id = %s AND a.seq >= %s
    WINDOW chain AS (ORDER BY a.seq)
) lines
WHERE seq > %s AND (hash <> right_hash OR seq <> coalesce(seq_before, 0) + 1)
ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Chain:
    """A clinic's audit as it stands. ``broken`` are the numbers of lines that do not follow."""

    lines: int
    broken: tuple[int, ...]
    cut_off: bool

    @property
    def holds(self) -> bool:
        """Whether nothing was edited, deleted, inserted or reordered."""
        return not self.broken and not self.cut_off


def verify_chain() -> Chain:
    """Recomputes the current clinic's chain; an end cut off shows against the counter row."""
    counter = ClinicCounter.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(BROKEN, [current_clinic_id(), 0, 0])
        broken = tuple(row[0] for row in cursor.fetchall())
        cursor.execute(
            "SELECT count(*), coalesce((SELECT hash FROM clinic_auditentry WHERE clinic_id = %s"
            " ORDER BY seq DESC LIMIT 1), '') FROM clinic_auditentry WHERE clinic_id = %s",
            [current_clinic_id(), current_clinic_id()],
        )
        row = cursor.fetchone()
    assert row is not None
    lines, last_hash = row
    cut_off = lines != counter.audit_seq or last_hash != counter.audit_hash
    return Chain(lines, broken, cut_off)


def verify_tail(lines: int) -> Chain:
    """The same for the newest lines alone, so that a page may ask; ``lines`` are those checked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.audit_seq, c.audit_hash, a.seq, a.hash FROM clinic_cliniccounter c"
            " LEFT JOIN LATERAL (SELECT seq, hash FROM clinic_auditentry"
            " WHERE clinic_id = c.clinic_id ORDER BY seq DESC LIMIT 1) a ON true"
            " WHERE c.clinic_id = %s",
            [current_clinic_id()],
        )
        row = cursor.fetchone()
        assert row is not None
        counted, counted_hash, newest, newest_hash = row
        start = max(0, counted - lines)
        cursor.execute(BROKEN, [current_clinic_id(), start, start])
        broken = tuple(each[0] for each in cursor.fetchall())
    cut_off = (newest or 0, newest_hash or "") != (counted, counted_hash)
    return Chain(counted - start, broken, cut_off)
