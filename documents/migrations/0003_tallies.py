"""How many documents there are in each status."""

from django.db import migrations

from clinic.tally_rules import TallyRows


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_rules"), ("clinic", "0003_tallies")]

    operations = [TallyRows("documents", "status", "document")]
