"""A new patient, with a remembered date in three boxes."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.http import QueryDict
from django.utils import timezone

from patients.models import Gender
from patients.queries import possible_duplicates
from patients.views.rows import patient_row

OLDEST = 130


def _box(label: str, example: str, digits: int) -> forms.CharField:
    attrs = {"inputmode": "numeric", "autocomplete": "off", "size": digits, "placeholder": example}
    return forms.CharField(
        label=label, required=False, max_length=digits, widget=forms.TextInput(attrs=attrs)
    )


class PatientForm(forms.Form):
    """A patient's details. Only the last name must be given: some people have one name."""

    first_name = forms.CharField(
        label="First name",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    last_name = forms.CharField(
        label="Last name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter the last name, or the only name."},
    )
    dob_day = _box("Day of birth", "14", 2)
    dob_month = _box("Month of birth", "7", 2)
    dob_year = _box("Year of birth", "1945", 4)
    gender = forms.ChoiceField(
        label="Sex", choices=Gender.choices, initial=Gender.UNKNOWN, required=False
    )
    phone = forms.CharField(
        label="Phone", required=False, max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        error_messages={"invalid": "Enter an e-mail address, such as ana@example.org."},
    )
    address = forms.CharField(
        label="Address",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    preconditions = forms.CharField(
        label="Known conditions",
        help_text="One a line.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        validators=[MaxLengthValidator(5000)],
    )

    def clean(self) -> dict[str, Any]:
        """Makes a date of the three boxes, or says which one is wrong."""
        values = super().clean() or {}
        parts = [values.get(f"dob_{name}") or "" for name in ("day", "month", "year")]
        values["dob"] = None
        if any(parts):
            values["dob"] = self._date_of_birth(*parts)
        return values

    def _date_of_birth(self, day: str, month: str, year: str) -> date | None:
        born = born_on(day, month, year)
        today = timezone.localdate()
        if born is None:
            self.add_error("dob_day", "Use day, month and year, such as 14 7 1945.")
        elif born > today:
            self.add_error("dob_year", "The date of birth lies in the future.")
            born = None
        elif born.year < today.year - OLDEST:
            self.add_error("dob_year", "Check the year of birth.")
            born = None
        return born

    def details(self) -> dict[str, Any]:
        """What ``patients.actions.create_patient`` takes."""
        values = self.cleaned_data
        address = values["address"].strip()
        return {
            "first_name": values["first_name"],
            "last_name": values["last_name"],
            "dob": values["dob"],
            "gender": values["gender"] or Gender.UNKNOWN,
            "phone": values["phone"],
            "email": values["email"],
            "address": {"line1": " ".join(address.split())} if address else {},
            "preconditions": [
                line.strip() for line in values["preconditions"].splitlines() if line.strip()
            ],
        }


def born_on(day: str, month: str, year: str) -> date | None:
    """The date of three boxes, or None; the year needs its four digits."""
    if len(year.strip()) != 4:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def duplicates_of(given: QueryDict) -> list[dict[str, Any]]:
    """Patients on file who may be the one whose form is being filled in, with the reason."""
    name = given.get("last_name", "").strip()[:120]
    first = given.get("first_name", "").strip()[:120]
    if len(name) + len(first) < 3:
        return []
    rows = possible_duplicates(
        first_name=first,
        last_name=name,
        dob=born_on(*(given.get(f"dob_{part}", "") for part in ("day", "month", "year"))),
        phone=given.get("phone", "").strip()[:40],
        email=given.get("email", "").strip()[:254],
    )
    return [{**patient_row(row), "reason": " and ".join(row["reasons"])} for row in rows]
