"""Addresses of documents."""

from __future__ import annotations

from clinic.api.views import routes
from documents.api.summary import SummaryView
from documents.api.views import (
    DocumentsView,
    DocumentView,
    FileView,
    PageView,
    SplitView,
    UploadView,
)

urlpatterns = routes(
    ("documents", DocumentsView, "api-documents"),
    ("documents/upload", UploadView, "api-documents-upload"),
    ("documents/<uuid:document_id>", DocumentView, "api-document"),
    ("documents/<uuid:document_id>/split", SplitView, "api-document-split"),
    ("documents/<uuid:document_id>/file", FileView, "api-document-file"),
    ("documents/<uuid:document_id>/pages/<int:number>.png", PageView, "api-document-page"),
    ("patients/<uuid:patient_id>/summary", SummaryView, "api-patient-summary"),
)
