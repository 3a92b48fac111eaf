"""A migration operation: the database keeps the number of rows by the value of one column.

Each statement that adds, removes or changes rows adds its differences as new rows of
``clinic_tally``. Nothing is locked, so nobody waits for a counter (an updated counter row would
be held until the end of every transaction that touches it); a reader sums the few rows there
are. Now and then the trigger replaces the rows it can lock at once by their sums.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

COMPACT = """
CREATE FUNCTION clinic_tally_compact(p_clinic uuid) RETURNS void LANGUAGE sql AS $$
    WITH batch AS (
        SELECT id FROM clinic_tally WHERE clinic_id = p_clinic
        LIMIT 5000 FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM clinic_tally t USING batch WHERE t.id = batch.id RETURNING t.name, t.delta
    )
    INSERT INTO clinic_tally (id, clinic_id, name, delta)
    SELECT gen_random_uuid(), p_clinic, name, sum(delta) FROM gone
    GROUP BY name HAVING sum(delta) <> 0
$$;
"""
UNDO_COMPACT = "DROP FUNCTION clinic_tally_compact(uuid);"

CHANGED = """
CREATE FUNCTION {table}_tallied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    clinic uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO clinic_tally (id, clinic_id, name, delta)
        SELECT gen_random_uuid(), clinic_id, '{prefix}.' || {column}, count(*)
        FROM added GROUP BY clinic_id, {column};
        IF random() < 0.02 THEN
            FOR clinic IN SELECT DISTINCT clinic_id FROM added LOOP
                PERFORM clinic_tally_compact(clinic);
            END LOOP;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO clinic_tally (id, clinic_id, name, delta)
        SELECT gen_random_uuid(), clinic_id, '{prefix}.' || {column}, -count(*)
        FROM removed GROUP BY clinic_id, {column};
    ELSE
        INSERT INTO clinic_tally (id, clinic_id, name, delta) VALUES
            (gen_random_uuid(), OLD.clinic_id, '{prefix}.' || OLD.{column}, -1),
            (gen_random_uuid(), NEW.clinic_id, '{prefix}.' || NEW.{column}, 1);
        IF random() < 0.02 THEN
            PERFORM clinic_tally_compact(NEW.clinic_id);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tallied_added AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {table}_tallied();
CREATE TRIGGER tallied_removed AFTER DELETE ON {table}
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION {table}_tallied();
CREATE TRIGGER tallied_changed AFTER UPDATE OF {column} ON {table}
    FOR EACH ROW WHEN (OLD.{column} IS DISTINCT FROM NEW.{column})
    EXECUTE FUNCTION {table}_tallied();
"""
UNDO_CHANGED = """
DROP TRIGGER tallied_added ON {table};
DROP TRIGGER tallied_removed ON {table};
DROP TRIGGER tallied_changed ON {table};
DROP FUNCTION {table}_tallied();
"""
# For databases that have rows already; row-level security is off for the owner meanwhile.
COUNT_NOW = """
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic_tally NO FORCE ROW LEVEL SECURITY;
INSERT INTO clinic_tally (id, clinic_id, name, delta)
    SELECT gen_random_uuid(), clinic_id, '{prefix}.' || {column}, count(*)
    FROM {table} GROUP BY clinic_id, {column};
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic_tally FORCE ROW LEVEL SECURITY;
"""


class TallyRows(Operation):
    """Keeps ``<prefix>.<value of column>`` counts of a table's rows in ``clinic_tally``."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, column: str, prefix: str) -> None:
        self.names = {"table": table, "column": column, "prefix": prefix}

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """For the migration writer."""
        return (self.__class__.__name__, [], dict(self.names))

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def describe(self) -> str:
        """For ``migrate`` and ``showmigrations``."""
        return f"Count the rows of {self.names['table']} by {self.names['column']}"

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Adds the triggers and counts what is there."""
        schema_editor.execute(CHANGED.format(**self.names))
        schema_editor.execute(COUNT_NOW.format(**self.names))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Takes the triggers away; the counts stay until the table of counts goes."""
        schema_editor.execute(UNDO_CHANGED.format(**self.names))
