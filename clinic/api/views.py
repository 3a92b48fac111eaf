"""What every view of the API is built on."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.urls import URLPattern, path
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from clinic.api.authentication import CHALLENGE, PortalSessionAuthentication, TokenAuthentication
from clinic.api.idempotency import once
from clinic.api.limits import PersonLimit
from clinic.api.parameters import Parameter, read_query
from clinic.api.permissions import InClinic
from clinic.api.wire import WireParser, WireRenderer
from clinic.logins import Login
from clinic.recording import Actor

ANYTHING = ("*/*", "application/json")
_wire = WireRenderer()


class ClinicView(APIView):
    """A view of the current clinic's data.

    Each method is described by ``clinic.api.schema.endpoint``, whose rule decides who may call
    it. Every POST honours ``Idempotency-Key``.
    """

    http_method_names = ["get", "head", "post", "patch", "delete"]  # noqa: RUF012 - DRF's
    authentication_classes: Sequence[type[BaseAuthentication]] = (
        TokenAuthentication,
        PortalSessionAuthentication,
    )
    permission_classes: Sequence[type[BasePermission]] = (InClinic,)
    renderer_classes: Sequence[type[BaseRenderer]] = (WireRenderer, BrowsableAPIRenderer)
    parser_classes: Sequence[type[BaseParser]] = (WireParser,)
    throttle_classes: Sequence[type[BaseThrottle]] = (PersonLimit,)
    metadata_class = None

    @property
    def login(self) -> Login:
        """Who asks, in which clinic. For methods behind a rule."""
        login = self.request.auth
        assert isinstance(login, Login)
        return login

    @property
    def actor(self) -> Actor:
        """Who asks, for the audit."""
        return self.login.actor

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Checks who asks and how often, then makes a POST happen once for its key."""
        super().initial(request, *args, **kwargs)
        work = getattr(self, "post", None)
        if request.method == "POST" and request.auth is not None and work is not None:
            vars(self)["post"] = partial(_once, work)

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """JSON at once for whoever takes anything; others are asked what they want."""
        if request.META.get("HTTP_ACCEPT", "*/*") in ANYTHING and "format" not in request.GET:
            return _wire, _wire.media_type
        return super().perform_content_negotiation(request, force)

    def query(self, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """The query's parameters."""
        return read_query(self.request.query_params, parameters)

    def body(
        self, serializer: type[BaseSerializer[Any]], *, partial: bool = False
    ) -> dict[str, Any]:
        """The request's body, checked.

        Raises:
            ValidationError: naming the fields that cannot be used.
        """
        checked = _checker(serializer, partial)
        checked.initial_data = self.request.data
        checked.is_valid(raise_exception=True)
        values: dict[str, Any] = checked.validated_data
        return values


_checkers = threading.local()


def _checker(serializer: type[BaseSerializer[Any]], partial: bool) -> BaseSerializer[Any]:
    """The thread's own serializer of a kind, emptied: copying its fields anew for every request
    costs more than what they check."""
    known: dict[Any, BaseSerializer[Any]] = vars(_checkers)
    found = known.get((serializer, partial))
    if found is None:
        found = known[serializer, partial] = serializer(data=None, partial=partial)
    for left in ("initial_data", "_validated_data", "_errors", "_data"):
        vars(found).pop(left, None)
    return found


def _once(work: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
    return once(request, work, *args, **kwargs)


class OpenView(ClinicView):
    """A view that needs no login: a stale token sent along does not matter."""

    authentication_classes = ()
    permission_classes = ()

    def get_authenticate_header(self, request: Request) -> str:
        """What a 401 asks for, although nothing is asked for beforehand."""
        return CHALLENGE


class NothingHere(OpenView):
    """Every address under /api that is none: 404 in the API's shape."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]  # noqa: RUF012
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """404, whoever asks and however.

        Raises:
            NotFound: always.
        """
        request.accepted_renderer = WireRenderer()
        request.accepted_media_type = WireRenderer.media_type
        raise NotFound


def route(address: str, view: type[APIView], name: str, **options: Any) -> list[URLPattern]:
    """The address with and without a slash at its end; only the latter is in the schema."""
    plain = view.as_view(**options)
    slashed = view.as_view(**{**options, "schema": None})
    return [path(address, plain, name=name), path(f"{address}/", slashed)]


def routes(*named: tuple[str, type[APIView], str]) -> list[URLPattern]:
    """Many of them: (address, view, name)."""
    return [pattern for one in named for pattern in route(*one)]


def created(message: str, ids: Mapping[str, Any]) -> Response:
    """201 with the new row's ids and a sentence."""
    return Response({**ids, "message": message}, status=201)
