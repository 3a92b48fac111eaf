"""The desk's jobs of a day in a real browser, counted against how short they must be."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from appointments.actions import book
from backline.tests.browser import keep_picture, launched, needs_browser, signed_in
from claims.actions import create_claim, move_claim
from claims.models import Claim
from clinic.current import enter_clinic
from consents.actions import create_template
from consents.models import ConsentForm
from documents.models import Document
from patients.models import Patient

pytestmark = [needs_browser, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE = {"viewport": {"width": 1280, "height": 900}}


class Hand:
    """A hand on the mouse; ``clicks`` counts what it pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, selector: str) -> None:
        """Presses the first such element."""
        self.page.locator(selector).first.click()
        self.clicks += 1


@pytest.fixture
def smith(alice):
    with alice.at_work():
        return Patient.objects.create(
            mrn="100003", first_name="James", last_name="Smith", dob=date(1962, 11, 5)
        )


@pytest.fixture
def tomorrow(alice, smith):
    """A visit of tomorrow, a form to sign, and nothing else on file."""
    with alice.at_work():
        create_template(by=alice.actor, name="Treatment", body="I, **{{patient.name}}**, agree.")
        day = timezone.localdate(timezone=alice.clinic.tzinfo) + timedelta(days=1)
        start = datetime.combine(day, time(9), tzinfo=alice.clinic.tzinfo)
        return book(
            by=alice.actor,
            patient_id=smith.pk,
            type="x",
            title="Check-up",
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
        )


def sign_in(browser, url, person, **options):
    return signed_in(browser, url, person.user.email, person.password, **WIDE | options)


def test_consent_is_two_clicks_from_the_visit(live_server, alice, bob, tomorrow):
    with launched() as browser:
        page = sign_in(browser, live_server.url, bob)
        page.goto(f"{live_server.url}/appointments/board")
        keep_picture(page, "desk-board")
        hand = Hand(page)
        hand.click("td.cell-bad summary")
        hand.click("button[name=hand_over]")
        expect(page.get_by_role("heading", name="Treatment")).to_be_visible()
        assert hand.clicks == 2
        page.get_by_label("Your full name").fill("James Smith")
        page.get_by_label("I have read this form").check()
        page.get_by_role("button", name="Sign this form").click()
        expect(page.get_by_text("Please give the device back")).to_be_visible()
        page.goto(f"{live_server.url}/patients")
        assert "/login" in page.url
    with bob.at_work():
        assert ConsentForm.objects.get().status == "signed"


def test_a_red_cell_of_tomorrow_has_one_thing_to_do(live_server, bob, tomorrow):
    with launched() as browser:
        page = sign_in(browser, live_server.url, bob)
        hand = Hand(page)
        page.goto(f"{live_server.url}/appointments")
        hand.click("a:has-text('Tomorrow’s board')")
        red = page.locator("td.cell-bad")
        assert red.count() == 2
        for cell in red.all():
            assert cell.locator("a.button, summary.button").count() == 1
        expect(page.locator("td.cell-unknown").first).to_contain_text("Not checked")
        assert hand.clicks == 1


@pytest.fixture
def denied(alice, smith):
    """A denied claim with its letter."""
    from decimal import Decimal

    box = [0.6, 0.38, 0.65, 0.4]
    with alice.at_work():
        Document.objects.create(
            name="denial.pdf", storage_name="denial", mime="application/pdf", size=1,
            sha256="0" * 64, pages=1, kind="payer_letter", patient=smith, status="approved",
            extracted={"fields": [
                {"id": "f1", "name": "claim.denial_code", "value": "CO-16", "page": 1, "bbox": box},
                {"id": "f2", "name": "claim.total", "value": "250.00", "page": 1, "bbox": box},
            ]},
        )  # fmt: skip
        claim = create_claim(
            by=alice.actor, patient_id=smith.pk, insurance_provider="Aetna",
            amount=Decimal("250.00"), service_date=date(2026, 11, 2),
        )  # fmt: skip
        for status in ("submitted", "denied"):
            move_claim(claim_id=claim.pk, status=status, by=alice.actor)
    return claim


