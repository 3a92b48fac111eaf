"""Pages of conversations: the list, one of them, and the copilot without JavaScript."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from clinic.listing import Slice
from clinic.refusals import Refusal
from clinic.views.access import PageRequest, page
from clinic.views.lists import answer, chips, choice, pager, part_of, uuid_of
from copilot.actions import write_message
from copilot.answer_html import answer_html
from copilot.context_processors import SUBJECTS, SUGGESTIONS
from copilot.models import Channel, Conversation, RunEvent
from copilot.queries import conversations_of, messages_of
from copilot.receipts import receipts_of
from copilot.transcript import Entry, entries_of

RECENT = 8
LONGEST = 2000
MOST_EVENTS = 5000
CHANNELS = (("", "All"), (Channel.COPILOT, "Copilot"), (Channel.INTERNAL, "Internal"))


@page("GET")
def conversations(request: PageRequest) -> HttpResponse:
    """Conversations that this person may read, or for the panel only their own with the copilot."""
    if request.GET.get("fragment") == "mine":
        mine = conversations_of(request.login, Slice(RECENT * 3), channel=Channel.COPILOT)
        return answer(request, "copilot/_history.html", {"conversations": mine.rows})
    channel = choice(request, "channel", Channel.values)
    found = part_of(
        request, lambda part: conversations_of(request.login, part, channel=channel or None)
    )
    context = {
        "conversations": found.rows,
        "channels": chips(request, "channel", CHANNELS),
        "is_narrowed": bool(channel),
        **pager(request, found),
    }
    template = "copilot/conversations.html"
    return answer(request, template, context, {"rows": "copilot/_conversations.html"})


@page("GET", "POST")
def conversation(request: PageRequest, pk: UUID) -> HttpResponse:
    """One conversation: what was said and done, with the receipts of the copilot's runs."""
    found = _readable(request, pk)
    if request.method == "POST":
        text = request.POST.get("text", "").strip()[:20_000]
        if text and found.channel == Channel.INTERNAL:
            write_message(conversation_id=found.pk, text=text, by=request.login.actor)
        return redirect("conversation", pk=found.pk)
    is_copilot = found.channel == Channel.COPILOT
    context: dict[str, Any] = {
        "conversation": found,
        "patient": found.patient,
        "entries": _entries(found) if is_copilot else [],
        "receipts": receipts_of(found.pk) if is_copilot else [],
        "messages_here": [] if is_copilot else messages_of(found.pk),
        "may_write": found.channel == Channel.INTERNAL,
    }
    fragments = {"body": "copilot/_conversation.html"}
    return answer(request, "copilot/conversation.html", context, fragments)


@page("GET", "POST")
def copilot(request: PageRequest) -> HttpResponse:
    """The copilot as a page of forms."""
    if request.method == "POST":
        return _asked(request)
    question = request.GET.get("question", "")[:LONGEST]
    return _shown(request, request.GET.get("thread", ""), question=question)


def _asked(request: PageRequest) -> HttpResponse:
    """Asks, or answers a preview, and shows the thread as it is then."""
    # The library of the models takes seconds to import: not when the portal starts.
    from copilot.whole import run_whole  # noqa: PLC0415

    sent = request.POST
    thread = sent.get("thread", "")[:200] or str(uuid4())
    text = (sent.get("suggested") or sent.get("question", "")).strip()[:LONGEST]
    decided = sent.get("interrupt", "")[:300]
    resume = None
    if decided:
        approved = sent.get("decision") == "yes"
        payload = {"approved": approved}
        resume = [{"interruptId": decided, "status": "resolved", "payload": payload}]
    elif not text:
        return _shown(request, thread, error="Write what you would like to know or have done.")
    try:
        run_whole(
            login=request.login,
            thread_id=thread,
            text="" if decided else text,
            resume=resume,
            page=_subject(sent),
        )
    except Refusal as refusal:
        return _shown(request, thread, error=refusal.message, question=text, status=refusal.status)
    query = QueryDict(mutable=True)
    query.update({"thread": thread, **_subject(sent)})
    return redirect(f"{reverse('copilot')}?{query.urlencode()}#latest")


def _shown(
    request: PageRequest, thread: str, *, error: str = "", question: str = "", status: int = 200
) -> HttpResponse:
    found = None
    if thread:
        own = Conversation.objects.filter(created_by_id=request.login.user.pk)
        found = own.filter(thread_id=thread).first()
    subject = _subject(request.GET if request.method == "GET" else request.POST)
    fitting = [text for name in subject for text in SUGGESTIONS.get(name, ())]
    context: dict[str, Any] = {
        "thread": found.thread_id if found else "",
        "entries": _entries(found) if found else [],
        "subject": subject,
        "error": error,
        "question": question,
        "recent": conversations_of(request.login, Slice(RECENT), channel=Channel.COPILOT).rows,
        **({"copilot_suggestions": fitting} if fitting else {}),
    }
    return answer(request, "copilot/copilot.html", context, status=status)


def _subject(sent: QueryDict) -> dict[str, str]:
    """What the page was about from which somebody came."""
    names = sorted(set(SUBJECTS.values()))
    found = {name: uuid_of(sent.get(name)) for name in names}
    return {name: str(pk) for name, pk in found.items() if pk}


def _readable(request: PageRequest, pk: UUID) -> Conversation:
    """A conversation; one with the copilot is its person's alone."""
    found = Conversation.objects.select_related("patient").filter(pk=pk).first()
    if found is None:
        raise Http404
    if found.channel == Channel.COPILOT and found.created_by_id != request.login.user.pk:
        raise Http404
    return found


def _entries(found: Conversation) -> list[tuple[Entry, str]]:
    """Entries, each with its answer as HTML."""
    rows = RunEvent.objects.filter(conversation=found).order_by("seq")
    events = rows.values_list("event", flat=True)[:MOST_EVENTS]
    return [
        (entry, answer_html(entry.text) if entry.kind == "answer" else "")
        for entry in entries_of(events)
    ]
