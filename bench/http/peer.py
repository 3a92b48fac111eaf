"""The lean peer: the same answers by FastAPI, asyncpg and raw SQL, with nothing around them.

It checks a token's signature and reads its clinic from it, and that is all: no session that can
end, no membership, no row-level security, no audit, no events that are kept, no validation beyond
types. What Backline costs on top of this is what those cost. Run by uvicorn with PEER_DSN and
PEER_SECRET.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import jwt
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel

SECRET = os.environ["PEER_SECRET"]
ROW = (
    "id AS patient_id, mrn, first_name, last_name, email, phone, status, tasks_count,"
    " appointments_count, flagged_count, profile_image"
)
NEWEST = (
    f"SELECT {ROW} FROM patients WHERE tenant = $1"
    " ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3"
)
ALIKE = (
    f"SELECT {ROW} FROM patients WHERE tenant = $1 AND folded %> $2"
    " ORDER BY folded <->> $2, id LIMIT $3 OFFSET $4"
)
ONE = (
    f"SELECT {ROW}, dob, gender, address, preconditions FROM patients WHERE id = $1 AND tenant = $2"
)
NEW_PATIENT = (
    "INSERT INTO patients (id, tenant, mrn, first_name, last_name, folded, dob, gender, email,"
    " phone, preconditions)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
)
NEW_TASK = (
    "WITH patient AS (UPDATE patients SET tasks_count = tasks_count + 1"
    " WHERE id = $3 AND tenant = $2 RETURNING id)"
    " INSERT INTO tasks (id, tenant, patient_id, title, description, assigned_to, priority)"
    " SELECT $1, $2, id, $4, $5, $6, $7 FROM patient RETURNING id"
)
CLAIMS = (
    "SELECT id AS claim_id, shown AS claim_id_display, patient_id, patient_name,"
    " insurance_provider, amount_cents, status, submitted_date, last_event_at FROM claims"
    " WHERE tenant = $1 AND status = $2 ORDER BY last_event_at DESC, id DESC LIMIT $3 OFFSET $4"
)
STATS = (
    "SELECT pending_tasks, (SELECT count(*) FROM visits WHERE tenant = $1"
    " AND starts_at >= current_date AND starts_at < current_date + 1) AS appointments_today,"
    " patients AS patients_total, pending_claims AS claims_pending FROM totals WHERE tenant = $1"
)


class _State:
    pool: asyncpg.Pool[Any]


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    options = {"search_path": "lean,public"}
    async with asyncpg.create_pool(
        os.environ["PEER_DSN"], min_size=4, max_size=10, server_settings=options
    ) as _State.pool:
        yield


app = FastAPI(lifespan=_lifespan)


async def _tenant(authorization: Annotated[str, Header()] = "") -> UUID:
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), SECRET, algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    return UUID(claims["tenant"])


Tenant = Annotated[UUID, Depends(_tenant)]


def _json(value: Any, status: int = 200) -> Response:
    content = orjson.dumps(value, default=_plain)
    return Response(content, status, media_type="application/json")


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


class Person(BaseModel):
    email: str
    password: str


@app.post("/api/auth/login")
async def login(person: Person) -> Response:
    found = await _State.pool.fetchrow(
        "SELECT id, tenant FROM members WHERE email = $1", person.email
    )
    if found is None:
        raise HTTPException(401)
    claims = {"sub": str(found["id"]), "tenant": str(found["tenant"]), "exp": time.time() + 86400}
    return _json({"token": jwt.encode(claims, SECRET)})


@app.get("/api/patients")
async def patients(tenant: Tenant, q: str = "", limit: int = 20, skip: int = 0) -> Response:
    if q:
        rows = await _State.pool.fetch(ALIKE, tenant, q.lower(), limit, skip)
    else:
        rows = await _State.pool.fetch(NEWEST, tenant, limit, skip)
    return _json([dict(row) for row in rows])


@app.get("/api/patients/{patient_id}")
async def patient(patient_id: UUID, tenant: Tenant) -> Response:
    row = await _State.pool.fetchrow(ONE, patient_id, tenant)
    if row is None:
        raise HTTPException(404)
    found = dict(row)
    for name in ("address", "preconditions"):
        found[name] = orjson.Fragment(found[name])
    return _json(found)


class NewPatient(BaseModel):
    first_name: str
    last_name: str
    dob: date
    gender: str
    email: str
    phone: str
    preconditions: list[str] = []


@app.post("/api/patients")
async def create_patient(body: NewPatient, tenant: Tenant) -> Response:
    patient_id = uuid4()
    async with _State.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            NEW_PATIENT,
            patient_id,
            tenant,
            patient_id.hex[:12],
            body.first_name,
            body.last_name,
            f"{body.first_name} {body.last_name}".lower(),
            body.dob,
            body.gender,
            body.email,
            body.phone,
            orjson.dumps(body.preconditions).decode(),
        )
        await connection.execute(
            "UPDATE totals SET patients = patients + 1 WHERE tenant = $1", tenant
        )
    return _json({"patient_id": patient_id, "message": "Added."}, 201)


class NewTask(BaseModel):
    title: str
    patient_id: UUID
    description: str = ""
    assigned_to: str = ""
    priority: str = "medium"


@app.post("/api/tasks")
async def create_task(body: NewTask, tenant: Tenant) -> Response:
    task_id = uuid4()
    async with _State.pool.acquire() as connection, connection.transaction():
        made = await connection.fetchrow(
            NEW_TASK,
            task_id,
            tenant,
            body.patient_id,
            body.title,
            body.description,
            body.assigned_to,
            body.priority,
        )
        if made is None:
            raise HTTPException(404)
        await connection.execute(
            "UPDATE totals SET pending_tasks = pending_tasks + 1 WHERE tenant = $1", tenant
        )
    return _json({"task_id": task_id, "message": "Opened."}, 201)


@app.get("/api/claims")
async def claims(
    tenant: Tenant, status: str = "pending", limit: int = 50, skip: int = 0
) -> Response:
    rows = await _State.pool.fetch(CLAIMS, tenant, status, limit, skip)
    return _json([dict(row) for row in rows])


@app.get("/api/dashboard/stats")
async def stats(tenant: Tenant) -> Response:
    return _json(dict(await _State.pool.fetchrow(STATS, tenant)))
