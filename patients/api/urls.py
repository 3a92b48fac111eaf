"""Addresses of patients."""

from __future__ import annotations

from clinic.api.views import routes
from patients.api.views import PatientDetail, PatientList

urlpatterns = routes(
    ("patients", PatientList, "api-patients"),
    ("patients/<uuid:patient_id>", PatientDetail, "api-patient"),
)
