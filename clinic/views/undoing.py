"""Taking back what somebody did a moment ago."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinic.models import Undoable
from clinic.undoing import TooLate, kinds_in
from clinic.undoing import undo as take_back
from clinic.views.access import PageRequest, page
from clinic.views.sessions import safe_next

TAG = "undo-"


@page("POST")
def undo(request: PageRequest, pk: UUID) -> HttpResponse:
    """Takes a change back and shows what it was about."""
    if not all(kind.rule(request.login) for kind in kinds_in(pk)):
        raise PermissionDenied
    try:
        where = take_back(undo_id=pk, by=request.login.actor)
    except TooLate as error:
        messages.warning(request, error.message)
        return redirect(safe_next(request))
    messages.success(request, "Undone.")
    return redirect(where or safe_next(request))


def said(request: HttpRequest, sentence: str, entry: Undoable | None) -> None:
    """A note in the corner, with a button that takes the change back."""
    tag = f"{TAG}{entry.pk}" if entry else ""
    messages.success(request, sentence, extra_tags=tag)
