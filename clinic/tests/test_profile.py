"""One's own name, password, sessions; the second factor at every way in; a forgotten password."""

import re
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from clinic import second_factor
from clinic.api.buckets import buckets
from clinic.browsers import called
from clinic.models import AuditEntry, LoginSession, RecoveryCode, User
from clinic.views import sessions as sessions_view

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NEW = "a quite new password"


@pytest.fixture(autouse=True)
def _fresh_limits():
    buckets.clear()


def sign_in(browser, person, password=PASSWORD, **headers):
    posted = {"email": person.user.email, "password": password}
    return browser.post("/login", posted, headers=headers)


def api_login(person, **extra):
    body = {"email": person.user.email, "password": PASSWORD, **extra}
    return Client().post("/api/auth/login", body, content_type="application/json")


def actions_of(person):
    with person.at_work():
        return list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))


def code_of(device, steps=0):
    """The code that the app shows, so many half minutes from now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06d}"


def failed_often(person):
    """Counts the one failure there was as eight, so that a slow machine is still too early."""
    rows = TOTPDevice.objects.filter(user=person.user, throttling_failure_count=1)
    assert rows.update(throttling_failure_count=8) == 1


def rested(person):
    """As if the waits after wrong codes were over, and the last code older."""
    TOTPDevice.objects.filter(user=person.user).update(
        throttling_failure_count=0, throttling_failure_timestamp=None, last_t=-1
    )


@pytest.fixture
def guarded(alice):
    """Alice's authenticator, switched on; with her recovery codes."""
    device = second_factor.begin(user=alice.user)
    with alice.at_work():
        codes = second_factor.confirm(user=alice.user, code=code_of(device), by=alice.actor)
    rested(alice)
    return device, codes


