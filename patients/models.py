"""The chart: patients and the facts about them, each with the place it was read."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models

from clinic.tenancy import ClinicOwned


class Gender(models.TextChoices):
    """Administrative gender (FHIR), with the founding document's capital letters."""

    MALE = "Male", "Male"
    FEMALE = "Female", "Female"
    OTHER = "Other", "Other"
    UNKNOWN = "Unknown", "Unknown"


class PatientStatus(models.TextChoices):
    """Whether the clinic is treating the person."""

    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    DECEASED = "deceased", "Deceased"


class Patient(ClinicOwned):
    """A person whose chart the clinic keeps.

    The three counts are kept by database triggers: whoever writes tasks, appointments or flags,
    they equal a recount. ``search_text`` is a generated column over which trigrams are indexed.
    """

    mrn = models.CharField("MRN", max_length=32)
    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, validators=[MinLengthValidator(1)])
    dob = models.DateField("date of birth", null=True, blank=True)
    gender = models.CharField(max_length=10, choices=Gender, default=Gender.UNKNOWN)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.JSONField(default=dict, blank=True)
    preconditions = models.JSONField(default=list, blank=True)
    profile_image = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=10, choices=PatientStatus, default=PatientStatus.ACTIVE)
    tasks_count = models.IntegerField(default=0, editable=False)
    appointments_count = models.IntegerField(default=0, editable=False)
    flagged_count = models.IntegerField(default=0, editable=False)
    chart_version = models.IntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ClinicOwned.Meta):
        db_table = "patients"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "mrn"], name="patient_mrn_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "-created_at", "-id"], name="patients_newest"),
            models.Index(
                fields=["clinic", "status", "-created_at", "-id"], name="patients_by_status"
            ),
            models.Index(fields=["clinic", "dob"], name="patients_by_dob"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name as it is said: first, then last; a single name stands alone."""
        return f"{self.first_name} {self.last_name}".strip()

    def age_on(self, day: date) -> int | None:
        """Completed years of age on a day, or None when the birth date is unknown."""
        if self.dob is None:
            return None
        return day.year - self.dob.year - ((day.month, day.day) < (self.dob.month, self.dob.day))


class PatientFlag(ClinicOwned):
    """Something about a patient that needs a look until it is cleared."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="flags")
    code = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    object_id = models.UUIDField(null=True, blank=True)
    raised_at = models.DateTimeField(auto_now_add=True)
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["clinic", "patient", "code", "object_id"],
                condition=models.Q(cleared_at__isnull=True),
                nulls_distinct=False,
                name="one_open_flag_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class ChartEntry(ClinicOwned):
    """A charted fact: what, when, and the evidence (document, field, page, box, who accepted).

    ``box`` is [x0, y0, x1, y1] in fractions of the displayed page. An entry that was charted by
    mistake keeps its row with ``is_current`` false.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    effective_date = models.DateField(null=True, blank=True)
    source_document_id = models.UUIDField(null=True, blank=True)
    source_field = models.CharField(max_length=40, blank=True)
    page = models.IntegerField(null=True, blank=True)
    box = models.JSONField(null=True, blank=True)
    excerpt = models.CharField(max_length=500, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    accepted_label = models.CharField(max_length=200, blank=True)
    is_current = models.BooleanField(default=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        abstract = True


class Coding(models.Model):
    """A code of a code system beside the words on the page."""

    code_system = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=40, blank=True)

    class Meta:
        abstract = True


class LabResult(ChartEntry, Coding):
    """One measured or observed laboratory value."""

    name = models.CharField(max_length=200)
    value = models.CharField(max_length=200)
    value_num = models.FloatField(null=True, blank=True)
    comparator = models.CharField(max_length=2, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    range_text = models.CharField(max_length=120, blank=True)
    range_low = models.FloatField(null=True, blank=True)
    range_high = models.FloatField(null=True, blank=True)
    flag = models.CharField(max_length=10, blank=True)

    class Meta(ChartEntry.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient", "-effective_date"], name="labs_of_patient"),
            models.Index(fields=["clinic", "source_document_id"], name="labs_of_document"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.value} {self.unit}".strip()


class VitalSign(ChartEntry, Coding):
    """A vital sign, such as blood pressure or weight."""

    name = models.CharField(max_length=100)
    value = models.CharField(max_length=100)
    value_num = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=60, blank=True)

    class Meta(ChartEntry.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient", "-effective_date"], name="vitals_of_patient"),
            models.Index(fields=["clinic", "source_document_id"], name="vitals_of_document"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.value} {self.unit}".strip()


class Condition(ChartEntry, Coding):
    """A diagnosis or problem of the patient; family history is not charted here."""

    name = models.CharField(max_length=300)
    negated = models.BooleanField(default=False)

    class Meta(ChartEntry.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient"], name="conditions_of_patient"),
            models.Index(fields=["clinic", "source_document_id"], name="conditions_of_document"),
        ]

    def __str__(self) -> str:
        return self.name


class MedicationStatement(ChartEntry, Coding):
    """A medicine the patient is said to take, as written."""

    name = models.CharField(max_length=300)
    dosage = models.CharField(max_length=200, blank=True)

    class Meta(ChartEntry.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient"], name="medications_of_patient"),
            models.Index(fields=["clinic", "source_document_id"], name="medications_of_document"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.dosage}".strip()


class AllergyIntolerance(ChartEntry, Coding):
    """An allergy, or with ``negated`` the statement that there is none."""

    name = models.CharField(max_length=300)
    reaction = models.CharField(max_length=200, blank=True)
    negated = models.BooleanField(default=False)

    class Meta(ChartEntry.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient"], name="allergies_of_patient"),
            models.Index(fields=["clinic", "source_document_id"], name="allergies_of_document"),
        ]

    def __str__(self) -> str:
        return self.name


class Immunization(ChartEntry, Coding):
    """A vaccination that was given."""

    name = models.CharField(max_length=300)

    class Meta(ChartEntry.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient"], name="immunizations_of_patient"),
            models.Index(fields=["clinic", "source_document_id"], name="immunizations_of_document"),
        ]

    def __str__(self) -> str:
        return self.name


class Procedure(ChartEntry, Coding):
    """A procedure that was done."""

    name = models.CharField(max_length=300)

    class Meta(ChartEntry.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient"], name="procedures_of_patient"),
            models.Index(fields=["clinic", "source_document_id"], name="procedures_of_document"),
        ]

    def __str__(self) -> str:
        return self.name


class Coverage(ChartEntry):
    """An insurance card's content."""

    payer = models.CharField(max_length=200)
    payer_id = models.CharField(max_length=40, blank=True)
    plan = models.CharField(max_length=200, blank=True)
    member_id = models.CharField(max_length=60, blank=True)
    group_number = models.CharField(max_length=60, blank=True)
    subscriber = models.CharField(max_length=200, blank=True)
    subscriber_dob = models.DateField(null=True, blank=True)
    rx_bin = models.CharField(max_length=20, blank=True)
    rx_pcn = models.CharField(max_length=20, blank=True)
    rx_group = models.CharField(max_length=40, blank=True)

    class Meta(ChartEntry.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient"], name="coverages_of_patient"),
            models.Index(fields=["clinic", "source_document_id"], name="coverages_of_document"),
        ]

    def __str__(self) -> str:
        return f"{self.payer} {self.member_id}".strip()


CHART_ENTRIES: tuple[type[ChartEntry], ...] = (
    LabResult,
    VitalSign,
    Condition,
    MedicationStatement,
    AllergyIntolerance,
    Immunization,
    Procedure,
    Coverage,
)
