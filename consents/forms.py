"""What the signing page sends."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from consents.drawing import BOX_HEIGHT, BOX_WIDTH, Strokes

MOST_POINTS = 4000


class StrokesField(forms.CharField):
    """A drawn signature: JSON, a list of strokes, each a list of [x, y] on the signing grid."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """The strokes as tuples; () for none.

        Raises:
            ValidationError: for anything that is not such a drawing.
        """
        text = super().to_python(value)
        if not text:
            return ()
        try:
            strokes = tuple(
                tuple((_whole(x, BOX_WIDTH), _whole(y, BOX_HEIGHT)) for x, y in stroke)
                for stroke in json.loads(text)
                if stroke
            )
        except (ValueError, TypeError, RecursionError) as error:
            raise forms.ValidationError("The drawing cannot be read. Draw it again.") from error
        if sum(map(len, strokes)) > MOST_POINTS:
            raise forms.ValidationError("The drawing is too detailed. Draw it again.")
        return strokes


def _whole(number: Any, most: int) -> int:
    if not isinstance(number, int) or not 0 <= number <= most:
        raise ValueError(number)
    return number


class SigningForm(forms.Form):
    """Agreeing."""

    name = forms.CharField(
        label="Your full name",
        max_length=200,
        min_length=2,
        error_messages={
            "required": "Type your full name.",
            "min_length": "Type your full name.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    agree = forms.BooleanField(
        label="I have read this form and I agree to it. My typed name is my signature.",
        error_messages={"required": "Tick the box if you agree, or decline below."},
    )
    strokes = StrokesField(required=False, max_length=100_000)

    def clean_name(self) -> str:
        """The name on one line.

        Raises:
            ValidationError: for characters that do not print.
        """
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not name.isprintable() or not any(letter.isalpha() for letter in name):
            raise forms.ValidationError("Type your full name.")
        return name

    @property
    def drawn(self) -> Strokes:
        """The drawing of a valid form."""
        strokes: Strokes = self.cleaned_data.get("strokes") or ()
        return strokes


class DecliningForm(forms.Form):
    """Not agreeing."""

    reason = forms.CharField(
        label="Why not?",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
