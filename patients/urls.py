"""Addresses of patients; one patient's page is composed in ``backline.pages``."""

from django.urls import path

from patients.views import directory, picker

urlpatterns = [
    path("patients", directory.patients, name="patients"),
    path("patients/new", directory.patient_new, name="patient_new"),
    path("patients/find", picker.patient_picker, name="patient_picker"),
]
