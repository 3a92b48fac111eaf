"""Forms that patients are asked to sign, and the wording they are made from."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from clinic.tenancy import ClinicOwned


class ConsentStatus(models.TextChoices):
    """to_do -> sent -> in_progress -> signed or declined; expired and withdrawn end it too."""

    TO_DO = "to_do", "To do"
    SENT = "sent", "Sent"
    IN_PROGRESS = "in_progress", "In progress"
    SIGNED = "signed", "Signed"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"


MOVES: dict[str, frozenset[str]] = {
    ConsentStatus.TO_DO: frozenset({ConsentStatus.SENT, ConsentStatus.WITHDRAWN}),
    ConsentStatus.SENT: frozenset(
        {
            ConsentStatus.SENT,
            ConsentStatus.TO_DO,
            ConsentStatus.IN_PROGRESS,
            ConsentStatus.DECLINED,
            ConsentStatus.EXPIRED,
            ConsentStatus.WITHDRAWN,
        }
    ),
    ConsentStatus.IN_PROGRESS: frozenset(
        {
            ConsentStatus.SENT,
            ConsentStatus.SIGNED,
            ConsentStatus.DECLINED,
            ConsentStatus.EXPIRED,
            ConsentStatus.WITHDRAWN,
        }
    ),
    ConsentStatus.SIGNED: frozenset({ConsentStatus.WITHDRAWN}),
    ConsentStatus.DECLINED: frozenset(),
    ConsentStatus.EXPIRED: frozenset({ConsentStatus.SENT, ConsentStatus.WITHDRAWN}),
    ConsentStatus.WITHDRAWN: frozenset(),
}
OPEN = (ConsentStatus.TO_DO, ConsentStatus.SENT, ConsentStatus.IN_PROGRESS)
WITH_PATIENT = (ConsentStatus.SENT, ConsentStatus.IN_PROGRESS)


class LetterStatus(models.TextChoices):
    """How far the e-mail with the link is: queued -> sent, or failed."""

    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


class FormTemplate(ClinicOwned):
    """A form's wording: Markdown with fields such as ``{{patient.name}}``.

    ``version`` counts the changes of the wording; a form that was sent keeps what it said then.
    """

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    version = models.IntegerField(default=1)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ClinicOwned.Meta):
        db_table = "form_templates"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-created_at", "-id"], name="form_templates_newest"),
        ]

    def __str__(self) -> str:
        return self.name


class ConsentForm(ClinicOwned):
    """One form that one patient is asked to sign.

    ``body`` is the wording with the fields filled in, as sent. The link's secret is not stored:
    it follows from ``link_nonce`` and the installation's key, and ``link_digest`` recognises it.
    ``evidence`` tells when and from where the form was opened, signed or declined.
    """

    patient = models.ForeignKey("patients.Patient", on_delete=models.PROTECT, related_name="+")
    template = models.ForeignKey(FormTemplate, on_delete=models.PROTECT, related_name="+")
    template_version = models.IntegerField()
    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    body_sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=ConsentStatus, default=ConsentStatus.TO_DO)
    reason = models.CharField(max_length=1000, blank=True)
    sent_to = models.EmailField(max_length=254, blank=True)
    letter = models.CharField(max_length=6, choices=LetterStatus, blank=True)
    link_nonce = models.UUIDField(null=True, blank=True)
    link_digest = models.CharField(max_length=64, null=True, blank=True, unique=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    signer_name = models.CharField(max_length=200, blank=True)
    evidence = models.JSONField(default=dict)
    document = models.ForeignKey(
        "documents.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ClinicOwned.Meta):
        db_table = "consent_forms"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["clinic", "patient", "template"],
                condition=models.Q(status__in=["to_do", "sent", "in_progress"]),
                name="one_open_form_of_a_kind",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="signed")
                | models.Q(document__isnull=False, signed_at__isnull=False),
                name="signed_form_has_its_paper",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-created_at", "-id"], name="consents_newest"),
            models.Index(
                fields=["clinic", "status", "-created_at", "-id"], name="consents_by_status"
            ),
            models.Index(fields=["clinic", "patient", "-created_at"], name="consents_of_patient"),
            models.Index(
                fields=["clinic", "expires_at"],
                condition=models.Q(status__in=["sent", "in_progress"]),
                name="consents_expiring",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_with_patient(self, now: datetime) -> bool:
        """Whether its link still opens it."""
        return self.status in WITH_PATIENT and self.expires_at is not None and now < self.expires_at
