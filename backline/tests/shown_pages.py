"""Every page of the portal with an example: what `bin/screenshots` and the axe test go through.

A new page is one line of ``PAGES``; ``test_every_page_is_shown`` finds the page without one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

ID = "[0-9a-f-]{36}"
LINK_SECONDS = 120  # papers must have been read
READ_SECONDS = 900  # pictures among them, on a machine with other things to do


@dataclass(frozen=True, slots=True)
class Shown:
    """One page. ``name`` is its URL name, ``path`` its address.

    With a ``link`` (a pattern, ``{id}`` for an id) the page is the first link of that kind on
    ``path``, with the ``suffix`` behind it. ``variant`` tells pages of one name apart. ``status``
    is what it answers with.
    """

    name: str
    path: str
    link: str = ""
    suffix: str = ""
    variant: str = ""
    signed_in: bool = True
    status: int = 200

    @property
    def title(self) -> str:
        """Name of its pictures."""
        return "-".join(filter(None, (self.name, self.variant)))


PAGES = (
    Shown("login", "/login", signed_in=False),
    Shown("dashboard", "/"),
    Shown("patients", "/patients"),
    Shown("patients", "/patients?q=nobody+is+called+so", variant="none"),
    Shown("patient_new", "/patients/new"),
    Shown("patient", "/patients?q=Alex", link="/patients/{id}"),
    Shown("patient_desk", "/patients?q=Alex", link="/patients/{id}", suffix="/desk"),
    Shown("patient_timeline", "/patients?q=Alex", link="/patients/{id}", suffix="/timeline"),
    Shown("patient_print", "/patients?q=Alex", link="/patients/{id}", suffix="/print"),
    Shown("documents", "/documents"),
    Shown("documents", "/documents?status=not_ingested", variant="doubtful"),
    Shown("document", "/documents?status=not_ingested", link="/documents/{id}", variant="review"),
    Shown("document", "/documents?status=ingested", link="/documents/{id}", variant="filed"),
    Shown("document_move", "/documents?status=ingested", link="/documents/{id}", suffix="/move"),
    Shown(
        "document_packet",
        "/documents?status=not_ingested&q=packet",
        link="/documents/{id}",
        suffix="/packet",
    ),
    Shown("measure", "/measure"),
    Shown("tasks", "/tasks"),
    Shown("task_new", "/tasks/new"),
    Shown("task", "/tasks?q=Verify", link="/tasks/{id}"),
    Shown("claims", "/claims"),
    Shown("claims", "/claims?view=changes", variant="changes"),
    Shown("claims", "/claims?q=nobody+is+called+so", variant="none"),
    Shown("claim_denials", "/claims/denials"),
    Shown("claim_new", "/claims/new"),
    Shown("claim", "/claims?view=denied&q=Alex", link="/claims/{id}", variant="denied"),
    Shown("claim", "/claims?view=to_submit", link="/claims/{id}"),
    Shown("claim_print", "/claims", link="/claims/{id}", suffix="/print"),
    Shown("day", "/day"),
    Shown("audit", "/audit"),
    Shown("audit", "/audit?since=2026-11-31", variant="error", status=422),
    Shown("patient_looks", "/audit?action=patient.view", link="/patients/{id}/looks"),
    Shown("appointments", "/appointments"),
    Shown("appointments", "/appointments?view=week", variant="week"),
    Shown("appointment_board", "/appointments/board"),
    Shown("appointment_sheet", "/appointments/sheet"),
    Shown("appointment_new", "/appointments/new"),
    Shown("appointment", "/appointments/board", link="/appointments/{id}"),
    Shown("consents", "/consents"),
    Shown("consents", "/consents?status=withdrawn", variant="none"),
    Shown("consent", "/consents", link="/consents/{id}"),
    Shown("consent_print", "/consents", link="/consents/{id}", suffix="/print"),
    Shown("consent_send", "/consents/send"),
    Shown("form_templates", "/consents/templates"),
    Shown("form_template_new", "/consents/templates/new"),
    Shown("form_template", "/consents/templates", link="/consents/templates/{id}"),
    Shown("calls", "/calls"),
    Shown("call_new", "/calls/new"),
    Shown("call", "/calls", link="/calls/{id}"),
    Shown("agents", "/agents"),
    Shown("agent_run", "/agents", link="/agents/runs/{id}"),
    Shown("agent_run", "/agents?status=waiting_input", link="/agents/runs/{id}", variant="asks"),
    Shown("copilot", "/copilot"),
    Shown("conversations", "/conversations"),
    Shown("conversations", "/conversations?channel=internal", variant="internal"),
    Shown("conversation", "/conversations", link="/conversations/{id}"),
    Shown("notifications", "/notifications"),
    Shown("settings", "/settings"),
    Shown("members", "/members"),
    Shown("profile", "/profile"),
    Shown("profile_factor", "/profile/second-factor"),
    Shown("password_forgotten", "/password/forgotten", signed_in=False),
    Shown("password_reset", "/password/reset/x/y", signed_in=False, variant="ended", status=410),
    Shown("invitation", "/invitations/x", signed_in=False, variant="ended", status=410),
    Shown("styleguide", "/styleguide"),
    Shown("not_found", "/nothing-here", status=404),
)

# Answers to a person's GET that are no pages: parts of pages, files, and steps without a look.
PARTS = frozenset(
    {
        "audit_export",
        "toast",
        "patient_picker",
        "document_steps",
        "document_next",
        "document_file",
        "document_page",
    }
)


def page_names() -> Iterator[str]:
    """The URL names of everything a signed-in browser may GET in the portal."""
    yield from _names(get_resolver())


def _names(resolver: URLResolver) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _names(entry)
        elif isinstance(entry, URLPattern) and "GET" in getattr(entry.callback, "page_methods", ()):
            yield entry.name or str(entry.pattern)


def address_of(shown: Shown, page: Page, url: str) -> str:
    """The page's path; waits for its link where it is one of several."""
    if not shown.link:
        return shown.path
    pattern = re.escape(shown.link).replace(r"\{id\}", ID)
    end = time.monotonic() + LINK_SECONDS
    while True:
        answer = page.request.get(url + shown.path)
        found = re.search(rf'href="({pattern})["?#]', answer.text())
        if found:
            return found.group(1) + shown.suffix
        assert time.monotonic() < end, f"no {shown.link} on {shown.path}"
        time.sleep(1)


def wait_until_read(page: Page, url: str) -> None:
    """Waits until no paper is being read, so that nothing moves by itself any more.

    Raises:
        AssertionError: after READ_SECONDS.
    """
    end = time.monotonic() + READ_SECONDS
    while any(
        page.request.get(f"{url}/api/documents?status={status}&limit=1").json()
        for status in ("uploaded", "ingesting")
    ):
        assert time.monotonic() < end, "papers are still being read"
        time.sleep(1)


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    root = "document.documentElement"
    return bool(page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))
