"""A consent's life in a running installation: e-mailed by the worker, signed on a phone."""

import re
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from backline.tests.browser import keep_picture, launched, needs_browser
from backline.tests.installation import installed, until

pytestmark = [needs_browser, pytest.mark.browser]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
BODY = """# What will be done

I, **{{patient.name}}** (born {{patient.dob}}), agree that {{clinic.name}} takes blood samples.

| Test | Why |
|---|---|
| HbA1c | Diabetes |

- It may hurt a little.
- I may withdraw my consent at any time.
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("consent")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        yield running


@pytest.fixture(scope="module")
def alice(installation):
    return installation.register()


def send(installation, alice, name):
    """(form id, letter, address of the signing page), once the worker has sent the letter."""
    patient = alice.http.post("/patients", json={
        "first_name": "Maria", "last_name": "Garcia", "dob": "1962-07-09", "gender": "Female",
        "email": "maria.garcia@example.org", "phone": "",
    }).json()["patient_id"]  # fmt: skip
    template = alice.http.post("/form-templates", json={"name": name, "body": BODY}).json()
    body = {"patient_id": patient, "form_template_ids": [template["form_template_id"]]}
    sent = alice.http.post("/consent-forms/send", json=body)
    assert sent.status_code == 201, sent.text
    form_id = sent.json()["sent_forms"][0]["form_id"]
    until(
        lambda: alice.get(f"/consent-forms/{form_id}")["letter"] == "sent",
        seconds=30, what=lambda: str(alice.get(f"/consent-forms/{form_id}")),
    )  # fmt: skip
    letters = sorted(Path(installation.var / "mail").iterdir(), key=lambda p: p.stat().st_mtime)
    letter = letters[-1].read_text()
    path = re.search(r"http://localhost:\d+(/sign/\S+)", letter)[1]
    return form_id, letter, installation.url + path


def test_a_form_is_signed_on_a_phone_and_its_paper_verifies(installation, alice):
    form_id, letter, address = send(installation, alice, "Blood test")
    for secret in ("Maria", "Garcia", "1962", "Blood"):
        assert secret not in letter.replace("maria.garcia@example.org", "")
    assert "Content-Disposition" not in letter
    problems: list[str] = []
    with launched() as browser:
        page = browser.new_context(**PHONE).new_page()
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        expect(page.get_by_role("heading", name="Blood test")).to_be_visible()
        expect(page.get_by_text("Maria Garcia")).to_be_visible()
        assert alice.get(f"/consent-forms/{form_id}")["status"] == "in_progress"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        page.get_by_role("button", name="Sign this form").click()
        expect(page.get_by_text("Type your full name.").first).to_be_visible()
        page.get_by_label("Your full name").fill("Maria Garcia")
        pad = page.locator("svg.consent-pad")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        page.mouse.move(box["x"] + 30, box["y"] + 60)
        page.mouse.down()
        for step in range(12):
            page.mouse.move(box["x"] + 30 + step * 20, box["y"] + 60 + (step % 3) * 15)
        page.mouse.up()
        expect(pad.locator("polyline")).to_have_count(1)
        page.get_by_label("I have read this form").check()
        keep_picture(page, "consent-phone")
        page.get_by_role("button", name="Sign this form").click()
        expect(page.get_by_role("heading", name="Thank you, it is signed")).to_be_visible()
        page.goto(address)
        expect(page.get_by_role("heading", name="This form is signed already")).to_be_visible()
    # The browser calls a page of status 422 or 410 an error; there is no other.
    assert [text for text in problems if not re.search("status of (422|410)", text)] == []
    form = alice.get(f"/consent-forms/{form_id}")
    assert (form["status"], form["signer_name"]) == ("signed", "Maria Garcia")
    assert "Mobile" in form["evidence"]["signed"]["user_agent"] or form["evidence"]["signed"]["ip"]
    checked = installation.manage("verify_consents")
    assert (checked.returncode, checked.stdout) == (0, "1 signed forms checked, 0 broken.\n")
    verifies_for_anybody(alice.http.get(f"/documents/{form['document_id']}/file").content)
    invariants = installation.manage("check_invariants")
    assert invariants.returncode == 0, invariants.stdout


def verifies_for_anybody(data):
    """With pyHanko alone, as a stranger would; and not after a byte was changed."""
    import io

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    def status(content):
        (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
        trusted = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
        return validate_pdf_signature(signature, signer_validation_context=trusted)

    assert status(data).bottom_line
    place = data.index(b"stream\n") + 200
    changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    assert not status(changed).intact


def test_without_javascript_the_typed_name_signs(installation, alice):
    form_id, _, address = send(installation, alice, "Privacy")
    with launched() as browser:
        page = browser.new_context(**PHONE, java_script_enabled=False).new_page()
        page.goto(address)
        expect(page.locator("svg.consent-pad")).to_be_hidden()
        page.get_by_label("Your full name").fill("Maria Garcia")
        page.get_by_label("I have read this form").check()
        page.get_by_role("button", name="Sign this form").click()
        expect(page.get_by_role("heading", name="Thank you, it is signed")).to_be_visible()
    assert alice.get(f"/consent-forms/{form_id}")["status"] == "signed"


def test_a_form_is_declined_with_a_reason(installation, alice):
    form_id, _, address = send(installation, alice, "Study")
    with launched() as browser:
        page = browser.new_context(**PHONE).new_page()
        page.goto(address)
        page.get_by_text("I do not agree").click()
        page.get_by_label("Why not?").fill("I want to ask first.")
        page.get_by_role("button", name="Decline this form").click()
        expect(page.get_by_role("heading", name="You declined this form")).to_be_visible()
    form = alice.get(f"/consent-forms/{form_id}")
    assert (form["status"], form["reason"]) == ("declined", "I want to ask first.")
    assert httpx.get(address).status_code == 410
