"""Booking a visit, and moving one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from clinic.queries import members

LENGTHS = (10, 15, 20, 30, 45, 60, 90, 120)
TYPES = ("Consultation", "Follow-up", "Check-up", "Vaccination", "Lab", "Procedure", "Telehealth")
LENGTH_CHOICES = [(str(minutes), f"{minutes} minutes") for minutes in LENGTHS]


class WhenForm(forms.Form):
    """When a visit is, and with whom. Days and times are the clinic's."""

    day = forms.DateField(
        label="Day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Choose the day.",
            "invalid": "Enter the day as year-month-day, such as 2026-11-02.",
        },
    )
    at = forms.TimeField(
        label="Time",
        widget=forms.TimeInput(attrs={"type": "time", "step": "300"}, format="%H:%M"),
        error_messages={
            "required": "Choose the time.",
            "invalid": "Enter the time as hours and minutes, such as 09:30.",
        },
    )
    minutes = forms.TypedChoiceField(
        label="Length", choices=LENGTH_CHOICES, coerce=int, initial="30"
    )
    provider_id = forms.TypedChoiceField(
        label="With", required=False, coerce=UUID, empty_value=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(one.id), one.name) for one in members()]
        self.fields["provider_id"].choices = [("", "Nobody yet"), *people]  # type: ignore[attr-defined]
        wanted = str(self.initial.get("minutes", ""))
        if wanted and wanted not in dict(LENGTH_CHOICES):
            own = (wanted, f"{wanted} minutes")
            self.fields["minutes"].choices = [*LENGTH_CHOICES, own]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Adds ``starts_at`` and ``ends_at``.

        Raises:
            ValidationError: for an hour that the change to summer time leaves out.
        """
        data = super().clean() or {}
        day: date | None = data.get("day")
        at: time | None = data.get("at")
        if day and at and data.get("minutes"):
            start = moment(day, at)
            if start is None:
                self.add_error("at", "The clocks are put forward over this time on that day.")
            else:
                data["starts_at"] = start
                data["ends_at"] = start + timedelta(minutes=data["minutes"])
        return data


class VisitForm(WhenForm):
    """A new visit; the patient is chosen beside it."""

    title = forms.CharField(
        label="Reason",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say what the visit is for."},
    )
    type = forms.CharField(
        label="Kind",
        max_length=60,
        initial=TYPES[0],
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "types"}),
        error_messages={"required": "Say what kind of visit it is."},
    )
    location = forms.CharField(
        label="Place",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def moment(day: date, at: time) -> datetime | None:
    """A time of a day in the clinic; None when the clocks skip it."""
    zone = timezone.get_current_timezone()
    local = datetime.combine(day, at, tzinfo=zone)
    there = local.astimezone(UTC).astimezone(zone)
    return local if there.replace(tzinfo=None) == local.replace(tzinfo=None) else None
