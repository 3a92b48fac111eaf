"""A clinic's own calibrations, kept apart from every other's."""

import clinic.ids
import clinic.tenancy
from clinic.tenancy_rules import GuardTables
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0005_read_seq'),
        ('documents', '0004_likeness'),
    ]

    operations = [
        migrations.CreateModel(
            name='Calibration',
            fields=[
                ('id', models.UUIDField(default=clinic.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField()),
                ('base', models.CharField(max_length=40)),
                ('content', models.JSONField(help_text='As documents/pipeline/extraction/data/calibration.json.')),
                ('labels', models.IntegerField(help_text='Judged values that it was fitted to.')),
                ('changed', models.IntegerField(help_text='How many of these a person had changed.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('clinic', clinic.tenancy.ClinicField(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic')),
            ],
            options={
                'db_table': 'document_calibrations',
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('clinic', 'number'), name='calibration_number_once')],
            },
        ),
        GuardTables("Calibration", referenced=False),
    ]
