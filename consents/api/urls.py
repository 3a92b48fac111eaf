"""Addresses of consent forms and their templates."""

from __future__ import annotations

from clinic.api.views import routes
from consents.api.views import FormDetail, FormList, SendForms, TemplateDetail, TemplateList

urlpatterns = routes(
    ("consent-forms", FormList, "api-consent-forms"),
    ("consent-forms/send", SendForms, "api-consent-forms-send"),
    ("consent-forms/<uuid:form_id>", FormDetail, "api-consent-form"),
    ("form-templates", TemplateList, "api-form-templates"),
    ("form-templates/<uuid:template_id>", TemplateDetail, "api-form-template"),
)
