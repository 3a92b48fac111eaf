"""The main job as people do it: paper in, checked facts out, on every open screen."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from backline.tests.browser import keep_picture, launched, needs_browser, signed_in
from backline.tests.installation import PASSWORD, SAMPLES, installed, until
from documents.samples import people

pytestmark = [needs_browser, pytest.mark.browser]
FINAL = re.compile("Filed|Needs review|Approved|Rejected")


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("journey")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        yield running


def mark(page: Page) -> None:
    page.evaluate("window.neverReloaded = true")


def was_not_reloaded(page: Page) -> bool:
    return bool(page.evaluate("window.neverReloaded === true"))


def true_labs(name: str) -> dict[str, str]:
    fields = json.loads((SAMPLES / name).with_suffix(".json").read_text())["fields"]
    return {f["label"]: f["value"] for f in fields if f["name"] == "lab"}


def check_with_the_keyboard(page: Page, field_id: str, value: str) -> None:
    """Gives one doubtful field a value and accepts the rest, touching nothing but keys."""
    page.wait_for_selector("[data-field].active")
    page.wait_for_timeout(400)
    while page.locator("[data-field].active").get_attribute("data-field") != field_id:
        page.keyboard.press("j")
    page.keyboard.press("e")
    page.keyboard.press("Control+A")
    page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")


def doubtful_lab(document: dict) -> dict:
    fields = {f["id"]: f for f in document["extracted"]["fields"]}
    return next(
        fields[i] for i in document["extracted"]["needs_review"] if fields[i]["name"] == "lab"
    )


def test_paper_in_checked_facts_out_on_every_open_screen(installation):
    alice, charlie = installation.register(), installation.register("Charlie Clark", "Riverside")
    alice.add_patient(people.ALEX)
    maria = alice.add_patient(people.MARIA)
    url = installation.url
    with launched() as browser:
        first = signed_in(browser, url, alice.email, PASSWORD)
        second = signed_in(browser, url, alice.email, PASSWORD)
        chart = second.context.new_page()
        stranger = signed_in(browser, url, charlie.email, PASSWORD)
        problems: list[str] = []
        for page in (first, second, chart, stranger):
            page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
            page.on("pageerror", lambda error: problems.append(str(error)))
        second.goto(f"{url}/documents")
        chart.goto(f"{url}/patients/{maria}")
        stranger.goto(f"{url}/documents")
        for page in (second, chart, stranger):
            mark(page)

        first.goto(f"{url}/documents")
        files = ["lab-rodriguez.pdf", "lab-garcia-photo.jpg"]
        first.set_input_files("#files", [str(SAMPLES / name) for name in files])

        rows = second.locator("#document-rows")
        for name in files:
            row = rows.locator("tr", has_text=name)
            expect(row).to_have_count(1, timeout=20_000)
            expect(row).to_contain_text(FINAL, timeout=90_000)
        expect(rows.locator("tr", has_text=files[0])).to_contain_text("Filed")
        expect(rows.locator("tr", has_text=files[1])).to_contain_text("Needs review")
        keep_picture(first, "journey-uploaded")
        keep_picture(second, "journey-second-screen")

        documents = {d["file"]["name"]: d for d in alice.get("/documents")}
        photo = documents[files[1]]
        first.goto(f"{url}/documents/{photo['document_id']}")
        keep_picture(first, "journey-review")
        doubtful = doubtful_lab(photo)
        check_with_the_keyboard(first, doubtful["id"], "147")
        until(
            lambda: alice.get(f"/documents/{photo['document_id']}")["status"] == "approved",
            seconds=20,
            what=lambda: f"still {first.url}",
        )

        expect(rows.locator("tr", has_text=files[1])).to_contain_text("Approved", timeout=10_000)
        corrected = chart.locator("#labs tr", has_text=doubtful["label"]).first
        expect(corrected).to_contain_text("147", timeout=10_000)
        keep_picture(chart, "journey-chart")
        for page in (second, chart, stranger):
            assert was_not_reloaded(page)

        for row in chart.locator("#labs tbody > tr").all()[:3]:
            href = row.locator("a.source").get_attribute("href")
            shown = second.context.new_page()
            shown.goto(url + href)
            field = re.search(r"field=([^&]+)", href).group(1)
            expect(shown.locator(f'[data-box="{field}"].active')).to_have_count(1)
            keep_picture(shown, "journey-source")
            shown.close()

        assert stranger.locator("#document-rows tbody tr").count() == 0
        assert "lab-" not in stranger.content()
        assert charlie.all_events() == []
        assert problems == []

    filed = alice.get(f"/documents/{documents[files[0]]['document_id']}")
    read = {f["label"]: f["value"] for f in filed["extracted"]["fields"] if f["name"] == "lab"}
    assert read == true_labs(files[0])
