"""Claims to insurers and their timeline."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models

from clinic.tenancy import ClinicOwned


class ClaimStatus(models.TextChoices):
    """pending -> submitted -> received -> under_review -> approved or denied -> settlement."""

    PENDING = "pending", "Pending"
    SUBMITTED = "submitted", "Submitted"
    RECEIVED = "received", "Received"
    UNDER_REVIEW = "under_review", "Under review"
    APPROVED = "approved", "Approved"
    DENIED = "denied", "Denied"
    SETTLEMENT_IN_PROGRESS = "settlement_in_progress", "Settlement in progress"
    SETTLEMENT_DONE = "settlement_done", "Settled"


MOVES: dict[str, frozenset[str]] = {
    ClaimStatus.PENDING: frozenset({ClaimStatus.SUBMITTED}),
    ClaimStatus.SUBMITTED: frozenset(
        {ClaimStatus.RECEIVED, ClaimStatus.UNDER_REVIEW, ClaimStatus.DENIED}
    ),
    ClaimStatus.RECEIVED: frozenset(
        {ClaimStatus.UNDER_REVIEW, ClaimStatus.APPROVED, ClaimStatus.DENIED}
    ),
    ClaimStatus.UNDER_REVIEW: frozenset({ClaimStatus.APPROVED, ClaimStatus.DENIED}),
    ClaimStatus.APPROVED: frozenset({ClaimStatus.SETTLEMENT_IN_PROGRESS}),
    ClaimStatus.DENIED: frozenset({ClaimStatus.SUBMITTED}),
    ClaimStatus.SETTLEMENT_IN_PROGRESS: frozenset({ClaimStatus.SETTLEMENT_DONE}),
    ClaimStatus.SETTLEMENT_DONE: frozenset(),
}


class Claim(ClinicOwned):
    """A bill to an insurer. ``status`` always equals its last event that moved it."""

    number = models.BigIntegerField(editable=False)
    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    insurance_provider = models.CharField(max_length=200)
    amount_cents = models.BigIntegerField()
    procedure_code = models.CharField(max_length=20, blank=True)
    diagnosis_code = models.CharField(max_length=20, blank=True)
    service_date = models.DateField()
    description = models.TextField(blank=True)
    status = models.CharField(max_length=25, choices=ClaimStatus, default=ClaimStatus.PENDING)
    submitted_date = models.DateField(null=True, blank=True)
    last_event_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ClinicOwned.Meta):
        db_table = "claims"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "number"], name="claim_number_once"),
            models.CheckConstraint(
                condition=models.Q(amount_cents__gt=0), name="claim_amount_positive"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["clinic", "status", "-last_event_at", "-id"], name="claims_by_status"
            ),
            models.Index(fields=["clinic", "-last_event_at", "-id"], name="claims_latest"),
            models.Index(
                fields=["clinic", "-amount_cents"],
                condition=models.Q(status="denied"),
                name="claims_denied_by_amount",
            ),
            models.Index(fields=["clinic", "patient", "-last_event_at"], name="claims_of_patient"),
            models.Index(fields=["clinic", "insurance_provider"], name="claims_of_payer"),
        ]

    def __str__(self) -> str:
        return self.display_id

    @property
    def display_id(self) -> str:
        """The number as people say it."""
        return f"C{self.number}"

    @property
    def amount(self) -> Decimal:
        """US dollars."""
        return Decimal(self.amount_cents) / 100


class ClaimEvent(ClinicOwned):
    """One entry of a claim's timeline; ``status`` is set when it moved the claim."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="events")
    position = models.IntegerField()
    event_type = models.CharField(max_length=40)
    status = models.CharField(max_length=25, choices=ClaimStatus, blank=True)
    description = models.TextField(blank=True)
    payload = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta(ClinicOwned.Meta):
        db_table = "claim_events"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["clinic", "claim", "position"], name="claim_event_once"
            ),
        ]

    def __str__(self) -> str:
        return self.event_type
