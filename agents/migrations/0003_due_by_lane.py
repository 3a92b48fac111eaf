"""The runs that want a worker, so many of each lane: a long queue of one hides no other."""

from django.db import migrations

# Runs as the owner, because the sweep works for no clinic; it tells ids and times, nothing else.
DUE = """
CREATE OR REPLACE FUNCTION agents_due(p_limit integer)
RETURNS TABLE (
    clinic_id uuid, run_id uuid, lane text, due_since timestamptz, rung_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT due.* FROM (VALUES ('quick'), ('reading')) lanes (name) CROSS JOIN LATERAL (
        (SELECT r.clinic_id, r.id, r.lane::text, r.due_at AS due_since, r.rung_at
         FROM agent_executions r
         WHERE r.status = 'queued' AND r.lane = lanes.name AND r.due_at <= clock_timestamp()
         ORDER BY r.due_at LIMIT p_limit)
        UNION ALL
        (SELECT r.clinic_id, r.id, r.lane::text, r.lease_until, r.rung_at
         FROM agent_executions r
         WHERE r.status = 'running' AND r.lane = lanes.name AND r.lease_until <= clock_timestamp()
         ORDER BY r.lease_until LIMIT p_limit)
    ) due
    ORDER BY due.due_since
$$;
"""
UNDO = """
CREATE OR REPLACE FUNCTION agents_due(p_limit integer)
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


class Migration(migrations.Migration):
    dependencies = [("agents", "0002_rules")]

    operations = [migrations.RunSQL(DUE, UNDO)]
