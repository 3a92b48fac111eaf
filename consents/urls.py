"""The patient's page."""

from django.urls import path

from consents.views import sign

urlpatterns = [path("sign/<str:secret>", sign, name="consent-sign")]
