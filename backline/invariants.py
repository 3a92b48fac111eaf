"""What must always hold (docs: reliability), each as a figure: the number of violations.

Every check runs inside one clinic. Zero everywhere is the only good answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from clinic.audit import verify_chain
from clinic.current import current_clinic_id
from clinic.tenancy import ClinicOwned
from clinic.tenancy_rules import composite_keys
from documents.lost_files import lost_names
from documents.models import Document
from patients.models import Patient

STUCK = """
SELECT count(*) FROM documents d WHERE d.clinic_id = %(clinic)s AND (
    (d.status IN ('uploaded', 'ingesting') AND NOT EXISTS (
        SELECT 1 FROM agent_executions r WHERE r.clinic_id = d.clinic_id AND r.document_id = d.id
        AND (r.status IN ('queued', 'failed')
             OR (r.status = 'running' AND r.lease_until > now() - interval '1 minute'))))
    OR (d.status = 'not_ingested' AND NOT EXISTS (
        SELECT 1 FROM tasks t WHERE t.clinic_id = d.clinic_id AND t.document_id = d.id
        AND t.state IN ('open', 'in_progress'))))
"""
DOUBLED = """
SELECT (SELECT count(*) FROM (
        SELECT 1 FROM agent_executions WHERE clinic_id = %(clinic)s AND document_id IS NOT NULL
        GROUP BY agent, document_id, subject_version HAVING count(*) > 1) x)
    + (SELECT count(*) FROM agent_executions r WHERE r.clinic_id = %(clinic)s
        AND r.status = 'waiting_input' AND 1 <> (SELECT count(*) FROM tasks t
            WHERE t.clinic_id = r.clinic_id AND t.run_id = r.id
            AND t.state IN ('open', 'in_progress')))
    + (SELECT count(*) FROM claims c WHERE c.clinic_id = %(clinic)s AND 1 <> (
        SELECT count(*) FROM claim_events e WHERE e.clinic_id = c.clinic_id
        AND e.claim_id = c.id AND e.position = 1))
"""
MISCOUNTED = """
SELECT count(*) FROM patients p WHERE p.clinic_id = %(clinic)s AND (
    p.tasks_count <> (SELECT count(*) FROM tasks t WHERE t.clinic_id = p.clinic_id
        AND t.patient_id = p.id AND t.state IN ('open', 'in_progress'))
    OR p.appointments_count <> (SELECT count(*) FROM appointments a WHERE
        a.clinic_id = p.clinic_id AND a.patient_id = p.id
        AND a.status IN ('scheduled', 'checked_in'))
    OR p.flagged_count <> (SELECT count(*) FROM patients_patientflag f WHERE
        f.clinic_id = p.clinic_id AND f.patient_id = p.id AND f.cleared_at IS NULL))
"""
GAPS = """
SELECT abs(c.event_seq - c.oldest_event_seq + 1 - count(e.seq))
    + abs(c.event_seq - coalesce(max(e.seq), c.oldest_event_seq - 1))
    + abs(count(e.seq) - count(DISTINCT e.seq))
FROM clinic_cliniccounter c LEFT JOIN clinic_event e ON e.clinic_id = c.clinic_id
WHERE c.clinic_id = %(clinic)s GROUP BY c.event_seq, c.oldest_event_seq
"""
CLAIMS_ADRIFT = """
SELECT count(*) FROM claims c WHERE c.clinic_id = %(clinic)s AND c.status IS DISTINCT FROM (
    SELECT e.status FROM claim_events e WHERE e.clinic_id = c.clinic_id AND e.claim_id = c.id
    AND e.status <> '' ORDER BY e.position DESC LIMIT 1)
"""


def _counted(statement: str) -> Callable[[], int]:
    def count() -> int:
        return _number(statement)

    return count


def _number(statement: str, **parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"clinic": current_clinic_id(), **parameters})
        row = cursor.fetchone()
    return int(row[0]) if row else 1


def files_astray() -> int:
    """Rows without their bytes (by SHA-256), and stored files without a row."""
    rows = Document.objects.values_list("storage_name", "sha256").iterator()
    return sum(not _has(name, sha256) for name, sha256 in rows) + len(lost_names())


def _has(name: str, sha256: str) -> bool:
    try:
        with default_storage.open(name) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def foreign_references() -> int:
    """Rows that point at something that is not in their clinic."""
    wrong = 0
    for model in apps.get_models():
        if not issubclass(model, ClinicOwned):
            continue
        for _, key in composite_keys(model):
            table, target = model._meta.db_table, key.remote_field.model._meta.db_table
            wrong += _number(
                f"SELECT count(*) FROM {table} a LEFT JOIN {target} b"  # noqa: S608 - our names
                f" ON b.clinic_id = a.clinic_id AND b.id = a.{key.column}"
                f" WHERE a.clinic_id = %(clinic)s AND a.{key.column} IS NOT NULL AND b.id IS NULL"
            )
    return wrong


def audit_breaks() -> int:
    """Lines of the audit that do not follow from the one before."""
    chain = verify_chain()
    return len(chain.broken) + chain.cut_off


def patients_in_logs() -> int:
    """Log files of this installation that hold a patient's e-mail address or full name."""
    logs = sorted(Path(settings.VAR_DIR / "log").glob("*.log"))
    people = Patient.objects.values_list("first_name", "last_name", "email")[:2000]
    words = {f"{first} {last}" for first, last, _ in people if first and last}
    words |= {email for _, _, email in people if email}
    found = 0
    for log in logs:
        text = log.read_text(errors="replace")
        found += any(word in text for word in words)
    return found


CHECKS: dict[str, tuple[str, Callable[[], int]]] = {
    "I1": ("documents stuck or without their task", _counted(STUCK)),
    "I2": ("doubled runs, tasks or first events", _counted(DOUBLED)),
    "I3": ("patients whose counts differ from a recount", _counted(MISCOUNTED)),
    "I4": ("gaps in the event numbers", _counted(GAPS)),
    "I5": ("files without a row, rows without their file", files_astray),
    "I6": ("references out of the clinic", foreign_references),
    "I7": ("breaks of the audit chain", audit_breaks),
    "I8": ("claims whose status is not their last event's", _counted(CLAIMS_ADRIFT)),
    "I9": ("log files that name patients", patients_in_logs),
}


def violations() -> dict[str, int]:
    """The number of violations of each invariant in the current clinic."""
    return {name: check() for name, (_, check) in CHECKS.items()}
