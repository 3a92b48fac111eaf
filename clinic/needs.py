"""What needs a person now: one ranked list over everything that waits in the clinic.

Each app above registers a :class:`Source` in its ``AppConfig.ready``: one SELECT that finds a
bounded number of candidates through indexes, and the words for them. All sources run as one
statement, so the list costs the same with ten open items and with twenty thousand. Which of the
candidates comes first, and why, is decided by :func:`rank`, which reads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from clinic.current import current_clinic_id
from clinic.templatetags.dates import human_date

if TYPE_CHECKING:
    from clinic.logins import Login
    from clinic.permissions import Rule

CANDIDATES = 40
"""How many rows one lane of a source contributes at most."""

LATE, PER_DAY_LATE, MOST_DAYS_LATE = 1000, 10, 30
DUE = {0: 600, 1: 400}
DUE_SOON, SOON_DAYS = 200, 7
VISIT = {0: 500, 1: 300}
PRIORITY = {"urgent": 700, "high": 250, "medium": 100, "low": 0}
PRIORITY_WORDS = {"urgent": "urgent", "high": "high priority"}
MINE = 50
CENTS_A_POINT, MOST_MONEY = 10_000, 300
MOST_HOURS = 240
NO_VISITS = "SELECT NULL::uuid AS patient_id, NULL::timestamptz AS starts_at WHERE false"
COLUMNS = "id, patient_id, since, due_at, amount_cents, priority, mine, facts"


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person.

    ``note`` is what its source says of it; ``visit_at`` is its patient's next visit of today or
    tomorrow; ``mine`` says that it is assigned to the person who asks.
    """

    kind: str
    id: UUID
    title: str
    url: str
    since: datetime
    note: str = ""
    priority: str = "medium"
    due_at: datetime | None = None
    visit_at: datetime | None = None
    amount_cents: int = 0
    mine: bool = False
    patient_id: UUID | None = None
    patient_name: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a need stands where it stands; reasons with more ``points`` weigh more."""

    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """A need with its place: the sum of the points, and the reasons in words, strongest first."""

    need: Need
    score: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """How a source words one of its rows."""

    title: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One app's contribution.

    ``sql`` is a SELECT of COLUMNS with the parameters clinic, user, now, today, tomorrow_ends and
    each (the most rows of a lane); it may join ``soon`` (patient_id, starts_at), the patients with
    a visit today or tomorrow. ``facts`` is a JSON object for ``tell``. ``explain`` gives notes
    that cost too much for every candidate, for the ids that are shown; they replace the note.
    ``for_visits`` says that its rows are wanted by the time their patient comes.
    """

    kind: str
    rule: Rule
    sql: str
    tell: Callable[[UUID, Mapping[str, Any]], Told]
    explain: Callable[[list[UUID]], Mapping[UUID, str]] | None = None
    for_visits: bool = True


@dataclass(slots=True)
class _Registry:
    sources: dict[str, Source] = field(default_factory=dict)
    visits: str = NO_VISITS


_known = _Registry()


def register(source: Source) -> None:
    """Has a source asked; the same kind again replaces it."""
    _known.sources[source.kind] = source


def register_visits(sql: str) -> None:
    """The SELECT of patient_id and starts_at for visits from ``today`` to ``tomorrow_ends``."""
    _known.visits = sql


def needs_of(login: Login, limit: int, *, now: datetime | None = None) -> list[Ranked]:
    """What needs this person most, most pressing first, at most ``limit``; with the reasons.

    Shows what the person's role may read, and leaves out what is assigned to somebody else.
    """
    moment = (now or timezone.now()).astimezone(login.clinic.tzinfo)
    ranked = rank(_found(login, moment), now=moment)[:limit]
    return _explained(ranked)


def rank(needs: Iterable[Need], *, now: datetime) -> list[Ranked]:
    """Most pressing first: by points, then what waits longer, then by id.

    ``now`` carries the clinic's time zone: *today* and *tomorrow* are the clinic's days.
    """
    ranked = []
    for need in needs:
        reasons = reasons_of(need, now)
        words = tuple(one.words for one in reasons if one.words)
        ranked.append(Ranked(need, sum(one.points for one in reasons), words))
    return sorted(ranked, key=lambda one: (-one.score, one.need.since, one.need.id))


