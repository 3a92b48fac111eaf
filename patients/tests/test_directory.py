"""The list of patients, the search as one types, and the form of a new one."""

from datetime import date

import pytest

from clinic.models import AuditEntry
from patients.forms import PatientForm
from patients.models import Patient, PatientStatus

pytestmark = pytest.mark.django_db
SMITH = {"first_name": "James", "last_name": "Smith"}


def add(last_name, mrn, **fields):
    return Patient.objects.create(last_name=last_name, mrn=mrn, **fields)


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return add("Smith", "100003", first_name="James", dob=date(1962, 11, 5))


def test_the_list_shows_the_clinics_patients_and_no_others(alice, bob, charlie, smith):
    with charlie.at_work():
        add("Stranger", "1")
    for member in (alice, bob):
        text = member.client.get("/patients").content.decode()
        assert "James Smith" in text and "Stranger" not in text
    text = charlie.client.get("/patients?q=smith").content.decode()
    assert "No patient matches" in text and "James Smith" not in text


@pytest.mark.parametrize("q", ["smi", "Smyth", "james smith", "100003", "5 Nov 1962"])
def test_the_search_finds_by_name_number_and_date_of_birth(alice, smith, q):
    found = alice.client.get("/patients", {"q": q, "fragment": "rows"})
    assert [row["id"] for row in found.context["patients"]] == [smith.pk]
    assert found.content.decode().lstrip().startswith("<section")


def test_a_status_filter_says_what_it_hides(alice, smith):
    answer = alice.client.get("/patients?q=smith&status=inactive")
    assert answer.context["hidden_by_filter"] == 1
    assert alice.client.get("/patients?status=deceased").context["hidden_by_filter"] == 1
    chips = {chip["value"]: chip["count"] for chip in answer.context["statuses"]}
    assert chips == {"": None, "active": 1, "inactive": 0, "deceased": 0}


def test_the_list_costs_the_same_number_of_queries_for_any_length(
    alice, smith, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = alice.client
    browser.get("/patients")
    with CaptureQueriesContext(connection) as few:
        browser.get("/patients")
    with alice.at_work():
        for number in range(200):
            add(f"P{number}", f"x{number}")
    with django_assert_num_queries(len(few)):
        page = browser.get("/patients")
    assert len(page.context["patients"]) == 50
    assert page.context["total"] == 201
    assert browser.get(page.context["next_url"]).context["prev_url"]


def test_likely_duplicates_appear_while_typing_with_the_reason(alice, charlie, smith):
    typed = {**SMITH, "fragment": "duplicates"}
    (row,) = alice.client.post("/patients/new", typed).context["duplicates"]
    assert (row["id"], row["reason"]) == (smith.pk, "same name")
    born = {"dob_day": "5", "dob_month": "11", "dob_year": "1962"}
    (row,) = alice.client.post("/patients/new", typed | born).context["duplicates"]
    assert row["reason"] == "same name and same date of birth"
    assert charlie.client.post("/patients/new", typed).context["duplicates"] == []
    with alice.at_work():
        assert list(Patient.objects.all()) == [smith]


def test_a_new_patient_is_added_with_the_clinics_next_number(bob):
    posted = {
        "first_name": "Siobhán",
        "last_name": "O’Connor",
        "dob_day": "14",
        "dob_month": "7",
        "dob_year": "1945",
        "gender": "Female",
        "preconditions": "Asthma\n\nMigraine",
        "address": "1 Main Street\nChatham",
    }
    answer = bob.client.post("/patients/new", posted)
    with bob.at_work():
        made = Patient.objects.get()
    assert answer["Location"] == f"/patients/{made.pk}"
    assert (made.name, made.dob, made.gender) == ("Siobhán O’Connor", date(1945, 7, 14), "Female")
    assert made.preconditions == ["Asthma", "Migraine"]
    assert made.address == {"line1": "1 Main Street Chatham"}
    assert made.mrn


def test_somebody_who_may_be_on_file_is_added_only_when_confirmed(alice, smith):
    browser = alice.client
    answer = browser.post("/patients/new", SMITH)
    assert answer.status_code == 422
    assert answer.context["confirm_duplicates"] is True
    assert 'name="confirm"' in answer.content.decode()
    with alice.at_work():
        assert Patient.objects.count() == 1
    assert browser.post("/patients/new", SMITH | {"confirm": "1"}).status_code == 302
    with alice.at_work():
        assert Patient.objects.count() == 2


def test_a_refused_form_keeps_its_values_and_adds_nothing(alice):
    answer = alice.client.post("/patients/new", {"first_name": "Ana", "email": "no address"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Ana"' in text and "Enter the last name, or the only name." in text
    with alice.at_work():
        assert not Patient.objects.exists()
        assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("day", "month", "year", "wrong"),
    [
        ("31", "2", "1990", "dob_day"),
        ("1", "1", "90", "dob_day"),
        ("", "7", "1945", "dob_day"),
        ("1", "1", "2999", "dob_year"),
        ("1", "1", "1700", "dob_year"),
    ],
)
def test_a_date_of_birth_that_cannot_be_is_refused_at_its_box(day, month, year, wrong):
    form = PatientForm({"last_name": "A", "dob_day": day, "dob_month": month, "dob_year": year})
    assert list(form.errors) == [wrong]


def test_the_picker_offers_patients_to_choose_from(alice, charlie, smith):
    answer = alice.client.get("/patients/find?patient_q=smith")
    assert f'value="{smith.pk}"' in answer.content.decode()
    assert alice.client.get("/patients/find").context["candidates"] == []
    assert str(smith.pk) not in charlie.client.get("/patients/find?q=smith").content.decode()


def test_an_inactive_patient_is_shown_as_such(alice, smith):
    with alice.at_work():
        Patient.objects.update(status=PatientStatus.INACTIVE)
    assert "Inactive" in alice.client.get("/patients?status=inactive").content.decode()
