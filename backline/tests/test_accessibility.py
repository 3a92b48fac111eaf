"""axe-core on every page of the portal: both themes, wide and narrow, no violation."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from backline.seeding import ADMIN_EMAIL, PASSWORD
from backline.tests.browser import keep_picture, launched, needs_browser, signed_in
from backline.tests.installation import installed, until

pytestmark = [needs_browser, pytest.mark.browser]
PLAIN = (
    "/",
    "/patients",
    "/patients/new",
    "/documents",
    "/documents?status=not_ingested",
    "/tasks",
    "/tasks/new",
    "/styleguide",
    "/nothing-here",
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("axe")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        seeded = running.manage("seed", "--demo", "--allow-demo-password")
        assert seeded.returncode == 0, seeded.stderr
        yield running


def first_link(page, url: str, path: str, pattern: str) -> str:
    page.goto(url + path)
    found: list[str] = []

    def look() -> bool:
        page.reload()
        found[:] = re.findall(pattern, page.content())
        return bool(found)

    until(look, seconds=60, what=lambda: f"no {pattern} on {path}")
    return found[0]


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
        signed_out = browser.new_context(**options).new_page()
        signed_out.goto(f"{url}/login")
        pages = [(signed_out, "/login")]
        page = signed_in(browser, url, ADMIN_EMAIL, PASSWORD, **options)
        one = r'href="(/{}/[0-9a-f-]{{36}})"'
        found = [
            first_link(page, url, "/patients?q=Alex", one.format("patients")),
            first_link(page, url, "/documents?status=not_ingested", one.format("documents")),
            first_link(page, url, "/documents?status=ingested", one.format("documents")),
        ]
        pages += [(page, path) for path in (*PLAIN, *found)]
        for shown, path in pages:
            shown.goto(url + path)
            shown.wait_for_load_state("networkidle")
            result = axe.run(shown, options=RULES)
            wrong += [
                (path, violation["id"], violation["nodes"][0]["html"][:200])
                for violation in result.response["violations"]
            ]
            sideways = shown.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
            if sideways:
                wrong.append((path, "sideways scrolling", ""))
            name = path.strip("/").split("?")[0].split("/")[0] or "dashboard"
            keep_picture(shown, f"axe-{name}-{len(path)}-{theme}-{width}")
    assert wrong == []
