"""Addresses of visits; the board of a day is composed in ``backline.pages``."""

from django.urls import path

from appointments.views import book, calendar, visit

urlpatterns = [
    path("appointments", calendar.appointments, name="appointments"),
    path("appointments/new", book.appointment_new, name="appointment_new"),
    path("appointments/sheet", calendar.day_sheet, name="appointment_sheet"),
    path("appointments/<uuid:pk>", visit.visit, name="appointment"),
]
