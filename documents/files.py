"""Uploaded bytes as an answer: handed over, never shown."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404

from documents.models import Document


def file_response(document: Document) -> FileResponse:
    """The file as an attachment that no browser interprets.

    Raises:
        Http404: when the storage no longer has it.
    """
    try:
        stream = default_storage.open(document.storage_name)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        stream,
        as_attachment=True,
        filename=document.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
