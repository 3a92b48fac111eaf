"""Patients as the templates name their parts."""

from __future__ import annotations

from typing import Any

from clinic.listing import Row


def patient_row(row: Row) -> dict[str, Any]:
    """A patient of ``patients.queries``; ``match`` says why a search found them."""
    return {
        **row,
        "id": row["patient_id"],
        "full_name": f"{row['first_name']} {row['last_name']}".strip(),
        "sex": row.get("gender", ""),
        "match": row.get("match", ""),
    }
