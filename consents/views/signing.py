"""The page on which a patient signs. Whoever brings the link's secret needs no login.

A door of its own, like an inbound webhook's: the secret tells the clinic, which is entered here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic.current import current_clinic_id, enter_clinic
from clinic.middleware import client_ip
from clinic.models import Clinic
from consents.forms import DecliningForm, SigningForm
from consents.links import clinic_behind
from consents.models import ConsentForm
from consents.moves import IllegalMove, UnknownForm
from consents.signing import (
    Hand,
    LinkEnded,
    Visitor,
    decline_form,
    form_behind,
    is_in_person,
    open_form,
)
from consents.signing import sign_form as sign_now
from consents.wording import as_html

Page = Callable[[HttpRequest, str], HttpResponse]


def door(page: Page) -> Page:
    """Runs the page inside the clinic that the link's secret belongs to."""

    @wraps(page)
    def entered(request: HttpRequest, secret: str) -> HttpResponse:
        clinic_id = clinic_behind(secret)
        if clinic_id is None:
            raise Http404
        with enter_clinic(clinic_id):
            try:
                response = page(request, secret)
            except UnknownForm as error:
                raise Http404 from error
            except (LinkEnded, IllegalMove):
                response = _ended(request, secret)
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return entered


# The secret in the address is the whole authority: there is no cookie that a stranger could use.
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@door
def sign(request: HttpRequest, secret: str) -> HttpResponse:
    """Shows the form; takes the signature, or the refusal."""
    if request.method == "HEAD":
        form_behind(secret)
        return HttpResponse()
    if request.method == "GET":
        return _show(request, open_form(secret=secret, visitor=_visitor(request)), SigningForm())
    if request.POST.get("action") == "decline":
        return _decline(request, secret)
    entered = SigningForm(request.POST)
    if not entered.is_valid():
        consent = open_form(secret=secret, visitor=_visitor(request))
        return _show(request, consent, entered, status=422)
    hand = Hand(entered.cleaned_data["name"], entered.drawn)
    consent = sign_now(secret=secret, hand=hand, visitor=_visitor(request))
    return _done(request, consent)


def _decline(request: HttpRequest, secret: str) -> HttpResponse:
    entered = DecliningForm(request.POST)
    if not entered.is_valid():
        consent = open_form(secret=secret, visitor=_visitor(request))
        return _show(request, consent, SigningForm(), declining=entered, status=422)
    reason = " ".join(entered.cleaned_data["reason"].split())
    consent = decline_form(secret=secret, reason=reason, visitor=_visitor(request))
    return _done(request, consent)


def _show(
    request: HttpRequest,
    consent: ConsentForm,
    form: SigningForm,
    *,
    declining: DecliningForm | None = None,
    status: int = 200,
) -> HttpResponse:
    words = {
        "consent": consent,
        "asking": _asking(),
        "wording": as_html(consent.body),
        "form": form,
        "declining": declining or DecliningForm(),
    }
    return render(request, "consents/sign.html", words, status=status)


def _done(request: HttpRequest, consent: ConsentForm) -> HttpResponse:
    words = {
        "status": consent.status,
        "asking": _asking(),
        "at": consent.ended_at,
        "in_person": is_in_person(consent),
    }
    return render(request, "consents/done.html", words)


def _ended(request: HttpRequest, secret: str) -> HttpResponse:
    """410 for a link that opens nothing any more; says what became of the form, not which."""
    try:
        consent = form_behind(secret)
        status = consent.status
    except LinkEnded as ended:
        status = ended.form.status
        if status in ("sent", "in_progress"):
            status = "expired"
    words = {"status": status, "asking": _asking()}
    return render(request, "consents/ended.html", words, status=410)


def _asking() -> Clinic:
    return Clinic.objects.get(pk=current_clinic_id())


def _visitor(request: HttpRequest) -> Visitor:
    return Visitor(client_ip(request), request.headers.get("User-Agent", ""))
