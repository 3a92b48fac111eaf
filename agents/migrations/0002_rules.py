"""Clinics kept apart, and the list of runs that want a worker."""

from django.db import migrations

from clinic.tenancy_rules import GuardTables

# Runs as the owner, because the sweep works for no clinic; it tells ids and times, nothing else.
DUE = """
CREATE POLICY owner_reads ON agent_executions FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION agents_due(p_limit integer)
RETURNS TABLE (
    clinic_id uuid, run_id uuid, lane text, due_since timestamptz, rung_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    (SELECT r.clinic_id, r.id, r.lane::text, r.due_at, r.rung_at FROM agent_executions r
     WHERE r.status = 'queued' AND r.due_at <= clock_timestamp()
     ORDER BY r.due_at LIMIT p_limit)
    UNION ALL
    (SELECT r.clinic_id, r.id, r.lane::text, r.lease_until, r.rung_at FROM agent_executions r
     WHERE r.status = 'running' AND r.lease_until <= clock_timestamp()
     ORDER BY r.lease_until LIMIT p_limit)
$$;
"""
UNDO = """
DROP FUNCTION agents_due(integer);
DROP POLICY owner_reads ON agent_executions;
"""


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial"), ("clinic", "0002_rules")]

    operations = [
        GuardTables("AgentRun"),
        GuardTables("AgentStep", "AIArtifact", referenced=False),
        migrations.RunSQL(DUE, UNDO),
    ]