def test_a_denial_is_two_clicks_away_with_its_letter_left_and_the_fix_right(
    live_server, bob, denied
):
    with launched() as browser:
        page = sign_in(browser, live_server.url, bob)
        page.goto(f"{live_server.url}/claims")
        hand = Hand(page)
        hand.click("main a:has-text('Denials')")
        hand.click("[data-row-link]")
        assert hand.clicks == 2
        letter = page.locator(".letter-page").bounding_box()
        fix = page.locator(".banner:has-text('Proposed fix')").bounding_box()
        assert letter and fix and letter["x"] + letter["width"] <= fix["x"]
        expect(page.locator(".overlay a.active")).to_have_count(1)
        keep_picture(page, "desk-denial")
        hand.click("summary:has-text('Corrected')")
        hand.click("button:has-text('Submit again to Aetna')")
        expect(page.locator("#claim-body .chip").first).to_have_text("Submitted")
    with bob.at_work():
        assert Claim.objects.get().status == "submitted"


def test_the_morning_list_follows_changes_and_shows_nothing_else(
    live_server, alice, bob, smith, denied
):
    from decimal import Decimal

    with alice.at_work():
        quiet = create_claim(
            by=alice.actor, patient_id=smith.pk, insurance_provider="Cigna",
            amount=Decimal("10.00"), service_date=date(2026, 11, 2),
        )  # fmt: skip
    with launched() as browser:
        morning = sign_in(browser, live_server.url, bob)
        morning.goto(f"{live_server.url}/claims?view=changes")
        rows = morning.locator("#claim-rows tbody tr")
        expect(rows).to_have_count(1)
        morning.evaluate("window.neverReloaded = true")
        other = sign_in(browser, live_server.url, alice)
        other.goto(f"{live_server.url}/claims/{quiet.pk}")
        other.locator("summary:has-text('Submit')").click()
        other.locator("button:has-text('Submit to Cigna')").click()
        expect(rows).to_have_count(2, timeout=30_000)
        expect(rows.first).to_contain_text("Pending")
        expect(rows.first).to_contain_text("Submitted")
        assert morning.evaluate("window.neverReloaded === true")


def test_a_visit_is_booked_without_javascript(live_server, bob, smith):
    with launched() as browser:
        page = sign_in(browser, live_server.url, bob, java_script_enabled=False)
        page.goto(f"{live_server.url}/appointments/new")
        page.fill("[name=patient_q]", "Smith")
        page.locator("button[name=find]").click()
        page.locator("[name=patient_id]").check()
        page.fill("[name=title]", "Check-up")
        page.fill("[name=day]", "2030-03-05")
        page.fill("[name=at]", "09:15")
        page.locator("button:has-text('Book')").last.click()
        expect(page.get_by_role("heading", name="Check-up")).to_be_visible()


def test_the_schedule_works_with_keys_and_on_a_phone(live_server, bob, tomorrow):
    day = tomorrow.starts_at.astimezone(bob.clinic.tzinfo).date()
    path = f"{live_server.url}/appointments?date={day}"
    with launched() as browser:
        page = sign_in(browser, live_server.url, bob)
        page.goto(path)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Check-up")).to_be_visible()
        phone = sign_in(browser, live_server.url, bob, viewport={"width": 390, "height": 844})
        phone.goto(path)
        expect(phone.locator(".agenda")).to_be_visible()
        expect(phone.locator(".day-grid")).to_be_hidden()
        root = "document.documentElement"
        assert not phone.evaluate(f"{root}.scrollWidth > {root}.clientWidth")


def test_rows_of_another_clinic_stay_there(live_server, charlie, denied, tomorrow):
    with launched() as browser:
        page = sign_in(browser, live_server.url, charlie)
        for path in ("/claims?view=all", "/claims/denials", "/appointments/board", "/consents"):
            page.goto(live_server.url + path)
            assert "Smith" not in page.content()
    with enter_clinic(charlie.clinic.pk):
        assert not Claim.objects.exists()
