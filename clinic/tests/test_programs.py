from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory

from clinic import logins
from clinic.logins import NotSignedIn, end_session, login_from_token, start_session
from clinic.programs import is_program

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "headers", "program"),
    [
        ("/api/patients", {"authorization": "Bearer x"}, True),
        ("/api/patients", {"authorization": "bearer x", "accept": "application/json"}, True),
        ("/api/patients", {"authorization": "Bearer x", "accept": "text/html"}, False),
        ("/api/patients", {"authorization": "Basic x"}, False),
        ("/api/patients", {}, False),
        ("/api/auth/login", {"authorization": "Bearer x"}, False),
        ("/patients", {"authorization": "Bearer x"}, False),
    ],
)
def test_program_is_whoever_sends_a_token_for_data(path, headers, program):
    assert is_program(RequestFactory().get(path, headers=headers).META) is program


def test_program_gets_no_cookie_and_no_page_headers(alice):
    answer = Client().get("/api/patients", headers={"authorization": f"Bearer {alice.token}"})

    assert answer.status_code == 200
    assert not answer.cookies
    assert "Content-Security-Policy" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_session_cookie_beside_a_wrong_token_opens_nothing(alice):
    client = Client()
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.get("/api/patients", headers={"authorization": "Bearer nonsense"})

    assert answer.status_code == 401


def test_write_with_a_session_still_needs_the_forgery_token(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post("/api/tasks", {"title": "Call"}, content_type="application/json")

    assert answer.status_code == 403


def test_known_token_ends_with_its_session(alice, clinic):
    token = start_session(alice.user, clinic.pk).token
    login = login_from_token(token)

    end_session(login.session_id)

    with pytest.raises(NotSignedIn):
        login_from_token(token)


def test_known_token_expires(alice, clinic, monkeypatch):
    token = start_session(alice.user, clinic.pk).token
    login = login_from_token(token)

    class Later(logins.datetime):
        @classmethod
        def now(cls, tz=None):
            return login.expires_at + timedelta(seconds=1)

    monkeypatch.setattr(logins, "datetime", Later)
    with pytest.raises(NotSignedIn):
        login_from_token(token)