def reasons_of(need: Need, now: datetime) -> list[Reason]:
    """The reasons, strongest first; how long it waits is always among them."""
    given = [
        _deadline(need, now),
        _visit(need, now),
        Reason(PRIORITY.get(need.priority, 0), PRIORITY_WORDS.get(need.priority, "")),
        _money(need),
        Reason(MINE, "assigned to you") if need.mine else None,
        _waiting(need, now),
    ]
    return sorted((one for one in given if one), key=lambda one: -one.points)


def _deadline(need: Need, now: datetime) -> Reason | None:
    if need.due_at is None:
        return None
    due = need.due_at.astimezone(now.tzinfo)
    days = (due.date() - now.date()).days
    if due < now:
        words = {0: f"was due at {due:%H:%M}", -1: "was due yesterday"}
        late = words.get(days, f"was due {-days} days ago")
        return Reason(LATE + PER_DAY_LATE * min(-days, MOST_DAYS_LATE), late)
    if days in DUE:
        return Reason(DUE[days], "due today" if days == 0 else "due tomorrow")
    if days <= SOON_DAYS:
        return Reason(DUE_SOON, f"due in {days} days")
    return Reason(0, f"due {human_date(due)}")


def _visit(need: Need, now: datetime) -> Reason | None:
    if need.visit_at is None:
        return None
    at = need.visit_at.astimezone(now.tzinfo)
    days = (at.date() - now.date()).days
    if days not in VISIT:
        return None
    return Reason(VISIT[days], f"visit {'today' if days == 0 else 'tomorrow'} at {at:%H:%M}")


def _money(need: Need) -> Reason | None:
    if need.amount_cents <= 0:
        return None
    points = min(need.amount_cents // CENTS_A_POINT, MOST_MONEY)
    return Reason(points, f"${need.amount_cents / 100:,.2f} at stake")


def _waiting(need: Need, now: datetime) -> Reason:
    hours = max(0, int((now - need.since).total_seconds() // 3600))
    days = hours // 24
    if days:
        words = f"waiting for {days} day{'' if days == 1 else 's'}"
    else:
        words = f"waiting for {hours} h" if hours else "came in just now"
    return Reason(min(hours, MOST_HOURS), words)


def _found(login: Login, now: datetime) -> list[Need]:
    sources = [one for one in _known.sources.values() if one.rule(login)]
    if not sources:
        return []
    today = datetime.combine(now.date(), time.min, tzinfo=now.tzinfo)
    tomorrow_ends = datetime.combine(now.date() + timedelta(days=2), time.min, tzinfo=now.tzinfo)
    parts = " UNION ALL ".join(
        f"(SELECT '{one.kind}' AS kind, {COLUMNS} FROM ({one.sql}) {one.kind}_rows)"  # noqa: S608 - our own SQL
        for one in sources
    )
    statement = (
        f"WITH soon AS MATERIALIZED ({_known.visits}), found AS ({parts})"  # noqa: S608
        " SELECT f.*, trim(p.first_name || ' ' || p.last_name),"
        " (SELECT min(s.starts_at) FROM soon s WHERE s.patient_id = f.patient_id)"
        " FROM found f LEFT JOIN patients p ON p.clinic_id = %(clinic)s AND p.id = f.patient_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "clinic": current_clinic_id(),
                "user": login.user.pk,
                "now": now,
                "today": today,
                "tomorrow_ends": tomorrow_ends,
                "each": CANDIDATES,
            },
        )
        return [_need(row) for row in cursor.fetchall()]


def _need(row: tuple[Any, ...]) -> Need:
    kind, pk, patient_id, since, due_at, cents, priority, mine, facts, name, visit_at = row
    source = _known.sources[kind]
    told = source.tell(pk, orjson.loads(facts) if isinstance(facts, str) else facts)
    return Need(
        kind=kind,
        id=pk,
        title=told.title,
        url=told.url,
        note=told.note,
        since=since,
        due_at=due_at,
        visit_at=visit_at if source.for_visits else None,
        amount_cents=cents,
        priority=priority,
        mine=bool(mine),
        patient_id=patient_id,
        patient_name=name or "",
    )


def _explained(ranked: list[Ranked]) -> list[Ranked]:
    notes: dict[UUID, str] = {}
    for kind, source in _known.sources.items():
        ids = [one.need.id for one in ranked if one.need.kind == kind]
        if source.explain and ids:
            notes |= source.explain(ids)
    return [
        replace(one, need=replace(one.need, note=notes[one.need.id]))
        if one.need.id in notes
        else one
        for one in ranked
    ]
