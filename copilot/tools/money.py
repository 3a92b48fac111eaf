"""Tools about open money and denials."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import timezone
from pydantic import BaseModel

from claims.denials import meaning_of
from claims.permissions import may_read_claims
from claims.worklist import AGES, denial_groups, open_money
from copilot.toolbox import Arguments, Tool, Work, register


class Nothing(Arguments):
    """Nothing to choose."""


class Bucket(BaseModel):
    """Claims of one age in days; ``amount`` is in dollars."""

    days: str
    claims: int
    amount: Decimal


class OfPayer(BaseModel):
    """What one payer owes."""

    payer: str
    claims: int
    amount: Decimal


class Aging(BaseModel):
    """Claims that are not settled, by age since submission (or service) and by payer."""

    buckets: list[Bucket]
    payers: list[OfPayer]
    claims: int
    amount: Decimal


class DenialGroup(BaseModel):
    """Denied claims of one payer for one reason; ``days_left`` is that of the next deadline."""

    reason: str
    code: str
    fix: str
    payer: str
    claims: int
    amount: Decimal
    days_left: int | None


class Denials(BaseModel):
    """Denied claims by reason and payer, most money first."""

    groups: list[DenialGroup]


def claims_aging(work: Work, asked: Nothing) -> Aging:
    """How much is open and how old it is."""
    money = open_money(today=_today(work))
    buckets = []
    for name, *_ in AGES:
        total = money.of_age(name)
        buckets.append(Bucket(days=name, claims=total.count, amount=_dollars(total.cents)))
    return Aging(
        buckets=buckets,
        payers=[
            OfPayer(payer=name, claims=total.count, amount=_dollars(total.cents))
            for name, total in money.payers[:10]
        ],
        claims=sum(one.claims for one in buckets),
        amount=sum((one.amount for one in buckets), Decimal(0)),
    )


def claim_denials(work: Work, asked: Nothing) -> Denials:
    """Why payers deny, with the money that is at stake."""
    groups = []
    for row in denial_groups(today=_today(work)):
        meaning = meaning_of(row["denial_code"])
        groups.append(
            DenialGroup(
                reason=meaning.words,
                code=row["denial_code"],
                fix=meaning.fix,
                payer=row["payer"],
                claims=row["count"],
                amount=_dollars(row["cents"]),
                days_left=row["days_left"],
            )
        )
    return Denials(groups=groups)


def _today(work: Work) -> date:
    return timezone.localdate(timezone=work.login.clinic.tzinfo)


def _dollars(cents: int) -> Decimal:
    return Decimal(cents) / 100


for _tool in (
    Tool(
        name="claims_aging",
        description="Claims that are not settled by age and by payer, with their sums.",
        arguments=Nothing,
        scope="claims.read",
        may=may_read_claims,
        handler=claims_aging,
    ),
    Tool(
        name="claim_denials",
        description="Why payers deny: denied claims by reason and payer, with what helps.",
        arguments=Nothing,
        scope="claims.read",
        may=may_read_claims,
        handler=claim_denials,
    ),
):
    register(_tool)
