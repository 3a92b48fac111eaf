"""Pictures of every page of the portal, in both themes and widths: what `bin/screenshots` does."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, Page

from backline.demo import ROOT, SIGN_IN, say
from backline.tests.browser import chromium, launched, settle, signed_in
from backline.tests.installation import installed
from backline.tests.shown_pages import (
    PAGES,
    Shown,
    address_of,
    scrolls_sideways,
    wait_until_read,
)

THEMES = ("light", "dark")
WIDTHS = (1280, 390)
HEIGHT, TALLEST = 860, 4000
# What README.md shows: titles of pages with a theme and a width.
BEST = {
    ("dashboard", "light", 1280),
    ("document-review", "light", 1280),
    ("claim-denied", "light", 1280),
    ("appointment_board", "dark", 1280),
    ("claims", "dark", 1280),
    ("tasks", "light", 390),
}
COLOURS = 256
"""Enough for a screen, and the file is a third as large."""


def main(argv: list[str] | None = None) -> int:
    """Takes the pictures; 1 when a page is not as it should be."""
    options = _arguments(argv)
    if options.best:
        options.out = ROOT / "docs" / "pictures"
    if chromium() is None:
        say("Chromium is not installed; BACKLINE_BROWSER may name one.")
        return 1
    wrong: list[str] = []
    options.out.mkdir(parents=True, exist_ok=True)
    with _served(options.url) as url, launched() as browser:
        page = signed_in(browser, url, *SIGN_IN.split(" / "))
        wait_until_read(page, url)
        page.context.close()
        for theme in options.theme:
            for width in options.width:
                wrong += _round(browser, url, theme, width, options)
    for line in wrong:
        say(f"WRONG  {line}")
    say(f"Pictures are in {options.out}.")
    return 1 if wrong else 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/screenshots")
    parser.add_argument("--url", help="a seeded installation that runs already")
    parser.add_argument("--only", nargs="+", default=[], help="URL names of pages")
    parser.add_argument("--theme", nargs="+", choices=THEMES, default=THEMES)
    parser.add_argument("--width", nargs="+", type=int, default=WIDTHS)
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots")
    parser.add_argument("--best", action="store_true", help="those of README.md, there")
    return parser.parse_args(argv)


@contextmanager
def _served(url: str | None) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
        return
    folder = Path(tempfile.mkdtemp(prefix="backline-screenshots-"))
    folder.chmod(0o755)
    try:
        with installed(folder / "var") as running:
            seeded = running.manage("seed", "--demo", "--allow-demo-password")
            if seeded.returncode:
                raise SystemExit(seeded.stderr)
            yield running.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _round(
    browser: Browser, url: str, theme: str, width: int, options: argparse.Namespace
) -> list[str]:
    """All pages in one theme and width; what was wrong."""
    looks = {
        "viewport": {"width": width, "height": HEIGHT},
        "color_scheme": theme,
        "reduced_motion": "reduce",
    }
    outside = browser.new_context(**looks).new_page()  # type: ignore[arg-type]
    inside = signed_in(browser, url, *SIGN_IN.split(" / "), **looks)
    wrong = []
    for shown in PAGES:
        if options.only and shown.name not in options.only:
            continue
        if options.best and (shown.title, theme, width) not in BEST:
            continue
        file = options.out / f"{shown.title}-{theme}-{width}.png"
        try:
            page = inside if shown.signed_in else outside
            said = _take(page, url, shown, file, tallest=HEIGHT if options.best else TALLEST)
        except (AssertionError, Error) as error:
            said = str(error)
        if said:
            wrong.append(f"{shown.title} ({theme}, {width} px): {said}")
    for used in (outside, inside):
        used.context.close()
    return wrong


def _take(page: Page, url: str, shown: Shown, file: Path, *, tallest: int = TALLEST) -> str:
    """One picture of the whole page, in a window as high as it; what is wrong with the page.

    ``tallest`` cuts it; a cut one is for README.md, so its colours are reduced.
    """
    troubles: list[str] = []

    def listen(message: object) -> None:
        troubles.append(str(getattr(message, "text", message)))

    path = address_of(shown, page, url)
    page.on("pageerror", listen)
    answer = page.goto(url + path)
    settle(page)
    width = page.viewport_size["width"]  # type: ignore[index]
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(HEIGHT, min(height, tallest))})
    page.screenshot(path=str(file))
    if tallest == HEIGHT:
        with Image.open(file) as picture:
            reduced = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        reduced.save(file, optimize=True)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.remove_listener("pageerror", listen)
    if answer is None or answer.status != shown.status:
        troubles.append(f"{path} answered {answer.status if answer else 'nothing'}")
    if scrolls_sideways(page):
        troubles.append("it scrolls sideways")
    return "; ".join(troubles)


if __name__ == "__main__":
    sys.exit(main())
