"""Routes."""

from django.urls import include, path
from django.views.generic import RedirectView

from backline.api_urls import api_patterns
from backline.pages import (
    audit,
    board,
    dashboard,
    day,
    notifications,
    patient,
    readiness,
    runs,
    timeline,
)
from clinic.operators import site

urlpatterns = [
    path("api/", include(api_patterns)),  # first: programs ask most often
    path("", dashboard.dashboard, name="dashboard"),
    path("", include("clinic.urls")),
    path("", include("patients.urls")),
    path("patients/<uuid:pk>", patient.patient, name="patient"),
    path("patients/<uuid:pk>/desk", patient.patient_desk, name="patient_desk"),
    path("patients/<uuid:pk>/timeline", timeline.patient_timeline, name="patient_timeline"),
    path("patients/<uuid:pk>/print", patient.patient_print, name="patient_print"),
    path("", include("documents.urls")),
    path("", include("tasks.urls")),
    path("appointments/board", board.board, name="appointment_board"),
    path("", include("appointments.urls")),
    path("", include("claims.urls")),
    path("", include("voice.urls")),
    path("", include("consents.urls")),
    path("notifications", notifications.notifications, name="notifications"),
    path("day", day.day, name="day"),
    path("audit", audit.audit, name="audit"),
    path("audit/export", audit.audit_export, name="audit_export"),
    path("patients/<uuid:pk>/looks", audit.patient_looks, name="patient_looks"),
    path("", include("copilot.urls")),
    path("agents", runs.agents, name="agents"),
    path("agents/runs/<uuid:pk>", runs.agent_run, name="agent_run"),
    path("toast", dashboard.toast, name="toast"),
    path("readyz", readiness.readyz, name="readyz"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", site.urls),
]

handler400 = "clinic.views.errors.bad_request"
handler403 = "clinic.views.errors.forbidden"
handler404 = "clinic.views.errors.not_found"
handler500 = "clinic.views.errors.server_error"
