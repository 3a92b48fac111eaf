"""What every view of the API is built on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django.urls import URLPattern, path
from rest_framework.exceptions import NotFound
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from clinic.api.authentication import CHALLENGE, PortalSessionAuthentication, TokenAuthentication
from clinic.api.idempotency import once
from clinic.api.limits import PersonLimit
from clinic.api.parameters import Parameter, read_query
from clinic.api.permissions import InClinic
from clinic.api.wire import WireParser, WireRenderer
from clinic.logins import Login
from clinic.recording import Actor


class ClinicView(APIView):
    """A view of the current clinic's data.

    Each method is described by ``clinic.api.schema.endpoint``, whose rule decides who may call
    it. Every POST honours ``Idempotency-Key``.
    """

    http_method_names: ClassVar[list[str]] = ["get", "head", "post", "patch", "delete"]
    authentication_classes = (TokenAuthentication, PortalSessionAuthentication)
    permission_classes = (InClinic,)
    renderer_classes = (WireRenderer, BrowsableAPIRenderer)
    parser_classes = (WireParser,)
    throttle_classes = (PersonLimit,)
    metadata_class = None

    @property
    def login(self) -> Login:
        """Who asks, in which clinic. For methods behind a rule."""
        login: Login = self.request.auth
        return login

    @property
    def actor(self) -> Actor:
        """Who asks, for the audit."""
        return self.login.actor

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Checks who asks and how often, then makes a POST happen once for its key."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and request.auth is not None and hasattr(self, "post"):
            self.post = partial(_once, self.post)

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
        checked = serializer(data=self.request.data, partial=partial)
        checked.is_valid(raise_exception=True)
        values: dict[str, Any] = checked.validated_data
        return values


def _once(work: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
    return once(request, work, *args, **kwargs)


class OpenView(ClinicView):
    """A view that needs no login: a stale token sent along does not matter."""

    authentication_classes = ()  # type: ignore[assignment]
    permission_classes = ()  # type: ignore[assignment]

    def get_authenticate_header(self, request: Request) -> str:
        """What a 401 asks for, although nothing is asked for beforehand."""
        return CHALLENGE


class NothingHere(OpenView):
    """Every address under /api that is none: 404 in the API's shape."""

    http_method_names: ClassVar[list[str]] = ["get", "head", "post", "put", "patch", "delete"]
    schema = None  # type: ignore[assignment]

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
