"""Clinics kept apart."""

from django.db import migrations

from clinic.tenancy_rules import GuardTables


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0001_initial"),
        ("patients", "0002_rules"),
        ("agents", "0002_rules"),
    ]

    operations = [
        GuardTables("Claim"),
        GuardTables("ClaimEvent", referenced=False),
        migrations.RunSQL(
            "ALTER TABLE agent_executions ADD CONSTRAINT runs_claim_same_clinic FOREIGN KEY"
            " (clinic_id, claim_id) REFERENCES claims (clinic_id, id)"
            " DEFERRABLE INITIALLY DEFERRED;",
            "ALTER TABLE agent_executions DROP CONSTRAINT runs_claim_same_clinic;",
        ),
    ]
