"""Who may follow a clinic's events on a socket or stream, at the door and for as long as it lasts.

All functions are synchronous and use the database; call them through ``in_database``.
"""

from __future__ import annotations

import enum
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from clinic.logins import (
    Login,
    NotAMember,
    NotSignedIn,
    login_from_token,
    login_of_session,
    login_of_user,
)
from clinic.models import SocketTicket, User

TICKET_LIFE = timedelta(seconds=60)


class Standing(enum.Enum):
    """Whether a login is still good."""

    GOOD = "good"
    NOT_SIGNED_IN = "not signed in"
    NOT_A_MEMBER = "not a member"


@dataclass(frozen=True, slots=True)
class Key:
    """What a login rests on; screens of one login share it, and the look at it.

    ``session_id`` is a program's session; ``page_session`` and ``password`` (its digest, so that
    a new password ends old pages) are the portal's.
    """

    user_id: UUID
    clinic_id: UUID
    session_id: UUID | None = None
    page_session: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to follow one clinic's events, until ``expires_at`` and while ``key`` is good."""

    clinic_id: UUID
    key: Key
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a handshake carries; the first of token, ticket and page session counts."""

    token: str | None = None
    ticket: str | None = None
    page_session: str | None = None


def admit(credentials: Credentials, tenant: str) -> Admission:
    """Leave for a handshake to follow the clinic named in its path.

    Raises:
        NotSignedIn: without a good token, ticket or page session.
        NotAMember: for a clinic that is not the person's, or a name that is no id.
    """
    if credentials.token is not None:
        return admission_of(login_from_token(credentials.token, tenant))
    if credentials.ticket is not None:
        return _admit_ticket(credentials, tenant)
    if credentials.page_session is not None:
        user = _user_of_page(credentials.page_session)
        login = login_of_user(user.pk, _clinic_id(tenant))
        return admission_of(login, credentials.page_session)
    raise NotSignedIn


def admission_of(login: Login, page_session: str | None = None) -> Admission:
    """Leave for somebody the middleware has already let in."""
    page = login.session_id is None
    key = Key(
        login.user.pk,
        login.clinic.pk,
        login.session_id,
        page_session if page else None,
        _digest(login.user.password) if page else None,
    )
    return Admission(login.clinic.pk, key, login.expires_at)


def make_ticket(login: Login) -> str:
    """One entry to the socket of the login's clinic, good for a minute.

    The end of the token it was made with is part of the ticket, and so of its stored digest: a
    socket opened by a ticket does not outlive the token.
    """
    now = timezone.now()
    end = int(login.expires_at.timestamp()) if login.expires_at else 0
    ticket = f"{secrets.token_urlsafe(32)}.{end}"
    SocketTicket.objects.filter(expires_at__lt=now - TICKET_LIFE).delete()
    SocketTicket.objects.create(
        digest=_digest(ticket),
        session_id=login.session_id,
        user=login.user,
        tenant_id=login.clinic.pk,
        expires_at=now + TICKET_LIFE,
    )
    return ticket


def _admit_ticket(credentials: Credentials, tenant: str) -> Admission:
    ticket = credentials.ticket or ""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM clinic_socketticket WHERE digest = %s AND expires_at > now()"
            " RETURNING session_id, user_id, tenant_id",
            [_digest(ticket)],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotSignedIn
    session_id, user_id, clinic_id = row
    if clinic_id != _clinic_id(tenant):
        raise NotAMember
    if session_id is None:
        # Made by a page: good only together with that person's page session, which ends it.
        page = credentials.page_session
        if page is None or _user_of_page(page).pk != user_id:
            raise NotSignedIn
        return admission_of(login_of_user(user_id, clinic_id), page)
    end = datetime.fromtimestamp(int(ticket.rpartition(".")[2]), tz=UTC)
    if end <= timezone.now():
        raise NotSignedIn
    leave = admission_of(login_of_session(session_id, user_id, clinic_id))
    return Admission(leave.clinic_id, leave.key, end)


def _user_of_page(session_key: str) -> User:
    """The person signed in by a session cookie, by the rules of Django's own look-up."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        user_id = UUID(str(session[SESSION_KEY]))
        backend, fingerprint = session[BACKEND_SESSION_KEY], session[HASH_SESSION_KEY]
    except (KeyError, ValueError) as error:
        raise NotSignedIn from error
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or backend not in settings.AUTHENTICATION_BACKENDS:
        raise NotSignedIn
    if not constant_time_compare(fingerprint, user.get_session_auth_hash()):
        raise NotSignedIn
    return user


def _clinic_id(tenant: str) -> UUID:
    try:
        return UUID(tenant)
    except ValueError as error:
        raise NotAMember from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# The memberships come from a function that may read those of every clinic: this look works for
# none of them.
_STANDINGS = """
SELECT k.n,
    u.id IS NOT NULL
    AND (k.session_id IS NULL OR EXISTS (
        SELECT FROM clinic_loginsession s WHERE s.id = k.session_id AND s.user_id = k.user_id
        AND s.ended_at IS NULL AND s.expires_at > now()))
    AND (k.page_session IS NULL OR EXISTS (
        SELECT FROM django_session d
        WHERE d.session_key = k.page_session AND d.expire_date > now()))
    AND (k.password IS NULL
        OR k.password = encode(sha256(convert_to(u.password, 'UTF8')), 'hex')),
    EXISTS (SELECT FROM clinic_memberships_of(k.user_id) m WHERE m.clinic_id = k.clinic_id)
FROM unnest(%s::int[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[])
    AS k(n, user_id, clinic_id, session_id, page_session, password)
LEFT JOIN users u ON u.id = k.user_id AND u.is_active
"""


def standings(keys: list[Key]) -> dict[Key, Standing]:
    """How each login stands now, in one query for the whole process."""
    columns: list[list[object]] = [
        list(range(len(keys))),
        [key.user_id for key in keys],
        [key.clinic_id for key in keys],
        [key.session_id for key in keys],
        [key.page_session for key in keys],
        [key.password for key in keys],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, columns)
        rows = cursor.fetchall()
    found = {}
    for n, signed_in, member in rows:
        if not signed_in:
            found[keys[n]] = Standing.NOT_SIGNED_IN
        else:
            found[keys[n]] = Standing.GOOD if member else Standing.NOT_A_MEMBER
    return found
