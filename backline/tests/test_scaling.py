from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backline.invariants import violations
from backline.made_names import clinic_of_size
from backline.scaling import seed_scale
from clinic.current import enter_clinic
from clinic.logins import tenants_of
from clinic.models import User
from clinic.tallies import drifts, tally
from patients.actions import create_patient
from patients.models import Patient
from patients.queries import search_patients
from tasks.actions import create_task

COUNT = 120
TABLES = ("patients", "tasks", "claims", "claim_events", "appointments", "documents")
TALLIED = [
    ("patients", "status", "patient"),
    ("tasks", "state", "task"),
    ("claims", "status", "claim"),
    ("appointments", "status", "appointment"),
    ("documents", "status", "document"),
]


@pytest.fixture
def scaled(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    settings.DATABASE_OWNER_URL = ""
    made = seed_scale(COUNT, "a password")
    with enter_clinic(made.clinic_id):
        yield made


def row_counts() -> dict[str, int]:
    counts = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
    return counts


def test_scaled_clinic_has_everything_in_proportion(scaled):
    counts = row_counts()

    assert counts.pop("claim_events") > COUNT
    assert counts == {
        "patients": COUNT,
        "tasks": 2 * COUNT,
        "claims": COUNT,
        "appointments": COUNT,
        "documents": 3,
    }


def test_scaled_clinic_keeps_every_invariant(scaled):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert violations() == dict.fromkeys((f"I{n}" for n in range(1, 10)), 0)
    assert drifts(TALLIED) == []
    assert tally("patient.active", "patient.inactive") == COUNT
    assert Patient.objects.filter(tasks_count__gt=0).count() > COUNT / 4


def test_scaled_clinic_goes_on_with_its_numbers(scaled):
    patient = create_patient(by=_seeder(), first_name="New", last_name="Person")
    task = create_task(by=_seeder(), title="Call", patient_id=patient.pk)

    assert patient.mrn == str(100001 + COUNT)
    assert task.number == 10001 + 2 * COUNT


def test_scaled_clinic_is_made_once(scaled):
    before = row_counts()

    again = seed_scale(COUNT, "a password")

    assert not again.made
    assert again.clinic_id == scaled.clinic_id == clinic_of_size(COUNT)[0]
    assert row_counts() == before


def test_scaled_clinic_opens_for_its_admin_alone(scaled, alice):
    admin = User.objects.get(email=scaled.email)

    assert [tenant.tenant_id for tenant in tenants_of(admin)] == [scaled.clinic_id]
    assert scaled.clinic_id not in [tenant.tenant_id for tenant in tenants_of(alice.user)]


@pytest.mark.parametrize("text", ["jon smyth", "smyth jon", "8675309", "1971-05-09"])
def test_well_known_person_is_found_first(scaled, text):
    rows, _ = search_patients(text)

    assert (rows[0]["first_name"], rows[0]["last_name"]) == ("Jon", "Smyth")


def test_seed_command_refuses_a_clinic_of_nobody(db, settings):
    settings.DEBUG = True

    with pytest.raises(CommandError, match="At least 2 patients"):
        call_command("seed", "--scale", "1")


def _seeder():
    from backline.scaling import SEEDER

    return SEEDER
