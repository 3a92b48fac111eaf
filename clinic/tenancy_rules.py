"""Migration operations that make PostgreSQL keep the clinics apart.

``GuardTables`` is written once for each model with clinic data, beside its ``CreateModel``. It
holds for rows what ``clinic.tenancy`` holds for queries: row-level security by
``app.clinic_id``, and foreign keys that carry the clinic so that no row can point at a row of
another clinic (a plain foreign key is checked with row-level security off).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

CLINIC = "nullif(current_setting('app.clinic_id', true), '')::uuid"


def composite_keys(model: type[models.Model]) -> list[tuple[str, models.ForeignKey[Any, Any]]]:
    """(constraint name, foreign key) of every reference from clinic data to clinic data."""
    found = []
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and field.name != "clinic":
            target = field.remote_field.model
            if any(f.name == "clinic" for f in target._meta.local_fields):
                found.append((f"{model._meta.db_table}_{field.column}_same_clinic"[:63], field))
    return found


class GuardTables(Operation):
    """Row-level security and composite foreign keys for the named models of this app."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, *names: str, referenced: bool = True) -> None:
        """``referenced`` is False for tables that nothing points at: they need no key for it."""
        self.names = names
        self.referenced = referenced

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """For the migration writer."""
        return (self.__class__.__name__, list(self.names), {"referenced": self.referenced})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def describe(self) -> str:
        """For ``migrate`` and ``showmigrations``."""
        return f"Keep clinics apart in {', '.join(self.names)}"

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Adds the rules, tables first, so that models of one migration may refer to another."""
        tables = [to_state.apps.get_model(app_label, name) for name in self.names]
        for model in tables:
            table = model._meta.db_table
            schema_editor.execute(
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
                f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
                f"CREATE POLICY same_clinic ON {table}"
                f" USING (clinic_id = {CLINIC}) WITH CHECK (clinic_id = {CLINIC});"
            )
            if self.referenced:
                schema_editor.execute(
                    f"ALTER TABLE {table} ADD CONSTRAINT {table}_clinic_and_id"
                    " UNIQUE (clinic_id, id);"
                )
        for model in tables:
            for name, key in composite_keys(model):
                target = key.remote_field.model._meta.db_table
                schema_editor.execute(
                    f"ALTER TABLE {model._meta.db_table} ADD CONSTRAINT {name}"
                    f" FOREIGN KEY (clinic_id, {key.column}) REFERENCES {target} (clinic_id, id)"
                    " DEFERRABLE INITIALLY DEFERRED;"
                )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Takes the rules away again."""
        tables = [from_state.apps.get_model(app_label, name) for name in self.names]
        for model in tables:
            for name, _ in composite_keys(model):
                schema_editor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {name};")
        for model in tables:
            table = model._meta.db_table
            schema_editor.execute(
                f"DROP POLICY same_clinic ON {table};"
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;"
                f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_clinic_and_id;"
            )
