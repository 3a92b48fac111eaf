"""Signing up, in and out; deactivation, lock-out, several clinics."""

import pytest
from django.test import Client, override_settings

from clinic import actions
from clinic.api.buckets import buckets
from clinic.current import enter_clinic
from clinic.models import AuditEntry, LoginSession, Membership, User
from clinic.recording import Actor

pytestmark = pytest.mark.django_db

REGISTRATION = {
    "email": "doctor@clinic.com",
    "password": "secure123",
    "name": "Dr. Smith",
    "tenant_name": "My Clinic",
}
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _fresh_limits():
    buckets.clear()


def post(path, body, token=None, **headers):
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Client(headers=headers).post(path, body, content_type="application/json")


def get(path, token=None, **headers):
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Client(headers=headers).get(path)


def sign_in(person):
    answer = post("/api/auth/login", {"email": person.user.email, "password": PASSWORD})
    assert answer.status_code == 200
    return answer.json()


class TestRegister:
    def test_a_clinic_begins_with_its_admin_signed_in(self):
        answer = post("/api/auth/register", REGISTRATION)
        assert answer.status_code == 201
        body = answer.json()
        assert body["user"]["email"] == "doctor@clinic.com"
        assert body["user"]["name"] == "Dr. Smith"
        assert body["user"]["roles"] == ["admin"]
        assert body["tenant"] == {"tenant_id": body["tenant_id"], "name": "My Clinic"}
        assert body["user"]["tenant_id"] == body["tenant_id"]
        me = get("/api/auth/me", body["token"])
        assert me.status_code == 200
        assert me.json()["tenants"] == [
            {"tenant_id": body["tenant_id"], "name": "My Clinic", "roles": ["admin"]}
        ]
        with enter_clinic(body["tenant_id"]):
            actions_done = list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
        assert actions_done == ["clinic.register", "member.add", "auth.login"]

    def test_a_taken_address_is_refused_whatever_its_case_and_makes_nothing(self, alice):
        users = User.objects.count()
        answer = post("/api/auth/register", {**REGISTRATION, "email": "ALICE@example.org"})
        assert answer.status_code == 400
        assert answer.json()["code"] == "email_taken"
        assert list(answer.json()["errors"]) == ["email"]
        assert User.objects.count() == users

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "nobody"),
            ("email", "a\0@example.org"),
            ("password", "short"),
            ("password", "password1"),
            ("name", ""),
            ("name", "a\nb"),
            ("name", None),
            ("tenant_name", "x" * 201),
            ("name", {"a": 1}),
        ],
    )
    def test_a_value_that_cannot_be_used_is_named(self, field, value):
        answer = post("/api/auth/register", {**REGISTRATION, field: value})
        assert answer.status_code == 400
        body = answer.json()
        assert set(body) == {"detail", "code", "errors"}
        assert "\0" in str(value) or list(body["errors"]) == [field]
        assert not User.objects.exists()

    def test_a_clinic_without_a_name_is_called_after_the_person(self):
        nameless = {name: value for name, value in REGISTRATION.items() if name != "tenant_name"}
        answer = post("/api/auth/register", nameless | {"name": "x" * 200})
        assert answer.json()["tenant"]["name"] == "x" * 180 + "'s clinic"

    @pytest.mark.parametrize("raw", ["", "{", "[]", '"x"', "null", '{"email": "\\ud800"}', "1"])
    def test_a_malformed_body_is_400(self, raw):
        answer = Client().post("/api/auth/register", raw, content_type="application/json")
        assert answer.status_code == 400
        assert set(answer.json()) == {"detail", "code", "errors"}

    def test_other_content_types_and_methods_keep_the_shape(self):
        form = Client().post("/api/auth/register", {"email": "x"})
        assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
        wrong = Client().delete("/api/auth/register")
        assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
        assert wrong.headers["Allow"] == "POST"
        big = Client().post("/api/auth/register", b" " * 6_000_000, content_type="application/json")
        assert (big.status_code, big.json()["code"]) == (413, "too_large")

    def test_too_many_registrations_are_told_to_wait(self, settings):
        settings.REGISTRATIONS_PER_MINUTE = 2
        statuses = [post("/api/auth/register", {}).status_code for _ in range(2)]
        third = post("/api/auth/register", {})
        assert statuses == [400, 400]
        assert (third.status_code, third.json()["code"]) == (429, "too_many")
        assert 0 < int(third.headers["Retry-After"]) <= 31


