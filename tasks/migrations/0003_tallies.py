"""How many tasks there are in each state."""

from django.db import migrations

from clinic.tally_rules import TallyRows


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_rules"), ("clinic", "0003_tallies")]

    operations = [TallyRows("tasks", "state", "task")]
