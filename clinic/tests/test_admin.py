"""The operators' site: who may enter, what they see, and that nothing goes past the audit."""

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.api.buckets import buckets
from clinic.models import AuditEntry, Clinic, Membership, User
from clinic.operators import BoundedPaginator, site
from clinic.tenancy import ClinicOwned
from conftest import make_clinic, make_person

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
OF_CLINIC = ("clinic_membership", "clinic_auditentry", "agents_agentrun")
OF_INSTALLATION = ("clinic_clinic", "clinic_user", "axes_accessattempt")


@pytest.fixture(autouse=True)
def _fresh_limits():
    buckets.clear()


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root@example.org", PASSWORD, name="Olga Operator")


@pytest.fixture
def browser(root):
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    return client


def listing(name):
    return reverse(f"admin:{name}_changelist")


def choose(browser, clinic):
    answer = browser.post(reverse("admin:choose"), {"clinic_id": str(clinic.pk), "next": "/admin/"})
    assert (answer.status_code, answer.url) == (302, "/admin/")


def act(browser, name, action, *rows):
    ids = [str(row.pk) for row in rows]
    return browser.post(listing(name), {"action": action, "_selected_action": ids}, follow=True)


def audited(person):
    with person.at_work():
        lines = AuditEntry.objects.order_by("seq")
        return [(line.action, line.actor) for line in lines]


OPERATOR = "Olga Operator (operator)"


class TestWhoMayEnter:
    @pytest.mark.parametrize("name", OF_CLINIC + OF_INSTALLATION)
    def test_nobody_without_signing_in(self, name, db):
        answer = Client().get(listing(name))
        assert answer.status_code == 302
        assert answer.url == f"/login?next={listing(name)}"

    @pytest.mark.parametrize("path", ["/admin/", "/admin/choose/", "/admin/nothing/"])
    def test_no_member_of_a_clinic_by_that(self, path, alice):
        assert alice.client.get(path).status_code == 403
        assert alice.client.post(path, {"clinic_id": str(alice.clinic.pk)}).status_code == 403

    @pytest.mark.parametrize("name", OF_CLINIC + OF_INSTALLATION)
    def test_no_member_of_a_clinic_to_any_table(self, name, alice):
        assert alice.client.get(listing(name)).status_code == 403

    def test_a_token_does_not_open_it(self, alice):
        User.objects.filter(pk=alice.user.pk).update(is_staff=True)
        client = Client(headers={"Authorization": f"Bearer {alice.token}"})
        assert client.get("/admin/").status_code == 302

    def test_its_own_sign_in_is_the_portals(self, browser, root):
        anonymous = Client()
        answer = anonymous.get("/admin/login/")
        assert (answer.status_code, answer.url[:6]) == (302, "/login")
        signed_in = anonymous.post(
            "/login", {"email": root.email, "password": PASSWORD, "next": "/admin/"}
        )
        assert (signed_in.status_code, signed_in.url) == (302, "/admin/")
        assert anonymous.get("/admin/").status_code == 200
        anonymous.post("/admin/logout/")
        assert anonymous.get("/admin/").status_code == 302

    def test_a_deactivated_operator_is_out(self, browser, root):
        User.objects.filter(pk=root.pk).update(is_active=False)
        assert browser.get("/admin/").status_code == 302

    @pytest.mark.parametrize("path", ["password_change/", "password_change/done/", "r/1/1/"])
    def test_what_would_write_past_the_actions_is_not_there(self, browser, path):
        assert browser.get(f"/admin/{path}").status_code == 404

    def test_writes_need_the_token_against_forgery(self, browser, clinic):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = browser.cookies
        answer = strict.post("/admin/choose/", {"clinic_id": str(clinic.pk)})
        assert answer.status_code == 403


