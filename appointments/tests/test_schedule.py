"""When there is room, and how a day is drawn."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.schedule import SLOT, blocks, free_times, hours_of

ZONE = ZoneInfo("America/New_York")
DAY = date(2030, 3, 5)


def at(clock):
    hour, _, minute = clock.partition(":")
    return datetime(2030, 3, 5, int(hour), int(minute), tzinfo=ZONE)


def free(busy, *, length=30, not_before="08:00", closes="10:00"):
    found = free_times(
        [(at(a), at(b)) for a, b in busy],
        opens=at("08:00"),
        closes=at(closes),
        length=timedelta(minutes=length),
        not_before=at(not_before),
    )
    return [f"{one:%H:%M}" for one in found]


def test_times_beside_other_visits_are_free_and_those_that_touch_them_are_not():
    busy = [("08:30", "09:00")]
    assert free(busy) == ["08:00", "09:00", "09:15", "09:30"]
    assert free(busy, length=60) == ["09:00"]
    assert free(busy, length=15, closes="09:15") == ["08:00", "08:15", "09:00"]


def test_nothing_is_free_before_now_or_after_closing():
    assert free([], not_before="09:01") == ["09:15", "09:30"]
    assert free([], not_before="09:30") == ["09:30"]
    assert free([("08:00", "10:00")]) == []
    assert free([], length=121) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 120)), max_size=12),
    st.sampled_from([10, 15, 30, 60]),
)
def test_a_free_time_never_overlaps_a_visit(visits, length):
    opens = datetime(2030, 3, 5, 8, tzinfo=UTC)
    busy = [
        (opens + timedelta(minutes=a), opens + timedelta(minutes=a + long)) for a, long in visits
    ]
    needed = timedelta(minutes=length)
    found = free_times(
        busy, opens=opens, closes=opens + timedelta(hours=10), length=needed, not_before=opens
    )
    for start in found:
        assert all(end <= start or start + needed <= begin for begin, end in busy)
    expected = [
        opens + SLOT * n
        for n in range(40)
        if opens + SLOT * n + needed <= opens + timedelta(hours=10)
        and all(e <= opens + SLOT * n or opens + SLOT * n + needed <= b for b, e in busy)
    ]
    assert found == expected


def row(start, end):
    return {"local_start": at(start), "local_end": at(end)}


def test_a_visit_covers_every_quarter_hour_it_touches():
    (block,) = blocks([row("08:10", "08:50")], at("08:00"), 40)
    assert (block.first, block.slots) == (0, 4)
    (block,) = blocks([row("08:15", "08:45")], at("08:00"), 40)
    assert (block.first, block.slots) == (1, 2)


def test_visits_that_touch_the_same_quarter_hour_share_a_cell():
    found = blocks(
        [row("08:00", "08:20"), row("08:20", "08:40"), row("08:45", "09:00")], at("08:00"), 40
    )
    assert [(one.first, one.slots, len(one.visits)) for one in found] == [(0, 3, 2), (3, 1, 1)]


def test_a_day_is_drawn_in_whole_hours_around_its_visits():
    assert hours_of(DAY, [], ZONE) == (at("08:00"), at("18:00"))
    opens, closes = hours_of(DAY, [row("07:20", "07:50"), row("18:00", "18:05")], ZONE)
    assert (f"{opens:%H:%M}", f"{closes:%H:%M}") == ("07:00", "19:00")


def test_a_day_ends_at_midnight_for_a_visit_that_lasts_into_the_next():
    late = row("22:00", "23:00") | {"local_end": at("22:00") + timedelta(hours=5)}
    opens, closes = hours_of(DAY, [late], ZONE)
    assert (opens, closes) == (at("08:00"), datetime(2030, 3, 6, tzinfo=ZONE))
