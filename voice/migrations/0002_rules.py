"""Clinics kept apart, and calls counted by status."""

from django.db import migrations

from clinic.tally_rules import TallyRows
from clinic.tenancy_rules import GuardTables


class Migration(migrations.Migration):
    dependencies = [
        ("voice", "0001_initial"),
        ("clinic", "0003_tallies"),
        ("patients", "0002_rules"),
        ("tasks", "0002_rules"),
    ]

    operations = [
        GuardTables("VoiceCall", referenced=False),
        TallyRows("voice_calls", "status", "voice_call"),
    ]
