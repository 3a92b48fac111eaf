"""A patient, a form to sign, and letters that stay here."""

import re

import pytest
from django.core import mail

from agents import runner
from agents.models import AgentRun
from consents.actions import create_template, send_forms
from patients.models import Patient

BODY = """# Consent to treatment

I, **{{patient.name}}** (born {{patient.dob}}), agree to be treated at {{clinic.name}}.

- I was told of the risks.
- I may withdraw at any time.
"""


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Stored files, the seal's key and letters of this test only."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        }
    }
    settings.SEAL_KEY_FILE = tmp_path / "keys" / "seal.pem"


@pytest.fixture
def patient(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100", first_name="Ana", last_name="Čermák-Lima", dob="1980-03-04",
            email="ana@example.org",
        )  # fmt: skip


@pytest.fixture
def template(alice):
    with alice.at_work():
        return create_template(
            by=alice.actor, name="Treatment consent", purpose="Treatment", body=BODY
        )


@pytest.fixture
def form(alice, patient, template):
    """A form that was sent."""
    with alice.at_work():
        (form,) = send_forms(by=alice.actor, patient_id=patient.pk, form_template_ids=[template.pk])
    return form


def deliver(person):
    """Has the queued letters sent; the messages."""
    with person.at_work():
        for run in AgentRun.objects.filter(agent="consent_letter", status="queued"):
            runner.perform(run.pk)
    return mail.outbox


def links_in(message):
    """Paths of the links in a letter."""
    return re.findall(r"http://localhost:8001(/sign/\S+)", message.body)


@pytest.fixture
def link(alice, form):
    """The path that the patient was e-mailed."""
    return links_in(deliver(alice)[-1])[0]
