"""The lean peer's tables: the rows of one of our clinics, in a schema of their own."""

from __future__ import annotations

from uuid import UUID

import psycopg

SCHEMA = """
DROP SCHEMA IF EXISTS lean CASCADE;
CREATE SCHEMA lean;
CREATE TABLE lean.members AS
    SELECT u.id, u.email, m.clinic_id AS tenant FROM public.users u
    JOIN public.clinic_membership m ON m.user_id = u.id WHERE m.role = 'admin';
CREATE TABLE lean.patients AS
    SELECT id, clinic_id AS tenant, mrn, first_name, last_name,
        lower(first_name || ' ' || last_name) AS folded, dob, gender, email, phone, address,
        preconditions, status, tasks_count, appointments_count, flagged_count, profile_image,
        created_at
    FROM public.patients;
CREATE TABLE lean.tasks AS
    SELECT id, clinic_id AS tenant, patient_id, title, description, assigned_to, priority, state,
        created_at
    FROM public.tasks;
CREATE TABLE lean.claims AS
    SELECT c.id, c.clinic_id AS tenant, 'C' || c.number AS shown, c.patient_id,
        p.first_name || ' ' || p.last_name AS patient_name, c.insurance_provider, c.amount_cents,
        c.status, c.submitted_date, c.last_event_at
    FROM public.claims c JOIN public.patients p ON p.id = c.patient_id;
CREATE TABLE lean.visits AS
    SELECT id, clinic_id AS tenant, starts_at FROM public.appointments;
CREATE TABLE lean.totals AS
    SELECT %(clinic)s::uuid AS tenant,
        (SELECT count(*) FROM lean.patients) AS patients,
        (SELECT count(*) FROM lean.tasks WHERE state IN ('open', 'in_progress')) AS pending_tasks,
        (SELECT count(*) FROM lean.claims WHERE status = 'pending') AS pending_claims;
ALTER TABLE lean.totals SET (fillfactor = 50);
ALTER TABLE lean.members ADD PRIMARY KEY (id);
ALTER TABLE lean.patients ADD PRIMARY KEY (id);
ALTER TABLE lean.patients ALTER tasks_count SET DEFAULT 0,
    ALTER appointments_count SET DEFAULT 0, ALTER flagged_count SET DEFAULT 0,
    ALTER status SET DEFAULT 'active', ALTER profile_image SET DEFAULT '',
    ALTER address SET DEFAULT '{}', ALTER created_at SET DEFAULT now();
ALTER TABLE lean.tasks ADD PRIMARY KEY (id);
ALTER TABLE lean.tasks ALTER state SET DEFAULT 'open', ALTER created_at SET DEFAULT now();
ALTER TABLE lean.claims ADD PRIMARY KEY (id);
ALTER TABLE lean.totals ADD PRIMARY KEY (tenant);
CREATE INDEX ON lean.patients (tenant, created_at DESC, id DESC);
CREATE UNIQUE INDEX ON lean.patients (tenant, mrn);
CREATE INDEX ON lean.patients USING gin (tenant, folded public.gin_trgm_ops);
CREATE INDEX ON lean.tasks (tenant, created_at DESC) WHERE state = 'open';
CREATE INDEX ON lean.tasks (tenant, patient_id, created_at DESC);
CREATE INDEX ON lean.claims (tenant, status, last_event_at DESC, id DESC);
CREATE INDEX ON lean.visits (tenant, starts_at);
"""
TABLES = ("members", "patients", "tasks", "claims", "visits", "totals")


def copy_clinic(owner_url: str, clinic_id: UUID) -> None:
    """Makes the tables anew from a clinic's rows; the owner's role, row-level security heeded."""
    with psycopg.connect(owner_url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute("SELECT set_config('app.clinic_id', %s, true)", [str(clinic_id)])
        # The owner may read all patients for the search's sake; here it must not.
        statement = SCHEMA.replace(
            "FROM public.patients;", "FROM public.patients WHERE clinic_id = %(clinic)s;"
        )
        cursor.execute(statement, {"clinic": str(clinic_id)})
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"VACUUM ANALYZE lean.{table}")
