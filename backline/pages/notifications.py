"""Notifications: the notes that came up in the corner, kept as references, with what is unread.

Nothing is stored but how far a person has read: the list is the clinic's events that make a note,
told again under the reader's own permission.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from backline.pages.news import told
from clinic.notes import mark_read, newest_notes, read_up_to, unread_notes
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, link

ROWS = 50


@page("GET", "POST")
def notifications(request: PageRequest) -> HttpResponse:
    """The list, newest first; a POST marks everything up to ``seq`` as read."""
    user_id = request.login.user.pk
    if request.method == "POST":
        mark_read(user_id, _number(request.POST.get("seq", "")) or 0)
        messages.success(request, "Marked as read.")
        return redirect("notifications")
    if request.GET.get("fragment") == "bell":
        return render(request, "notifications/_bell.html", {"unread": unread_notes(user_id)})
    before = _number(request.GET.get("before", ""))
    rows = newest_notes(before=before, limit=ROWS + 1)
    read = read_up_to(user_id)
    shown = [row for event in rows[:ROWS] if (row := _row(event, read))]
    context: dict[str, Any] = {
        "notes": shown,
        "unread": unread_notes(user_id),
        "newest": rows[0]["seq"] if rows and before is None else None,
        "older_url": link(request, before=str(rows[ROWS - 1]["seq"])) if len(rows) > ROWS else "",
        "is_older": before is not None,
    }
    fragments = {"rows": "notifications/_rows.html"}
    return answer(request, "notifications/notifications.html", context, fragments)


def _row(event: dict[str, Any], read: int) -> dict[str, Any] | None:
    news = told(event)
    if news is None:
        return None
    _, text, url = news
    return {
        "text": text,
        "url": url,
        "patient_name": event["doc"].get("patient_name") or "",
        "icon": "tasks" if event["type"] == "task" else "file",
        "at": event["at"],
        "unread": event["seq"] > read,
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
