"""Signing in, the clinic's settings, and inviting people."""

from __future__ import annotations

import zoneinfo

from django import forms

from clinic.models import Role


class SignInForm(forms.Form):
    """An e-mail address and a password; whether they are right is the view's question."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        error_messages={
            "required": "Enter your e-mail address.",
            "invalid": "Enter an e-mail address, such as ana@example.org.",
        },
    )
    password = forms.CharField(
        label="Password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your password."},
    )


LANGUAGES = (("en", "English"), ("de", "German"), ("es", "Spanish"), ("fr", "French"))


class ClinicForm(forms.Form):
    """What a clinic's admin decides about the clinic."""

    name = forms.CharField(
        label="Name", max_length=200, error_messages={"required": "Give the clinic a name."}
    )
    address = forms.CharField(
        label="Address",
        max_length=300,
        required=False,
        help_text="Printed on what you give to patients.",
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        required=False,
        help_text="Answers to the clinic's letters go there.",
        error_messages={"invalid": "Enter an e-mail address, such as office@example.org."},
    )
    timezone = forms.ChoiceField(
        label="Time zone",
        help_text="When the clinic's days begin.",
        error_messages={"invalid_choice": "Choose a time zone of the list."},
    )
    language = forms.ChoiceField(
        label="Language of most papers",
        choices=LANGUAGES,
        help_text="Its names of months and values.",
        error_messages={"invalid_choice": "Choose a language of the list."},
    )
    day_first = forms.TypedChoiceField(
        label="03/04/2025 on a paper that does not say",
        choices=[("0", "4 March: month first"), ("1", "3 April: day first")],
        coerce=lambda text: text == "1",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how such a date is read."},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone)
        self.fields["timezone"].choices = [(zone, zone) for zone in ["UTC", *zones]]  # type: ignore[attr-defined]


class InvitationForm(forms.Form):
    """Who is invited."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Enter the person's e-mail address.",
            "invalid": "Enter an e-mail address, such as ana@example.org.",
        },
    )
    name = forms.CharField(
        label="Name", max_length=200, error_messages={"required": "Enter the person's name."}
    )
    role = forms.ChoiceField(
        label="Role",
        choices=Role.choices,
        initial=Role.STAFF,
        error_messages={"required": "Choose a role.", "invalid_choice": "Choose a role."},
    )


class AcceptForm(forms.Form):
    """The invited person's name, when the account is new, and password."""

    name = forms.CharField(
        label="Your name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your name."},
    )
    password = forms.CharField(
        label="Password",
        max_length=1000,
        strip=False,
        error_messages={"required": "Enter a password."},
    )

    def __init__(self, *args: object, is_new: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        word = "new-password" if is_new else "current-password"
        self.fields["password"].widget = forms.PasswordInput(attrs={"autocomplete": word})
        if is_new:
            self.fields["password"].help_text = "At least 8 characters, and not a common word."
        else:
            del self.fields["name"]
