"""How many patients there are of each status."""

from django.db import migrations

from clinic.tally_rules import TallyRows


class Migration(migrations.Migration):
    dependencies = [("patients", "0002_rules"), ("clinic", "0003_tallies")]

    operations = [TallyRows("patients", "status", "patient")]
