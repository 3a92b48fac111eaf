"""Reads for the people who chase money: what is open and how old, what changed, what was denied.

A claim's age is counted in days since it was submitted; since the service while it was not.
Amounts are integer cents here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from uuid import UUID

from django.db import connection
from django.db.models import F

from claims.models import ClaimStatus
from claims.queries import COLUMNS, SOURCE
from clinic.current import current_clinic_id
from clinic.listing import Key, Listing, Page, Row, Slice, Where, fetch, newest_first
from patients.models import Coverage

OPEN = tuple(one for one in ClaimStatus.values if one != ClaimStatus.SETTLEMENT_DONE)
AGES: tuple[tuple[str, int, int | None], ...] = (
    ("0-30", 0, 30),
    ("31-60", 31, 60),
    ("61-90", 61, 90),
    ("90+", 91, None),
)
COUNTED_FROM = "coalesce(c.submitted_date, c.service_date)"
RECENT = 2000
"""So many of the latest claims say which payers are suggested."""
NUMBER = re.compile(r"[Cc]?\s?(\d{1,15})")
LISTING = Listing(
    columns={
        **{name: sql for name, sql in COLUMNS.items() if name != "amount"},
        "amount_cents": "c.amount_cents",
        "service_date": "c.service_date",
    },
    source=SOURCE,
    owner="c",
    order=newest_first("c", "claim_id", "last_event_at"),
)
# What was said last about why it was denied: with the move, or recorded afterwards.
WHY = (
    "LEFT JOIN LATERAL (SELECT e.payload FROM claim_events e WHERE e.clinic_id = c.clinic_id"
    " AND e.claim_id = c.id AND e.event_type IN ('denied', 'denial_reason')"
    " ORDER BY e.position DESC LIMIT 1) why ON true"
)
CODE = "coalesce(why.payload->>'denial_code', '')"
REPLY_BY = (
    r"CASE WHEN why.payload->>'reply_by' ~ '^\d{4}-\d\d-\d\d$'"
    " THEN (why.payload->>'reply_by')::date END"
)
NO_DATE = date(9999, 12, 31)
DENIED = Listing(
    columns={
        **LISTING.columns,
        "denial_code": CODE,
        "reply_by": REPLY_BY,
        "sorted_by": f"coalesce({REPLY_BY}, date '{NO_DATE}')",
    },
    source=f"{SOURCE} {WHY}",
    owner="c",
    order=(
        Key("sorted_by", f"coalesce({REPLY_BY}, date '{NO_DATE}')", date.fromisoformat),
        Key("claim_id", "c.id", UUID),
    ),
    descending=False,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which claims a list shows; empty parts leave nothing out."""

    statuses: Sequence[str] = ()
    payer: str = ""
    age: str = ""
    q: str = ""
    changed_since: datetime | None = None
    patient_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """How many claims, and their sum."""

    count: int = 0
    cents: int = 0

    def __add__(self, other: Total) -> Total:
        return Total(self.count + other.count, self.cents + other.cents)


@dataclass(slots=True)
class OpenMoney:
    """What is not settled: by status and age bucket, and by payer (largest sum first)."""

    cells: dict[tuple[str, str], Total] = field(default_factory=dict)
    payers: list[tuple[str, Total]] = field(default_factory=list)

    def of_age(self, age: str) -> Total:
        """The sum of a bucket."""
        return sum((one for (_, of), one in self.cells.items() if of == age), Total())

    def of_status(self, status: str) -> Total:
        """The sum of a status."""
        return sum((one for (of, _), one in self.cells.items() if of == status), Total())


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a claim since a moment: where it was, where it is, and the last word."""

    before: str
    after: str
    at: datetime
    by: str
    description: str


def find_claims(part: Slice, where: Where, *, today: date) -> Page:
    """A page of claims, those with the latest events first; each with its ``age`` in days."""
    page = fetch(LISTING, where, part)
    for row in page.rows:
        row["age"] = age_of(row, today)
    return page


def total_of(where: Where) -> Total:
    """How many claims are asked for, and their sum."""
    conditions = " AND ".join(["c.clinic_id = %s", *where.conditions])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(c.amount_cents), 0) FROM claims c"  # noqa: S608
            f" WHERE {conditions}",
            [current_clinic_id(), *where.parameters],
        )
        row = cursor.fetchone()
    assert row is not None
    return Total(int(row[0]), int(row[1]))


def open_money(*, today: date) -> OpenMoney:
    """Everything that is not settled, counted in one statement."""
    ages = " ".join(
        f"WHEN age <= {last} THEN '{name}'" for name, _, last in AGES if last is not None
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT status, payer, CASE {ages} ELSE '{AGES[-1][0]}' END,"  # noqa: S608
            " count(*), sum(cents) FROM (SELECT c.status, c.insurance_provider AS payer,"
            f" c.amount_cents AS cents, %s::date - {COUNTED_FROM} AS age FROM claims c"
            " WHERE c.clinic_id = %s AND c.status = ANY(%s)) aged GROUP BY 1, 2, 3",
            [today, current_clinic_id(), list(OPEN)],
        )
        found = cursor.fetchall()
    cells: dict[tuple[str, str], Total] = defaultdict(Total)
    payers: dict[str, Total] = defaultdict(Total)
    for status, payer, age, count, cents in found:
        total = Total(int(count), int(cents))
        cells[status, age] += total
        payers[payer] += total
    ranked = sorted(payers.items(), key=lambda one: (-one[1].cents, one[0]))
    return OpenMoney(dict(cells), ranked)


def changes_since(now: datetime, zone: tzinfo) -> datetime:
    """Where "since yesterday" begins: at the start of the last working day before today."""
    day = now.astimezone(zone).date() - timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return datetime.combine(day, time.min, tzinfo=zone)


def moves_since(claim_ids: Iterable[UUID], since: datetime) -> dict[UUID, Moved]:
    """What became of each of the claims since a moment; those that did not move are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (e.claim_id) e.claim_id, coalesce((SELECT b.status"
            " FROM claim_events b WHERE b.clinic_id = e.clinic_id AND b.claim_id = e.claim_id"
            " AND b.status <> '' AND b.at < %s ORDER BY b.position DESC LIMIT 1), 'pending'),"
            " e.status, e.at, coalesce(e.payload->>'by', ''), e.description"
            " FROM claim_events e WHERE e.clinic_id = %s AND e.claim_id = ANY(%s)"
            " AND e.status <> '' AND e.position > 1 AND e.at >= %s"
            " ORDER BY e.claim_id, e.position DESC",
            [since, current_clinic_id(), list(claim_ids), since],
        )
        return {row[0]: Moved(*row[1:]) for row in cursor.fetchall()}


def denial_groups(*, today: date) -> list[Row]:
    """Denied claims by reason and payer, most money first.

    ``days_left`` is that of the next deadline, None where none is known.
    """
    names = ("denial_code", "payer", "count", "cents", "reply_by", "undated")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {CODE}, c.insurance_provider, count(*), sum(c.amount_cents),"  # noqa: S608
            f" min({REPLY_BY}), count(*) FILTER (WHERE ({REPLY_BY}) IS NULL)"
            f" FROM claims c {WHY} WHERE c.clinic_id = %s AND c.status = 'denied'"
            " GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2 LIMIT 100",
            [current_clinic_id()],
        )
        groups = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for group in groups:
        group["count"], group["cents"] = int(group["count"]), int(group["cents"])
        group["days_left"] = days_left(group["reply_by"], today)
    return groups


