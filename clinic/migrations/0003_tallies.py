"""Row counts that nobody has to count or wait for."""

import django.db.models.deletion
from django.db import migrations, models

import clinic.ids
import clinic.tenancy
from clinic.tally_rules import COMPACT, UNDO_COMPACT
from clinic.tenancy_rules import GuardTables


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=clinic.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("delta", models.BigIntegerField()),
                (
                    "clinic",
                    clinic.tenancy.ClinicField(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clinic.clinic",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "indexes": [
                    models.Index(
                        fields=["clinic", "name"], include=["delta"], name="tally_by_name"
                    )
                ],
            },
        ),
        GuardTables("Tally", referenced=False),
        migrations.RunSQL(COMPACT, UNDO_COMPACT),
    ]
