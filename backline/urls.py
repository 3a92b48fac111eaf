"""Routes."""

from django.urls import include, path

from backline.api_urls import api_patterns
from backline.pages import dashboard, patient, readiness

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("", include("clinic.urls")),
    path("", include("patients.urls")),
    path("patients/<uuid:pk>", patient.patient, name="patient"),
    path("", include("documents.urls")),
    path("", include("tasks.urls")),
    path("", include("consents.urls")),
    path("toast", dashboard.toast, name="toast"),
    path("readyz", readiness.readyz, name="readyz"),
    path("api/", include(api_patterns)),
]

handler400 = "clinic.views.errors.bad_request"
handler403 = "clinic.views.errors.forbidden"
handler404 = "clinic.views.errors.not_found"
handler500 = "clinic.views.errors.server_error"
