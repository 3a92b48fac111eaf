"""A new claim, and what is said about one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from django import forms

from claims.denials import tidy_code
from claims.models import ClaimStatus

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
WRONG_DATE = "Enter the date as year-month-day, such as 2026-11-02."


def _line(label: str, most: int, *, hint: str = "", required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=hint,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ClaimForm(forms.Form):
    """What a person says of a new claim; the patient is chosen beside it."""

    insurance_provider = forms.CharField(
        label="Payer",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "payers"}),
        error_messages={"required": "Name the insurer who is to pay."},
    )
    amount = forms.DecimalField(
        label="Amount in dollars",
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": "Enter the amount, such as 250.00.",
            "invalid": "Enter the amount as digits, such as 250.00.",
            "min_value": "The amount has to be more than zero.",
            "max_decimal_places": "Give an amount of whole cents, such as 250.00.",
        },
    )
    service_date = forms.DateField(
        label="Date of service",
        widget=DATE,
        error_messages={"required": "Enter the date of the service.", "invalid": WRONG_DATE},
    )
    diagnosis_code = _line("Diagnosis code", 20, hint="ICD-10-CM, such as E11.9")
    procedure_code = _line("Procedure code", 20, hint="From your own code set")
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MoveForm(forms.Form):
    """What happened to a claim; code and deadline belong to a denial."""

    status = forms.ChoiceField(
        choices=ClaimStatus.choices,
        error_messages={"required": "Choose what happened.", "invalid_choice": "Choose a status."},
    )
    note = forms.CharField(label="Note", required=False, max_length=10_000)


class DenialForm(forms.Form):
    """Why a claim was denied, as the payer's letter says."""

    denial_code = _line("Code on the letter", 40, hint="Such as CO-16")
    reply_by = forms.DateField(
        label="Reply by",
        required=False,
        widget=DATE,
        error_messages={"invalid": WRONG_DATE},
    )
    document_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean_denial_code(self) -> str:
        """The code as the denials page groups by it."""
        return tidy_code(str(self.cleaned_data["denial_code"]))

    @property
    def told(self) -> tuple[str, date | None, UUID | None]:
        """Code, deadline and letter of a valid form."""
        data = self.cleaned_data
        return data["denial_code"], data["reply_by"], data["document_id"]
