"""axe-core on every page of the portal: both themes, wide and narrow, no violation."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from backline.seeding import ADMIN_EMAIL, PASSWORD
from backline.tests.browser import keep_picture, launched, needs_browser, signed_in
from backline.tests.installation import installed
from backline.tests.shown_pages import (
    PAGES,
    PARTS,
    address_of,
    page_names,
    scrolls_sideways,
)

pytestmark = [needs_browser, pytest.mark.browser]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def test_every_page_is_shown():
    shown = {page.name for page in PAGES}
    assert sorted(set(page_names()) - shown - PARTS) == []


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("axe")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        seeded = running.manage("seed", "--demo", "--allow-demo-password")
        assert seeded.returncode == 0, seeded.stderr
        yield running


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_violation(installation, theme, width):
    axe, url, wrong = Axe(), installation.url, []
    with launched() as browser:
        options = {
            "viewport": {"width": width, "height": 900},
            "color_scheme": theme,
            "reduced_motion": "reduce",
        }
        outside = browser.new_context(**options).new_page()
        inside = signed_in(browser, url, ADMIN_EMAIL, PASSWORD, **options)
        for shown in PAGES:
            page = inside if shown.signed_in else outside
            answer = page.goto(url + address_of(shown, page, url))
            assert answer.status == shown.status, shown
            page.wait_for_load_state("networkidle")
            result = axe.run(page, options=RULES)
            wrong += [
                (shown.title, violation["id"], violation["nodes"][0]["html"][:200])
                for violation in result.response["violations"]
            ]
            if scrolls_sideways(page):
                wrong.append((shown.title, "sideways scrolling", ""))
            keep_picture(page, f"axe-{shown.title}-{theme}-{width}")
    assert wrong == []