class TestLogin:
    def test_the_right_password_signs_in_whatever_the_case_of_the_address(self, alice):
        answer = post("/api/auth/login", {"email": "Alice@Example.org", "password": PASSWORD})
        assert answer.status_code == 200
        body = answer.json()
        assert set(body) == {"user", "token", "refresh", "tenant_id"}
        assert body["tenant_id"] == str(alice.clinic.pk)
        assert get("/api/auth/me", body["token"]).json()["email"] == "alice@example.org"

    def test_an_unknown_person_and_a_wrong_password_get_the_same_answer(self, alice):
        wrong = post("/api/auth/login", {"email": alice.user.email, "password": "wrong"})
        unknown = post("/api/auth/login", {"email": "nobody@example.org", "password": "wrong"})
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.content == unknown.content
        assert wrong.json()["code"] == "wrong_credentials"
        assert wrong.headers["WWW-Authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
    def test_repeated_failures_lock_out_even_the_right_password(self, alice, settings, email):
        settings.AXES_FAILURE_LIMIT = 3
        for _ in range(3):
            last = post("/api/auth/login", {"email": email, "password": "wrong"})
        assert last.status_code in (401, 429)
        locked = post("/api/auth/login", {"email": email, "password": PASSWORD})
        assert (locked.status_code, locked.json()["code"]) == (429, "locked_out")
        assert int(locked.headers["Retry-After"]) == 15 * 60

    def test_a_success_forgets_the_failures_before_it(self, alice, settings):
        settings.AXES_FAILURE_LIMIT = 3
        for _ in range(3):
            for _ in range(2):
                post("/api/auth/login", {"email": alice.user.email, "password": "wrong"})
            sign_in(alice)

    def test_a_person_without_a_clinic_is_told(self, alice, bob):
        with alice.at_work():
            actions.end_membership(user_id=bob.user.pk, by=alice.actor)
        answer = post("/api/auth/login", {"email": bob.user.email, "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_member")

    def test_a_deactivated_person_cannot_sign_in(self, alice):
        User.objects.filter(pk=alice.user.pk).update(is_active=False)
        answer = post("/api/auth/login", {"email": alice.user.email, "password": PASSWORD})
        assert answer.status_code == 401


class TestTokens:
    def test_without_a_token_the_answer_says_how_to_bring_one(self):
        answer = get("/api/auth/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="backline"'

    @pytest.mark.parametrize("token", ["x", "a.b.c", "\u00e9", ""])
    def test_a_bad_token_is_401(self, token):
        answer = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/auth/me")
        assert answer.status_code == 401

    def test_a_refresh_token_is_no_access_token(self, alice):
        assert get("/api/auth/me", sign_in(alice)["refresh"]).status_code == 401

    def test_a_token_of_another_key_or_algorithm_is_refused(self, alice):
        import jwt

        token = sign_in(alice)["token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        for key, algorithm in (("x" * 64, "HS256"), (None, "none"), ("x" * 64, "HS512")):
            assert get("/api/auth/me", jwt.encode(claims, key, algorithm)).status_code == 401

    def test_refresh_rotates_and_a_spent_one_ends_the_session(self, alice):
        first = sign_in(alice)
        second = post("/api/auth/refresh", {"refresh": first["refresh"]})
        assert second.status_code == 200
        assert set(second.json()) == {"token", "refresh"}
        assert get("/api/auth/me", second.json()["token"]).status_code == 200
        replay = post("/api/auth/refresh", {"refresh": first["refresh"]})
        assert (replay.status_code, replay.json()["code"]) == (401, "bad_token")
        assert get("/api/auth/me", second.json()["token"]).status_code == 401
        newest = post("/api/auth/refresh", {"refresh": second.json()["refresh"]})
        assert newest.status_code == 401

    def test_logout_ends_the_session_and_no_other(self, alice):
        here, there = sign_in(alice), sign_in(alice)
        answer = post("/api/auth/logout", None, here["token"])
        assert (answer.status_code, answer.content) == (204, b"")
        assert get("/api/auth/me", here["token"]).status_code == 401
        assert post("/api/auth/refresh", {"refresh": here["refresh"]}).status_code == 401
        assert get("/api/auth/me", there["token"]).status_code == 200

    def test_deactivation_ends_every_session_at_once(self, alice, bob):
        token = sign_in(bob)["token"]
        actions.deactivate_user(user=bob.user, by=Actor("operator"))
        assert get("/api/auth/me", token).status_code == 401
        assert not LoginSession.objects.filter(user=bob.user, ended_at=None).exists()
        with alice.at_work():
            assert AuditEntry.objects.filter(action="user.deactivate").count() == 1

    def test_an_expired_token_is_401(self, alice):
        from datetime import timedelta

        with override_settings(JWT_TTL=timedelta(seconds=-60)):
            token = sign_in(alice)["token"]
        import time

        time.sleep(1.1)
        assert get("/api/auth/me", token).status_code == 401


class TestClinics:
    def test_the_header_selects_among_the_persons_clinics(self, alice, charlie):
        with charlie.at_work():
            actions.add_member(email=alice.user.email, name="", role="doctor", by=charlie.actor)
        token = sign_in(alice)["token"]
        mine = get("/api/auth/me", token).json()
        assert (mine["tenant_id"], mine["roles"]) == (str(alice.clinic.pk), ["admin"])
        assert len(mine["tenants"]) == 2
        other = get("/api/auth/me", token, **{"X-Tenant-Id": str(charlie.clinic.pk)}).json()
        assert (other["tenant_id"], other["roles"]) == (str(charlie.clinic.pk), ["doctor"])

    def test_a_foreign_clinic_one_that_is_not_and_no_id_get_the_same_answer(self, alice, charlie):
        token = sign_in(alice)["token"]
        tenants = [str(charlie.clinic.pk), "00000000-0000-7000-8000-000000000000", "x"]
        answers = [get("/api/auth/me", token, **{"X-Tenant-Id": one}) for one in tenants]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
        assert len({answer.content for answer in answers}) == 1
        assert answers[0].json()["code"] == "not_a_member"

    def test_an_ended_membership_ends_access_to_that_clinic(self, alice, bob):
        token = sign_in(bob)["token"]
        with alice.at_work():
            actions.end_membership(user_id=bob.user.pk, by=alice.actor)
        assert get("/api/auth/me", token).status_code == 403

    def test_the_last_admin_stays(self, alice, bob):
        with alice.at_work():
            for act in (
                lambda: actions.end_membership(user_id=alice.user.pk, by=alice.actor),
                lambda: actions.change_role(user_id=alice.user.pk, role="staff", by=alice.actor),
            ):
                with pytest.raises(actions.LastAdmin):
                    act()
            assert Membership.objects.get(user=alice.user).role == "admin"
            actions.change_role(user_id=bob.user.pk, role="admin", by=alice.actor)
            actions.end_membership(user_id=alice.user.pk, by=alice.actor)
            assert not Membership.objects.get(user=alice.user).is_active

    def test_a_member_who_left_comes_back_as_what_they_are_now(self, alice, bob):
        with alice.at_work():
            actions.end_membership(user_id=bob.user.pk, by=alice.actor)
            actions.add_member(email=bob.user.email, name="", role="doctor", by=alice.actor)
            assert Membership.objects.get(user=bob.user).role == "doctor"
            with pytest.raises(actions.AlreadyAMember):
                actions.add_member(email=bob.user.email, name="", role="staff", by=alice.actor)
            assert Membership.objects.get(user=bob.user).role == "doctor"


class TestSession:
    def test_a_page_reads_with_its_session_and_writes_with_csrf_only(self, alice):
        client = alice.client
        assert client.get("/api/auth/me").status_code == 200
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = client.cookies
        refused = strict.post("/api/auth/logout")
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf")

    def test_an_address_with_a_slash_answers_the_same(self, alice):
        token = sign_in(alice)["token"]
        assert get("/api/auth/me/", token).content == get("/api/auth/me", token).content

    def test_what_is_no_address_is_404_in_shape(self):
        answer = Client().post("/api/nothing/here", "{", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
