"""A packet with two patients cut by keyboard, in at most six keys."""

import pytest
from playwright.sync_api import expect

from backline.tests.browser import keep_picture, launched, needs_browser, signed_in
from backline.tests.installation import PASSWORD, installed
from documents.samples import people

pytestmark = [needs_browser, pytest.mark.browser]
COUNT_KEYS = """
document.addEventListener("keydown", () => {
  sessionStorage.setItem("keys", Number(sessionStorage.getItem("keys") ?? 0) + 1);
}, { capture: true });
"""
MOST_KEYS = 6


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packet")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        yield running


@pytest.mark.parametrize("width", [1280, 390])
def test_a_packet_with_two_patients_is_cut_in_at_most_six_keys(installation, width):
    alice = installation.register()
    alice.add_patient(people.ALEX)
    packet = alice.upload("packet-two-patients.pdf")
    alice.until_final([packet], seconds=180)
    found = alice.get(f"/documents/{packet}")
    assert found["status"] == "not_ingested"
    segments = [part for part in found["extracted"]["segments"] if not part["cover"]]
    assert any(part["other_patient"] for part in segments)
    size = {"width": width, "height": 860}
    with launched() as browser:
        page = signed_in(browser, installation.url, alice.email, PASSWORD, viewport=size)
        page.context.add_init_script(COUNT_KEYS)
        page.goto(f"{installation.url}/documents/{packet}")
        page.wait_for_timeout(300)
        page.keyboard.press("s")
        page.wait_for_url(f"**/documents/{packet}/packet")
        expect(page.get_by_role("heading", name="Two patients in one file")).to_be_visible()
        keep_picture(page, f"packet-{width}")
        before = page.locator("[data-cut]:checked").count()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        assert page.locator("[data-cut]:checked").count() == before - 1
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.locator("tbody [data-row-link]")).to_have_count(len(segments))
        keep_picture(page, f"packet-cut-{width}")
        assert page.evaluate("Number(sessionStorage.getItem('keys'))") <= MOST_KEYS
    rows = alice.get("/documents", limit=200)
    parts = [row for row in rows if row["packet_id"] == packet]
    alice.until_final([row["document_id"] for row in parts], seconds=60)
    others = {page for part in segments if part["other_patient"] for page in part["pages"]}
    for row in parts:
        if set(row["packet_pages"]) & others:
            assert alice.get(f"/documents/{row['document_id']}")["status"] == "not_ingested"
    whole = alice.get(f"/documents/{packet}")
    assert (whole["status"], whole["file"]["sha256"]) == ("approved", found["file"]["sha256"])
