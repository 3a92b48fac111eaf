"""Clinics kept apart, and the patient's number of standing visits."""

from django.db import migrations

from clinic.tenancy_rules import GuardTables

COUNT = """
CREATE FUNCTION appointments_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status IN ('scheduled', 'checked_in') THEN
        UPDATE patients SET appointments_count = appointments_count - 1
        WHERE id = OLD.patient_id AND clinic_id = OLD.clinic_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status IN ('scheduled', 'checked_in') THEN
        UPDATE patients SET appointments_count = appointments_count + 1
        WHERE id = NEW.patient_id AND clinic_id = NEW.clinic_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER appointments_counted AFTER INSERT OR DELETE OR UPDATE OF status, patient_id
    ON appointments FOR EACH ROW EXECUTE FUNCTION appointments_counted();
"""
UNDO = "DROP TRIGGER appointments_counted ON appointments; DROP FUNCTION appointments_counted();"


class Migration(migrations.Migration):
    dependencies = [("appointments", "0001_initial"), ("patients", "0002_rules")]

    operations = [
        GuardTables("Appointment", referenced=False),
        migrations.RunSQL(COUNT, UNDO),
    ]
