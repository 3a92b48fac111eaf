"""Signing in and out of the portal, lock-out, and going from clinic to clinic."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from clinic.current import enter_clinic
from clinic.models import AuditEntry, Membership
from clinic.views.sessions import REFUSED

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client()


def sign_in(browser, email="alice@example.org", password="correct horse battery", **fields):
    return browser.post("/login", {"email": email, "password": password, **fields})


def test_signing_in_opens_the_dashboard_of_the_persons_clinic(browser, alice):
    answer = sign_in(browser, "Alice@Example.org")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    page = browser.get("/")
    assert page.status_code == 200
    assert "Northside Clinic" in page.content.decode()
    with alice.at_work():
        assert AuditEntry.objects.filter(actor_id=alice.user.pk).count() == 1


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(browser, alice):
    wrong = sign_in(browser, password="something else")
    unknown = sign_in(browser, "nobody@example.org")
    assert wrong.status_code == unknown.status_code == 422
    assert REFUSED in wrong.content.decode()

    def without_what_differs(answer):
        text = answer.content.decode()
        token = answer.context["csrf_token"]
        return text.replace(str(token), "").replace("nobody@", "").replace("alice@", "")

    assert without_what_differs(wrong) == without_what_differs(unknown)
    assert "sessionid" not in browser.cookies


def test_signing_in_is_locked_after_repeated_failures_and_says_the_same(browser, alice, settings):
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(3):
        answer = sign_in(browser, password="something else")
    assert answer.status_code == 429
    right = sign_in(browser)
    assert right.status_code == 429
    assert REFUSED in right.content.decode()
    assert browser.get("/").status_code == 302


def test_an_empty_form_says_what_is_missing_and_keeps_the_address(browser):
    answer = sign_in(browser, "ana@example.org", "")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Enter your password." in text
    assert 'value="ana@example.org"' in text


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/tasks?state=done", "/tasks?state=done"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_next_leads_only_to_pages_of_ours(browser, alice, wanted, leads_to):
    assert sign_in(browser, next=wanted)["Location"] == leads_to


def test_a_page_asks_to_sign_in_and_comes_back(browser):
    assert browser.get("/tasks?view=mine&q=x")["Location"] == "/login?next=/tasks%3Fview%3Dmine"
    assert browser.get("/tasks?fragment=rows")["Location"] == "/login?next=/tasks"
    assert browser.post("/documents/upload")["Location"] == "/login?next=/"


def test_signing_out_ends_the_session_and_needs_a_post(alice):
    browser = alice.client
    assert browser.get("/logout").status_code == 405
    assert browser.get("/").status_code == 200
    assert browser.post("/logout")["Location"] == "/login"
    assert browser.get("/").status_code == 302


def test_forms_from_elsewhere_are_refused_calmly(alice):
    browser = Client(enforce_csrf_checks=True)
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "The form has expired" in answer.content.decode()


def test_a_member_of_two_clinics_goes_from_one_to_the_other(alice, other_clinic):
    with enter_clinic(other_clinic.pk):
        Membership.objects.create(user=alice.user, role="staff")
    browser = alice.client
    assert "Riverside Clinic" in browser.get("/tasks").content.decode()
    answer = browser.post("/clinic", {"clinic_id": str(other_clinic.pk), "next": "/tasks"})
    assert answer["Location"] == "/tasks"
    page = browser.get("/tasks")
    assert page.context["clinic"].pk == other_clinic.pk
    assert page.context["role"] == "staff"


def test_a_clinic_that_is_not_theirs_is_not_there(alice, charlie):
    browser = alice.client
    for clinic_id in (charlie.clinic.pk, "00000000-0000-0000-0000-000000000000", "x", ""):
        assert browser.post("/clinic", {"clinic_id": clinic_id}).status_code == 404
    assert browser.get("/tasks").context["clinic"].pk == alice.clinic.pk


def test_somebody_without_a_clinic_gets_a_calm_page(browser):
    user = get_user_model().objects.create_user("new@example.org", "correct horse battery")
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/", "/tasks", "/documents", "/patients"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "You are not in a clinic yet" in answer.content.decode()


def test_a_membership_that_ended_closes_the_pages_at_once(bob):
    browser = bob.client
    assert browser.get("/tasks").status_code == 200
    with bob.at_work():
        Membership.objects.filter(user=bob.user).update(is_active=False)
    assert browser.get("/tasks").status_code == 403


def test_pages_are_kept_by_no_cache_and_carry_the_policy(alice):
    answer = alice.client.get("/tasks")
    assert answer["Cache-Control"] == "private, no-store"
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy


def test_the_process_answers_without_a_session_and_without_detail(browser):
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
