"""Clinics kept apart, a search column, and the flag counter."""

from django.db import migrations

from clinic.tenancy_rules import GuardTables

# unaccent() is only STABLE because its dictionary could change; this one names its dictionary.
# Search runs as the owner with the clinic as an argument: trigram operators are not leakproof,
# so under row-level security they would lose their index.
SEARCH = """
CREATE FUNCTION plain_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(public.unaccent('public.unaccent'::regdictionary, value))
$$;
ALTER TABLE patients ADD COLUMN search_name text GENERATED ALWAYS AS (
    plain_text(first_name || ' ' || last_name)) STORED;
ALTER TABLE patients ADD COLUMN search_digits text GENERATED ALWAYS AS (
    regexp_replace(phone, '\\D', '', 'g')) STORED;
CREATE INDEX patients_search_name ON patients
    USING gist (clinic_id, search_name gist_trgm_ops(siglen=32));
CREATE INDEX patients_search_mrn ON patients (clinic_id, mrn text_pattern_ops);
CREATE INDEX patients_search_email ON patients (clinic_id, lower(email) text_pattern_ops);
CREATE INDEX patients_search_digits ON patients
    USING gist (clinic_id, search_digits gist_trgm_ops(siglen=32));
CREATE POLICY owner_reads ON patients FOR SELECT TO CURRENT_USER USING (true);
"""
UNDO_SEARCH = """
DROP POLICY owner_reads ON patients;
ALTER TABLE patients DROP COLUMN search_name, DROP COLUMN search_digits;
DROP INDEX patients_search_mrn;
DROP INDEX patients_search_email;
DROP FUNCTION plain_text(text);
"""

SEARCH_FUNCTION = """
CREATE FUNCTION patients_search(
    p_query text, p_digits text, p_dob date, p_status text, p_limit integer, p_offset integer
) RETURNS TABLE (id uuid, score real, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    clinic uuid := nullif(current_setting('app.clinic_id', true), '')::uuid;
    q text := plain_text(p_query);
BEGIN
    RETURN QUERY
    WITH found AS (
        (SELECT p.id, 1.0::real AS score, 'MRN' AS reason FROM patients p
         WHERE p.clinic_id = clinic AND p.mrn LIKE replace(p_query, '%', '') || '%' LIMIT 50)
        UNION ALL
        (SELECT p.id, 0.97::real, 'date of birth' FROM patients p
         WHERE p.clinic_id = clinic AND p.dob = p_dob LIMIT 200)
        UNION ALL
        (SELECT p.id, CASE WHEN p.search_digits = p_digits THEN 0.99 ELSE 0.95 END::real, 'phone'
         FROM patients p
         WHERE length(p_digits) >= 3 AND p.clinic_id = clinic
           AND p.search_digits LIKE '%' || p_digits || '%' LIMIT 50)
        UNION ALL
        (SELECT p.id, CASE WHEN lower(p.email) = lower(p_query) THEN 1.0 ELSE 0.9 END::real, 'e-mail'
         FROM patients p
         WHERE length(p_query) >= 3 AND p.clinic_id = clinic
           AND lower(p.email) LIKE replace(replace(lower(p_query), '%', ''), '_', '\\_') || '%'
         LIMIT 50)
        UNION ALL
        (SELECT n.id, greatest(similarity(n.search_name, q), 0.95 * word_similarity(q, n.search_name))::real, 'name'
         FROM (SELECT p.id, p.search_name FROM patients p WHERE p.clinic_id = clinic AND q <> ''
               ORDER BY p.search_name <->> q LIMIT 60) n
         WHERE word_similarity(q, n.search_name) > 0.3)
        UNION ALL
        (SELECT n.id, greatest(similarity(n.search_name, q), 0.95 * word_similarity(q, n.search_name))::real, 'name'
         FROM (SELECT p.id, p.search_name FROM patients p WHERE p.clinic_id = clinic AND q <> ''
               ORDER BY p.search_name <-> q LIMIT 60) n
         WHERE similarity(n.search_name, q) > 0.25)
    ), best AS (
        SELECT DISTINCT ON (f.id) f.id, f.score, f.reason FROM found f ORDER BY f.id, f.score DESC
    )
    SELECT b.id, b.score, b.reason FROM best b JOIN patients p ON p.id = b.id
    WHERE p_status IS NULL OR p.status = p_status
    ORDER BY b.score DESC, p.last_name, p.first_name, b.id
    LIMIT p_limit OFFSET p_offset;
END
$$;
"""
UNDO_SEARCH_FUNCTION = "DROP FUNCTION patients_search(text, text, date, text, integer, integer);"

COUNT_FLAGS = """
CREATE FUNCTION patient_flags_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.cleared_at IS NULL THEN
        UPDATE patients SET flagged_count = flagged_count - 1
        WHERE id = OLD.patient_id AND clinic_id = OLD.clinic_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.cleared_at IS NULL THEN
        UPDATE patients SET flagged_count = flagged_count + 1
        WHERE id = NEW.patient_id AND clinic_id = NEW.clinic_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER flags_counted AFTER INSERT OR DELETE OR UPDATE OF cleared_at, patient_id
    ON patients_patientflag FOR EACH ROW EXECUTE FUNCTION patient_flags_counted();
"""
UNDO_COUNT_FLAGS = """
DROP TRIGGER flags_counted ON patients_patientflag;
DROP FUNCTION patient_flags_counted();
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial"), ("clinic", "0002_rules")]

    operations = [
        GuardTables("Patient"),
        GuardTables(
            "PatientFlag",
            "LabResult",
            "VitalSign",
            "Condition",
            "MedicationStatement",
            "AllergyIntolerance",
            "Immunization",
            "Procedure",
            "Coverage",
            referenced=False,
        ),
        migrations.RunSQL(SEARCH, UNDO_SEARCH),
        migrations.RunSQL(SEARCH_FUNCTION, UNDO_SEARCH_FUNCTION),
        migrations.RunSQL(COUNT_FLAGS, UNDO_COUNT_FLAGS),
    ]
