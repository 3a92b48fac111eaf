"""Addresses of visits."""

from __future__ import annotations

from appointments.api.views import AppointmentDetail, AppointmentList, Schedule
from clinic.api.views import routes

urlpatterns = routes(
    ("appointments", AppointmentList, "api-appointments"),
    ("appointments/<uuid:appointment_id>", AppointmentDetail, "api-appointment"),
    ("dashboard/appointments", Schedule, "api-dashboard-appointments"),
)