class TestClinicAtATime:
    def test_the_first_page_says_whose_rows_are_where(self, browser):
        groups = browser.get("/admin/").context["app_list"]
        assert {group["name"]: [one["name"] for one in group["models"]] for group in groups} == {
            "The installation": ["Clinics", "Lock-outs", "People"],
            "The chosen clinic": ["Agent runs", "Audit", "Members"],
        }

    @pytest.mark.parametrize("name", OF_CLINIC)
    def test_a_clinic_is_chosen_first(self, browser, alice, name):
        answer = browser.get(listing(name))
        assert (answer.status_code, answer.url) == (302, f"/admin/choose/?next={listing(name)}")
        page = browser.get(answer.url).content.decode()
        assert "Northside Clinic" in page
        assert "Alice" not in page

    def test_the_choice_is_audited_in_that_clinic_only(self, browser, alice, charlie):
        choose(browser, alice.clinic)
        assert audited(alice) == [("operator.open", OPERATOR)]
        assert audited(charlie) == []

    @pytest.mark.parametrize("sent", ["", "x", "00000000-0000-7000-8000-000000000000"])
    def test_what_is_no_clinic_cannot_be_chosen(self, browser, sent):
        assert browser.post("/admin/choose/", {"clinic_id": sent}).status_code == 404

    def test_next_leads_nowhere_else(self, browser, clinic):
        body = {"clinic_id": str(clinic.pk), "next": "https://evil.example/"}
        assert browser.post("/admin/choose/", body).url == "/"

    def test_only_that_clinics_rows_are_seen(self, browser, alice, bob, charlie):
        choose(browser, alice.clinic)
        page = browser.get(listing("clinic_membership")).content.decode()
        assert "alice@example.org" in page and "bob@example.org" in page
        assert "charlie@example.org" not in page
        choose(browser, charlie.clinic)
        page = browser.get(listing("clinic_membership")).content.decode()
        assert "charlie@example.org" in page and "alice@example.org" not in page

    def test_an_operator_who_is_a_member_somewhere_sees_the_chosen_clinic(
        self, browser, root, alice, charlie
    ):
        from clinic import actions

        with charlie.at_work():
            actions.add_member(email=root.email, name="", role="admin", by=charlie.actor)
        assert browser.get(listing("clinic_membership")).status_code == 302
        choose(browser, alice.clinic)
        assert "charlie@" not in browser.get(listing("clinic_membership")).content.decode()

    def test_another_clinics_row_is_not_there_whatever_is_sent(self, browser, alice, charlie):
        with charlie.at_work():
            theirs = Membership.objects.get(user=charlie.user)
        choose(browser, alice.clinic)
        for view in ("change", "delete"):
            path = reverse(f"admin:clinic_membership_{view}", args=[theirs.pk])
            assert browser.get(path).status_code in (302, 403)
            assert browser.post(path, {"role": "staff", "post": "yes"}).status_code in (302, 403)
        act(browser, "clinic_membership", "end", theirs)
        with charlie.at_work():
            theirs.refresh_from_db()
            assert (theirs.role, theirs.is_active) == ("admin", True)
        assert audited(charlie) == []


