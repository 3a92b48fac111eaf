"""Visits over HTTP."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.actions import (
    Changes,
    UnknownAppointment,
    book,
    change_appointment,
    delete_appointment,
)
from appointments.api.serializers import (
    AppointmentAnswer,
    AppointmentChange,
    AppointmentCreated,
    NewAppointment,
)
from appointments.models import AppointmentStatus
from appointments.permissions import (
    may_book_appointments,
    may_change_appointments,
    may_read_appointments,
)
from appointments.queries import get_appointment, list_appointments
from clinic.api.paging import listed
from clinic.api.parameters import Parameter, choice, day, identifier, paging, take_slice
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, created

TAG = "Appointments"
DATE = day("date", "Only visits of this day in the clinic's time zone; today or YYYY-MM-DD.")
FILTERS = (
    DATE,
    identifier("provider_id", "Only visits to this member."),
    identifier("patient_id", "Only visits of this patient."),
    choice("status", AppointmentStatus, "Only visits of this status."),
    *paging(),
)
SCHEDULE = (DATE, *paging(200))


class AppointmentView(ClinicView):
    """What views of visits share."""

    def answer(self, appointment_id: UUID) -> Response:
        """200 with the visit.

        Raises:
            UnknownAppointment: see there.
        """
        visit = get_appointment(appointment_id, zone=self.login.clinic.tzinfo)
        if visit is None:
            raise UnknownAppointment
        return Response(visit)

    def page(self, parameters: tuple[Parameter, ...], default: str | None = None) -> Response:
        """200 with the visits that the query asks for."""
        values = self.query(parameters)
        part, zone = take_slice(values), self.login.clinic.tzinfo
        wanted: date | str | None = values.pop("date") or default
        if isinstance(wanted, str):
            wanted = timezone.localdate(timezone=zone)
        return listed(self.request, list_appointments(part, zone=zone, day=wanted, **values))


class AppointmentList(AppointmentView):
    """All visits."""

    @endpoint(
        may=may_read_appointments,
        tag=TAG,
        name="list_appointments",
        summary="List appointments",
        description="Earliest first.",
        parameters=FILTERS,
        answers={200: AppointmentAnswer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        return self.page(FILTERS)

    @endpoint(
        may=may_book_appointments,
        tag=TAG,
        name="book_appointment",
        summary="Book an appointment",
        description="An overlap with another visit of the same provider is 409, also when both "
        "are booked at the same moment.",
        takes=NewAppointment,
        answers={201: AppointmentCreated},
        errors=(404, 409),
        examples=[
            example(
                "Half an hour",
                {
                    "patient_id": "0190f1f0-0000-7000-8000-000000000001",
                    "type": "consultation",
                    "title": "Follow-up consultation",
                    "starts_at": "2026-11-24T09:00:00-05:00",
                    "ends_at": "2026-11-24T09:30:00-05:00",
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """201."""
        visit = book(by=self.actor, **self.body(NewAppointment))
        return created("The appointment was booked.", {"appointment_id": visit.pk})


class AppointmentDetail(AppointmentView):
    """One visit."""

    @endpoint(
        may=may_read_appointments,
        tag=TAG,
        name="get_appointment",
        summary="An appointment",
        answers={200: AppointmentAnswer},
        errors=(404,),
    )
    def get(self, request: Request, appointment_id: UUID) -> Response:
        """200."""
        return self.answer(appointment_id)

    @endpoint(
        may=may_change_appointments,
        tag=TAG,
        name="change_appointment",
        summary="Move, change or cancel an appointment",
        description="Cancelling is the status `cancelled`. An illegal move of the status is 409.",
        takes=AppointmentChange,
        answers={200: AppointmentAnswer},
        errors=(404, 409),
        examples=[example("Cancel it", {"status": "cancelled"})],
    )
    def patch(self, request: Request, appointment_id: UUID) -> Response:
        """200."""
        values = self.body(AppointmentChange)
        no_provider = "provider_id" in values and values["provider_id"] is None
        change_appointment(
            appointment_id=appointment_id,
            by=self.actor,
            changes=Changes(**values, no_provider=no_provider),
        )
        return self.answer(appointment_id)

    @endpoint(
        may=may_change_appointments,
        tag=TAG,
        name="delete_appointment",
        summary="Delete an appointment that was entered by mistake",
        description="A visit that has begun or is over stays: 409. To cancel one, change its "
        "status.",
        answers={204: None},
        errors=(404, 409),
    )
    def delete(self, request: Request, appointment_id: UUID) -> Response:
        """204."""
        delete_appointment(appointment_id=appointment_id, by=self.actor)
        return Response(status=204)


class Schedule(AppointmentView):
    """A day's visits."""

    @endpoint(
        may=may_read_appointments,
        tag="Dashboard",
        name="dashboard_appointments",
        summary="A day's schedule",
        description="Today's without a date.",
        parameters=SCHEDULE,
        answers={200: AppointmentAnswer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        return self.page(SCHEDULE, default="today")
