"""The audit's pages: filters, the chain's state, the file for a spreadsheet, who looked."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.conf import settings

from backline.pages.audit import safe_cell
from clinic.audit import verify_chain, verify_tail
from clinic.audit_log import first_line_at
from clinic.models import AuditEntry
from clinic.recording import Actor, change
from patients.models import Patient

pytestmark = pytest.mark.django_db


def as_owner(sql, *parameters):
    """A change past the application: what the chain is there to show."""
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as connection:
        connection.execute("ALTER TABLE clinic_auditentry NO FORCE ROW LEVEL SECURITY")
        connection.execute(sql, parameters)
        connection.execute("ALTER TABLE clinic_auditentry FORCE ROW LEVEL SECURITY")


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100003", first_name="James", last_name="Smith", dob=date(1962, 11, 5)
        )


def write(person, action, row, *, patient=None, times=1):
    with person.at_work():
        for _ in range(times):
            with change(by=person.actor) as record:
                record.audit(action, row, patient_id=patient.pk if patient else None)


@pytest.fixture
def lines(alice, bob, smith):
    """Five lines: Alice signs in and looks twice, Bob adds a task and looks."""
    write(alice, "auth.login", alice.user)
    write(alice, "patient.view", smith, patient=smith, times=2)
    write(bob, "task.create", smith)
    write(bob, "patient.view", smith, patient=smith)


def numbers(person, query=""):
    answer = person.client.get(f"/audit{query}")
    assert answer.status_code == 200
    return [line["seq"] for line in answer.context["lines"]]


def test_lines_are_newest_first_and_filter_by_who_what_and_whose(alice, bob, smith, lines):
    assert numbers(alice) == [5, 4, 3, 2, 1]
    assert numbers(alice, f"?actor_id={bob.user.pk}") == [5, 4]
    assert numbers(alice, f"?patient_id={smith.pk}") == [5, 3, 2]
    assert numbers(alice, "?action=patient.view") == [5, 3, 2]
    assert numbers(alice, "?action=looks") == [5, 3, 2]
    assert numbers(alice, "?action=access") == [1]
    assert numbers(alice, "?action=changes") == [4]
    assert numbers(alice, f"?action=looks&actor_id={alice.user.pk}") == [3, 2]
    assert numbers(alice, "?action=nonsense&actor_id=x") == [5, 4, 3, 2, 1]


@pytest.mark.django_db(transaction=True)
def test_lines_filter_by_days_of_the_clinic_both_included(alice, smith, lines):
    alice.clinic.timezone = "America/New_York"
    alice.clinic.save()
    # Midnight of 2 March in New York is 05:00 in UTC.
    for seq, at in (
        (1, "2026-03-01T12:00:00Z"),
        (2, "2026-03-02T04:59:59Z"),
        (3, "2026-03-02T05:00:00Z"),
        (4, "2026-03-03T04:59:59Z"),
        (5, "2026-03-03T05:00:00Z"),
    ):
        as_owner("UPDATE clinic_auditentry SET at = %s WHERE seq = %s", at, seq)
    assert numbers(alice, "?since=2026-03-02&until=2026-03-02") == [4, 3]
    assert numbers(alice, "?since=2026-03-02") == [5, 4, 3]
    assert numbers(alice, "?until=2026-03-01") == [2, 1]
    assert numbers(alice, "?since=2026-03-04") == []
    assert numbers(alice, "?since=2026-03-02&action=changes") == [4]
    with alice.at_work():
        assert first_line_at(datetime(2026, 1, 1, tzinfo=UTC)) == 1
        assert first_line_at(datetime(2027, 1, 1, tzinfo=UTC)) == 6


@pytest.mark.parametrize("query", ["?since=2026-11-31", "?until=soon", "?since=0001-01-01"])
def test_a_day_that_cannot_be_read_is_said_and_kept(alice, lines, query):
    answer = alice.client.get(f"/audit{query}")
    assert answer.status_code == 422
    assert "write the day as 2026-11-02" in answer.content.decode()
    assert query.partition("=")[2] in answer.content.decode()


def test_days_the_wrong_way_round_are_said(alice, lines):
    answer = alice.client.get("/audit?since=2026-03-02&until=2026-03-01")
    assert answer.status_code == 422
    assert "this day is before the first one" in answer.content.decode()
    assert alice.client.get("/audit?since=2026-03-02&until=2026-03-02").status_code == 200


def test_older_lines_follow_on_pages(alice, smith):
    write(alice, "patient.view", smith, patient=smith, times=55)
    first = alice.client.get("/audit")
    assert [line["seq"] for line in first.context["lines"]] == list(range(55, 5, -1))
    second = alice.client.get(first.context["next_url"])
    assert [line["seq"] for line in second.context["lines"]] == [5, 4, 3, 2, 1]
    assert second.context["next_url"] == ""


def test_only_admins_read_it(bob, smith, lines):
    for path in ("/audit", "/audit/export", f"/patients/{smith.pk}/looks"):
        assert bob.client.get(path).status_code == 403
    assert bob.client.post("/audit").status_code == 403
    assert "Who looked" not in bob.client.get(f"/patients/{smith.pk}").content.decode()
    with bob.at_work():
        assert not AuditEntry.objects.filter(action__in=("audit.export", "patient.looks")).exists()


def test_another_clinic_sees_none_of_it(charlie, smith, lines):
    assert numbers(charlie) == []
    assert numbers(charlie, f"?patient_id={smith.pk}") == []
    assert charlie.client.get(f"/patients/{smith.pk}/looks").status_code == 404
    assert "Smith" not in charlie.client.get("/audit/export").content.decode()


def test_checking_the_chain_says_that_it_holds_and_leaves_a_line(alice, lines):
    answer = alice.client.post("/audit")
    assert answer.context["whole_chain"].lines == 5
    assert "All 5 lines hold" in answer.content.decode()
    assert numbers(alice) == [6, 5, 4, 3, 2, 1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sql", "broken", "cut_off"),
    [
        ("UPDATE clinic_auditentry SET actor = 'Nobody' WHERE seq = 3", (3,), False),
        ("DELETE FROM clinic_auditentry WHERE seq = 3", (4,), True),
        ("DELETE FROM clinic_auditentry WHERE seq = 5", (), True),
    ],
)
def test_a_broken_chain_is_shown(alice, lines, sql, broken, cut_off):
    as_owner(sql)
    with alice.at_work():
        for chain in (verify_chain(), verify_tail(100)):
            assert chain.broken == broken
        assert verify_chain().cut_off is cut_off
        assert verify_tail(1).broken == ()
        assert verify_tail(1).cut_off is (sql.endswith("seq = 5"))
    for page in (alice.client.get("/audit"), alice.client.post("/audit")):
        assert "The chain is broken" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_tail_is_checked_back_to_its_first_line(alice, lines):
    as_owner("UPDATE clinic_auditentry SET actor = 'Nobody' WHERE seq = 3")
    with alice.at_work():
        found = {most: verify_tail(most) for most in (1, 2, 3, 5, 9)}
    assert {most: chain.lines for most, chain in found.items()} == {1: 1, 2: 2, 3: 3, 5: 5, 9: 5}
    assert [most for most, chain in found.items() if chain.broken] == [3, 5, 9]


@pytest.mark.django_db(transaction=True)
def test_a_last_line_that_was_written_anew_with_a_right_hash_shows(alice, lines):
    """Whoever can compute the hash can end the chain otherwise, but the counter remembers."""
    as_owner("UPDATE clinic_auditentry SET actor = 'Nobody' WHERE seq = 5")
    as_owner(
        "UPDATE clinic_auditentry a SET hash = encode(sha256(convert_to((SELECT b.hash"
        " FROM clinic_auditentry b WHERE b.clinic_id = a.clinic_id AND b.seq = 4)"
        " || clinic_audit_text(a), 'UTF8')), 'hex') WHERE seq = 5"
    )
    with alice.at_work():
        for chain in (verify_chain(), verify_tail(1), verify_tail(100)):
            assert (chain.broken, chain.cut_off, chain.holds) == ((), True, False)


def test_the_tail_of_no_lines_holds(alice):
    with alice.at_work():
        assert verify_tail(10).holds and verify_tail(10).lines == 0


def test_the_file_has_the_lines_of_the_filter_and_is_a_line_itself(alice, bob, smith, lines):
    answer = alice.client.get(f"/audit/export?actor_id={bob.user.pk}")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert [(row["line"], row["person"], row["patient"]) for row in rows] == [
        ("5", "Bob Brown", "James Smith"),
        ("4", "Bob Brown", ""),
    ]
    assert rows[0]["what"] == "Opened the chart"
    with alice.at_work():
        assert AuditEntry.objects.get(seq=6).action == "audit.export"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(alice, smith, name):
    assert safe_cell(name) == f"'{name}"
    with alice.at_work(), change(by=Actor(name, alice.user.pk)) as record:
        record.audit("patient.view", smith, patient_id=smith.pk)
    text = alice.client.get("/audit/export").content.decode()
    assert [row[2] for row in csv.reader(StringIO(text, newline=""))][2] == f"'{name}"


@pytest.mark.parametrize("text", ["1=1", "O'Brien", "", None, 12])
def test_other_cells_stay_as_they_are(text):
    assert safe_cell(text) == ("" if text is None else str(text))


def test_a_patient_reads_who_looked_day_by_day(alice, bob, smith, lines):
    page = alice.client.get(f"/patients/{smith.pk}/looks")
    (today,) = page.context["days"]
    entries = [(one["actor"], one["role"], one["words"], one["count"]) for one in today["entries"]]
    assert entries == [
        ("Alice Adams", "admin", "Read who looked at the chart", 1),
        ("Bob Brown", "staff", "Opened the chart", 1),
        ("Alice Adams", "admin", "Opened the chart", 2),
    ]
    assert page.context["people"] == 2
    assert ", 2 times" in page.content.decode()


def test_pages_cost_the_same_for_any_number_of_lines(alice, smith, django_assert_max_num_queries):
    def cost(path):
        with django_assert_max_num_queries(12) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    client = alice.client
    write(alice, "patient.view", smith, patient=smith)
    paths = ("/audit", f"/patients/{smith.pk}/looks")
    once = [cost(path) for path in paths]
    write(alice, "patient.view", smith, patient=smith, times=20)
    assert [cost(path) for path in paths] == once


def test_an_action_alone_looks_at_the_newest_lines_only(alice, smith, lines, monkeypatch):
    monkeypatch.setattr("clinic.audit_log.LATEST", 2)
    assert numbers(alice, "?action=patient.view") == [5]
    assert numbers(alice, f"?action=patient.view&patient_id={smith.pk}") == [5, 3, 2]
    tomorrow = date.today() + timedelta(days=2)
    assert numbers(alice, f"?action=changes&until={tomorrow}") == [4]
