"""Makes the application's role, brings the schema up to date, and gives the role its rights."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from psycopg import sql

from backline import environment

READ_AND_ADD_ONLY = ("clinic_auditentry", "clinic_event", "claim_events")


class Command(BaseCommand):
    """Run before a new version starts; safe to run again."""

    help = "Create the application role, migrate as the owner, and grant the role its rights."

    def handle(self, *args: Any, **options: Any) -> None:
        """Needs DATABASE_OWNER_URL (may create roles) and DATABASE_URL (the role to make)."""
        if not settings.DATABASE_OWNER_URL:
            raise CommandError(
                "DATABASE_OWNER_URL is not set: the role that owns the tables and migrates them."
            )
        application = dict(settings.DATABASES["default"])
        owner = {**application, **environment.database("DATABASE_OWNER_URL")}
        if owner["USER"] == application["USER"]:
            raise CommandError(
                "DATABASE_URL and DATABASE_OWNER_URL name the same role. The application must "
                "connect as a role that owns nothing, or row-level security would not hold it."
            )
        with psycopg.connect(
            host=owner["HOST"] or None,
            port=owner["PORT"] or None,
            user=owner["USER"],
            password=owner["PASSWORD"] or None,
            dbname=owner["NAME"],
            autocommit=True,
        ) as connection:
            self._make_role(connection, application["USER"], application["PASSWORD"])
            self._migrate(owner, options["verbosity"])
            self._grant(connection, application["USER"])

    def _make_role(self, connection: psycopg.Connection, name: str, password: str) -> None:
        row = connection.execute(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [name]
        ).fetchone()
        if row is None:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(name), sql.Literal(password)
                )
            )
        elif row[0]:
            raise CommandError(
                f"The role {name} of DATABASE_URL is a superuser or bypasses row-level security."
            )

    def _migrate(self, owner: dict[str, Any], verbosity: int) -> None:
        handler = connections["default"]
        handler.close()
        before = dict(handler.settings_dict)
        handler.settings_dict.update({**before, **owner})
        try:
            call_command("migrate", interactive=False, verbosity=verbosity, stdout=self.stdout)
        finally:
            handler.close()
            handler.settings_dict.update(before)

    def _grant(self, connection: psycopg.Connection, name: str) -> None:
        role = sql.Identifier(name)
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}",
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}",
        ):
            connection.execute(sql.SQL(statement).format(role))
        for table in READ_AND_ADD_ONLY:
            connection.execute(
                sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), role)
            )
