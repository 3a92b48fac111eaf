"""Addresses of documents."""

from django.urls import path

from documents.views import inbox, measure, move, packet, review

urlpatterns = [
    path("measure", measure.measure, name="measure"),
    path("documents", inbox.documents, name="documents"),
    path("documents/upload", inbox.upload, name="document_upload"),
    path("documents/next", review.next_document, name="document_next"),
    path("documents/<uuid:pk>", review.document, name="document"),
    path("documents/<uuid:pk>/move", move.move, name="document_move"),
    path("documents/<uuid:pk>/packet", packet.packet, name="document_packet"),
    path("documents/<uuid:pk>/steps", review.steps, name="document_steps"),
    path("documents/<uuid:pk>/file", review.file, name="document_file"),
    path("documents/<uuid:pk>/pages/<int:number>.png", review.picture, name="document_page"),
]
