"""One statement that refuses whatever follows it unless a login is still what it was."""

from django.db import migrations

CHECK = """
CREATE FUNCTION clinic_require_login(
    p_session uuid, p_user uuid, p_clinic uuid, p_mark text
) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM FROM clinic_loginsession s JOIN users u ON u.id = s.user_id
        LEFT JOIN clinic_membership m
            ON m.user_id = u.id AND m.clinic_id = p_clinic AND m.is_active
        LEFT JOIN clinic_clinic c ON c.id = m.clinic_id AND c.is_active
        WHERE s.id = p_session AND s.user_id = p_user AND s.ended_at IS NULL
            AND s.expires_at > now() AND u.is_active
            AND md5(row(u.*, m.role, c.*)::text) = p_mark;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'BL401', MESSAGE = 'The login has changed.';
    END IF;
END
$$;
"""
UNDO_CHECK = "DROP FUNCTION clinic_require_login(uuid, uuid, uuid, text);"


class Migration(migrations.Migration):
    dependencies = [("clinic", "0006_undoing_and_leases")]

    operations = [migrations.RunSQL(CHECK, UNDO_CHECK)]