def denied_claims(
    part: Slice, *, today: date, denial_code: str | None = None, payer: str | None = None
) -> Page:
    """A page of denied claims, the next deadline first, those without one last."""
    where = Where()
    where.equal("c.status", ClaimStatus.DENIED.value)
    where.equal(CODE, denial_code)
    where.equal("c.insurance_provider", payer)
    page = fetch(DENIED, where, part)
    for row in page.rows:
        row["age"] = age_of(row, today)
        row["days_left"] = days_left(row["reply_by"], today)
    return page


def age_of(row: Row, today: date) -> int:
    """A claim's age in days; none before its service."""
    counted_from: date = row["submitted_date"] or row["service_date"]
    return max(0, (today - counted_from).days)


def days_left(reply_by: date | None, today: date) -> int | None:
    """Days until a deadline; 0 on its day, less than 0 after it."""
    return (reply_by - today).days if reply_by else None


def payer_names(limit: int = 50) -> list[str]:
    """The payers of recent claims, for suggestions while one types."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT insurance_provider FROM (SELECT insurance_provider FROM claims"
            " WHERE clinic_id = %s ORDER BY last_event_at DESC LIMIT %s) recent"
            " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %s",
            [current_clinic_id(), RECENT, limit],
        )
        return [str(name) for (name,) in cursor.fetchall()]


def payer_on_card(patient_id: UUID) -> str:
    """The payer on the newest insurance card of a patient, or nothing."""
    cards = Coverage.objects.filter(patient_id=patient_id, is_current=True)
    newest = cards.order_by(F("effective_date").desc(nulls_last=True), "-recorded_at")
    return newest.values_list("payer", flat=True).first() or ""


def asked_for(asked: Asked, *, today: date) -> Where:
    """The conditions of a list, on claims alone; a search reads the names of payers for them."""
    where = Where()
    if asked.statuses:
        where.add("c.status = ANY(%s)", list(asked.statuses))
    where.equal("c.insurance_provider", asked.payer or None)
    where.equal("c.patient_id", asked.patient_id)
    for name, first, last in AGES:
        if name != asked.age:
            continue
        if first:
            where.add(f"{COUNTED_FROM} <= %s", today - timedelta(days=first))
        if last is not None:
            where.add(f"{COUNTED_FROM} >= %s", today - timedelta(days=last))
    if asked.changed_since is not None:
        where.add("c.last_event_at >= %s", asked.changed_since)
        where.add(
            "EXISTS (SELECT 1 FROM claim_events e WHERE e.clinic_id = c.clinic_id"
            " AND e.claim_id = c.id AND e.at >= %s AND e.status <> '' AND e.position > 1)",
            asked.changed_since,
        )
    if asked.q:
        _search(where, asked.q)
    return where


def _search(where: Where, q: str) -> None:
    number = NUMBER.fullmatch(q)
    if number:
        where.add("c.number = %s", int(number[1]))
        return
    of_patients = "c.patient_id IN (SELECT patients_named(%s))"
    payers = _payers_with(q)
    if payers:
        where.add(f"(c.insurance_provider = ANY(%s) OR {of_patients})", payers, q)
    else:
        where.add(of_patients, q)


def _payers_with(text: str) -> list[str]:
    """The payers whose name has a text in it; each name is read once, from its index."""
    clinic_id = current_clinic_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE payers(name) AS ((SELECT insurance_provider FROM claims"
            " WHERE clinic_id = %s ORDER BY insurance_provider LIMIT 1) UNION ALL"
            " SELECT (SELECT c.insurance_provider FROM claims c WHERE c.clinic_id = %s"
            " AND c.insurance_provider > payers.name ORDER BY c.insurance_provider LIMIT 1)"
            " FROM payers WHERE payers.name IS NOT NULL)"
            " SELECT name FROM payers WHERE strpos(lower(name), lower(%s)) > 0",
            [clinic_id, clinic_id, text],
        )
        return [name for (name,) in cursor.fetchall()]
