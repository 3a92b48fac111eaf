"""Candidates for the search and for possible duplicates, found through indexes alone.

Both run as the owner and take the clinic from the transaction: trigram operators and lower() are
not leakproof, so under row-level security they would lose their indexes. Prefixes are written as
ranges, because LIKE with a parameter cannot use an index in a cached plan.
"""

from django.db import migrations

INDEXES = """
CREATE INDEX patients_same_digits ON patients (clinic_id, search_digits)
    WHERE search_digits <> '';
CREATE INDEX patients_same_name ON patients (clinic_id, search_name);
"""
UNDO_INDEXES = "DROP INDEX patients_same_digits; DROP INDEX patients_same_name;"

FOUND = """
CREATE FUNCTION patients_found(
    p_name text, p_code text, p_digits text, p_dobs date[]
) RETURNS TABLE (id uuid, how text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    clinic uuid := nullif(current_setting('app.clinic_id', true), '')::uuid;
    q text := plain_text(p_name);
    code text := p_code;
    past text := p_code || U&'\\+10FFFF';
BEGIN
    IF code <> '' THEN
        RETURN QUERY SELECT p.id, 'mrn' FROM patients p
            WHERE p.clinic_id = clinic AND p.mrn ~>=~ code AND p.mrn ~<~ past
            ORDER BY p.clinic_id, p.mrn USING ~<~ LIMIT 30;
        RETURN QUERY SELECT p.id, 'email' FROM patients p
            WHERE p.clinic_id = clinic AND lower(p.email) ~>=~ lower(code)
              AND lower(p.email) ~<~ lower(past) LIMIT 30;
    END IF;
    IF p_digits <> '' THEN
        RETURN QUERY SELECT p.id, 'phone' FROM patients p
            WHERE p.clinic_id = clinic AND p.search_digits LIKE '%' || p_digits || '%' LIMIT 50;
    END IF;
    IF cardinality(p_dobs) > 0 THEN
        RETURN QUERY SELECT p.id, 'dob' FROM patients p
            WHERE p.clinic_id = clinic AND p.dob = ANY (p_dobs) LIMIT 200;
    END IF;
    IF q <> '' THEN
        RETURN QUERY (SELECT p.id, 'name' FROM patients p WHERE p.clinic_id = clinic
            ORDER BY p.search_name <-> q LIMIT 60);
        RETURN QUERY (SELECT p.id, 'name' FROM patients p WHERE p.clinic_id = clinic
            ORDER BY p.search_name <->> q LIMIT 60);
    END IF;
END
$$;
CREATE FUNCTION patients_alike(p_name text, p_email text, p_digits text, p_dob date)
RETURNS TABLE (id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    clinic uuid := nullif(current_setting('app.clinic_id', true), '')::uuid;
BEGIN
    RETURN QUERY (SELECT p.id FROM patients p WHERE p.clinic_id = clinic AND p.dob = p_dob LIMIT 100)
    UNION (SELECT p.id FROM patients p
        WHERE p.clinic_id = clinic AND p.search_name = plain_text(p_name) LIMIT 20)
    UNION (SELECT p.id FROM patients p
        WHERE p.clinic_id = clinic AND p.search_digits = p_digits AND p.search_digits <> ''
          AND length(p_digits) >= 7 LIMIT 20)
    UNION (SELECT p.id FROM patients p
        WHERE p.clinic_id = clinic AND p_email <> '' AND lower(p.email) = lower(p_email) LIMIT 20);
END
$$;
"""
UNDO_FOUND = """
DROP FUNCTION patients_found(text, text, text, date[]);
DROP FUNCTION patients_alike(text, text, text, date);
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0003_tallies")]

    operations = [
        migrations.RunSQL(INDEXES, UNDO_INDEXES),
        migrations.RunSQL(FOUND, UNDO_FOUND),
    ]
