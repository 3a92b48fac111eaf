"""Papers that came in, their pages as read, and what was taken from them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from clinic.tenancy import ClinicOwned


class DocumentKind(models.TextChoices):
    """What a paper is."""

    LAB = "lab", "Lab report"
    IMAGING = "imaging", "Imaging report"
    MEDICAL_HISTORY = "medical_history", "Medical history or referral"
    SUMMARY = "summary", "Visit or discharge summary"
    CONSENT_FORM = "consent_form", "Consent form"
    INSURANCE_CARD = "insurance_card", "Insurance card"
    CLAIM_FORM = "claim_form", "Claim form"
    PAYER_LETTER = "payer_letter", "Payer letter"
    OTHER = "other", "Other"


class DocumentStatus(models.TextChoices):
    """uploaded -> ingesting -> ingested, or not_ingested -> approved; rejected ends any."""

    UPLOADED = "uploaded", "Uploaded"
    INGESTING = "ingesting", "Reading"
    INGESTED = "ingested", "Filed automatically"
    NOT_INGESTED = "not_ingested", "Needs review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


MOVES: dict[str, frozenset[str]] = {
    DocumentStatus.UPLOADED: frozenset({DocumentStatus.INGESTING, DocumentStatus.REJECTED}),
    DocumentStatus.INGESTING: frozenset(
        {DocumentStatus.INGESTED, DocumentStatus.NOT_INGESTED, DocumentStatus.REJECTED}
    ),
    # A packet that was cut is read again when the cut is undone.
    DocumentStatus.INGESTED: frozenset(
        {DocumentStatus.INGESTING, DocumentStatus.APPROVED, DocumentStatus.REJECTED}
    ),
    DocumentStatus.NOT_INGESTED: frozenset(
        {DocumentStatus.INGESTING, DocumentStatus.APPROVED, DocumentStatus.REJECTED}
    ),
    DocumentStatus.APPROVED: frozenset({DocumentStatus.INGESTING, DocumentStatus.REJECTED}),
    DocumentStatus.REJECTED: frozenset(),
}


class Document(ClinicOwned):
    """One uploaded file.

    ``extracted`` is the contract's object (``documents.pipeline.types.Extraction.as_dict``) with
    people's corrections in each field's ``review``. ``rejection`` is {"code", "message"}.
    """

    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=DocumentKind, blank=True)
    kind_given = models.CharField(max_length=20, choices=DocumentKind, blank=True)
    status = models.CharField(
        max_length=15, choices=DocumentStatus, default=DocumentStatus.UPLOADED
    )
    name = models.CharField(max_length=255)
    storage_name = models.CharField(max_length=120, unique=True)
    mime = models.CharField(max_length=100)
    mime_given = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    pages = models.IntegerField(null=True, blank=True)
    version = models.IntegerField(default=1, help_text="Counts the files this document has been.")
    progress = models.CharField(max_length=20, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    extracted = models.JSONField(null=True, blank=True)
    doubtful = models.IntegerField(default=0)
    rejection = models.JSONField(null=True, blank=True)
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    packet = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts"
    )
    packet_pages = models.JSONField(
        null=True, blank=True, help_text="Which pages of the packet this document is."
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ClinicOwned.Meta):
        db_table = "documents"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-created_at", "-id"], name="documents_newest"),
            models.Index(
                fields=["clinic", "status", "-created_at", "-id"], name="documents_by_status"
            ),
            models.Index(fields=["clinic", "patient", "-created_at"], name="documents_of_patient"),
            models.Index(fields=["clinic", "sha256"], name="documents_by_content"),
            models.Index(
                fields=["clinic", "packet"],
                condition=models.Q(packet__isnull=False),
                name="documents_of_packet",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DocumentPage(ClinicOwned):
    """A page as read: size and every word with its box, so that extraction can be repeated."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="page_texts")
    number = models.IntegerField()
    text = models.JSONField(help_text="documents.pipeline.types.PageText.as_dict()")

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "document", "number"], name="page_once"),
        ]

    def __str__(self) -> str:
        return f"page {self.number}"


class DocumentKey(ClinicOwned):
    """Something by which papers that may be the same are found (``pipeline.likeness.keys_of``)."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="keys")
    key = models.CharField(max_length=120)

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "document", "key"], name="key_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "key"], name="documents_by_key"),
        ]

    def __str__(self) -> str:
        return str(self.document_id)


class LinkType(models.TextChoices):
    """What another document is to this one."""

    EXACT = "exact", "The same file"
    RESCAN = "rescan", "The same paper, scanned again"
    AMENDED = "amended", "The report that this one corrects"
    AMENDED_BY = "amended_by", "A corrected version of this report"


class DocumentLink(ClinicOwned):
    """Two documents that are one paper, or versions of it; a row for each direction."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="links")
    other = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=12, choices=LinkType)
    score = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        db_table = "document_links"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "document", "other"], name="link_once"),
        ]

    def __str__(self) -> str:
        return self.type


class Calibration(ClinicOwned):
    """How sure to be of a value in this clinic's paper, as its reviewers' answers taught.

    ``number`` counts the clinic's fits; the newest counts. It adds to the shipped calibration
    ``base`` and rests when another one ships, until the clinic is fitted again.
    """

    number = models.IntegerField()
    base = models.CharField(max_length=40)
    content = models.JSONField(help_text="As documents/pipeline/extraction/data/calibration.json.")
    labels = models.IntegerField(help_text="Judged values that it was fitted to.")
    changed = models.IntegerField(help_text="How many of these a person had changed.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        db_table = "document_calibrations"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "number"], name="calibration_number_once"),
        ]

    def __str__(self) -> str:
        return str(self.content["version"])


class FilingMode(models.TextChoices):
    """on: sure documents are filed by themselves; shadow: it is measured whether they could be."""

    ON = "on", "On"
    SHADOW = "shadow", "Shadow mode"


class AutoFiling(ClinicOwned):
    """When documents of a kind are filed without a person. ``changed_at`` is the mode's."""

    kind = models.CharField(max_length=20, choices=DocumentKind)
    threshold = models.FloatField(default=0.9)
    mode = models.CharField(max_length=10, choices=FilingMode, default=FilingMode.ON)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "kind"], name="filing_once_per_kind"),
            models.CheckConstraint(
                condition=models.Q(threshold__gte=0.9, threshold__lte=0.999),
                name="filing_threshold_is_sure",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.mode}"


class VerdictSource(models.TextChoices):
    """Why a person looked: it was asked, picked at random, or would have been filed in shadow."""

    REVIEW = "review", "Review"
    AUDIT = "audit", "Random check"
    SHADOW = "shadow", "Shadow mode"


class Verdict(ClinicOwned):
    """What a person found in a document: of the values read for sure, how many were right."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=DocumentKind)
    source = models.CharField(max_length=10, choices=VerdictSource)
    sure = models.IntegerField()
    sure_right = models.IntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "document"], name="verdict_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "kind", "at"], name="verdicts_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sure_right}/{self.sure}"


class ReadingAid(ClinicOwned):
    """Whether the clinic wants a language model's suggestions; patient data is sent to it then."""

    use_model = models.BooleanField(default=False)

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic"], name="reading_aid_once"),
        ]

    def __str__(self) -> str:
        return "on" if self.use_model else "off"
