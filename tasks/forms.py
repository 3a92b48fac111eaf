"""A new task."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from django import forms
from django.utils import timezone

from clinic.queries import members
from tasks.models import Priority

END_OF_DAY = time(23, 59)


class TaskForm(forms.Form):
    """What a person says of a new task; the patient is chosen beside it."""

    title = forms.CharField(
        max_length=300,
        label="Title",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say what has to be done."},
    )
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    priority = forms.ChoiceField(
        label="Priority", choices=Priority.choices, initial=Priority.MEDIUM
    )
    assignee_id = forms.TypedChoiceField(
        label="Assigned to", required=False, coerce=UUID, empty_value=None
    )
    due_at = forms.DateField(
        label="Due",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter the date as year-month-day, such as 2026-11-02."},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        people = [(str(one.id), one.name) for one in members()]
        self.fields["assignee_id"].choices = [("", "Nobody yet"), *people]  # type: ignore[attr-defined]

    def clean_due_at(self) -> datetime | None:
        """The end of that day in the clinic."""
        day: date | None = self.cleaned_data["due_at"]
        if day is None:
            return None
        return timezone.make_aware(datetime.combine(day, END_OF_DAY))
