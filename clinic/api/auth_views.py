"""Signing up, in and out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import actions, second_factor
from clinic.api.auth_serializers import (
    Credentials,
    LoginAnswer,
    MeAnswer,
    Refresh,
    RefreshAnswer,
    RegisterAnswer,
    Registration,
)
from clinic.api.authentication import NotAMemberError
from clinic.api.limits import LoginLimit, RegisterLimit
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, OpenView
from clinic.logins import NotSignedIn, Tenant, renew_session, tenants_of
from clinic.middleware import client_ip
from clinic.models import User
from clinic.permissions import may_see_own_login

TAG = "Authentication"


class WrongCredentials(AuthenticationFailed):
    """The same for an unknown person and a wrong password."""

    default_detail = "The e-mail address or the password is wrong."
    default_code = "wrong_credentials"


class CodeRequired(AuthenticationFailed):
    """The password was right; the person has a second factor and sent no code."""

    default_detail = "Send the code of your authenticator app as code, beside the password."
    default_code = "second_factor_required"


class CodeRefused(AuthenticationFailed):
    """The second factor's code was wrong."""

    default_detail = second_factor.WrongCode.sentence
    default_code = "wrong_code"


class TooManyCodes(Throttled):
    """Wrong codes came before."""

    default_detail = second_factor.TooManyCodes.sentence
    extra_detail_singular = ""
    extra_detail_plural = ""
    default_code = "too_many_codes"


class LockedOut(Throttled):
    """Too many wrong passwords for this address from this place."""

    default_detail = "Too many failed sign-ins. Wait a while, then try again."
    extra_detail_singular = ""
    extra_detail_plural = ""
    default_code = "locked_out"


class SpentRefresh(AuthenticationFailed):
    """The refresh token is wrong, expired or spent."""

    default_detail = "This refresh token is not valid any more. Sign in again."
    default_code = "bad_token"


def user_answer(user: User, tenant: Tenant) -> dict[str, Any]:
    """A person in one clinic as the API says it."""
    return {
        "user_id": user.pk,
        "email": user.email,
        "name": user.name,
        "roles": [tenant.role],
        "tenant_id": tenant.tenant_id,
    }


class RegisterView(OpenView):
    """A new clinic."""

    throttle_classes = (RegisterLimit,)

    @endpoint(
        may=None,
        tag=TAG,
        name="register",
        summary="Register a new clinic",
        description="Makes a clinic with this person as its admin, and signs them in.",
        takes=Registration,
        answers={201: RegisterAnswer},
        examples=[
            example(
                "A doctor's new clinic",
                {
                    "email": "doctor@clinic.com",
                    "password": "secure123",
                    "name": "Dr. Smith",
                    "tenant_name": "My Clinic",
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """201."""
        values = self.body(Registration)
        ip = client_ip(request._request)
        user, clinic = actions.register_clinic(
            email=values["email"],
            password=values["password"],
            name=values["name"],
            clinic_name=values["tenant_name"],
            ip=ip,
        )
        tokens = actions.sign_in(
            user=user, clinic_id=clinic.pk, ip=ip, user_agent=_user_agent(request)
        )
        answer = {
            "user": user_answer(user, Tenant(clinic.pk, clinic.name, "admin")),
            "tenant": {"tenant_id": clinic.pk, "name": clinic.name},
            "token": tokens.token,
            "refresh": tokens.refresh,
            "tenant_id": clinic.pk,
            "message": "The clinic was registered.",
        }
        return Response(answer, status=201)


class LoginView(OpenView):
    """Signing in."""

    throttle_classes = (LoginLimit,)

    @endpoint(
        may=None,
        tag=TAG,
        name="login",
        summary="Sign in",
        description="Answers 401 with the same text, in the same time, for an unknown person and "
        "a wrong password; 429 for a while after repeated failures. Whoever has switched on a "
        "second factor sends its `code` too; without one the answer is 401 "
        "`second_factor_required`.",
        takes=Credentials,
        answers={200: LoginAnswer},
        examples=[
            example("The demo's admin", {"email": "admin@backlinemd.com", "password": "test123"})
        ],
    )
    def post(self, request: Request) -> Response:
        """200."""
        values = self.body(Credentials)
        user = self._authenticate(
            values["email"].strip().lower(), values["password"], values["code"]
        )
        tenants = tenants_of(user)
        if not tenants:
            raise NotAMemberError("You do not belong to a clinic any more.")
        tokens = actions.sign_in(
            user=user,
            clinic_id=tenants[0].tenant_id,
            ip=client_ip(request._request),
            user_agent=_user_agent(request),
        )
        answer = {
            "user": user_answer(user, tenants[0]),
            "token": tokens.token,
            "refresh": tokens.refresh,
            "tenant_id": tenants[0].tenant_id,
        }
        return Response(answer)

    def _authenticate(self, email: str, password: str, code: str) -> User:
        plain = self.request._request
        user = authenticate(plain, email=email, password=password)
        if getattr(plain, "axes_locked_out", False):
            plain.axes_locked_out = False  # type: ignore[attr-defined]
            raise LockedOut(wait=settings.AXES_COOLOFF_TIME.total_seconds())
        if not isinstance(user, User):
            raise WrongCredentials
        _check_code(user, code)
        # Resets the count of failures and notes the time.
        user_logged_in.send(sender=User, request=plain, user=user)
        return user


class RefreshView(OpenView):
    """Renewal."""

    throttle_classes = (LoginLimit,)

    @endpoint(
        may=None,
        tag=TAG,
        name="refresh_token",
        summary="Renew the tokens",
        description="A refresh token works once. Using a spent one ends its session, because "
        "either its owner or a thief holds the newer one.",
        takes=Refresh,
        answers={200: RefreshAnswer},
    )
    def post(self, request: Request) -> Response:
        """200."""
        try:
            tokens = renew_session(self.body(Refresh)["refresh"])
        except NotSignedIn as error:
            raise SpentRefresh from error
        return Response({"token": tokens.token, "refresh": tokens.refresh})


class LogoutView(ClinicView):
    """Signing out."""

    @endpoint(
        may=may_see_own_login,
        tag=TAG,
        name="logout",
        summary="Sign out",
        description="Ends the token's session: its access and refresh tokens stop working.",
        answers={204: None},
    )
    def post(self, request: Request) -> Response:
        """204."""
        actions.sign_out(login=self.login)
        return Response(status=204)


class MeView(ClinicView):
    """Who is signed in."""

    @endpoint(
        may=may_see_own_login,
        tag=TAG,
        name="me",
        summary="Who is signed in",
        answers={200: MeAnswer},
    )
    def get(self, request: Request) -> Response:
        """200."""
        login = self.login
        here = Tenant(login.clinic.pk, login.clinic.name, login.role.value)
        tenants = [
            {"tenant_id": one.tenant_id, "name": one.name, "roles": [one.role]}
            for one in tenants_of(login.user)
        ]
        return Response({**user_answer(login.user, here), "tenants": tenants})


def _check_code(user: User, code: str) -> None:
    """The second factor, where there is one."""
    if not code and second_factor.is_on(user):
        raise CodeRequired
    try:
        second_factor.check(user=user, code=code)
    except second_factor.WrongCode as error:
        raise CodeRefused from error
    except second_factor.TooManyCodes as error:
        raise TooManyCodes(wait=60) from error


def _user_agent(request: Request) -> str:
    return request.headers.get("User-Agent", "").replace("\0", "")[:200]
