"""How often one may ask. Losing the buckets opens no door, because wrong passwords are counted in
the database (django-axes)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from clinic.api.buckets import buckets
from clinic.logins import Login
from clinic.middleware import client_ip


class _Limit(BaseThrottle):
    setting = ""
    default = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Takes one from the asker's bucket; a limit of 0 is none."""
        per_minute = int(getattr(settings, self.setting, self.default))
        if per_minute <= 0:
            return True
        self._wait = buckets.take(f"{self.setting} {self.key(request)}", per_minute)
        return self._wait == 0.0

    def wait(self) -> float | None:
        """Seconds until the next try may succeed."""
        return self._wait

    def key(self, request: Request) -> str:
        """Whose bucket."""
        return client_ip(request._request) or ""


class PersonLimit(_Limit):
    """Requests of one signed-in person."""

    setting = "API_REQUESTS_PER_MINUTE"
    default = 6000

    def key(self, request: Request) -> str:
        """The person, or the address of somebody unknown."""
        if isinstance(request.auth, Login):
            return str(request.auth.user.pk)
        return super().key(request)


class LoginLimit(_Limit):
    """Sign-ins and renewals from one address, right or wrong."""

    setting = "LOGINS_PER_MINUTE"
    default = 60


class RegisterLimit(_Limit):
    """New clinics from one address."""

    setting = "REGISTRATIONS_PER_MINUTE"
    default = 20
