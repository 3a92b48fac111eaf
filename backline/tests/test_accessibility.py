"""axe-core on every page of the portal: both themes, wide and narrow, no violation."""

import re
import time
from html.parser import HTMLParser

import pytest
from axe_playwright_python.sync_playwright import Axe

from backline.seeding import ADMIN_EMAIL, PASSWORD
from backline.tests.browser import keep_picture, launched, needs_browser, settle, signed_in
from backline.tests.installation import SAMPLES, installed
from backline.tests.shown_pages import (
    PAGES,
    PARTS,
    address_of,
    page_names,
    scrolls_sideways,
    wait_until_read,
)

pytestmark = [needs_browser, pytest.mark.browser]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],  # of what is right nothing need be written down
}

# What listens for another theme has heard of it, and the page was painted in it.
PAINTED = "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"


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


@pytest.fixture(scope="module")
def paths(installation):
    """The address of each page, found once, when every paper has been read."""
    with launched() as browser:
        page = signed_in(browser, installation.url, ADMIN_EMAIL, PASSWORD)
        wait_until_read(page, installation.url)
        found = {}
        for shown in PAGES:
            found[shown.title] = address_of(shown, page, installation.url)
            # Some pages are there only after a look at another: who looked at a patient.
            page.request.get(installation.url + found[shown.title])
        return found


def opened(browser, installation, paths, width):
    """Each page at a width, one after the other, with all that it fetches by itself."""
    url = installation.url
    options = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    outside = browser.new_context(**options).new_page()
    inside = signed_in(browser, url, ADMIN_EMAIL, PASSWORD, **options)
    for shown in PAGES:
        page = inside if shown.signed_in else outside
        answer = page.goto(url + paths[shown.title])
        assert answer.status == shown.status, shown
        settle(page)
        yield shown, page


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_a_violation(installation, paths, width):
    """Both themes of a page in one visit: a theme is a matter of colours alone."""
    axe, wrong = Axe(), []
    with launched() as browser:
        for shown, page in opened(browser, installation, paths, width):
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                page.evaluate(PAINTED)
                result = axe.run(page, options=RULES)
                wrong += [
                    (shown.title, theme, violation["id"], violation["nodes"][0]["html"][:200])
                    for violation in result.response["violations"]
                ]
                if scrolls_sideways(page):
                    wrong.append((shown.title, theme, "sideways scrolling", ""))
                keep_picture(page, f"axe-{shown.title}-{theme}-{width}")
    assert wrong == []


# Every control that a mouse can use, one of each group of radio buttons; numbered for the walk.
CONTROLS = """() => {
  const wanted = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
  const groups = new Set();
  let number = 0;
  return [...document.querySelectorAll(wanted)].filter((one) => {
    // A box on a page picture does what the focus on its field does, and a free quarter hour of
    // the schedule what "Book a visit" does; both are for the mouse alone.
    if (one.disabled || one.matches('[data-box], .free > [tabindex="-1"]')) return false;
    if (one.closest('dialog:not([open]), [inert]')) return false;
    if (!one.checkVisibility({ checkVisibilityCSS: true })) return false;
    if (one.matches('summary') && !one.parentElement.matches('details')) return false;
    if (one.type === 'radio') {
      const group = `${one.form?.action} ${one.name}`;
      if (groups.has(group)) return false;
      groups.add(group);
      const chosen = document.querySelector(`input[name="${CSS.escape(one.name)}"]:checked`);
      (chosen ?? one).dataset.walk = String(number++);
      return true;
    }
    one.dataset.walk = String(number++);
    return true;
  }).length;
}"""
# Looks at where the focus is each time that Tab is about to leave it, as the page then stands: the
# number, whether one sees it, and whether anything lies over it.
WALK = """() => {
  const looked = [];
  const look = () => {
    const one = document.activeElement;
    if (!one || one === document.body) return;
    const rings = [one, one.parentElement, ...one.querySelectorAll('*')];
    const ringed = rings.some((each) => {
      const style = getComputedStyle(each);
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
      return outlined || (each.matches('rect') && parseFloat(style.strokeWidth) >= 2);
    });
    const box = one.getBoundingClientRect();
    const x = Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 1);
    const y = box.y + box.height / 2;
    const inside = y > 0 && y < innerHeight;
    const over = inside ? document.elementFromPoint(x, y) : null;
    const related = over && (over.contains(one) || one.contains(over));
    const bars = '.topbar, .tabbar, .fields-foot';
    const covered = Boolean(over) && !related && Boolean(over.closest(bars));
    const html = one.outerHTML.slice(0, 160);
    looked.push({ number: one.dataset.walk ?? null, ringed, inside, covered, html });
  };
  addEventListener('keydown', (event) => { if (event.key === 'Tab') look(); }, true);
  window.lookedAt = () => { look(); return looked.splice(0); };
}"""
STRIDE = 20
"""How often Tab is pressed before one asks what it came upon."""


@pytest.mark.parametrize("width", [1280, 390])
def test_every_control_is_reached_with_the_keyboard_and_shows_the_focus(installation, paths, width):
    wrong = []
    with launched() as browser:
        for shown, page in opened(browser, installation, paths, width):
            wrong += [(shown.title, *each) for each in walked(page)]
    assert wrong == []


def is_seen(found) -> bool:
    return found["ringed"] and found["inside"] and not found["covered"]


