"""The patient's page, and the pages of the clinic."""

from django.urls import path

from consents.views import board, form, send, wordings
from consents.views.signing import sign

urlpatterns = [
    path("sign/<str:secret>", sign, name="consent-sign"),
    path("consents", board.consents, name="consents"),
    path("consents/send", send.consent_send, name="consent_send"),
    path("consents/templates", wordings.templates, name="form_templates"),
    path("consents/templates/new", wordings.template_new, name="form_template_new"),
    path("consents/templates/preview", wordings.preview, name="form_template_preview"),
    path("consents/templates/<uuid:pk>", wordings.template, name="form_template"),
    path("consents/<uuid:pk>", form.consent, name="consent"),
    path("consents/<uuid:pk>/print", form.printed, name="consent_print"),
]
