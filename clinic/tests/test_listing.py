"""Lists: totals that say when they are estimates, cursors that survive new rows."""

import pytest
from django.db import connection

from clinic import listing
from clinic.listing import Listing, Slice, Where, fetch, newest_first
from clinic.refusals import Invalid

EVENTS = Listing(
    columns={"event_id": "e.id", "created_at": "e.at", "seq": "e.seq"},
    source="clinic_event e",
    owner="e",
    order=(newest_first("e", "event_id", "at")[1],),
)


def add(first, last):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_event (id, clinic_id, seq, type, op, doc, at)"
            " SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,"
            " current_setting('app.clinic_id')::uuid, n, 'task', 'insert', '{}', now()"
            " FROM generate_series(%s, %s) n",
            [first, last],
        )


def seqs(page):
    return [row["seq"] for row in page.rows]


@pytest.mark.django_db
class TestFetch:
    def test_a_cursor_goes_on_where_it_was_although_rows_arrive(self, in_clinic):
        add(1, 5)
        first = fetch(EVENTS, Where(), Slice(2))
        add(6, 7)
        assert seqs(first) == [5, 4]
        assert seqs(fetch(EVENTS, Where(), Slice(2, cursor=first.next))) == [3, 2]
        assert first.previous is None

    def test_backwards_gives_the_page_before(self, in_clinic):
        add(1, 6)
        first = fetch(EVENTS, Where(), Slice(2))
        second = fetch(EVENTS, Where(), Slice(2, cursor=first.next))
        back = fetch(EVENTS, Where(), Slice(2, cursor=second.previous))
        assert (seqs(second), seqs(back)) == ([4, 3], [6, 5])
        assert back.previous is None and back.next == first.next

    def test_the_total_is_exact_below_the_limit_and_an_estimate_beyond(
        self, in_clinic, monkeypatch
    ):
        add(1, 20)
        assert fetch(EVENTS, Where(), Slice(2)).total == 20
        monkeypatch.setattr(listing, "EXACT_UP_TO", 10)
        beyond = fetch(EVENTS, Where(), Slice(2))
        assert beyond.estimated and beyond.total >= 11

    def test_past_the_end_the_total_is_still_known(self, in_clinic):
        add(1, 3)
        page = fetch(EVENTS, Where(), Slice(2, skip=10))
        assert (page.rows, page.total, page.next) == ([], 3, None)

    @pytest.mark.parametrize("cursor", ["x", "%%%", "WyJhIl0", "WyJjIiwxXQ", "é", "W1tbW1tb"])
    def test_a_cursor_of_somebody_else_is_refused(self, in_clinic, cursor):
        with pytest.raises(Invalid):
            fetch(EVENTS, Where(), Slice(2, cursor=cursor))