def walked(page) -> list[tuple[str, str]]:
    """Presses Tab through a page; what was not reached, not seen or covered."""
    missing = set(range(page.evaluate(CONTROLS)))
    page.evaluate(WALK)
    wrong = []
    most = 2 * len(missing) + 20
    while missing and most > 0:
        for _ in range(min(STRIDE, most)):
            page.keyboard.press("Tab")
        most -= STRIDE
        for found in page.evaluate("lookedAt()"):
            number = int(found["number"] or -1)
            if number in missing:
                missing.remove(number)
                if not is_seen(found):
                    wrong.append(("not seen", found["html"]))
    for number in sorted(missing):
        # A part that an event refreshed meanwhile has new controls, without a number.
        left = page.locator(f'[data-walk="{number}"]')
        if left.count():
            wrong.append(("not reached", left.evaluate("one => one.outerHTML.slice(0, 160)")))
    return wrong


VOID = ("input", "br", "hr", "img", "link", "meta", "source", "col", "area", "base", "wbr")


class Forms(HTMLParser):
    """Forms without a button that sends them, and buttons shown that would need JavaScript."""

    def __init__(self) -> None:
        super().__init__()
        self._dead: list[str] = []
        self._unsent: dict[str, str] = {}
        self._form: str | None = None
        self._sends = False
        self._open: list[tuple[str, bool]] = []  # elements around, and whether each hides
        self._named: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self._open.append((tag, tag in ("dialog", "template") or "hidden" in given))
        if tag == "form":
            self._form, self._sends = self.get_starttag_text() or "", False
        elif tag == "button" and given.get("type") == "button":
            if not any(hides for _, hides in self._open):
                self._dead.append(self.get_starttag_text() or "")
        elif tag == "button" or (tag == "input" and given.get("type") == "submit"):
            self._sends = True
        if given.get("form"):
            self._named.add(given["form"] or "")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "form":
            found = re.search(r'\bid="([^"]*)"', self._form or "")
            if not self._sends:
                self._unsent[self._form or ""] = found.group(1) if found else ""

    @property
    def wrong(self) -> list[str]:
        """What was found, once the page is read to its end."""
        forms = [form for form, named in self._unsent.items() if named not in self._named]
        return forms + self._dead


def test_every_form_has_its_button_without_javascript(installation, paths):
    """And nothing is shown that would need it, but on the page that shows everything."""
    url, wrong = installation.url, []
    with launched() as browser:
        inside = signed_in(browser, url, ADMIN_EMAIL, PASSWORD)
        outside = browser.new_context().new_page()
        for shown in PAGES:
            page = inside if shown.signed_in else outside
            forms = Forms()
            forms.feed(page.request.get(url + paths[shown.title]).text())
            wrong += [(shown.title, one) for one in forms.wrong if shown.name != "styleguide"]
    assert wrong == []


def test_a_day_of_forms_without_javascript(installation):
    url = installation.url
    with launched() as browser:
        page = signed_in(browser, url, ADMIN_EMAIL, PASSWORD, java_script_enabled=False)

        def opened(path: str) -> None:
            page.goto(url + path)

        opened("/tasks/new")
        page.fill("[name=title]", "Call the laboratory")
        page.click("text=Create task")
        page.get_by_role("link", name="Call the laboratory").first.click()
        page.fill("[name=comment]", "They call back")
        page.click("button[value=comment]")
        page.locator("text=They call back").first.wait_for()
        page.click("button[value=complete]")
        page.click("button[value=reopen]")
        page.locator("button[value=complete]").first.wait_for()

        opened("/patients")
        page.fill("[name=q]", "Garcia")
        page.keyboard.press("Enter")
        page.locator("text=Maria Garcia").first.wait_for()

        opened("/settings")
        street = f"{time.time_ns()} Main Street"
        page.fill("[name=address]", street)
        page.click("button:has-text('Save')")
        page.locator("text=Saved.").first.wait_for()
        assert page.input_value("[name=address]") == street

        opened("/members")
        page.fill("[name=email]", "dana@example.org")
        page.fill("[name=name]", "Dana Diaz")
        page.click("text=Send the invitation")
        page.locator("text=Dana Diaz").first.wait_for()
        page.click("button[value=withdraw]")
        page.locator("text=The invitation was withdrawn").first.wait_for()

        opened("/profile")
        page.fill("[name=name]", "Clinic Admin")
        page.click("button[value=name]")
        page.locator("text=Your name was changed").first.wait_for()

        opened("/profile/second-factor")
        page.click("button[value=begin]")
        page.locator(".qr-frame svg").first.wait_for()

        opened("/audit")
        page.select_option("[name=action]", "access")
        page.click("form button:has-text('Filter')")
        page.locator("td:has-text('Signed in to the clinic')").first.wait_for()
        page.click("text=Check the whole chain")
        page.locator("text=lines hold: nothing was edited").first.wait_for()

        opened("/notifications")
        page.click("text=Mark all as read")
        page.locator("text=All read").first.wait_for()

        opened("/documents")
        page.set_input_files("input[type=file]", str(SAMPLES / "referral-smith.pdf"))
        page.locator("form[enctype] button:not([type=button])").first.click()
        page.locator("text=referral-smith.pdf").first.wait_for()

        opened("/documents?status=not_ingested")
        page.locator("[data-rows] a[href^='/documents/']").first.click()
        page.click("[data-reject] summary")
        page.fill("#reason", "Not ours")
        page.click("[data-reject] button")
        page.locator("text=rejected").first.wait_for()

        page.locator("form[action='/logout'] button").first.click()
        page.wait_for_url("**/login")
