"""Clinics kept apart, and conversations counted by channel."""

from django.db import migrations

from clinic.tally_rules import TallyRows
from clinic.tenancy_rules import GuardTables


class Migration(migrations.Migration):
    dependencies = [
        ("copilot", "0001_initial"),
        ("clinic", "0003_tallies"),
        ("patients", "0002_rules"),
        ("appointments", "0002_rules"),
        ("claims", "0002_rules"),
    ]

    operations = [
        # Conversations are the first to point at appointments.
        migrations.RunSQL(
            "ALTER TABLE appointments ADD CONSTRAINT appointments_clinic_and_id"
            " UNIQUE (clinic_id, id);",
            "ALTER TABLE appointments DROP CONSTRAINT appointments_clinic_and_id;",
        ),
        GuardTables("Conversation"),
        GuardTables("Message", referenced=False),
        TallyRows("conversations", "channel", "conversation"),
    ]
