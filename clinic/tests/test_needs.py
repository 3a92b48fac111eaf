"""The order of what needs a person, and the words for it, at the edges of every rule."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from clinic.needs import Need, rank, reasons_of

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=ZONE)  # a Wednesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def need(number=1, **fields):
    return Need(
        **{
            "kind": "task",
            "id": UUID(int=number),
            "title": f"Need {number}",
            "url": "/",
            "since": NOW,
            "priority": "low",
            **fields,
        }
    )


def told(**fields):
    """(points, words) of every reason but the waiting time of something new."""
    reasons = reasons_of(need(**fields), NOW)
    return [(r.points, r.words) for r in reasons if r.words not in ("", "came in just now")]


def order(*needs):
    return [one.need.id.int for one in rank(needs, now=NOW)]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (NOW - MINUTE, (1000, "was due at 09:29")),
        (NOW, (600, "due today")),
        (NOW.replace(hour=23, minute=59), (600, "due today")),
        (NOW.replace(hour=0, minute=0), (1000, "was due at 00:00")),
        (NOW.replace(hour=0, minute=0) - MINUTE, (1010, "was due yesterday")),
        (NOW - 2 * DAY, (1020, "was due 2 days ago")),
        (NOW - 30 * DAY, (1300, "was due 30 days ago")),
        (NOW - 31 * DAY, (1300, "was due 31 days ago")),
        (NOW.replace(hour=0, minute=0) + DAY, (400, "due tomorrow")),
        (NOW.replace(hour=0, minute=0) + 2 * DAY, (200, "due in 2 days")),
        (NOW + 7 * DAY, (200, "due in 7 days")),
        (NOW + 8 * DAY, (0, "due 12 Mar 2026")),
    ],
)
def test_a_deadline_weighs_more_the_nearer_it_is(due, expected):
    assert told(due_at=due) == [expected]


def test_today_is_the_clinics_day_whatever_zone_a_time_is_written_in():
    evening = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)  # 21:00 of the fourth in New York
    assert told(due_at=evening) == [(600, "due today")]
    assert told(visit_at=evening) == [(500, "visit today at 21:00")]


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (NOW - HOUR, [(500, "visit today at 08:30")]),
        (NOW.replace(hour=23, minute=59), [(500, "visit today at 23:59")]),
        (NOW.replace(hour=0, minute=0) + DAY, [(300, "visit tomorrow at 00:00")]),
        (NOW.replace(hour=23, minute=59) + DAY, [(300, "visit tomorrow at 23:59")]),
        (NOW.replace(hour=0, minute=0) + 2 * DAY, []),
        (NOW - DAY, []),
    ],
)
def test_a_visit_counts_today_and_tomorrow(visit, expected):
    assert told(visit_at=visit) == expected


@pytest.mark.parametrize(
    ("cents", "expected"),
    [
        (0, []),
        (-5, []),
        (9_999, [(0, "$99.99 at stake")]),
        (10_000, [(1, "$100.00 at stake")]),
        (250_000, [(25, "$2,500.00 at stake")]),
        (3_000_000, [(300, "$30,000.00 at stake")]),
        (9_000_000, [(300, "$90,000.00 at stake")]),
    ],
)
def test_money_weighs_by_the_hundred_up_to_a_limit(cents, expected):
    assert told(amount_cents=cents) == expected


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        (timedelta(), (0, "came in just now")),
        (59 * MINUTE, (0, "came in just now")),
        (60 * MINUTE, (1, "waiting for 1 h")),
        (DAY - MINUTE, (23, "waiting for 23 h")),
        (DAY, (24, "waiting for 1 day")),
        (2 * DAY, (48, "waiting for 2 days")),
        (10 * DAY, (240, "waiting for 10 days")),
        (11 * DAY, (240, "waiting for 11 days")),
        (-HOUR, (0, "came in just now")),
    ],
)
def test_waiting_is_always_told_and_weighs_by_the_hour(waited, expected):
    reasons = reasons_of(need(since=NOW - waited), NOW)
    assert expected in [(one.points, one.words) for one in reasons]


def test_priority_and_owner_are_reasons():
    assert told(priority="urgent") == [(700, "urgent")]
    assert told(priority="high", mine=True) == [(250, "high priority"), (50, "assigned to you")]
    assert told(priority="medium") == []
    assert [one.score for one in rank([need(priority="medium")], now=NOW)] == [100]


def test_the_strongest_reason_is_told_first():
    (one,) = rank(
        [need(due_at=NOW + DAY, visit_at=NOW + DAY, priority="high", since=NOW - 3 * DAY)],
        now=NOW,
    )
    assert one.why == (
        "due tomorrow",
        "visit tomorrow at 09:30",
        "high priority",
        "waiting for 3 days",
    )
    assert one.score == 400 + 300 + 250 + 72


def test_the_most_pressing_comes_first():
    assert order(
        need(1, priority="medium"),
        need(2, priority="urgent"),
        need(3, due_at=NOW - MINUTE),
        need(4, visit_at=NOW + DAY),
        need(5, amount_cents=2_000_000),
        need(6),
    ) == [3, 2, 4, 5, 1, 6]


def test_of_two_with_the_same_points_the_longer_waiting_comes_first_then_the_smaller_id():
    later, earlier = need(1, since=NOW - MINUTE), need(2, since=NOW - 2 * MINUTE)
    assert order(later, earlier) == [2, 1]
    assert order(need(4), need(3)) == [3, 4]


def test_nothing_is_lost_and_nothing_comes_twice():
    assert order() == []
    assert sorted(order(*[need(n) for n in range(1, 30)])) == list(range(1, 30))
