"""Clinics kept apart, and the list of runs whose process died."""

from django.db import migrations

from clinic.tenancy_rules import GuardTables

# Runs as the owner, because the sweep works for no clinic; it tells ids, nothing else.
ORPHANS = """
CREATE POLICY owner_reads ON copilot_runs FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION copilot_orphans(p_limit integer)
RETURNS TABLE (clinic_id uuid, run_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT r.clinic_id, r.id FROM copilot_runs r
    WHERE r.status = 'running' AND r.lease_until <= clock_timestamp()
    ORDER BY r.lease_until LIMIT p_limit
$$;
"""
UNDO = """
DROP FUNCTION copilot_orphans(integer);
DROP POLICY owner_reads ON copilot_runs;
"""


class Migration(migrations.Migration):
    dependencies = [("copilot", "0003_runs")]

    operations = [
        GuardTables("CopilotRun"),
        GuardTables("CopilotCall", "RunEvent", referenced=False),
        migrations.RunSQL(ORPHANS, UNDO),
    ]
