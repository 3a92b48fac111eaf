"""Addresses of claims."""

from django.urls import path

from claims.views import board, claim, denials, new

urlpatterns = [
    path("claims", board.claims, name="claims"),
    path("claims/new", new.claim_new, name="claim_new"),
    path("claims/denials", denials.denials, name="claim_denials"),
    path("claims/<uuid:pk>", claim.claim, name="claim"),
    path("claims/<uuid:pk>/print", claim.printed, name="claim_print"),
]
