"""A clinic of any size for measuring: patients with their tasks, claims, visits and papers.

The people are copied into a temporary table (row-level security refuses COPY into the tables
themselves) and everything else is made from it by INSERT ... SELECT. What belongs to a patient
is inserted before the patients: the triggers that count find nobody to count for yet, and the
patients come with their counts; foreign keys are checked at the end of the transaction. It is one
transaction, so the clinic is there whole or not at all, and that is how a second call knows.

Papers are sparse, one for every PAPER_EVERY patients, because each is a real file. The made-up
past has no events; the audit has one line for all of it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from backline.made_names import RESERVED, clinic_of_size, made_names
from backline.scaling_rows import CLAIMS, NUMBER, PAPERS, PEOPLE, PREPARE, TASKS, VISITS
from clinic.current import enter_clinic
from clinic.models import Clinic, ClinicCounter, ClinicNumber, Membership, Role, User
from clinic.numbers import FIRST
from clinic.recording import Actor, change
from documents.models import DocumentKind
from documents.pipeline.types import Extraction
from documents.storage import keep

SEEDER = Actor("Seed")
PAPER_EVERY = 50
PROVIDERS = 20
WELL_KNOWN = (
    (*RESERVED[0], date(1971, 5, 9), "+1 (212) 867-5309"),
    (*RESERVED[1], date(1984, 2, 29), "+1 (646) 314-1592"),
)
"""People who can be searched for by name, number and date of birth, in a clinic of any size."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A clinic of a size, and its admin, whose password is the seed's."""

    clinic_id: UUID
    email: str
    made: bool


def seed_scale(count: int, password: str) -> Scaled:
    """A clinic of so many patients; made once.

    Raises:
        ValueError: for fewer patients than the well-known ones.
    """
    if count < len(WELL_KNOWN):
        raise ValueError(f"At least {len(WELL_KNOWN)} patients.")
    clinic_id, email = clinic_of_size(count)
    if Clinic.objects.filter(pk=clinic_id).exists():
        return Scaled(clinic_id, email, made=False)
    with transaction.atomic():
        clinic = Clinic.objects.create(pk=clinic_id, name=f"Clinic of {count:,} patients")
        with enter_clinic(clinic_id):
            ClinicCounter.objects.create()
            _staff(email, count, password)
            _fill(clinic_id, count)
            with change(by=SEEDER) as record:
                record.audit("clinic.scale", clinic, detail={"patients": count})
    analyze()
    return Scaled(clinic_id, email, made=True)


def _staff(email: str, count: int, password: str) -> None:
    admin = User.objects.create_user(email, password, name="Scale Admin")
    # Without a password: nobody can sign in as one of them.
    doctors = User.objects.bulk_create(
        User(email=f"doctor{n}@scale-{count}.example", name=f"Dr. Number {n}")
        for n in range(1, PROVIDERS + 1)
    )
    Membership.objects.create(user=admin, role=Role.ADMIN)
    Membership.objects.bulk_create(Membership(user=one, role=Role.DOCTOR) for one in doctors)


def _fill(clinic_id: UUID, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(PREPARE)
        _copy("made_people", _people(count))
        _copy("made_papers", _papers(clinic_id, count))
        cursor.execute(NUMBER)
        for statement in (TASKS, VISITS, CLAIMS, PAPERS, PEOPLE):
            cursor.execute(statement, {"clinic": str(clinic_id), "providers": PROVIDERS})
    last = {"mrn": count, "task": 2 * count, "claim": count}
    ClinicNumber.objects.bulk_create(
        ClinicNumber(series=series, last=FIRST[series] + made - 1) for series, made in last.items()
    )


def _copy(table: str, rows: Iterator[tuple[Any, ...]]) -> None:
    connection.ensure_connection()
    # The driver's own cursor: COPY cannot share a round trip with another statement.
    with (
        psycopg.Cursor(connection.connection) as cursor,
        cursor.copy(f"COPY {table} FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _people(count: int) -> Iterator[tuple[Any, ...]]:
    """n, names, date of birth, e-mail address and phone number."""
    source = random.Random(count)  # noqa: S311 - made-up people
    first_day = date(1930, 1, 1).toordinal()
    days = timezone.localdate().toordinal() - 400 - first_day
    known = ((first, last) for first, last, _, _ in WELL_KNOWN)
    names = islice(chain(known, made_names(count)), count)
    for n, (first, last) in enumerate(names):
        if n < len(WELL_KNOWN):
            dob, phone = WELL_KNOWN[n][2:]
        else:
            dob = date.fromordinal(first_day + source.randrange(days))
            phone = f"+1 (555) {n // 10_000 % 1000:03}-{n % 10_000:04}"
        local = f"{first}.{last}.{n}".lower().replace(" ", "-").replace("'", "")
        yield n, first, last, dob, f"{local}@example.org", phone


def _papers(clinic_id: UUID, count: int) -> Iterator[tuple[Any, ...]]:
    """n of the patient, stored name, size, SHA-256 and what was taken from it: nothing."""
    taken = Extraction(
        pages=1,
        kind=DocumentKind.OTHER,
        kind_confidence=0.95,
        confidence=0.95,
        fields=(),
    ).as_dict()
    extracted = orjson.dumps(taken).decode()
    for n in range(0, count, PAPER_EVERY):
        content = _letter(n)
        name = keep(clinic_id, ContentFile(content))
        yield n, name, len(content), hashlib.sha256(content).hexdigest(), extracted


def _letter(n: int) -> bytes:
    """A PDF of one page with one line."""
    line = f"BT /F1 12 Tf 72 720 Td (Thank you for your referral. Our letter no. {n}.) Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        "/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(line)}>>stream\n{line}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    pdf, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(pdf))
        pdf += f"{number} 0 obj{content}endobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"trailer<</Size 6/Root 1 0 R>>\nstartxref\n{len(pdf)}\n%%EOF\n"
    return pdf + f"xref\n0 6\n0000000000 65535 f \n{table}{end}".encode()


def analyze() -> None:
    """Tells the planner, as the owner when its role is known; autovacuum does it otherwise."""
    if not settings.DATABASE_OWNER_URL:
        return
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        rows = owner.execute("SELECT schemaname, tablename FROM pg_tables WHERE tableowner = user")
        for name in rows.fetchall():
            owner.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(*name)))
