"""Visits."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Func

from clinic.tenancy import ClinicOwned


class AppointmentStatus(models.TextChoices):
    """scheduled -> checked_in -> completed; or cancelled, or no_show."""

    SCHEDULED = "scheduled", "Scheduled"
    CHECKED_IN = "checked_in", "Checked in"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"
    NO_SHOW = "no_show", "No show"


MOVES: dict[str, frozenset[str]] = {
    AppointmentStatus.SCHEDULED: frozenset(
        {AppointmentStatus.CHECKED_IN, AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW}
    ),
    AppointmentStatus.CHECKED_IN: frozenset(
        {AppointmentStatus.COMPLETED, AppointmentStatus.CANCELLED, AppointmentStatus.SCHEDULED}
    ),
    AppointmentStatus.COMPLETED: frozenset(),
    AppointmentStatus.CANCELLED: frozenset({AppointmentStatus.SCHEDULED}),
    AppointmentStatus.NO_SHOW: frozenset({AppointmentStatus.SCHEDULED}),
}


class _Period(Func):
    """tstzrange(starts_at, ends_at, '[)')."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Appointment(ClinicOwned):
    """A patient's visit; two of one provider never overlap while they stand."""

    patient = models.ForeignKey("patients.Patient", on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    type = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    location = models.CharField(max_length=200, blank=True)
    status = models.CharField(
        max_length=12, choices=AppointmentStatus, default=AppointmentStatus.SCHEDULED
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ClinicOwned.Meta):
        db_table = "appointments"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="visit_ends_later"
            ),
            ExclusionConstraint(
                name="provider_not_double_booked",
                expressions=[
                    ("clinic", RangeOperators.EQUAL),
                    ("provider", RangeOperators.EQUAL),
                    (_Period("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=models.Q(provider__isnull=False)
                & ~models.Q(status__in=["cancelled", "no_show"]),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "starts_at", "id"], name="appointments_by_time"),
            models.Index(
                fields=["clinic", "patient", "-starts_at"], name="appointments_of_patient"
            ),
        ]

    def __str__(self) -> str:
        return self.title
