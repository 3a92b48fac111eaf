"""Who may open a page: everybody who works in the clinic, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods

from clinic.logins import Login
from clinic.notes import HEAD_NAME
from clinic.refusals import Forbidden, Missing
from clinic.views.lists import counts

P = ParamSpec("P")
TYPED = ("q", "patient_q", "question")


class PageRequest(HttpRequest):
    """A request of somebody at work in a clinic.

    ``live_seq`` is the clinic's last event before anything of the page was read, so that what
    happens while the page is made reaches it as an event; None for fragments and forms.
    """

    login: Login
    live_seq: int | None


Opened = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
Member = Callable[Concatenate[PageRequest, P], HttpResponseBase]


def page(*methods: str) -> Callable[[Member[P]], Opened[P]]:
    """Makes a view a page for members: sign-in first, days and hours in the clinic's time zone.

    What an action says is missing becomes a 404, what the role does not allow a 403. No cache
    keeps the answer, so the Back button shows nothing after signing out.
    """
    allowed = [*methods, "HEAD"] if "GET" in methods else [*methods]

    def decorate(view: Member[P]) -> Opened[P]:
        @wraps(view)
        def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            login: Login | None = getattr(request, "login", None)
            if login is None:
                return _outside(request)
            member = cast(PageRequest, request)
            if _holds_nul(request):
                raise BadRequest("No text column holds a NUL character.")
            member.live_seq = None if is_fragment(request) else _head_of_events(request)
            with timezone.override(login.clinic.tzinfo):
                try:
                    response = view(member, *args, **kwargs)
                except Missing as error:
                    raise Http404 from error
                except Forbidden as error:
                    raise PermissionDenied from error
            if not response.has_header("Cache-Control"):
                patch_cache_control(response, private=True, no_store=True)
            return response

        checked = require_http_methods(allowed)(opened)
        checked.page_methods = frozenset(allowed)  # type: ignore[attr-defined]
        return checked

    return decorate


def is_fragment(request: HttpRequest) -> bool:
    """Whether only a part of the page is asked for, by a page that is open already."""
    return "fragment" in request.GET


def _holds_nul(request: HttpRequest) -> bool:
    sent = (*request.GET.lists(), *request.POST.lists())
    return any("\0" in text for _, texts in sent for text in texts if isinstance(text, str))


def _head_of_events(request: HttpRequest) -> int | None:
    """Read in one statement with the counts that every page shows."""
    return None if request.method == "POST" else counts(request)[HEAD_NAME]


def _outside(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return render(request, "clinic/no_clinic.html", status=403)
    back = resolve_url(settings.LOGIN_REDIRECT_URL)
    if request.method in ("GET", "HEAD"):
        back = request.path if is_fragment(request) else _way_back(request)
    return redirect_to_login(back, settings.LOGIN_URL)


def _way_back(request: HttpRequest) -> str:
    """The address without what was typed: others may stand before the page to sign in."""
    query = request.GET.copy()
    for name in TYPED:
        query.pop(name, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path
