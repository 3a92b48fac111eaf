"""The list of claims: views, filters, sums, ages, and what changed since yesterday."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from claims.actions import create_claim, move_claim, note_on_claim
from claims.models import Claim, ClaimEvent
from claims.worklist import (
    Total,
    changes_since,
    moves_since,
    open_money,
    payer_names,
    payer_on_card,
)
from clinic.tests.counting import MOST_QUERIES, page_and_queries
from patients.models import Coverage, Patient

pytestmark = pytest.mark.django_db


def numbers(answer):
    return [row["number"] for row in answer.context["claims"]]


def test_the_list_shows_what_is_open_and_views_are_addresses(alice, bill):
    pending = bill()
    sent = bill("20.00", "submitted")
    denied = bill("30.00", "submitted", "denied")
    approved = bill("40.00", "submitted", "received", "approved")
    done = bill(
        "50.00", "submitted", "received", "approved", "settlement_in_progress", "settlement_done"
    )
    browser = alice.client
    views = {
        "": [approved, denied, sent, pending],
        "to_submit": [pending],
        "with_payer": [sent],
        "denied": [denied],
        "to_receive": [approved],
        "settled": [done],
        "all": [done, approved, denied, sent, pending],
    }
    for view, claims in views.items():
        page = browser.get(f"/claims?view={view}")
        assert numbers(page) == [one.display_id for one in claims], view
        assert page.context["sum_cents"] == sum(one.amount_cents for one in claims)
    counts = {chip["value"]: chip["count"] for chip in browser.get("/claims").context["views"]}
    assert counts == {
        "": 4, "to_submit": 1, "with_payer": 1, "denied": 1, "to_receive": 1, "settled": 1,
        "all": None, "changes": None,
    }  # fmt: skip


def test_filters_and_search_narrow_the_list(alice, bill):
    garcia = None
    with alice.at_work():
        garcia = Patient.objects.create(mrn="100004", first_name="Maria", last_name="Garcia")
    first = bill("10.00", payer="Aetna")
    second = bill("20.00", "submitted", payer="Blue Shield", patient=garcia)
    browser = alice.client
    for query, found in {
        "payer=Aetna": [first],
        "status=submitted": [second],
        "payer=Aetna&status=submitted": [],
        f"q={first.display_id}": [first],
        f"q={first.number}": [first],
        "q=garc": [second],
        "q=blue": [second],
        f"patient_id={garcia.pk}": [second],
        "q=mA": [second],
        "q=iel": [second],
        "q=r_i": [],
        "q=r%25i": [],
        "q=%25": [],
        "status=nonsense": [second, first],
    }.items():
        page = browser.get(f"/claims?{query}")
        assert numbers(page) == [one.display_id for one in found], query
    empty = browser.get("/claims?q=nobody")
    assert empty.context["hidden_by_filter"] == 2
    assert "The filter hides 2 claims." in empty.content.decode()


def test_a_search_finds_by_payer_and_by_patient_together_and_sums_all_of_it(alice, bill):
    with alice.at_work():
        shields = Patient.objects.create(mrn="100004", first_name="Ana", last_name="Shields")
    of_payer = bill("10.00", payer="Blue Shield")
    of_patient = bill("20.50", payer="Aetna", patient=shields)
    bill("40.00", payer="Aetna")
    page = alice.client.get("/claims?q=shield")
    assert numbers(page) == [of_patient.display_id, of_payer.display_id]
    assert page.context["sum_cents"] == 3050


def test_a_search_finds_nothing_of_another_clinic(alice, bill, charlie):
    bill("10.00", payer="Blue Shield")
    with charlie.at_work():
        Patient.objects.create(mrn="100004", first_name="Ana", last_name="Smith")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM patients_named('smith')")
            assert cursor.fetchone() == (1,)
    browser = charlie.client
    assert [numbers(browser.get(f"/claims?q={q}")) for q in ("smith", "sm", "shield")] == [[]] * 3


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(0, "0-30"), (30, "0-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"),
     (91, "90+"), (400, "90+")],
)  # fmt: skip
def test_a_claim_is_in_the_bucket_of_its_days(alice, bill, days, bucket):
    claim = bill("12.34", "submitted", days=days)
    with alice.at_work():
        money = open_money(today=timezone.localdate(timezone=alice.clinic.tzinfo))
    assert money.cells == {("submitted", bucket): Total(1, 1234)}
    browser = alice.client
    for one in ("0-30", "31-60", "61-90", "90+"):
        found = numbers(browser.get(f"/claims?age={one.replace('+', '%2B')}"))
        assert found == ([claim.display_id] if one == bucket else [])
    assert browser.get("/claims").context["claims"][0]["age"] == days


def test_the_aging_chart_and_its_table_say_the_same(alice, bill):
    bill("100.00")
    bill("50.00", "submitted", days=40)
    bill("25.00", "submitted", "denied", days=40)
    page = alice.client.get("/claims")
    assert [column.total for column in page.context["aging_columns"]] == [10000, 7500, 0, 0]
    assert page.context["aging_total"] == Total(3, 17500)
    rows = {row["status"]: row["total"].cents for row in page.context["aging_rows"]}
    assert rows == {"pending": 10000, "submitted": 5000, "denied": 2500}
    text = page.content.decode()
    assert "<title>Denied, 31-60: $25</title>" in text
    # As cards on a phone: each sum with its age, and those of nothing left out.
    assert text.count('<td class="num" data-label="31-60 d">') == 2
    assert text.count('<td class="num hide" data-label="90+ d">') == 3
    assert '<td class="num strong hide" data-label="90+ d">' in text
    part = alice.client.get("/claims?fragment=money").content.decode()
    assert 'id="claim-aging"' in part
    assert "<html" not in part


def test_the_morning_list_shows_only_what_changed(alice, bob, bill):
    moved, noted, new = bill("10.00", "submitted"), bill("20.00", "submitted"), bill("30.00")
    browser = alice.client
    assert set(numbers(browser.get("/claims?view=changes"))) == {
        moved.display_id,
        noted.display_id,
    }
    assert new.display_id not in numbers(browser.get("/claims?view=changes"))
    row = browser.get(f"/claims?view=changes&q={moved.display_id}").context["claims"][0]
    assert (row["moved"].before, row["moved"].after, row["moved"].by) == (
        "pending",
        "submitted",
        alice.actor.label,
    )
    with bob.at_work():
        move_claim(claim_id=moved.pk, status="denied", by=bob.actor, note="No authorisation")
        note_on_claim(claim_id=noted.pk, text="Called", by=bob.actor)
    row = browser.get(f"/claims?view=changes&q={moved.display_id}").context["claims"][0]
    assert (row["moved"].before, row["moved"].after) == ("pending", "denied")
    assert row["moved"].description == "No authorisation"


def test_what_happened_before_yesterday_is_not_a_change(alice, bill):
    from claims.worklist import Asked, asked_for, find_claims
    from clinic.listing import Slice

    claim = bill("10.00", "submitted")
    later = timezone.now() + timedelta(seconds=1)
    with alice.at_work():
        today = timezone.localdate()
        where = asked_for(Asked(changed_since=later), today=today)
        found = find_claims(Slice(9), where, today=today)
        assert (found.rows, moves_since([claim.pk], later)) == ([], {})


def test_a_change_counts_from_the_moment_on_and_tells_where_the_claim_was_before_it(alice, bill):
    claim = bill("10.00", "submitted")
    with alice.at_work():
        move_claim(claim_id=claim.pk, status="received", by=alice.actor)
        at = {one.status: one.at for one in ClaimEvent.objects.filter(claim=claim)}
        for since, before in ((at["submitted"], "pending"), (at["received"], "submitted")):
            moved = moves_since([claim.pk], since)[claim.pk]
            assert (moved.before, moved.after, moved.at) == (before, "received", at["received"])
        just_after = at["received"] + timedelta(microseconds=1)
        assert moves_since([claim.pk], just_after) == {}


def test_a_claim_is_as_old_as_its_submission_and_as_its_service_before(alice, smith):
    with alice.at_work():
        today = timezone.localdate(timezone=alice.clinic.tzinfo)
        claim = create_claim(
            by=alice.actor, patient_id=smith.pk, insurance_provider="Aetna",
            amount=Decimal("1.00"), service_date=today - timedelta(days=40),
        )  # fmt: skip
    browser = alice.client
    assert browser.get("/claims").context["claims"][0]["age"] == 40
    with alice.at_work():
        move_claim(claim_id=claim.pk, status="submitted", by=alice.actor)
        Claim.objects.update(submitted_date=today - timedelta(days=10))
        assert open_money(today=today).cells == {("submitted", "0-30"): Total(1, 100)}
    assert browser.get("/claims").context["claims"][0]["age"] == 10
    assert browser.get(f"/claims/{claim.pk}").context["claim"]["age"] == 10


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-25T13:00", "2026-11-24T00:00"),
        ("2026-11-25T03:00", "2026-11-23T00:00"),
        ("2026-11-23T13:00", "2026-11-20T00:00"),
        ("2026-11-22T13:00", "2026-11-20T00:00"),
        ("2026-11-21T13:00", "2026-11-20T00:00"),
    ],
)
def test_yesterday_is_the_last_working_day_in_the_clinics_zone(now, begins):
    zone = ZoneInfo("America/New_York")
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert changes_since(moment, zone) == datetime.fromisoformat(begins).replace(tzinfo=zone)


def test_pages_of_the_list_follow_each_other(alice, bill):
    made = [bill(f"{number + 1}.00").display_id for number in range(52)]
    first = alice.client.get("/claims")
    assert (numbers(first), first.context["total"]) == (made[:1:-1], 52)
    second = alice.client.get(first.context["next_url"])
    assert numbers(second) == made[1::-1]
    assert second.context["sum_cents"] == sum(range(1, 53)) * 100


def test_the_list_costs_the_same_number_of_queries_for_any_length(alice, smith, bill):
    bill("10.00", "submitted", "denied")
    browser = alice.client
    for path in ("/claims", "/claims?view=changes", "/claims/denials"):
        browser.get(path)
        _, few = page_and_queries(browser, path)
        with alice.at_work():
            start = Claim.objects.count()
            rows = [
                Claim(
                    number=20_000 + start + number,
                    patient=smith,
                    insurance_provider=f"Payer {number % 30}",
                    amount_cents=100,
                    service_date=timezone.localdate(),
                    status="denied",
                    last_event_at=timezone.now(),
                )
                for number in range(200)
            ]
            for row in rows:
                row.save(force_insert=True)
        page, many = page_and_queries(browser, path)
        assert many == few <= MOST_QUERIES, path
        assert page.context["claims"]


@pytest.mark.parametrize("path", ["/claims", "/claims?view=changes", "/claims/denials"])
def test_lists_of_another_clinic_are_empty(bill, charlie, path):
    bill("10.00", "submitted", "denied", payload={"denial_code": "CO-16"})
    page = charlie.client.get(path)
    assert page.context["claims"] == []
    assert "Smith" not in page.content.decode()
    assert "CO-16" not in page.content.decode()


def test_payers_of_the_latest_claims_are_suggested_the_most_frequent_first(
    alice, bill, charlie, monkeypatch
):
    for payer in ("Harbor", "Aetna", "Blue Shield", "Blue Shield", "Cigna"):
        bill(payer=payer)
    with alice.at_work():
        assert payer_names() == ["Blue Shield", "Aetna", "Cigna", "Harbor"]
        assert payer_names(limit=2) == ["Blue Shield", "Aetna"]
        monkeypatch.setattr("claims.worklist.RECENT", 3)
        assert payer_names() == ["Blue Shield", "Cigna"]
    with charlie.at_work():
        assert payer_names() == []


def test_the_payer_of_the_newest_card_that_counts_is_proposed(alice, smith):
    with alice.at_work():
        other = Patient.objects.create(mrn="7", first_name="Lea", last_name="Roth")
        assert payer_on_card(smith.pk) == ""
        for payer, year, more in (
            ("Undated", None, {}),
            ("Old", 2020, {}),
            ("Newest", 2026, {}),
            ("Ended", 2027, {"is_current": False}),
            ("Hers", 2028, {"patient": other}),
        ):
            Coverage.objects.create(
                **{"patient": smith, "payer": payer} | more,
                effective_date=date(year, 1, 1) if year else None,
            )
        assert (payer_on_card(smith.pk), payer_on_card(other.pk)) == ("Newest", "Hers")
