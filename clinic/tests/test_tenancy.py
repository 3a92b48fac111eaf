"""A clinic's rows are there for that clinic alone: in the ORM, in the schema, in the database."""

import asyncio

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from clinic.current import NoClinic, enter_clinic
from clinic.models import ClinicNumber
from clinic.tenancy import ClinicOwned, ForeignClinic
from clinic.tenancy_rules import composite_keys
from patients.models import LabResult, Patient
from tasks.models import Task

OWNED = [model for model in apps.get_models() if issubclass(model, ClinicOwned)]


def make_patient(**fields):
    return Patient.objects.create(
        **{"mrn": "1", "first_name": "Ana", "last_name": "Lima", **fields}
    )


@pytest.mark.django_db
class TestORM:
    @pytest.mark.parametrize(
        "query",
        [
            lambda: list(Patient.objects.all()),
            lambda: Patient.objects.exists(),
            lambda: Patient.objects.count(),
            lambda: Patient.objects.first(),
            lambda: Patient.objects.update(first_name="x"),
            lambda: Patient.objects.all().delete(),
            lambda: Patient.objects.aggregate(models.Max("created_at")),
            lambda: list(
                Patient.objects.values_list("pk").union(Patient.objects.values_list("pk"))
            ),
            lambda: list(Patient.objects.iterator()),
            lambda: Patient._base_manager.count(),
            lambda: list(Task.objects.filter(patient__in=Patient.objects.all())),
        ],
    )
    def test_a_query_outside_of_every_door_raises(self, query):
        with pytest.raises(NoClinic):
            query()

    def test_async_queries_outside_of_every_door_raise(self):
        async def ask():
            with pytest.raises(NoClinic):
                await Patient.objects.aexists()
            with pytest.raises(NoClinic):
                async for _ in Patient.objects.all():
                    pass

        asyncio.run(ask())

    def test_rows_of_another_clinic_are_not_there(self, alice, charlie):
        with charlie.at_work():
            theirs = make_patient()
        with alice.at_work():
            mine = make_patient()
            assert list(Patient.objects.all()) == [mine]
            assert not Patient.objects.filter(pk=theirs.pk).exists()
            assert Patient.objects.filter(pk=theirs.pk).update(first_name="x") == 0
        with charlie.at_work():
            theirs.refresh_from_db()
            assert theirs.first_name == "Ana"

    def test_a_query_built_in_one_clinic_runs_in_the_one_it_is_run_in(self, alice, charlie):
        with charlie.at_work():
            make_patient()
            query = Patient.objects.all()
        with alice.at_work():
            assert list(query) == []

    def test_a_row_of_another_clinic_cannot_be_saved(self, alice, charlie):
        with charlie.at_work():
            theirs = make_patient()
        theirs.first_name = "Changed"
        with alice.at_work(), pytest.raises(ForeignClinic):
            theirs.save()
        with alice.at_work(), pytest.raises(ForeignClinic):
            Patient.objects.bulk_create([Patient(clinic_id=charlie.clinic.pk, last_name="X")])

    def test_the_door_closes_after_an_error(self, alice):
        with pytest.raises(ZeroDivisionError), alice.at_work():
            1 / 0  # noqa: B018
        with pytest.raises(NoClinic):
            Patient.objects.count()


@pytest.mark.django_db(transaction=True)
class TestSchema:
    def test_a_row_cannot_point_at_another_clinics_row(self, alice, charlie):
        with charlie.at_work():
            theirs = make_patient()
        with alice.at_work(), pytest.raises(IntegrityError), transaction.atomic():
            Task.objects.create(number=1, title="x", patient_id=theirs.pk)
        with alice.at_work():
            assert Task.objects.count() == 0

    def test_every_reference_between_clinic_rows_carries_the_clinic(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f'")
            names = {row[0] for row in cursor.fetchall()}
        wanted = {name for model in OWNED for name, _ in composite_keys(model)}
        assert wanted and wanted <= names

    def test_ids_kept_without_a_foreign_key_are_checked_too(self, alice, charlie):
        with charlie.at_work():
            theirs = make_patient()
        with alice.at_work():
            mine = make_patient()
            with pytest.raises(IntegrityError), transaction.atomic():
                LabResult.objects.create(
                    patient=mine, name="LDL", value="1", source_document_id=theirs.pk
                )


@pytest.mark.django_db(transaction=True)
class TestRowLevelSecurity:
    @pytest.fixture
    def raw(self):
        database = connection.settings_dict
        with psycopg.connect(
            host=database["HOST"],
            port=database["PORT"],
            user=database["USER"],
            password=database["PASSWORD"],
            dbname=database["NAME"],
            autocommit=True,
        ) as raw:
            yield raw

    def test_every_table_of_clinic_data_is_guarded(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
                " WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polname = 'same_clinic'"
            )
            guarded = {row[0] for row in cursor.fetchall()}
        assert {model._meta.db_table for model in OWNED} == guarded

    def test_the_application_role_owns_nothing_and_bypasses_nothing(self, raw):
        row = raw.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, False)
        owned = raw.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        ).fetchone()
        assert owned == (0,)

    def test_without_a_clinic_no_table_shows_a_row(self, alice, raw):
        with alice.at_work():
            make_patient()
        for model in OWNED:
            count = raw.execute(f"SELECT count(*) FROM {model._meta.db_table}").fetchone()
            assert count == (0,), model._meta.label

    def test_with_another_clinic_nothing_is_seen_or_changed(self, alice, charlie, raw):
        with alice.at_work():
            mine = make_patient()
        with raw.transaction():
            raw.execute("SELECT set_config('app.clinic_id', %s, true)", [str(charlie.clinic.pk)])
            assert raw.execute("SELECT count(*) FROM patients").fetchone() == (0,)
            assert raw.execute("UPDATE patients SET first_name = 'x'").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
            raw.execute("SELECT set_config('app.clinic_id', %s, true)", [str(charlie.clinic.pk)])
            raw.execute(
                "INSERT INTO clinic_clinicnumber (id, clinic_id, series, last)"
                " VALUES (gen_random_uuid(), %s, 'mrn', 1)",
                [alice.clinic.pk],
            )
        with alice.at_work():
            mine.refresh_from_db()
            assert mine.first_name == "Ana"

    def test_the_clinic_does_not_stay_on_the_connection(self, alice):
        with alice.at_work():
            make_patient()
            assert Patient.objects.count() == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM patients")
            assert cursor.fetchone() == (0,)

    def test_leaving_the_clinic_inside_a_transaction_is_said_to_the_database(self, alice, charlie):
        with alice.at_work():
            make_patient()
        with transaction.atomic():
            with alice.at_work():
                assert Patient.objects.count() == 1
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM patients")
                assert cursor.fetchone() == (0,)
            with charlie.at_work(), connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM patients")
                assert cursor.fetchone() == (0,)

    def test_a_savepoint_rolled_back_does_not_lose_the_clinic(self, alice, charlie):
        with alice.at_work():
            make_patient()
            with transaction.atomic():
                try:
                    with transaction.atomic(), enter_clinic(charlie.clinic.pk):
                        assert Patient.objects.count() == 0
                        raise KeyError
                except KeyError:
                    pass
                assert Patient.objects.count() == 1

    def test_audit_lines_and_events_cannot_be_changed(self, raw, alice):
        for table in ("clinic_auditentry", "clinic_event"):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET seq = 1"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    raw.execute(statement)


def test_settings_use_the_backend_that_says_the_clinic():
    assert settings.DATABASES["default"]["ENGINE"] == "clinic.postgresql"
    assert ClinicNumber.objects.model is ClinicNumber
