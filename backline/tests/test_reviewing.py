"""The morning's documents with the keyboard only, and two people at one queue."""

import re

import pytest
from playwright.sync_api import Page, expect

from backline.tests.browser import keep_picture, launched, needs_browser, signed_in
from backline.tests.installation import PASSWORD, installed

pytestmark = [needs_browser, pytest.mark.browser]
DOCUMENT = re.compile(r"/documents/[0-9a-f-]{36}$")
COUNT_KEYS = """
document.addEventListener("keydown", () => {
  sessionStorage.setItem("keys", Number(sessionStorage.getItem("keys") ?? 0) + 1);
}, { capture: true });
"""
SETTLED_MS = 300


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reviewing")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        yield running


def fill(installation, tenant_id, names, **options):
    code = (
        "from uuid import UUID; from clinic.current import enter_clinic;"
        "from documents.tests.papers import fill_queue\n"
        f"with enter_clinic(UUID({tenant_id!r})): fill_queue({names!r}, **{options!r})"
    )
    done = installation.manage("shell", "-c", code)
    assert done.returncode == 0, done.stderr


def name_of(page: Page) -> str:
    return page.locator("h1").inner_text()


def press(page: Page, *keys: str) -> None:
    """Keys on the document shown; the last one leads to another page."""
    page.wait_for_timeout(SETTLED_MS)
    before = page.url
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(lambda url: url != before, wait_until="domcontentloaded")


def test_thirty_doubtful_documents_with_the_keyboard_only(installation):
    alice = installation.register()
    names = [f"good-{n}.pdf" for n in range(24)]
    names += [f"type-{n}.pdf" for n in range(3)] + [f"patient-{n}.pdf" for n in range(3)]
    fill(installation, alice.tenant_id, names)
    keys_for = {"good": ("Enter",), "type": ("t", "l", "Enter"), "patient": ("2", "Enter")}
    expected = 24 * 1 + 3 * 3 + 3 * 2
    with launched() as browser:
        page = signed_in(browser, installation.url, alice.email, PASSWORD)
        page.context.add_init_script(COUNT_KEYS)
        page.goto(f"{installation.url}/documents/next", wait_until="domcontentloaded")
        for name in names:
            expect(page).to_have_url(DOCUMENT)
            assert name_of(page) == name
            press(page, *keys_for[name.partition("-")[0]])
        keep_picture(page, "reviewed-thirty")
        assert page.url == f"{installation.url}/documents"
        assert page.evaluate("Number(sessionStorage.getItem('keys'))") == expected
        rows = {row["file"]["name"]: row for row in alice.get("/documents", limit=200)}
        patient = rows["good-0.pdf"]["patient_id"]
        assert {row["status"] for row in rows.values()} == {"approved"}
        assert {row["kind"] for row in rows.values()} == {"lab"}
        assert {row["patient_id"] for row in rows.values()} == {patient}

        expect(page.locator("#toasts [data-undo]")).to_have_count(1)
        press(page, "z")
        assert name_of(page) == names[-1]
        waiting = alice.get("/documents", status="not_ingested")
        assert [row["file"]["name"] for row in waiting] == [names[-1]]
        press(page, "2", "Enter")
        page.go_back(wait_until="domcontentloaded")
        assert alice.get("/documents", status="not_ingested") == []


def test_two_people_drain_one_queue_and_never_get_the_same(installation):
    alice = installation.register("Ana Adams", "Two at Work")
    names = [f"good-{n:02}.pdf" for n in range(12)]
    fill(installation, alice.tenant_id, names, with_bob=True)
    url = installation.url
    with launched() as browser:
        ana = signed_in(browser, url, alice.email, PASSWORD)
        bob = signed_in(browser, url, "bob@example.org", PASSWORD)
        ana.goto(f"{url}/documents/next", wait_until="domcontentloaded")
        bob.goto(f"{url}/documents/next", wait_until="domcontentloaded")
        assert (name_of(ana), name_of(bob)) == (names[0], names[1])
        onlooker = bob.context.new_page()
        onlooker.goto(ana.url, wait_until="domcontentloaded")
        expect(onlooker.locator("#document-head")).to_contain_text("Ana Adams is on this")
        keep_picture(onlooker, "somebody-is-on-this")
        onlooker.close()
        shown = {ana: [name_of(ana)], bob: [name_of(bob)]}
        while DOCUMENT.search(ana.url) or DOCUMENT.search(bob.url):
            busy = [page for page in shown if DOCUMENT.search(page.url)]
            for page in busy:
                page.wait_for_timeout(SETTLED_MS)
            left = [page.url for page in busy]
            for page in busy:
                page.keyboard.press("Enter")
            for page, before in zip(busy, left, strict=True):
                page.wait_for_url(
                    lambda now, before=before: now != before, wait_until="domcontentloaded"
                )
                if DOCUMENT.search(page.url):
                    shown[page].append(name_of(page))
        assert not set(shown[ana]) & set(shown[bob])
        assert sorted(shown[ana] + shown[bob]) == names
    rows = alice.get("/documents", limit=200)
    assert {row["status"] for row in rows} == {"approved"}
