"""A patient's flags and latest vitals by functions: their plans are made once a connection.

Planned anew for each look, the two cost PostgreSQL four times what the rest of the row does.
They run with the caller's rights, so row-level security holds inside them.
"""

from django.db import migrations

SIGNS = """
CREATE FUNCTION patient_flags(p_clinic uuid, p_patient uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'code', f.code, 'text', f.text, 'raised_at', f.raised_at
        ) ORDER BY f.raised_at), '[]')
        FROM patients_patientflag f
        WHERE f.clinic_id = p_clinic AND f.patient_id = p_patient AND f.cleared_at IS NULL
    );
END
$$;
CREATE FUNCTION patient_latest_vitals(p_clinic uuid, p_patient uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(to_jsonb(v) ORDER BY v.name), '[]') FROM (
            SELECT DISTINCT ON (lower(s.name)) s.name, s.value, s.unit, s.effective_date AS date,
                s.source_document_id AS document_id, s.page, s.box AS bbox
            FROM patients_vitalsign s
            WHERE s.clinic_id = p_clinic AND s.patient_id = p_patient AND s.is_current
            ORDER BY lower(s.name), s.effective_date DESC NULLS LAST, s.recorded_at DESC
        ) v
    );
END
$$;
"""
UNDO_SIGNS = """
DROP FUNCTION patient_flags(uuid, uuid);
DROP FUNCTION patient_latest_vitals(uuid, uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0007_search_in_steps")]

    operations = [migrations.RunSQL(SIGNS, UNDO_SIGNS)]
