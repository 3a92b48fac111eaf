"""Clinics kept apart, and the patient's number of pending tasks."""

from django.db import migrations

from clinic.tenancy_rules import GuardTables

COUNT_TASKS = """
CREATE FUNCTION tasks_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was boolean := TG_OP <> 'INSERT' AND OLD.state IN ('open', 'in_progress');
    now_is boolean := TG_OP <> 'DELETE' AND NEW.state IN ('open', 'in_progress');
BEGIN
    IF was AND now_is AND OLD.patient_id IS NOT DISTINCT FROM NEW.patient_id THEN
        RETURN NULL;
    END IF;
    IF was AND OLD.patient_id IS NOT NULL THEN
        UPDATE patients SET tasks_count = tasks_count - 1
        WHERE id = OLD.patient_id AND clinic_id = OLD.clinic_id;
    END IF;
    IF now_is AND NEW.patient_id IS NOT NULL THEN
        UPDATE patients SET tasks_count = tasks_count + 1
        WHERE id = NEW.patient_id AND clinic_id = NEW.clinic_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tasks_counted AFTER INSERT OR DELETE OR UPDATE OF state, patient_id
    ON tasks FOR EACH ROW EXECUTE FUNCTION tasks_counted();
"""
UNDO = "DROP TRIGGER tasks_counted ON tasks; DROP FUNCTION tasks_counted();"


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial"), ("patients", "0002_rules")]

    operations = [
        GuardTables("Task"),
        GuardTables("TaskComment", referenced=False),
        migrations.RunSQL(COUNT_TASKS, UNDO),
    ]
