"""The patients whose name has a text in it: for lists of what belongs to them.

The application's role may not use the trigrams for this itself: under row-level security an
operator that is not leak-proof is asked only about rows that passed the policy, one by one.
"""

from django.db import migrations

NAMED = r"""
CREATE FUNCTION patients_named(p_text text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    clinic uuid := nullif(current_setting('app.clinic_id', true), '')::uuid;
    q text := plain_text(p_text);
BEGIN
    IF length(q) < 3 THEN  -- no trigram in it: every name is looked at
        RETURN QUERY SELECT p.id FROM patients p
            WHERE p.clinic_id = clinic AND strpos(p.search_name, q) > 0;
    ELSE
        RETURN QUERY SELECT p.id FROM patients p
            WHERE p.clinic_id = clinic
              AND p.search_name LIKE '%' || regexp_replace(q, '([\\%_])', '\\\1', 'g') || '%';
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0008_signs")]

    operations = [migrations.RunSQL(NAMED, "DROP FUNCTION patients_named(text);")]
