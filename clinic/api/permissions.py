"""Every view of a clinic's data asks for a login and for the rule its method names."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from clinic.logins import Login
from clinic.permissions import Rule


class InClinic(BasePermission):
    """Signed in, in a clinic, with a role that the method's rule allows.

    A method without a rule (``clinic.api.schema.endpoint``) is closed to everybody.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """False makes DRF answer 401 without a login, 403 with one."""
        login = request.auth
        if not isinstance(login, Login):
            return False
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        handler = getattr(type(view), method, None)
        if handler is None or method not in view.http_method_names:
            return True  # DRF answers 405 next
        rule: Rule | None = getattr(handler, "rule", None)
        return rule is not None and rule(login)
