"""Clinics kept apart; what lower apps know of documents by id is checked by the database."""

from django.db import migrations

from clinic.tenancy_rules import GuardTables

CHART = (
    "labresult",
    "vitalsign",
    "condition",
    "medicationstatement",
    "allergyintolerance",
    "immunization",
    "procedure",
    "coverage",
)
REFERENCES = [(f"patients_{name}", "source_document_id") for name in CHART] + [
    ("tasks", "document_id"),
    ("agent_executions", "document_id"),
]


def add(table: str, column: str) -> str:
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_same_clinic"
        f" FOREIGN KEY (clinic_id, {column}) REFERENCES documents (clinic_id, id)"
        " DEFERRABLE INITIALLY DEFERRED;"
    )


def drop(table: str, column: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_same_clinic;"


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0001_initial"),
        ("patients", "0002_rules"),
        ("tasks", "0002_rules"),
        ("agents", "0002_rules"),
    ]

    operations = [
        GuardTables("Document"),
        GuardTables("DocumentPage", referenced=False),
        migrations.RunSQL(
            [add(*reference) for reference in REFERENCES],
            [drop(*reference) for reference in REFERENCES],
        ),
        migrations.RunSQL(
            "ALTER TABLE tasks ADD CONSTRAINT tasks_run_id_same_clinic FOREIGN KEY"
            " (clinic_id, run_id) REFERENCES agent_executions (clinic_id, id)"
            " DEFERRABLE INITIALLY DEFERRED;"
            "ALTER TABLE agent_executions ADD CONSTRAINT runs_patient_same_clinic FOREIGN KEY"
            " (clinic_id, patient_id) REFERENCES patients (clinic_id, id)"
            " DEFERRABLE INITIALLY DEFERRED;"
            "ALTER TABLE ai_artifacts ADD CONSTRAINT artifacts_patient_same_clinic FOREIGN KEY"
            " (clinic_id, patient_id) REFERENCES patients (clinic_id, id)"
            " DEFERRABLE INITIALLY DEFERRED;",
            "ALTER TABLE tasks DROP CONSTRAINT tasks_run_id_same_clinic;"
            "ALTER TABLE agent_executions DROP CONSTRAINT runs_patient_same_clinic;"
            "ALTER TABLE ai_artifacts DROP CONSTRAINT artifacts_patient_same_clinic;",
        ),
    ]
