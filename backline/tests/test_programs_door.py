"""The short way for programs answers as Django's own way does, and never for a login that ended."""

from __future__ import annotations

import io
import json
import sys
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backline.wsgi import application, django_application
from clinic.logins import start_session
from clinic.models import LoginSession, Membership, User
from consents.models import FormTemplate
from patients.models import Patient
from tasks.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


def ask(app, method, address, token="", body=None, **headers):
    """(status, headers, body) of a WSGI application."""
    path, _, query = address.partition("?")
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": str(len(raw)),
        "CONTENT_TYPE": "application/json" if raw else "",
        "wsgi.input": io.BytesIO(raw),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        **({"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}),
        **headers,
    }
    found = {}

    def start_response(status, lines, exc_info=None):
        found.update(status=int(status[:3]), headers=dict(lines))

    content = app(environ, start_response)
    answer = b"".join(content)
    if hasattr(content, "close"):
        content.close()
    return found["status"], found["headers"], answer


REQUESTS = {
    "a list": ("GET", "/api/patients?limit=1", {}),
    "a list with a slash": ("GET", "/api/patients/", {}),
    "a search": ("GET", "/api/patients?q=silva", {}),
    "one patient": ("GET", "/api/patients/{patient}", {}),
    "figures": ("GET", "/api/dashboard/stats", {}),
    "an id that is none": ("GET", "/api/patients/{nobody}", {}),
    "an address that is none": ("GET", "/api/nothing", {}),
    "a value that cannot be used": ("GET", "/api/patients?limit=many", {}),
    "a method that is not answered": ("PUT", "/api/patients", {"body": {}}),
    "a body that is no JSON": ("POST", "/api/tasks", {"body": b"{"}),
    "a body that lacks a field": ("POST", "/api/tasks", {"body": {"description": "x"}}),
    "another content type": ("POST", "/api/tasks", {"body": b"a=b", "CONTENT_TYPE": "text/plain"}),
    "another answer": ("GET", "/api/patients", {"HTTP_ACCEPT": "text/csv"}),
    "another clinic": ("GET", "/api/patients", {"HTTP_X_TENANT_ID": "{nobody}"}),
    "a clinic's name that is no id": ("GET", "/api/patients", {"HTTP_X_TENANT_ID": "ours"}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_both_ways_answer_the_same(alice, in_clinic, name):
    patients = [Patient.objects.create(last_name="Silva", mrn=f"10000{n}") for n in range(3)]
    words = {"patient": patients[0].pk, "nobody": uuid4()}
    method, address, given = REQUESTS[name]
    given = {k: v.format(**words) if isinstance(v, str) else v for k, v in given.items()}
    token = alice.token

    for _ in range(2):
        long = ask(django_application, method, address.format(**words), token, **given)
        short = ask(application, method, address.format(**words), token, **given)

        assert short[0] == long[0]
        assert short[2] == long[2]
        assert short[1] == long[1]


def test_both_ways_create(alice, in_clinic):
    body = {"title": "Call", "assigned_to": alice.user.name.upper(), "priority": "high"}
    token = alice.token

    long = ask(django_application, "POST", "/api/tasks", token, body)
    short = ask(application, "POST", "/api/tasks", token, body)

    assert (long[0], short[0]) == (201, 201)
    first, second = Task.objects.order_by("number")
    assert second.number == first.number + 1
    assert (second.assignee_id, second.priority) == (alice.user.pk, "high")
    assert json.loads(short[2])["display_id"] == second.display_id


def test_host_that_is_not_ours_is_refused(alice):
    for app in (django_application, application):
        assert ask(app, "GET", "/api/patients", alice.token, HTTP_HOST="bad host")[0] == 400


def test_wrong_token_opens_nothing(alice):
    status, headers, _ = ask(application, "GET", "/api/patients", "nonsense")

    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Bearer")


def test_known_login_takes_no_statement_of_its_own(alice, in_clinic):
    Patient.objects.create(last_name="Silva", mrn="100001")
    token = alice.token
    with CaptureQueriesContext(connection) as first:
        ask(application, "GET", "/api/patients", token)
    with CaptureQueriesContext(connection) as second:
        assert ask(application, "GET", "/api/patients", token)[0] == 200

    assert (len(first), len(second)) == (2, 1)


ENDINGS = {
    "session": (
        401,
        lambda person: LoginSession.objects.filter(user=person.user).update(
            ended_at=timezone.now()
        ),
    ),
    "person": (401, lambda person: User.objects.filter(pk=person.user.pk).update(is_active=False)),
    "membership": (
        403,
        lambda person: Membership.objects.filter(user=person.user).update(is_active=False),
    ),
}


@pytest.mark.parametrize("ended", ENDINGS)
@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("GET", "/api/patients", None),
        ("GET", "/api/patients?limit=many", None),
        ("POST", "/api/tasks", {"title": "Call"}),
        ("POST", "/api/patients", {"first_name": "Ana", "last_name": "Silva"}),
    ],
)
def test_known_login_ends_at_once_and_changes_nothing(
    alice, in_clinic, ended, method, address, body
):
    token = start_session(alice.user, alice.clinic.pk).token
    assert ask(application, "GET", "/api/patients", token)[0] == 200
    status, end = ENDINGS[ended]

    end(alice)

    assert ask(application, method, address, token, body)[0] == status
    assert (Task.objects.count(), Patient.objects.count()) == (0, 0)


def test_known_login_that_changed_is_read_anew_with_the_body(alice, in_clinic):
    token = alice.token
    assert ask(application, "GET", "/api/patients", token)[0] == 200

    User.objects.filter(pk=alice.user.pk).update(name="Alice Newname")
    status, _, _ = ask(application, "POST", "/api/tasks", token, {"title": "Call"})

    assert status == 201
    with connection.cursor() as cursor:
        cursor.execute("SELECT actor FROM clinic_auditentry WHERE action = 'task.create'")
        assert cursor.fetchall() == [("Alice Newname",)]


def test_role_that_was_taken_opens_nothing_more(alice, in_clinic):
    token = alice.token
    body = {"name": "General", "body": "I agree."}
    assert ask(application, "GET", "/api/patients", token)[0] == 200

    Membership.objects.filter(user=alice.user).update(role="staff")

    assert ask(application, "POST", "/api/form-templates", token, body)[0] == 403
    assert FormTemplate.objects.count() == 0
