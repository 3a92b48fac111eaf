"""Row-level security, the gapless events and chained audit, and a person's own memberships."""

from django.contrib.postgres.operations import (
    BtreeGistExtension,
    TrigramExtension,
    UnaccentExtension,
)
from django.db import migrations

from clinic.tenancy_rules import GuardTables

# The owner's policy serves SECURITY DEFINER functions only: under FORCE the owner sees nothing
# without one, and the application's role is never the owner.
MEMBERSHIPS_OF = """
CREATE POLICY owner_reads ON clinic_membership FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION clinic_memberships_of(p_user uuid)
RETURNS TABLE (clinic_id uuid, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT m.clinic_id, c.name::text, m.role::text
    FROM clinic_membership m JOIN clinic_clinic c ON c.id = m.clinic_id
    WHERE m.user_id = p_user AND m.is_active AND c.is_active
    ORDER BY m.created_at, m.clinic_id
$$;
"""

# One statement writes a change's events and audit lines, with the clinic's counter row locked.
# An audit line's hash covers the hash before it and every column.
RECORD = """
CREATE FUNCTION clinic_audit_text(a clinic_auditentry) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_array(
        a.clinic_id, a.seq, extract(epoch FROM a.at), a.actor_id, a.actor, a.action,
        a.object_type, a.object_id, a.patient_id, host(a.ip), a.detail
    )::text
$$;
CREATE FUNCTION clinic_record(p_clinic uuid, p_events jsonb, p_audits jsonb)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    counter clinic_cliniccounter%ROWTYPE;
    entry clinic_auditentry%ROWTYPE;
    item jsonb;
    moment timestamptz;
BEGIN
    SELECT * INTO counter FROM clinic_cliniccounter WHERE clinic_id = p_clinic FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'clinic % has no counter row', p_clinic;
    END IF;
    moment := clock_timestamp();
    FOR item IN SELECT * FROM jsonb_array_elements(p_audits) LOOP
        counter.audit_seq := counter.audit_seq + 1;
        entry.id := gen_random_uuid();
        entry.clinic_id := p_clinic;
        entry.seq := counter.audit_seq;
        entry.at := moment;
        entry.actor_id := (item->>'actor_id')::uuid;
        entry.actor := left(item->>'actor', 200);
        entry.action := item->>'action';
        entry.object_type := item->>'object_type';
        entry.object_id := (item->>'object_id')::uuid;
        entry.patient_id := (item->>'patient_id')::uuid;
        entry.ip := (item->>'ip')::inet;
        entry.detail := item->'detail';
        entry.hash := encode(sha256(convert_to(
            counter.audit_hash || clinic_audit_text(entry), 'UTF8')), 'hex');
        counter.audit_hash := entry.hash;
        INSERT INTO clinic_auditentry SELECT entry.*;
    END LOOP;
    INSERT INTO clinic_event (id, clinic_id, seq, type, op, doc, at)
    SELECT gen_random_uuid(), p_clinic, counter.event_seq + e.n, e.item->>'type',
           e.item->>'op', e.item->'doc', moment
    FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e(item, n);
    UPDATE clinic_cliniccounter
    SET event_seq = event_seq + jsonb_array_length(p_events),
        audit_seq = counter.audit_seq, audit_hash = counter.audit_hash
    WHERE clinic_id = p_clinic
    RETURNING event_seq INTO counter.event_seq;
    RETURN counter.event_seq;
END
$$;
"""

UNDO_RECORD = """
DROP FUNCTION clinic_record(uuid, jsonb, jsonb);
DROP FUNCTION clinic_audit_text(clinic_auditentry);
"""
UNDO_MEMBERSHIPS_OF = """
DROP FUNCTION clinic_memberships_of(uuid);
DROP POLICY owner_reads ON clinic_membership;
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]

    operations = [
        TrigramExtension(),
        BtreeGistExtension(),
        UnaccentExtension(),
        GuardTables(
            "Membership",
            "ClinicCounter",
            "ClinicNumber",
            "Event",
            "AuditEntry",
            "IdempotentAnswer",
            referenced=False,
        ),
        migrations.RunSQL(MEMBERSHIPS_OF, UNDO_MEMBERSHIPS_OF),
        migrations.RunSQL(RECORD, UNDO_RECORD),
    ]
