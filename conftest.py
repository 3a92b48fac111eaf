"""The tests' database and people.

The test database is made the way an installation's is: migrated by the owner's role, used by the
application's role, so that row-level security holds in every test. The application may truncate
there, and only there, for Django's flush between tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client
from psycopg import sql


def _renamed(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Nothing to modify: the database below is our own."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A fresh database named after the given one; subprocesses find it in the environment."""
    owner_url = os.environ["DATABASE_OWNER_URL"]
    given = settings.DATABASES["default"]["NAME"]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    name = f"test_{given.removeprefix('test_')}_{os.getpid()}{worker}"
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    before = {key: os.environ[key] for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    os.environ["DATABASE_URL"] = _renamed(before["DATABASE_URL"], name)
    os.environ["DATABASE_OWNER_URL"] = _renamed(owner_url, name)
    handler = connections["default"]
    handler.settings_dict["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name
    settings.DATABASE_OWNER_URL = os.environ["DATABASE_OWNER_URL"]
    with django_db_blocker.unblock():
        handler.close()
        call_command("prepare_database", verbosity=0)
        with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as connection:
            connection.execute(
                sql.SQL("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {}").format(
                    sql.Identifier(handler.settings_dict["USER"])
                )
            )
    yield
    with django_db_blocker.unblock():
        for each in connections.all():
            each.close()
    os.environ.update(before)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


@dataclass
class Person:
    """Somebody in a clinic: alice and bob share one, charlie works in another."""

    user: object
    clinic: object
    role: str
    password: str = "correct horse battery"
    _tokens: list[object] = field(default_factory=list)

    @property
    def login(self):
        """Their login as the portal would see it."""
        from clinic.logins import login_of_user

        return login_of_user(self.user.pk, self.clinic.pk)

    @property
    def actor(self):
        """Who they are in the audit."""
        from clinic.recording import Actor

        return Actor(self.user.name, self.user.pk)

    @property
    def token(self) -> str:
        """A fresh access token."""
        from clinic.logins import start_session

        return start_session(self.user, self.clinic.pk).token

    @property
    def client(self) -> Client:
        """A browser without JavaScript, signed in."""
        client = Client()
        client.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["clinic_id"] = str(self.clinic.pk)
        session.save()
        return client

    def api(self, method: str, path: str, body: object = None, **headers: str):
        """Calls the API with their token; ``body`` is sent as JSON."""
        return Client(headers={"Authorization": f"Bearer {self.token}", **headers}).generic(
            method,
            path,
            data=__import__("json").dumps(body) if body is not None else "",
            content_type="application/json",
        )

    @contextmanager
    def at_work(self) -> Iterator[UUID]:
        """Enters their clinic, as a door would."""
        from clinic.current import enter_clinic

        with enter_clinic(self.clinic.pk) as clinic_id:
            yield clinic_id


def make_clinic(name: str):
    """A clinic with its counter row."""
    from clinic.current import enter_clinic
    from clinic.models import Clinic, ClinicCounter

    clinic = Clinic.objects.create(name=name)
    with enter_clinic(clinic.pk):
        ClinicCounter.objects.create()
    return clinic


def make_person(clinic, email: str, name: str, role: str) -> Person:
    """A member of a clinic."""
    from clinic.current import enter_clinic
    from clinic.models import Membership, User

    user = User.objects.create_user(email, "correct horse battery", name=name)
    with enter_clinic(clinic.pk):
        Membership.objects.create(user=user, role=role)
    return Person(user, clinic, role)


@pytest.fixture
def clinic(db):
    """The clinic of alice and bob."""
    return make_clinic("Northside Clinic")


@pytest.fixture
def other_clinic(db):
    """Charlie's clinic."""
    return make_clinic("Riverside Clinic")


@pytest.fixture
def alice(clinic) -> Person:
    """Admin of the clinic."""
    return make_person(clinic, "alice@example.org", "Alice Adams", "admin")


@pytest.fixture
def bob(clinic) -> Person:
    """Staff of the same clinic."""
    return make_person(clinic, "bob@example.org", "Bob Brown", "staff")


@pytest.fixture
def charlie(other_clinic) -> Person:
    """Admin of another clinic: the stranger."""
    return make_person(other_clinic, "charlie@example.org", "Charlie Clark", "admin")


@pytest.fixture
def in_clinic(clinic) -> Iterator[UUID]:
    """The test works inside the clinic of alice and bob."""
    from clinic.current import enter_clinic

    with enter_clinic(clinic.pk) as clinic_id:
        yield clinic_id
