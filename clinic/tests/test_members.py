"""The clinic's settings, its members, and inviting people by a link that works once."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from clinic import invitations
from clinic.current import enter_clinic
from clinic.models import AuditEntry, Clinic, Invitation, LoginSession, Membership, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def actions_of(person):
    with person.at_work():
        return list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))


def invited(person, email="dana@example.org", name="Dana Diaz", role="doctor"):
    posted = {"action": "invite", "email": email, "name": name, "role": role}
    return person.client.post("/members", posted)


def link_of(letter):
    (found,) = re.findall(r"(/invitations/\S+)", letter.body)
    return found


VALUES = {
    "name": "Northside Clinic",
    "address": "1 Main St",
    "email": "office@example.org",
    "timezone": "Europe/Berlin",
    "language": "de",
    "day_first": "1",
}


class TestSettings:
    def test_an_admin_changes_them_with_a_line_that_names_the_fields(self, alice):
        assert alice.client.post("/settings", VALUES).status_code == 302
        clinic = Clinic.objects.get(pk=alice.clinic.pk)
        assert (clinic.address, clinic.email) == ("1 Main St", "office@example.org")
        assert (clinic.timezone, clinic.language, clinic.day_first) == ("Europe/Berlin", "de", True)
        with alice.at_work():
            line = AuditEntry.objects.get()
            fields = ["address", "day_first", "email", "language", "timezone"]
            assert (line.action, line.detail) == ("clinic.change", {"fields": fields})

    def test_saving_what_is_there_writes_nothing(self, alice):
        alice.client.post("/settings", VALUES)
        before = actions_of(alice)
        page = alice.client.post("/settings", VALUES, follow=True)
        assert "Nothing was changed" in page.content.decode()
        assert actions_of(alice) == before

    @pytest.mark.parametrize(
        ("field", "value", "says"),
        [
            ("name", " ", "Give the clinic a name."),
            ("email", "office", "Enter an e-mail address"),
            ("timezone", "Mars/Olympus", "Choose a time zone of the list."),
            ("language", "xx", "Choose a language of the list."),
        ],
    )
    def test_a_wrong_value_is_said_and_the_others_are_kept(self, alice, field, value, says):
        answer = alice.client.post("/settings", {**VALUES, field: value})
        assert answer.status_code == 422
        text = answer.content.decode()
        assert says in text and "1 Main St" in text
        assert Clinic.objects.get(pk=alice.clinic.pk).address == ""
        assert actions_of(alice) == []

    def test_others_may_not(self, bob):
        assert bob.client.get("/settings").status_code == 403
        assert bob.client.post("/settings", VALUES).status_code == 403
        assert Clinic.objects.get(pk=bob.clinic.pk).address == ""


class TestInviting:
    def test_a_letter_goes_out_with_a_link_and_nothing_else_of_the_clinic(self, alice):
        assert invited(alice).status_code == 302
        (letter,) = mail.outbox
        assert letter.to == ["dana@example.org"]
        assert "Alice Adams invites you" in letter.body
        with alice.at_work():
            row = Invitation.objects.get()
            assert (row.role, row.name, row.accepted) == ("doctor", "Dana Diaz", False)
            assert row.mailed_at is not None
        assert actions_of(alice) == ["member.invite"]

    def test_accepting_makes_an_account_signs_in_and_works_once(self, alice):
        invited(alice)
        link, browser = link_of(mail.outbox[0]), Client()
        page = browser.get(link)
        assert "Join Northside Clinic" in page.content.decode()
        answer = browser.post(link, {"name": "Dana Diaz", "password": "long enough words"})
        assert answer["Location"] == "/"
        assert browser.get("/").context["role"] == "doctor"
        assert browser.get("/members").status_code == 403
        again = Client().post(link, {"name": "Eve", "password": "long enough words"})
        assert again.status_code == 410
        assert Client().get(link).status_code == 410
        assert User.objects.filter(email="dana@example.org").count() == 1
        assert actions_of(alice)[:3] == ["member.invite", "member.add", "member.accept"]

    def test_a_weak_password_is_refused_and_the_link_still_works(self, alice):
        invited(alice)
        link = link_of(mail.outbox[0])
        answer = Client().post(link, {"name": "Dana", "password": "password"})
        assert answer.status_code == 422
        assert "too common" in answer.content.decode()
        assert not User.objects.filter(email="dana@example.org").exists()
        assert Client().get(link).status_code == 200

    def test_somebody_with_an_account_brings_its_password(self, alice, charlie):
        invited(alice, email="Charlie@example.org", role="staff")
        link = link_of(mail.outbox[0])
        assert "You have an account" in Client().get(link).content.decode()
        assert Client().post(link, {"password": "something else"}).status_code == 422
        with alice.at_work():
            assert not Membership.objects.filter(user=charlie.user).exists()
        answer = Client().post(link, {"password": PASSWORD})
        assert answer["Location"] == "/login"
        with alice.at_work():
            assert Membership.objects.get(user=charlie.user).role == "staff"
        assert User.objects.get(pk=charlie.user.pk).check_password(PASSWORD)

    def test_an_expired_link_is_not_valid_to_the_second(self, alice):
        invited(alice)
        link = link_of(mail.outbox[0])
        with alice.at_work():
            Invitation.objects.update(expires_at=timezone.now() + timedelta(seconds=30))
        assert Client().get(link).status_code == 200
        with alice.at_work():
            Invitation.objects.update(expires_at=timezone.now())
        assert Client().get(link).status_code == 410

    def test_sending_again_ends_the_link_before(self, alice):
        invited(alice)
        with alice.at_work():
            row = Invitation.objects.get()
        alice.client.post("/members", {"action": "again", "id": str(row.pk)})
        first, second = map(link_of, mail.outbox)
        assert Client().get(first).status_code == 410
        assert Client().get(second).status_code == 200

    def test_a_withdrawn_invitation_opens_nothing(self, alice):
        invited(alice)
        with alice.at_work():
            row = Invitation.objects.get()
        alice.client.post("/members", {"action": "withdraw", "id": str(row.pk)})
        assert Client().get(link_of(mail.outbox[0])).status_code == 410
        posted = {"name": "Dana", "password": "long enough words"}
        assert Client().post(link_of(mail.outbox[0]), posted).status_code == 410
        assert not User.objects.filter(email="dana@example.org").exists()

    @pytest.mark.parametrize("secret", ["x", "x:y:z", "WyJ4Il0:1uXYZ:abc"])
    def test_a_link_that_we_did_not_sign_opens_nothing(self, db, secret):
        assert Client().get(f"/invitations/{secret}").status_code == 410

    def test_a_member_and_an_invited_person_are_not_invited_twice(self, alice, bob):
        page = invited(alice, email="BOB@example.org")
        assert page.status_code == 422
        assert "a member of the clinic already" in page.content.decode()
        invited(alice)
        page = invited(alice, email="Dana@Example.org")
        assert page.status_code == 422 and "invited already" in page.content.decode()
        with alice.at_work():
            assert Invitation.objects.count() == 1
        assert len(mail.outbox) == 1

    def test_an_expired_one_does_not_stand_in_the_way(self, alice):
        invited(alice)
        with alice.at_work():
            Invitation.objects.update(expires_at=timezone.now())
        assert invited(alice).status_code == 302
        with alice.at_work():
            assert Invitation.objects.filter(ended_at=None).count() == 1

    def test_a_letter_that_cannot_be_sent_is_said(self, alice, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        page = alice.client.post(
            "/members",
            {"action": "invite", "email": "d@example.org", "name": "D", "role": "staff"},
            follow=True,
        )
        text = page.content.decode()
        assert "could not be sent" in text
        with alice.at_work():
            assert Invitation.objects.get().mailed_at is None

    def test_another_clinics_invitation_is_not_there(self, alice, charlie):
        invited(alice)
        with alice.at_work():
            row = Invitation.objects.get()
        for action in ("again", "withdraw"):
            posted = {"action": action, "id": str(row.pk)}
            assert charlie.client.post("/members", posted).status_code == 404
        assert "Dana" not in charlie.client.get("/members").content.decode()
        with alice.at_work():
            assert Invitation.objects.get().ended_at is None

    def test_the_link_is_good_in_its_own_clinic_only(self, alice, charlie):
        invited(alice)
        with alice.at_work():
            row = Invitation.objects.get()
        forged = invitations.Link(charlie.clinic.pk, row.pk, row.nonce)
        with enter_clinic(charlie.clinic.pk), pytest.raises(invitations.Missing):
            invitations.invitation_behind(forged)


class TestMembers:
    def test_only_admins_see_and_change_them(self, alice, bob):
        assert bob.client.get("/members").status_code == 403
        posted = {"action": "role", "id": str(bob.user.pk), "role": "admin"}
        assert bob.client.post("/members", posted).status_code == 403
        with alice.at_work():
            assert Membership.objects.get(user=bob.user).role == "staff"

    def test_a_role_is_changed_and_counts_at_once(self, alice, bob):
        browser = bob.client
        posted = {"action": "role", "id": str(bob.user.pk), "role": "admin"}
        alice.client.post("/members", posted)
        assert browser.get("/members").status_code == 200
        assert actions_of(alice) == ["member.role"]
        posted["role"] = "king"
        assert (
            "Choose a role" in alice.client.post("/members", posted, follow=True).content.decode()
        )
        with alice.at_work():
            assert Membership.objects.get(user=bob.user).role == "admin"

    def test_an_ended_member_is_out_at_once_everywhere_in_the_clinic(self, alice, bob):
        browser, token = bob.client, bob.token
        assert browser.get("/tasks").status_code == 200
        alice.client.post("/members", {"action": "end", "id": str(bob.user.pk)})
        assert browser.get("/tasks").status_code == 403
        api = Client(headers={"Authorization": f"Bearer {token}"})
        assert api.get("/api/tasks").status_code == 403
        page = alice.client.get("/members")
        assert [one.name for one in page.context["former"]] == ["Bob Brown"]

    @pytest.mark.parametrize("posted", [{"action": "end"}, {"action": "role", "role": "doctor"}])
    def test_the_last_admin_stays(self, alice, bob, posted):
        page = alice.client.post("/members", {**posted, "id": str(alice.user.pk)}, follow=True)
        assert "at least one admin" in page.content.decode()
        with alice.at_work():
            mine = Membership.objects.get(user=alice.user)
            assert (mine.role, mine.is_active) == ("admin", True)

    @pytest.mark.parametrize("action", ["role", "end", "again", "withdraw", "nonsense"])
    def test_nobody_and_a_stranger_are_not_there(self, alice, charlie, action):
        for found in (str(charlie.user.pk), str(uuid4()), "x", ""):
            posted = {"action": action, "id": found, "role": "staff"}
            assert alice.client.post("/members", posted).status_code == 404
        with charlie.at_work():
            assert Membership.objects.get(user=charlie.user).is_active

    def test_the_page_costs_the_same_for_any_number(
        self, alice, bob, django_assert_max_num_queries
    ):
        client = alice.client
        invited(alice)
        with django_assert_max_num_queries(12) as few:
            client.get("/members")
        for number in range(5):
            invited(alice, email=f"p{number}@example.org", name=f"P{number}")
        with django_assert_max_num_queries(12) as many:
            client.get("/members")
        assert len(few) == len(many)
        assert LoginSession.objects.count() == 0