class TestProfile:
    def test_the_name_is_changed(self, bob):
        bob.client.post("/profile", {"action": "name", "name": "  Bob   B. Brown "})
        assert User.objects.get(pk=bob.user.pk).name == "Bob B. Brown"
        assert actions_of(bob) == ["user.name"]

    def test_an_empty_name_is_refused(self, bob):
        page = bob.client.post("/profile", {"action": "name", "name": "  "})
        assert page.status_code == 422 and "Enter your name." in page.content.decode()
        assert User.objects.get(pk=bob.user.pk).name == "Bob Brown"

    def test_a_new_password_signs_out_everywhere_else(self, bob):
        here, there, token = Client(), Client(), bob.token
        sign_in(here, bob)
        sign_in(there, bob)
        posted = {"action": "password", "old": PASSWORD, "password": NEW, "again": NEW}
        assert here.post("/profile", posted).status_code == 302
        assert here.get("/tasks").status_code == 200
        assert there.get("/tasks").status_code == 302
        api = Client(headers={"Authorization": f"Bearer {token}"})
        assert api.get("/api/tasks").status_code == 401
        (left,) = here.get("/profile").context["sessions"]
        assert left.is_this
        assert sign_in(Client(), bob).status_code == 422
        assert sign_in(Client(), bob, NEW).status_code == 302

    @pytest.mark.parametrize(
        ("old", "password", "again", "says"),
        [
            ("wrong", NEW, NEW, "this is not your password"),
            (PASSWORD, NEW, NEW + "x", "the two are not the same"),
            (PASSWORD, "short", "short", "too short"),
            (PASSWORD, "bob@example.org", "bob@example.org", "too similar"),
        ],
    )
    def test_a_password_that_cannot_be_used_is_said(self, bob, old, password, again, says):
        posted = {"action": "password", "old": old, "password": password, "again": again}
        page = bob.client.post("/profile", posted)
        assert page.status_code == 422 and says in page.content.decode()
        assert User.objects.get(pk=bob.user.pk).check_password(PASSWORD)
        assert actions_of(bob) == []

    def test_sessions_are_listed_and_ended_one_by_one(self, bob):
        here, there = Client(), Client()
        sign_in(here, bob, **{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0"})
        sign_in(there, bob, **{"User-Agent": "Mozilla/5.0 (iPhone) Safari/604.1"})
        token = bob.token
        listed = here.get("/profile").context["sessions"]
        names = [(one.name, one.is_this, one.is_browser) for one in listed]
        assert names == [
            ("Firefox on Linux", True, True),
            ("Unknown program", False, False),
            ("Safari on an iPhone", False, True),
        ]
        here.post("/profile", {"action": "end", "id": str(listed[2].id)})
        assert there.get("/tasks").status_code == 302
        here.post("/profile", {"action": "end", "id": str(listed[1].id)})
        api = Client(headers={"Authorization": f"Bearer {token}"})
        assert api.get("/api/tasks").status_code == 401
        assert len(here.get("/profile").context["sessions"]) == 1

    def test_somebody_elses_session_is_not_there(self, alice, bob):
        browser = Client()
        sign_in(browser, alice)
        row = LoginSession.objects.get()
        for found in (str(row.pk), "x", ""):
            assert bob.client.post("/profile", {"action": "end", "id": found}).status_code == 404
        assert browser.get("/tasks").status_code == 200

    def test_signing_out_and_time_take_a_session_off_the_list(self, bob):
        first, second = Client(), Client()
        sign_in(first, bob)
        sign_in(second, bob)
        first.post("/logout")
        assert len(second.get("/profile").context["sessions"]) == 1
        LoginSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert second.get("/profile").context["sessions"] == []

    @pytest.mark.parametrize(
        ("agent", "name"),
        [
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36", "Chrome on Windows"),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Edg/140.0", "Edge on Windows"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Safari/605", "Safari on a Mac"),
            ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0", "Chrome on Android"),
            ("python-httpx/0.28", "python-httpx"),
            ("", "Unknown program"),
        ],
    )
    def test_browsers_have_names(self, agent, name):
        assert called(agent) == name

    def test_the_page_costs_no_more_for_many_sessions(self, bob, django_assert_max_num_queries):
        browser = Client()
        sign_in(browser, bob)
        for _ in range(5):
            sign_in(Client(), bob)
        with django_assert_max_num_queries(12):
            assert browser.get("/profile").status_code == 200


class TestSettingUp:
    def test_a_code_of_the_app_switches_it_on_and_codes_are_shown_once(self, bob):
        browser = bob.client
        browser.post("/profile/second-factor", {"action": "begin"})
        page = browser.get("/profile/second-factor")
        assert "<svg" in page.content.decode()
        device = TOTPDevice.objects.get(user=bob.user)
        assert not second_factor.is_on(bob.user)
        shown = browser.post(
            "/profile/second-factor", {"action": "confirm", "code": code_of(device)}
        )
        codes = shown.context["codes"]
        assert len(codes) == len(set(codes)) == 10
        assert second_factor.is_on(bob.user)
        stored = set(RecoveryCode.objects.values_list("digest", flat=True))
        assert len(stored) == 10 and not stored & set(codes)
        later = browser.get("/profile/second-factor").content.decode()
        assert not any(code in later for code in codes)
        assert actions_of(bob) == ["user.factor_on"]

    def test_a_wrong_first_code_switches_nothing_on(self, bob):
        browser = bob.client
        browser.post("/profile/second-factor", {"action": "begin"})
        device = TOTPDevice.objects.get(user=bob.user)
        wrong = "000000" if code_of(device) != "000000" else "000001"
        page = browser.post("/profile/second-factor", {"action": "confirm", "code": wrong})
        assert page.status_code == 422
        assert not second_factor.is_on(bob.user)
        assert RecoveryCode.objects.count() == 0

    def test_it_is_not_begun_again_while_it_is_on(self, alice, guarded):
        device, _ = guarded
        alice.client.post("/profile/second-factor", {"action": "begin"})
        assert TOTPDevice.objects.get().pk == device.pk

    @pytest.mark.parametrize("action", ["off", "codes"])
    def test_switching_off_and_new_codes_want_the_password(self, alice, guarded, action):
        kept = set(RecoveryCode.objects.values_list("digest", flat=True))
        posted = {"action": action, "password": "wrong"}
        assert alice.client.post("/profile/second-factor", posted).status_code == 422
        assert second_factor.is_on(alice.user)
        assert set(RecoveryCode.objects.values_list("digest", flat=True)) == kept
        alice.client.post("/profile/second-factor", {**posted, "password": PASSWORD})
        assert second_factor.is_on(alice.user) is (action == "codes")
        now = set(RecoveryCode.objects.values_list("digest", flat=True))
        assert not now & kept and len(now) == (10 if action == "codes" else 0)


class TestSigningIn:
    def test_the_password_alone_opens_nothing(self, alice, guarded):
        device, _ = guarded
        browser = Client()
        assert sign_in(browser, alice)["Location"] == "/login/code"
        assert browser.get("/tasks").status_code == 302
        assert browser.get("/api/tasks").status_code == 401
        assert browser.post("/login/code", {"code": code_of(device)})["Location"] == "/"
        assert browser.get("/tasks").status_code == 200

    def test_it_leads_where_one_wanted_to_go(self, alice, guarded):
        device, _ = guarded
        browser = Client()
        posted = {"email": alice.user.email, "password": PASSWORD, "next": "/tasks?q=x"}
        browser.post("/login", posted)
        answer = browser.post("/login/code", {"code": code_of(device)})
        assert answer["Location"] == "/tasks?q=x"

    def test_a_code_works_once(self, alice, guarded):
        device, _ = guarded
        code = code_of(device)
        first, second = Client(), Client()
        for browser in (first, second):
            sign_in(browser, alice)
        assert first.post("/login/code", {"code": code}).status_code == 302
        assert second.post("/login/code", {"code": code}).status_code == 422
        assert second.get("/tasks").status_code == 302

    def test_a_recovery_code_works_once_and_as_people_type_it(self, alice, guarded):
        _, codes = guarded
        browser = Client()
        sign_in(browser, alice)
        typed = f" {codes[0].upper().replace('-', ' ')} "
        assert browser.post("/login/code", {"code": typed}).status_code == 302
        assert RecoveryCode.objects.count() == 9
        other = Client()
        sign_in(other, alice)
        assert other.post("/login/code", {"code": codes[0]}).status_code == 422
        assert RecoveryCode.objects.count() == 9

    def test_wrong_codes_make_the_next_wait_also_the_right_one(self, alice, guarded):
        device, codes = guarded
        browser = Client()
        sign_in(browser, alice)
        assert browser.post("/login/code", {"code": "nonsense"}).status_code == 422
        failed_often(alice)
        for right in (code_of(device), codes[0]):
            answer = browser.post("/login/code", {"code": right})
            assert answer.status_code == 429
            assert "Too many wrong codes" in answer.content.decode()
        assert RecoveryCode.objects.count() == 10
        rested(alice)
        assert browser.post("/login/code", {"code": code_of(device)}).status_code == 302

    def test_the_step_is_open_for_five_minutes(self, alice, guarded, monkeypatch):
        browser = Client()
        monkeypatch.setattr(sessions_view, "CODE_SECONDS", 0)
        sign_in(browser, alice)
        answer = browser.post("/login/code", {"code": code_of(guarded[0])})
        assert answer["Location"] == "/login"
        assert browser.get("/tasks").status_code == 302

    def test_nobody_comes_to_the_step_without_a_password(self, alice, guarded):
        answer = Client().post("/login/code", {"code": code_of(guarded[0])})
        assert answer["Location"] == "/login"

    def test_a_password_changed_meanwhile_ends_the_step(self, alice, guarded):
        browser = Client()
        sign_in(browser, alice)
        alice.user.set_password(NEW)
        alice.user.save()
        answer = browser.post("/login/code", {"code": code_of(guarded[0])})
        assert answer["Location"] == "/login"

    def test_the_api_asks_for_the_code_too(self, alice, bob, guarded):
        device, codes = guarded
        before = LoginSession.objects.count()
        missing = api_login(alice)
        assert (missing.status_code, missing.json()["code"]) == (401, "second_factor_required")
        wrong = api_login(alice, code="123")
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_code")
        failed_often(alice)
        soon = api_login(alice, code=code_of(device))
        assert (soon.status_code, soon.json()["code"]) == (429, "too_many_codes")
        assert LoginSession.objects.count() == before
        rested(alice)
        assert api_login(alice, code=code_of(device)).status_code == 200
        rested(alice)
        assert api_login(alice, code=codes[3]).status_code == 200
        assert api_login(bob).status_code == 200

    def test_the_api_tells_nobody_without_the_password_that_there_is_one(self, alice, guarded):
        answer = api_login(alice, password="wrong")
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")

    def test_the_operators_site_is_behind_the_same_step(self, alice, guarded):
        User.objects.filter(pk=alice.user.pk).update(is_staff=True)
        browser = Client()
        sign_in(browser, alice)
        assert browser.get("/admin/")["Location"].startswith("/login")
        browser.post("/login/code", {"code": code_of(guarded[0])})
        assert browser.get("/admin/").status_code == 200


class TestForgotten:
    def asked(self, email):
        answer = Client().post("/password/forgotten", {"email": email})
        end = time.monotonic() + 3
        while not mail.outbox and time.monotonic() < end and "example.org" in email:
            time.sleep(0.01)
        return answer

    def link(self):
        (found,) = re.findall(r"(/password/reset/\S+)", mail.outbox[-1].body)
        return found

    def test_the_link_sets_a_password_once_and_ends_every_session(self, bob):
        browser, token = bob.client, bob.token
        self.asked("BOB@example.org")
        assert mail.outbox[0].to == ["bob@example.org"]
        assert "Northside" not in mail.outbox[0].body and "Bob" not in mail.outbox[0].body
        link = self.link()
        posted = {"password": NEW, "again": NEW}
        assert Client().get(link).status_code == 200
        assert Client().post(link, posted)["Location"] == "/login"
        assert Client().post(link, posted).status_code == 410
        assert browser.get("/tasks").status_code == 302
        api = Client(headers={"Authorization": f"Bearer {token}"})
        assert api.get("/api/tasks").status_code == 401
        assert sign_in(Client(), bob, NEW).status_code == 302
        assert "user.password_reset" in actions_of(bob)

    def test_an_unknown_address_gets_the_same_answer_and_no_letter(self, bob):
        known = self.asked("bob@example.org").content.decode()
        mail.outbox.clear()
        unknown = Client().post("/password/forgotten", {"email": "nobody@example.org"})
        assert unknown.status_code == 200
        assert unknown.content.decode().replace("nobody@", "bob@") == known
        time.sleep(0.1)
        assert mail.outbox == []

    def test_a_deactivated_person_gets_none(self, bob):
        User.objects.filter(pk=bob.user.pk).update(is_active=False)
        Client().post("/password/forgotten", {"email": "bob@example.org"})
        time.sleep(0.1)
        assert mail.outbox == []

    def test_the_link_expires(self, bob, settings):
        self.asked("bob@example.org")
        settings.PASSWORD_RESET_TIMEOUT = -1
        assert Client().get(self.link()).status_code == 410
        posted = {"password": NEW, "again": NEW}
        assert Client().post(self.link(), posted).status_code == 410
        assert User.objects.get(pk=bob.user.pk).check_password(PASSWORD)

    def test_a_password_that_cannot_be_used_is_said_and_the_link_still_works(self, bob):
        self.asked("bob@example.org")
        for password, again in ((NEW, "other"), ("short", "short")):
            posted = {"password": password, "again": again}
            assert Client().post(self.link(), posted).status_code == 422
        assert User.objects.get(pk=bob.user.pk).check_password(PASSWORD)
        assert Client().get(self.link()).status_code == 200

    def test_a_second_factor_is_still_asked_for(self, alice, guarded):
        self.asked("alice@example.org")
        Client().post(self.link(), {"password": NEW, "again": NEW})
        browser = Client()
        assert sign_in(browser, alice, NEW)["Location"] == "/login/code"
        assert browser.get("/tasks").status_code == 302

    def test_letters_are_limited_for_one_address(self, db):
        for _ in range(5):
            answer = Client().post("/password/forgotten", {"email": "nobody@example.com"})
            assert answer.status_code == 200
        answer = Client().post("/password/forgotten", {"email": "nobody@example.com"})
        assert answer.status_code == 429

    def test_an_address_that_is_none_is_said_and_kept(self, db):
        page = Client().post("/password/forgotten", {"email": "bob"})
        assert page.status_code == 422
        assert 'value="bob"' in page.content.decode()
        assert Session.objects.count() == 0
