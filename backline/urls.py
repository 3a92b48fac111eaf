"""Routes."""

from django.urls import include, path

from backline.api_urls import api_patterns

urlpatterns = [
    path("api/", include(api_patterns)),
]
