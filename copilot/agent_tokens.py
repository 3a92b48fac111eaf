"""Tokens for outside agents: a member's own, for named scopes, good at /mcp and nowhere else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token

from clinic.logins import (
    Login,
    NotSignedIn,
    end_session,
    login_from_token,
    login_of_session,
)
from clinic.models import LoginSession
from clinic.recording import change
from clinic.refusals import Missing, invalid
from copilot.outside import Caller
from copilot.toolbox import tools_for

LONGEST_DAYS = 365


class AgentToken(Token):
    """Its type keeps it out of the API, which takes access tokens only."""

    token_type = "agent"  # noqa: S105 - a name
    lifetime = timedelta(days=30)


class UnknownToken(Missing):
    """The token is not there, or another person's."""

    sentence = "There is no such token."


@dataclass(frozen=True, slots=True)
class Made:
    """A new token; its text is given once and not kept."""

    token: str
    token_id: UUID
    scopes: list[str]
    expires_at: datetime


def scopes_for(login: Login) -> list[str]:
    """The scopes that this person's role can give away."""
    return sorted({tool.scope for tool in tools_for(login)})


def make_token(*, login: Login, name: str, scopes: list[str], days: int) -> Made:
    """A token of the person for an outside agent.

    Raises:
        Invalid: for a scope that is not theirs to give.
    """
    unknown = sorted(set(scopes) - set(scopes_for(login)))
    if unknown or not scopes:
        raise invalid("scopes", f"These can be given: {', '.join(scopes_for(login))}.")
    expires_at = timezone.now() + timedelta(days=days)
    with change(by=login.actor) as record:
        session = LoginSession.objects.create(
            user=login.user,
            refresh_id=secrets.token_urlsafe(32),
            user_agent=f"Agent: {name}"[:200],
            expires_at=expires_at,
        )
        record.audit("agent_token.make", session, detail={"scopes": sorted(set(scopes))})
    token = AgentToken()
    token.set_exp(lifetime=timedelta(days=days))
    token["sub"], token["sid"] = str(login.user.pk), str(session.pk)
    token["tenant_id"], token["scope"] = str(login.clinic.pk), " ".join(sorted(set(scopes)))
    return Made(str(token), session.pk, sorted(set(scopes)), expires_at)


def end_token(*, login: Login, token_id: UUID) -> None:
    """Ends a token of the person's own.

    Raises:
        UnknownToken: see there.
    """
    found = LoginSession.objects.filter(
        pk=token_id, user=login.user, ended_at=None, user_agent__startswith="Agent: "
    ).first()
    if found is None:
        raise UnknownToken
    with change(by=login.actor) as record:
        end_session(found.pk)
        record.audit("agent_token.end", found)


def caller_of(raw: str, tenant: str | None, ip: str | None) -> Caller:
    """Who an access token or an agent's token stands for, as things are now.

    Raises:
        NotSignedIn: for a token that is not good (any more).
        NotAMember: for a clinic that the person does not belong to.
    """
    try:
        claims = AgentToken(raw)  # type: ignore[arg-type]
    except TokenError:
        return Caller(login_from_token(raw, tenant, ip=ip))
    try:
        session_id, user_id = UUID(claims["sid"]), UUID(claims["sub"])
        clinic_id, scopes = UUID(claims["tenant_id"]), str(claims["scope"]).split()
        expired = datetime.fromtimestamp(claims["exp"], tz=UTC) <= datetime.now(UTC)
    except (KeyError, ValueError) as error:
        raise NotSignedIn from error
    if expired or (tenant and tenant != str(clinic_id)):
        raise NotSignedIn
    return Caller(login_of_session(session_id, user_id, clinic_id), frozenset(scopes))
