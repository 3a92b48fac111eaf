"""Claims as the templates name their parts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from claims.actions import UnknownClaim
from claims.models import MOVES, ClaimStatus
from claims.queries import get_claim
from claims.worklist import AGES, OPEN, OpenMoney, Total, age_of
from clinic.listing import Row
from clinic.templatetags.bars import Bar, Column

TONES: dict[str, str] = {
    ClaimStatus.PENDING: "neutral",
    ClaimStatus.SUBMITTED: "info",
    ClaimStatus.RECEIVED: "info-2",
    ClaimStatus.UNDER_REVIEW: "warn",
    ClaimStatus.APPROVED: "ok",
    ClaimStatus.DENIED: "bad",
    ClaimStatus.SETTLEMENT_IN_PROGRESS: "ok-2",
}
# What a button says that moves a claim; submitting goes out of the house and asks first.
VERBS: dict[str, str] = {
    ClaimStatus.SUBMITTED: "Submit",
    ClaimStatus.RECEIVED: "Payer received it",
    ClaimStatus.UNDER_REVIEW: "Payer reviews it",
    ClaimStatus.APPROVED: "Approved",
    ClaimStatus.DENIED: "Denied",
    ClaimStatus.SETTLEMENT_IN_PROGRESS: "Payment announced",
    ClaimStatus.SETTLEMENT_DONE: "Money received",
}


def claim_rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Claims of ``claims.queries`` or ``claims.worklist``."""
    return [row | {"id": row["claim_id"], "number": row["claim_id_display"]} for row in rows]


def find_claim(pk: UUID, today: date) -> dict[str, Any]:
    """One claim, with its age and its amount in cents.

    Raises:
        UnknownClaim: when it is not in this clinic.
    """
    row = get_claim(pk)
    if row is None:
        raise UnknownClaim
    row["amount_cents"] = round(row["amount"] * 100)
    return claim_rows([row])[0] | {"age": age_of(row, today)}


def next_moves(status: str) -> list[dict[str, str]]:
    """The moves that are allowed from a status, in the order of a claim's life."""
    return [
        {"status": one, "verb": VERBS[one]} for one in ClaimStatus.values if one in MOVES[status]
    ]


def aging_chart(money: OpenMoney) -> dict[str, Any]:
    """What ``claims/_aging.html`` shows: columns by age, stacked by status, and their table."""
    columns = [
        Column(
            name,
            money.of_age(name).cents,
            [
                Bar(ClaimStatus(status).label, TONES[status], money.cells[status, name].cents)
                for status in OPEN
                if (status, name) in money.cells
            ],
        )
        for name, *_ in AGES
    ]
    table = [
        {
            "status": status,
            "label": ClaimStatus(status).label,
            "tone": TONES[status],
            "cells": [(name, money.cells.get((status, name), Total())) for name, *_ in AGES],
            "total": money.of_status(status),
        }
        for status in OPEN
        if money.of_status(status).count
    ]
    ages = [(name, money.of_age(name)) for name, *_ in AGES]
    return {
        "aging_columns": columns,
        "aging_rows": table,
        "aging_ages": [name for name, *_ in AGES],
        "aging_totals": ages,
        "aging_total": sum((total for _, total in ages), Total()),
    }
