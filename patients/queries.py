"""Reads about patients: the list, the search, one patient, and who may be the same person."""

from __future__ import annotations

from datetime import date
from functools import cache
from uuid import UUID

import orjson
from django.db import connection

from clinic.current import current_clinic_id
from clinic.listing import Listing, Page, Row, Slice, Where, fetch, newest_first
from patients.asked import Asked, understand
from patients.chart import chart as chart
from patients.matching import name_likeness, words
from patients.models import PatientStatus

COLUMNS = {
    "patient_id": "p.id",
    "mrn": "p.mrn",
    "first_name": "p.first_name",
    "last_name": "p.last_name",
    "email": "p.email",
    "phone": "p.phone",
    "status": "p.status",
    "tasks_count": "p.tasks_count",
    "appointments_count": "p.appointments_count",
    "flagged_count": "p.flagged_count",
    "profile_image": "p.profile_image",
    "dob": "p.dob",
    "gender": "p.gender",
    "created_at": "p.created_at",
}
LISTING = Listing(
    columns=COLUMNS, source="patients p", owner="p", order=newest_first("p", "patient_id")
)
DETAIL = COLUMNS | {
    "address": "p.address",
    "preconditions": "p.preconditions",
    "chart_version": "p.chart_version",
    "updated_at": "p.updated_at",
    "flags": "patient_flags(p.clinic_id, p.id)",
    "latest_vitals": "patient_latest_vitals(p.clinic_id, p.id)",
}
JSON_COLUMNS = ("address", "preconditions", "flags", "latest_vitals")
COMPARED = ("id", "mrn", "first_name", "last_name", "dob", "phone", "email")
LEAST_LIKENESS = 0.7


def list_patients(part: Slice, *, status: str | None = None) -> Page:
    """A page of patients, newest first."""
    where = Where()
    where.equal("p.status", status)
    statuses = [status] if status else PatientStatus.values
    return fetch(LISTING, where, part, tallies=[f"patient.{one}" for one in statuses])


def search_patients(
    q: str, *, status: str | None = None, limit: int = 20, skip: int = 0
) -> tuple[list[Row], int]:
    """(rows, total) of the patients that the text may mean, likeliest first.

    Each row has ``match``: why it was found ("" for its name), and ``score``.
    """
    asked = understand(q)
    ranked = []
    for row, how in _candidates(asked, status):
        score, match = _score(asked, row, how)
        if score >= LEAST_LIKENESS:
            ranked.append(row | {"score": round(score, 4), "match": match})
    ranked.sort(key=lambda row: (-row["score"], row["last_name"], row["first_name"], row["mrn"]))
    return ranked[skip : skip + limit], len(ranked)


def get_patient(patient_id: UUID) -> Row | None:
    """Everything about one patient but the chart; None when not in the clinic."""
    selected = ", ".join(DETAIL.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {selected} FROM patients p"  # noqa: S608 - our own SQL
            " WHERE p.clinic_id = %s AND p.id = %s",
            [current_clinic_id(), patient_id],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    row = dict(zip(DETAIL, found, strict=True))
    for name in JSON_COLUMNS:
        if isinstance(row[name], str):
            row[name] = orjson.loads(row[name])
    return row


def possible_duplicates(
    *,
    first_name: str,
    last_name: str,
    dob: date | None = None,
    phone: str = "",
    email: str = "",
    leave_out: UUID | None = None,
) -> list[Row]:
    """Patients who may be this person, likeliest first, with the reasons in words.

    Looks at those with the same date of birth, name, phone number or e-mail address.
    """
    digits = "".join(c for c in phone if c.isdigit())
    name = f"{first_name} {last_name}".strip()
    wanted = words(name)
    likeness_of = cache(lambda other: name_likeness(wanted, words(other)))
    found = []
    for row in _alike(name, email, digits, dob):
        if row["id"] == leave_out:
            continue
        likeness = likeness_of(f"{row['first_name']} {row['last_name']}")
        reasons, score = _same_person(row, likeness, dob=dob, digits=digits, email=email)
        if reasons:
            found.append(
                {
                    "patient_id": row["id"],
                    "mrn": row["mrn"],
                    "first_name": row["first_name"],
                    "last_name": row["last_name"],
                    "dob": row["dob"],
                    "reasons": reasons,
                    "score": round(score, 3),
                }
            )
    return sorted(found, key=lambda row: (-row["score"], row["mrn"]))[:5]


def _alike(name: str, email: str, digits: str, dob: date | None) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(COMPARED)} FROM patients_alike(%s, %s, %s, %s)",  # noqa: S608
            [name, email, digits, dob],
        )
        return [dict(zip(COMPARED, row, strict=True)) for row in cursor.fetchall()]


