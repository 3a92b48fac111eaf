"""Possible duplicates: of many people born on one day only those whose names are most alike.

A form filled in with a stock date of birth (1 January 1900) would otherwise compare the new
patient with hundreds.
"""

from django.db import migrations

ALIKE = """
CREATE OR REPLACE FUNCTION patients_alike(p_name text, p_email text, p_digits text, p_dob date)
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
UNDO = """
CREATE OR REPLACE FUNCTION patients_alike(p_name text, p_email text, p_digits text, p_dob date)
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


class Migration(migrations.Migration):
    dependencies = [("patients", "0005_trigrams")]

    operations = [migrations.RunSQL(ALIKE, UNDO)]
