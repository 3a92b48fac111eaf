"""Invitations, browsers among the sessions, recovery codes, and the audit of one person."""

import clinic.ids
import clinic.tenancy
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from clinic.tenancy_rules import GuardTables


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0003_tallies'),
    ]

    operations = [
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=clinic.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254)),
                ('name', models.CharField(max_length=200)),
                ('role', models.CharField(choices=[('admin', 'Admin'), ('doctor', 'Doctor'), ('staff', 'Staff')], max_length=10)),
                ('nonce', models.UUIDField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('mailed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('accepted', models.BooleanField(default=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.UUIDField(default=clinic.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name='clinic',
            name='address',
            field=models.CharField(blank=True, help_text='Printed on its papers.', max_length=300),
        ),
        migrations.AddField(
            model_name='clinic',
            name='email',
            field=models.EmailField(blank=True, help_text='Answers to letters go there.', max_length=254),
        ),
        migrations.AddField(
            model_name='loginsession',
            name='ip',
            field=models.GenericIPAddressField(null=True),
        ),
        migrations.AddField(
            model_name='loginsession',
            name='portal_key',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['clinic', 'actor_id', '-seq'], name='audit_of_actor'),
        ),
        migrations.AddIndex(
            model_name='loginsession',
            index=models.Index(fields=['user', '-created_at'], name='sessions_of_user'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='clinic',
            field=clinic.tenancy.ClinicField(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clinic.clinic'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='invited_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recoverycode',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(models.F('clinic'), django.db.models.functions.text.Lower('email'), condition=models.Q(('ended_at', None)), name='one_open_invitation'),
        ),
        migrations.AddConstraint(
            model_name='recoverycode',
            constraint=models.UniqueConstraint(fields=('user', 'digest'), name='recovery_code_once'),
        ),
        GuardTables('Invitation', referenced=False),
    ]