class TestChanges:
    def test_a_member_is_added_changed_and_ended_through_actions(self, browser, alice):
        choose(browser, alice.clinic)
        added = browser.post(
            reverse("admin:clinic_membership_add"),
            {"email": "Dana@example.org", "name": "Dana Dean", "role": "staff"},
        )
        assert added.status_code == 302
        with alice.at_work():
            dana = Membership.objects.get(user__email="dana@example.org")
        path = reverse("admin:clinic_membership_change", args=[dana.pk])
        sent = {"role": "doctor", "is_active": "", "clinic": "x", "user": str(alice.user.pk)}
        assert browser.post(path, sent).status_code == 302
        with alice.at_work():
            dana.refresh_from_db()
        assert (dana.role, dana.is_active, dana.user.name) == ("doctor", True, "Dana Dean")
        act(browser, "clinic_membership", "end", dana)
        with alice.at_work():
            dana.refresh_from_db()
        assert not dana.is_active
        assert audited(alice) == [
            (action, OPERATOR)
            for action in ("operator.open", "member.add", "member.role", "member.end")
        ]
        assert not LogEntry.objects.exists()

    def test_a_refusal_is_told_and_changes_nothing(self, browser, alice):
        choose(browser, alice.clinic)
        with alice.at_work():
            membership = Membership.objects.get(user=alice.user)
        path = reverse("admin:clinic_membership_change", args=[membership.pk])
        page = browser.post(path, {"role": "staff"}, follow=True).content.decode()
        assert "at least one admin" in page
        assert (
            "at least one admin"
            in act(browser, "clinic_membership", "end", membership).content.decode()
        )
        with alice.at_work():
            membership.refresh_from_db()
        assert (membership.role, membership.is_active) == ("admin", True)
        add = reverse("admin:clinic_membership_add")
        body = {"email": alice.user.email, "name": "", "role": "staff"}
        assert (
            "a member of the clinic already"
            in browser.post(add, body, follow=True).content.decode()
        )

    def test_a_clinic_is_renamed_in_its_own_audit(self, browser, alice):
        path = reverse("admin:clinic_clinic_change", args=[alice.clinic.pk])
        body = {"name": "Southside", "timezone": "Europe/Berlin", "language": "en"}
        assert browser.post(path, body).status_code == 302
        clinic = Clinic.objects.get(pk=alice.clinic.pk)
        assert (clinic.name, clinic.timezone, clinic.is_active) == (
            "Southside",
            "Europe/Berlin",
            True,
        )
        assert audited(alice) == [("clinic.change", OPERATOR)]
        bad = browser.post(path, {**body, "timezone": "Mars/Olympus"})
        assert "Choose a time zone" in bad.content.decode()

    def test_a_suspended_clinics_members_are_out_until_it_is_resumed(self, browser, alice):
        token = alice.token
        api = Client(headers={"Authorization": f"Bearer {token}"})
        act(browser, "clinic_clinic", "suspend", alice.clinic)
        assert api.get("/api/auth/me").status_code == 403
        act(browser, "clinic_clinic", "resume", alice.clinic)
        assert api.get("/api/auth/me").status_code == 200
        assert [line[0] for line in audited(alice)] == ["clinic.suspend", "clinic.resume"]

    def test_a_person_is_deactivated_and_reactivated(self, browser, alice, root):
        api = Client(headers={"Authorization": f"Bearer {alice.token}"})
        act(browser, "clinic_user", "deactivate", alice.user)
        assert api.get("/api/auth/me").status_code == 401
        act(browser, "clinic_user", "reactivate", alice.user)
        alice.user.refresh_from_db()
        assert alice.user.is_active
        assert api.get("/api/auth/me").status_code == 401
        act(browser, "clinic_user", "sign_out", alice.user)
        assert audited(alice) == [
            (f"user.{what}", OPERATOR) for what in ("deactivate", "reactivate", "sessions_end")
        ]
        page = act(browser, "clinic_user", "deactivate", root)
        assert "cannot end your own access" in page.content.decode()
        root.refresh_from_db()
        assert root.is_active

    def test_a_lock_out_is_seen_and_released(self, browser, alice, settings):
        from axes.models import AccessAttempt

        settings.AXES_FAILURE_LIMIT = 3
        body = {"email": alice.user.email, "password": "wrong"}
        for _ in range(4):
            Client().post("/api/auth/login", body, content_type="application/json")
        right = {**body, "password": PASSWORD}
        locked = Client().post("/api/auth/login", right, content_type="application/json")
        assert locked.status_code == 429
        page = browser.get(listing("axes_accessattempt") + "?locked=now")
        assert alice.user.email in page.content.decode()
        act(browser, "axes_accessattempt", "release", AccessAttempt.objects.get())
        free = Client().post("/api/auth/login", right, content_type="application/json")
        assert free.status_code == 200
        assert audited(alice)[0] == ("user.unlock", OPERATOR)

    @pytest.mark.parametrize(
        "name", ["clinic_clinic", "clinic_user", "clinic_auditentry", "agents_agentrun"]
    )
    def test_nothing_else_can_be_added_or_deleted(self, browser, alice, name):
        choose(browser, alice.clinic)
        assert browser.get(reverse(f"admin:{name}_add")).status_code == 403
        rows = {"clinic_clinic": alice.clinic, "clinic_user": alice.user}
        row = rows.get(name, alice.clinic)
        path = reverse(f"admin:{name}_delete", args=[row.pk])
        assert browser.post(path, {"post": "yes"}).status_code in (302, 403)
        assert Clinic.objects.filter(pk=alice.clinic.pk).exists()
        assert User.objects.filter(pk=alice.user.pk).exists()
        assert "delete_selected" not in browser.get(listing(name)).content.decode()

    def test_a_users_page_shows_their_clinics_and_changes_nothing(self, browser, alice):
        path = reverse("admin:clinic_user_change", args=[alice.user.pk])
        assert "Northside Clinic (admin)" in browser.get(path).content.decode()
        browser.post(path, {"is_staff": "on", "is_superuser": "on", "email": "x@example.org"})
        alice.user.refresh_from_db()
        assert (alice.user.is_staff, alice.user.email) == (False, "alice@example.org")


