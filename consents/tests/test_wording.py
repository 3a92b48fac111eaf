"""Wordings: fields replaced as text, Markdown shown, nothing evaluated or executed."""

import re
from datetime import date

import pytest

from clinic.models import Clinic
from clinic.refusals import Invalid
from consents.wording import as_html, check_body, filled_in
from patients.models import Patient

TODAY = date(2026, 11, 23)


def fill(body, **patient):
    return filled_in(body, patient=Patient(**patient), clinic=Clinic(name="Northside"), today=TODAY)


def test_fields_are_filled_in():
    body = "{{patient.name}}, {{ patient.dob }}, {{patient.mrn}}, {{clinic.name}}, {{today}}"
    text = as_html(fill(body, first_name="Ana", last_name="Lima", mrn="7"))
    assert text == "<p>Ana Lima, not on file, 7, Northside, 23 November 2026</p>\n"


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "*star* _line_ `code`", "{{today}}", "# head", "1. one"]
)
def test_a_name_is_only_ever_text(name):
    from django.utils.html import escape

    html = as_html(fill("{{patient.last_name}}", last_name=name))
    assert html.strip() == f"<p>{escape(name).replace('&#x27;', chr(39))}</p>"


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "text <img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](http://example.org/x.png)",
        "[x]\n\n[x]: javascript:alert(1)",
        "<http://example.org>",
    ],
)
def test_nothing_of_a_wording_is_executed_fetched_or_led_to(body):
    html = as_html(body)
    assert set(re.findall(r"<(\w+)", html)) == {"p"}


@pytest.mark.parametrize(
    "body",
    ["{{patient.ssn}}", "{{ settings.SECRET_KEY }}", "{{patient.name|safe}}", "{{}}", "", " \n"],
)
def test_an_unknown_field_or_an_empty_wording_is_refused(body):
    with pytest.raises(Invalid) as refused:
        check_body(body)
    assert list(refused.value.errors) == ["body"]


def test_template_tags_are_text():
    assert as_html(fill("{% load x %} {# c #}", last_name="x")) == "<p>{% load x %} {# c #}</p>\n"
