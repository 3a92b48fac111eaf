"""A real Chromium for system tests, where the machine has one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Where Chromium is: BACKLINE_BROWSER (empty for none), or on the path."""
    named = os.environ.get("BACKLINE_BROWSER")
    if named is not None:
        return named or None
    return shutil.which("chromium") or shutil.which("chromium-browser")


needs_browser = pytest.mark.skipif(chromium() is None, reason="Chromium is not installed")


SETTLE_MS = 120_000  # a limit for what never settles, not for a slow machine
# Everything that a page fetches by itself is there, and its socket follows events.
SETTLED = """() => {
  const waits = '.htmx-request, [hx-trigger="load"]';
  if (document.readyState !== 'complete' || document.querySelector(waits)) return false;
  if (document.fonts.status !== 'loaded') return false;
  const pictures = [...document.images].filter((one) => one.loading !== 'lazy');
  if (!pictures.every((one) => one.complete)) return false;
  if (!document.body.dataset.clinic) return true;
  const live = [...document.querySelectorAll('[data-live-indicator]')];
  return live.every((one) => one.dataset.state === 'on');
}"""


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser; each context of it is another person's."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def signed_in(browser: Browser, url: str, email: str, password: str, **options: object) -> Page:
    """A page of a new context, signed in through the form; console errors fail the test later."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{url}/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda found: "/login" not in found)
    return page


def settle(page: Page) -> None:
    """Waits until a page that was opened has all it fetches by itself, without idling."""
    page.wait_for_function(SETTLED, timeout=SETTLE_MS)


def keep_picture(page: Page, name: str) -> None:
    """A screenshot under BACKLINE_PICTURES, when that names a folder."""
    folder = os.environ.get("BACKLINE_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=False)