class TestAudit:
    def test_it_is_read_only_and_found_by_id_number_and_name(self, browser, alice):
        choose(browser, alice.clinic)
        choose(browser, alice.clinic)
        with alice.at_work():
            line = AuditEntry.objects.get(seq=1)
        path = reverse("admin:clinic_auditentry_change", args=[line.pk])
        assert line.hash in browser.get(path).content.decode()
        assert browser.post(path, {"actor": "Nobody"}).status_code == 403
        for q, found in ((alice.clinic.pk, 2), (1, 1), ("olga", 2), ("operator.open", 2), ("x", 0)):
            page = browser.get(listing("clinic_auditentry"), {"q": str(q)})
            assert page.context["cl"].result_count == found, q

    def test_a_rows_history_is_its_audit(self, browser, alice):
        choose(browser, alice.clinic)
        path = reverse("admin:clinic_clinic_history", args=[alice.clinic.pk])
        page = browser.get(path, follow=True)
        assert page.context["cl"].result_count == 1


class TestScale:
    def test_totals_stop_at_a_bound(self, monkeypatch, browser, alice):
        monkeypatch.setattr(BoundedPaginator, "most", 60)
        for number in range(70):
            Clinic.objects.create(name=f"Clinic {number:03}")
        page = browser.get(listing("clinic_clinic"))
        assert page.context["cl"].result_count == 60
        assert len(page.context["cl"].result_list) == 50

    @pytest.mark.parametrize("name", OF_CLINIC + OF_INSTALLATION)
    def test_no_query_counts_a_table_and_their_number_does_not_grow(self, browser, alice, name):
        choose(browser, alice.clinic)
        few = self.queries(browser, name)
        for number in range(12):
            make_person(alice.clinic, f"p{number}@example.org", f"P{number}", "staff")
        for _ in range(8):
            choose(browser, alice.clinic)
        assert len(self.queries(browser, name)) == len(few) < 12
        counting = [query for query in few if "COUNT(" in query]
        assert [query for query in counting if "LIMIT" not in query] == []

    def queries(self, browser, name):
        with CaptureQueriesContext(connection) as found:
            assert browser.get(listing(name)).status_code == 200
        return [query["sql"] for query in found]


def test_every_table_of_clinics_on_the_site_asks_for_a_clinic_first():
    for model, its in site._registry.items():
        assert its.of_clinic == issubclass(model, ClinicOwned), model
        assert not its.show_full_result_count
        assert its.called
    assert len(site._registry) == 6
    assert apps.get_model("patients", "Patient") not in site._registry


def test_createsuperuser_makes_an_operator(db, monkeypatch, capsys):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--no-input", email="Root@Example.org", name="Rita Root")
    root = User.objects.get(email="root@example.org")
    assert (root.is_staff, root.is_superuser, root.name) == (True, True, "Rita Root")
    assert root.check_password(PASSWORD)
    client = Client()
    signed_in = client.post(
        "/login", {"email": root.email, "password": PASSWORD, "next": "/admin/"}
    )
    assert signed_in.url == "/admin/"
    assert make_clinic("One").name in client.get("/admin/choose/").content.decode()
