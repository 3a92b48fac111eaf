"""Tools about consent forms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from clinic.listing import Slice
from clinic.refusals import invalid
from consents.actions import send_forms
from consents.models import OPEN, ConsentStatus, FormTemplate
from consents.permissions import may_read_forms, may_send_forms
from consents.queries import list_forms
from copilot.toolbox import Arguments, Preview, Tool, Work, register
from copilot.tools.sharing import best_named, listed, the_patient

LOOKED_AT = 200


class ListConsents(Arguments):
    """Which forms."""

    patient_id: UUID | None = Field(None, description="Only this patient's.")
    status: ConsentStatus | None = Field(None, description="Only this status.")
    open: bool = Field(False, description="Only forms that are not signed yet.")
    limit: int = Field(10, ge=1, le=50, description="How many at most.")


class ListedForm(BaseModel):
    """One form."""

    form_id: UUID
    name: str
    status: str
    patient_id: UUID
    patient_name: str
    sent_at: datetime | None
    signed_at: datetime | None
    document_id: UUID | None


class ListedForms(BaseModel):
    """Forms, newest first."""

    forms: list[ListedForm]
    total: int


class ListTemplates(Arguments):
    """Nothing to choose."""


class Template(BaseModel):
    """A form that can be sent."""

    form_template_id: UUID
    name: str
    purpose: str


class Templates(BaseModel):
    """The forms that can be sent."""

    templates: list[Template]


class SendConsent(Arguments):
    """Which form to whom."""

    patient_id: UUID = Field(description="The patient's id, from find_patients.")
    template: str = Field(min_length=1, max_length=200, description="The form's name.")


class SentConsent(BaseModel):
    """What was sent."""

    form_id: UUID
    name: str
    status: str
    message: str


def list_consents(work: Work, asked: ListConsents) -> ListedForms:
    """Consent forms."""
    page = list_forms(
        Slice(LOOKED_AT if asked.open else asked.limit),
        patient_id=asked.patient_id,
        status=asked.status,
    )
    rows = [row for row in page.rows if not asked.open or row["status"] in OPEN]
    total = len(rows) if asked.open else page.total
    shown = [ListedForm.model_validate(row) for row in rows[: asked.limit]]
    work.read("consentform", *(one.form_id for one in shown))
    return ListedForms(forms=shown, total=total)


def list_form_templates(work: Work, asked: ListTemplates) -> Templates:
    """What can be sent."""
    found = FormTemplate.objects.filter(is_active=True).order_by("name")
    return Templates(
        templates=[
            Template(form_template_id=one.pk, name=one.name, purpose=one.purpose) for one in found
        ]
    )


def send_consent(work: Work, asked: SendConsent) -> SentConsent:
    """Sends a form to the patient's e-mail address."""
    template = _template(asked.template)
    [form] = send_forms(patient_id=asked.patient_id, form_template_ids=[template.pk], by=work.actor)
    return SentConsent(
        form_id=form.pk, name=form.name, status=form.status, message="The letter is on its way."
    )


def foresee_send_consent(work: Work, asked: SendConsent) -> Preview:
    """Which form goes to which address."""
    patient = the_patient(asked.patient_id)
    template = _template(asked.template)
    if not patient.email:
        raise invalid("patient_id", "This patient has no e-mail address to send forms to.")
    lines = [
        ("Form", template.name),
        ("Patient", f"{patient.name}, MRN {patient.mrn}"),
        ("To", patient.email),
    ]
    return Preview(title="Send this form?", lines=lines, done="Send form")


def _template(said: str) -> FormTemplate:
    """The form of that name.

    Raises:
        Invalid: when no form, or more than one, may be meant.
    """
    known = list(FormTemplate.objects.filter(is_active=True).order_by("name"))
    fitting = best_named(said, [one.name for one in known])
    if len(fitting) == 1:
        return known[fitting[0]]
    names = [known[place].name for place in fitting] or [one.name for one in known]
    if not names:
        raise invalid("template", "There is no form to send yet.")
    raise invalid("template", f"Which form? There are {listed(names)}.")


for _tool in (
    Tool(
        name="list_consents",
        description="List consent forms by patient or status.",
        arguments=ListConsents,
        scope="consents.read",
        may=may_read_forms,
        handler=list_consents,
    ),
    Tool(
        name="list_form_templates",
        description="List the consent forms that can be sent.",
        arguments=ListTemplates,
        scope="consents.read",
        may=may_read_forms,
        handler=list_form_templates,
    ),
    Tool(
        name="send_consent",
        description="Send a consent form to a patient by e-mail.",
        arguments=SendConsent,
        scope="consents.write",
        may=may_send_forms,
        handler=send_consent,
        preview=foresee_send_consent,
    ),
):
    register(_tool)
