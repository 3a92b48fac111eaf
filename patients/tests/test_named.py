"""``patients_named``, which runs as the owner: it must show one clinic's patients alone."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection, transaction

from patients.models import Patient

# Each finds the patient below: whole, in the middle, without a trigram, everybody.
TEXTS = ["Garcia-Lopez", "arcia", "ga", "g", ""]


@pytest.fixture
def both(alice, charlie):
    """A patient of the same name in each clinic: mine, then theirs."""
    made = []
    for person in (alice, charlie):
        with person.at_work():
            made.append(Patient.objects.create(mrn="1", first_name="Ana", last_name="Garcia-Lopez"))
    return made


def named(text: str) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT patients_named(%s)", [text])
        return {pk for (pk,) in cursor.fetchall()}


@pytest.mark.django_db
@pytest.mark.parametrize("text", TEXTS)
def test_a_clinic_finds_its_own_patient_and_never_one_of_another(alice, charlie, both, text):
    mine, theirs = both
    with alice.at_work():
        assert named(text) == {mine.pk}
    with charlie.at_work():
        assert named(text) == {theirs.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["%", "_", "g%a", "g_r", "\\", "a\\", "Garcia%' OR '1'='1"])
def test_signs_of_a_pattern_are_letters_like_others(alice, both, text):
    with alice.at_work():
        assert named(text) == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", TEXTS)
def test_outside_of_every_clinic_nobody_is_found(both, text):
    assert named(text) == set()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.clinic_id', '', true)")
        assert named(text) == set()


@pytest.mark.django_db
def test_no_function_that_runs_as_its_owner_looks_names_up_where_its_caller_says():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, coalesce(array_to_string(proconfig, ' '), '') FROM pg_proc"
            " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        settings = dict(cursor.fetchall())
    assert "patients_named" in settings
    assert [name for name, said in settings.items() if "search_path=" not in said] == []
