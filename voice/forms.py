"""A call to make, and what came of it."""

from __future__ import annotations

from django import forms

from voice.models import CallStatus


class CallForm(forms.Form):
    """A call that somebody is to make; the patient is chosen beside it."""

    purpose = forms.CharField(
        label="What it is about",
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say what the call is about."},
    )
    phone_number = forms.CharField(
        label="Number",
        required=False,
        max_length=40,
        help_text="Left empty, the number in the chart.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    task_id = forms.UUIDField(required=False, widget=forms.HiddenInput)


class OutcomeForm(forms.Form):
    """How a call went."""

    status = forms.ChoiceField(
        label="How far it is",
        choices=CallStatus.choices,
        error_messages={"required": "Say how the call went."},
    )
    outcome = forms.CharField(
        label="What came of it",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    minutes = forms.DecimalField(
        label="Minutes",
        required=False,
        min_value=0,
        max_value=1440,
        max_digits=6,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "Enter the length in minutes, such as 2 or 1.5.",
            "min_value": "A call lasts no less than nothing.",
            "max_value": "A call lasts a day at most.",
        },
    )

    @property
    def seconds(self) -> int | None:
        """The length of a valid form's call."""
        minutes = self.cleaned_data["minutes"]
        return None if minutes is None else int(minutes * 60)
