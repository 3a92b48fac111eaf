"""Consent forms over HTTP."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.paging import listed
from clinic.api.parameters import choice, identifier, paging, take_slice
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, created
from clinic.listing import Row
from consents.actions import (
    UnknownTemplate,
    change_form,
    change_template,
    create_template,
    send_forms,
)
from consents.api.serializers import (
    FormAnswer,
    FormChange,
    FormRow,
    FormsSent,
    FormsToSend,
    NewTemplate,
    TemplateAnswer,
    TemplateChange,
    TemplateCreated,
)
from consents.models import ConsentStatus
from consents.moves import UnknownForm
from consents.permissions import may_read_forms, may_send_forms, may_write_templates
from consents.queries import get_form, get_template, list_forms, list_templates

TAG = "Consent forms"
FORM_FILTERS = (
    identifier("patient_id", "Only forms of this patient."),
    choice("status", ConsentStatus, "Only forms in this status."),
    *paging(),
)
TEMPLATE_FILTERS = paging()


class FormList(ClinicView):
    """All consent forms."""

    @endpoint(
        may=may_read_forms,
        tag=TAG,
        name="list_consent_forms",
        summary="List consent forms",
        description="Newest first.",
        parameters=FORM_FILTERS,
        answers={200: FormRow(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        values = self.query(FORM_FILTERS)
        part = take_slice(values)
        return listed(request, list_forms(part, **values))


class SendForms(ClinicView):
    """Asking patients to sign."""

    @endpoint(
        may=may_send_forms,
        tag=TAG,
        name="send_consent_forms",
        summary="Ask a patient to sign forms",
        description="The patient gets one e-mail with a link to each form, which names neither "
        "patient nor form. A link opens its form until it is signed or declined, and for 14 days "
        "unless the installation says otherwise. A form of the same template that is still open "
        "is sent again instead of made twice. `letter` of the form tells whether the e-mail "
        "left; when it cannot be delivered the form is to do again and a task says so.",
        takes=FormsToSend,
        answers={201: FormsSent},
        errors=(404,),
    )
    def post(self, request: Request) -> Response:
        """201."""
        forms = send_forms(by=self.actor, **self.body(FormsToSend))
        sent = [{"form_id": f.pk, "name": f.name, "status": f.status} for f in forms]
        count = "1 form was" if len(sent) == 1 else f"{len(sent)} forms were"
        return created(f"{count} sent to the patient.", {"sent_forms": sent})


class FormDetail(ClinicView):
    """One consent form."""

    @endpoint(
        may=may_read_forms,
        tag=TAG,
        name="get_consent_form",
        summary="A consent form with its wording and evidence",
        answers={200: FormAnswer},
        errors=(404,),
    )
    def get(self, request: Request, form_id: UUID) -> Response:
        """200."""
        return Response(_form(form_id))

    @endpoint(
        may=may_send_forms,
        tag=TAG,
        name="change_consent_form",
        summary="Send a consent form again, or withdraw it",
        description="`sent` gives it a new link and e-mails it; the old link stops. `withdrawn` "
        "takes it back, or records that the patient revoked a signed one. Only the patient signs "
        "and declines. Anything else, or a form that has moved on meanwhile, is 409.",
        takes=FormChange,
        answers={200: FormAnswer},
        errors=(404, 409),
        examples=[example("Take it back", {"status": "withdrawn", "reason": "Wrong form"})],
    )
    def patch(self, request: Request, form_id: UUID) -> Response:
        """200."""
        change_form(form_id=form_id, by=self.actor, **self.body(FormChange))
        return Response(_form(form_id))


class TemplateList(ClinicView):
    """All form templates."""

    @endpoint(
        may=may_read_forms,
        tag=TAG,
        name="list_form_templates",
        summary="List form templates",
        description="Newest first, retired ones too.",
        parameters=TEMPLATE_FILTERS,
        answers={200: TemplateAnswer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        values = self.query(TEMPLATE_FILTERS)
        return listed(request, list_templates(take_slice(values)))

    @endpoint(
        may=may_write_templates,
        tag=TAG,
        name="create_form_template",
        summary="Add a form template",
        description="The body is Markdown; HTML in it stays text. Fields are filled in when a "
        "form is sent; an unknown field is 400.",
        takes=NewTemplate,
        answers={201: TemplateCreated},
        examples=[
            example(
                "Consent to treatment",
                {
                    "name": "Consent to treatment",
                    "purpose": "Treatment",
                    "body": "# Consent\n\nI, {{patient.name}}, agree to be treated at "
                    "{{clinic.name}}.",
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """201."""
        template = create_template(by=self.actor, **self.body(NewTemplate))
        return created(f"{template.name} was added.", {"form_template_id": template.pk})


class TemplateDetail(ClinicView):
    """One form template."""

    @endpoint(
        may=may_read_forms,
        tag=TAG,
        name="get_form_template",
        summary="A form template",
        answers={200: TemplateAnswer},
        errors=(404,),
    )
    def get(self, request: Request, template_id: UUID) -> Response:
        """200."""
        return Response(_template(template_id))

    @endpoint(
        may=may_write_templates,
        tag=TAG,
        name="change_form_template",
        summary="Change or retire a form template",
        description="Forms that were sent keep what they said.",
        takes=TemplateChange,
        answers={200: TemplateAnswer},
        errors=(404,),
        examples=[example("Retire it", {"is_active": False})],
    )
    def patch(self, request: Request, template_id: UUID) -> Response:
        """200."""
        change_template(template_id=template_id, by=self.actor, **self.body(TemplateChange))
        return Response(_template(template_id))


def _form(form_id: UUID) -> Row:
    row = get_form(form_id)
    if row is None:
        raise UnknownForm
    return row


def _template(template_id: UUID) -> Row:
    row = get_template(template_id)
    if row is None:
        raise UnknownTemplate
    return row
