"""Possible duplicates: the function returns what they are compared by, not only their ids.

Joined to the table outside of it, under row-level security, the statement was planned anew for
every new patient, which cost as much as the search. Of people born on one day a hundred are
compared: more share a birthday by a stock date only, and the same name is found without it.
"""

from django.db import migrations

DROP = "DROP FUNCTION patients_alike(text, text, text, date);"
ALIKE = """
CREATE FUNCTION patients_alike(p_name text, p_email text, p_digits text, p_dob date)
RETURNS TABLE (id uuid, mrn text, first_name text, last_name text, dob date, phone text, email text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    clinic uuid := nullif(current_setting('app.clinic_id', true), '')::uuid;
    q text := plain_text(p_name);
BEGIN
    RETURN QUERY SELECT p.id, p.mrn::text, p.first_name::text, p.last_name::text, p.dob,
        p.phone::text, p.email::text
    FROM (
        (SELECT born.id FROM (
            SELECT b.id, b.search_name FROM patients b
            WHERE b.clinic_id = clinic AND b.dob = p_dob LIMIT 100) born
            ORDER BY similarity(born.search_name, q) DESC LIMIT 10)
        UNION (SELECT n.id FROM patients n
            WHERE n.clinic_id = clinic AND n.search_name = q LIMIT 10)
        UNION (SELECT d.id FROM patients d
            WHERE d.clinic_id = clinic AND d.search_digits = p_digits AND d.search_digits <> ''
              AND length(p_digits) >= 7 LIMIT 10)
        UNION (SELECT e.id FROM patients e
            WHERE e.clinic_id = clinic AND p_email <> '' AND lower(e.email) = lower(p_email)
            LIMIT 10)
    ) f JOIN patients p ON p.id = f.id AND p.clinic_id = clinic;
END
$$;
"""
BEFORE = """
CREATE FUNCTION patients_alike(p_name text, p_email text, p_digits text, p_dob date)
RETURNS TABLE (id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    clinic uuid := nullif(current_setting('app.clinic_id', true), '')::uuid;
    q text := plain_text(p_name);
BEGIN
    RETURN QUERY (SELECT born.id FROM (
        SELECT p.id, p.search_name FROM patients p
        WHERE p.clinic_id = clinic AND p.dob = p_dob LIMIT 300) born
        ORDER BY similarity(born.search_name, q) DESC LIMIT 10)
    UNION (SELECT p.id FROM patients p
        WHERE p.clinic_id = clinic AND p.search_name = q LIMIT 10)
    UNION (SELECT p.id FROM patients p
        WHERE p.clinic_id = clinic AND p.search_digits = p_digits AND p.search_digits <> ''
          AND length(p_digits) >= 7 LIMIT 10)
    UNION (SELECT p.id FROM patients p
        WHERE p.clinic_id = clinic AND p_email <> '' AND lower(p.email) = lower(p_email) LIMIT 10);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0009_named")]

    operations = [migrations.RunSQL(DROP + ALIKE, DROP + BEFORE)]
