"""Addresses of claims."""

from __future__ import annotations

from claims.api.views import ClaimDetail, ClaimList, ClaimTimeline
from clinic.api.views import routes

urlpatterns = routes(
    ("claims", ClaimList, "api-claims"),
    ("claims/<uuid:claim_id>", ClaimDetail, "api-claim"),
    ("claims/<uuid:claim_id>/events", ClaimTimeline, "api-claim-events"),
)
