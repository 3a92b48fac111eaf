"""Clinics kept apart, the door of a patient's link, and forms counted by status."""

from django.db import migrations

from clinic.tally_rules import TallyRows
from clinic.tenancy_rules import GuardTables

# Runs as the owner: whoever brings a link works for no clinic yet. It tells an id, nothing else.
DOOR = """
CREATE POLICY owner_reads ON consent_forms FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION consents_clinic_of(p_digest text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT clinic_id FROM consent_forms WHERE link_digest = p_digest
$$;
"""
UNDO = """
DROP FUNCTION consents_clinic_of(text);
DROP POLICY owner_reads ON consent_forms;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consents", "0001_initial"),
        ("clinic", "0003_tallies"),
        ("patients", "0002_rules"),
        ("documents", "0002_rules"),
    ]

    operations = [
        GuardTables("FormTemplate", "ConsentForm"),
        migrations.RunSQL(DOOR, UNDO),
        TallyRows("consent_forms", "status", "consent_form"),
    ]