def _same_person(
    row: Row, likeness: float, *, dob: date | None, digits: str, email: str
) -> tuple[list[str], float]:
    same_dob = dob is not None and row["dob"] == dob
    other_dob = dob is not None and row["dob"] is not None and row["dob"] != dob
    same_phone = bool(digits) and _digits(row["phone"]) == digits
    same_email = bool(email) and row["email"].lower() == email.lower()
    alike = likeness >= 0.8
    if not (same_email or (alike and (same_dob or same_phone or not other_dob))):
        return [], 0.0
    reasons = []
    if alike:
        reasons.append("same name" if likeness >= 0.99 else "similar name")
    if same_dob:
        reasons.append("same date of birth")
    if same_phone:
        reasons.append("same phone number")
    if same_email:
        reasons.append("same e-mail address")
    extra = 0.3 * same_dob + 0.2 * same_phone + 0.2 * same_email - 0.3 * other_dob
    return reasons, min(1.0, max(0.0, 0.5 * likeness + extra))


def _candidates(asked: Asked, status: str | None) -> list[tuple[Row, set[str]]]:
    how: dict[UUID, set[str]] = {}
    with connection.cursor() as cursor:
        selected = ", ".join(COLUMNS.values())
        cursor.execute(
            f"SELECT f.how, {selected} FROM patients_found(%s, %s, %s, %s::date[]) f"  # noqa: S608
            " JOIN patients p ON p.id = f.id"
            " WHERE p.clinic_id = %s AND (%s::text IS NULL OR p.status = %s)",
            [
                asked.name,
                asked.code,
                asked.digits,
                list(asked.dobs),
                current_clinic_id(),
                status,
                status,
            ],
        )
        rows: dict[UUID, Row] = {}
        for found in cursor.fetchall():
            row = dict(zip(COLUMNS, found[1:], strict=True))
            rows.setdefault(row["patient_id"], row)
            how.setdefault(row["patient_id"], set()).add(found[0])
    return [(row, how[patient_id]) for patient_id, row in rows.items()]


def _score(asked: Asked, row: Row, how: set[str]) -> tuple[float, str]:
    likeness = 0.0
    if asked.name:
        likeness = name_likeness(
            words(asked.name), words(f"{row['first_name']} {row['last_name']}")
        )
    if asked.dobs:
        if row["dob"] in asked.dobs:
            match = f"date of birth {row['dob']:%-d %b %Y}"
            return (0.97 if not asked.name else 0.6 + 0.4 * likeness), match
        return (0.85 * likeness if likeness > 0.9 else 0.0), ""
    scores = [(likeness, "")]
    code = asked.code.casefold()
    if "mrn" in how:
        exact = row["mrn"].casefold() == code
        scores.append((1.0 if exact else 0.93, f"MRN {row['mrn']}"))
    if "email" in how:
        exact = row["email"].casefold() == code
        whole_name = row["email"].casefold().startswith(f"{code}@")
        scores.append((1.0 if exact else 0.96 if whole_name else 0.9, f"e-mail {row['email']}"))
    if "phone" in how:
        digits = _digits(row["phone"])
        ends = digits.endswith(asked.digits)
        score = 0.99 if digits == asked.digits else 0.96 if ends else 0.92
        if asked.name:
            score = 0.6 + 0.4 * likeness
        scores.append((score, f"phone {row['phone']}"))
    return max(scores, key=lambda one: one[0])


def _digits(phone: str) -> str:
    return "".join(c for c in phone if c.isdigit())
