"""Inviting people into a clinic: a signed link by e-mail that expires and works once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.actions import AlreadyAMember, add_member
from clinic.current import current_clinic_id
from clinic.letters import send_letter
from clinic.models import Clinic, Invitation, Membership, Role, User
from clinic.recording import Actor, change
from clinic.refusals import Conflict, Missing, invalid

SALT = "clinic.invitations"
LIFE = timedelta(days=7)


class AlreadyInvited(Conflict):
    """An open invitation to the address exists."""

    code = "already_invited"
    sentence = "This person has been invited already. Send the invitation again instead."


class InvitationEnded(Conflict):
    """The invitation was accepted or withdrawn, has expired, or was sent again."""

    code = "invitation_ended"
    sentence = "This invitation is not valid any more. Ask the clinic for a new one."


@dataclass(frozen=True, slots=True)
class Link:
    """What an invitation's link says."""

    clinic_id: UUID
    invitation_id: UUID
    nonce: UUID


def invite(*, email: str, name: str, role: Role, by: Actor) -> Invitation:
    """Offers somebody a place in the current clinic and writes to them.

    The letter goes out after the commit; ``mailed_at`` stays empty when it could not be sent.

    Raises:
        AlreadyAMember: see there.
        AlreadyInvited: see there.
    """
    address = email.strip().lower()
    with change(by=by) as record:
        if Membership.objects.filter(user__email__iexact=address, is_active=True).exists():
            raise AlreadyAMember
        stale = Invitation.objects.filter(email=address, ended_at=None)
        stale.filter(expires_at__lte=timezone.now()).update(ended_at=timezone.now())
        try:
            with transaction.atomic():
                made = Invitation.objects.create(
                    email=address,
                    name=name.strip(),
                    role=role,
                    nonce=uuid4(),
                    invited_by_id=by.user_id,
                    expires_at=timezone.now() + LIFE,
                )
        except IntegrityError as error:
            raise AlreadyInvited from error
        record.audit("member.invite", made, detail={"role": role})
    return _send(made, by)


def invite_again(*, invitation_id: UUID, by: Actor) -> Invitation:
    """Sends another link; the one before opens nothing any more.

    Raises:
        Missing: when there is no such invitation.
        InvitationEnded: when it was accepted or withdrawn.
    """
    with change(by=by) as record:
        found = _open(invitation_id)
        found.nonce, found.expires_at, found.mailed_at = uuid4(), timezone.now() + LIFE, None
        found.save(update_fields=["nonce", "expires_at", "mailed_at"])
        record.audit("member.invite", found, detail={"role": found.role, "again": True})
    return _send(found, by)


def withdraw(*, invitation_id: UUID, by: Actor) -> None:
    """Takes an invitation back.

    Raises:
        Missing: when there is no such invitation.
        InvitationEnded: when it was accepted or withdrawn.
    """
    with change(by=by) as record:
        found = _open(invitation_id)
        _end(found)
        record.audit("member.withdraw", found)


def accept(*, link: Link, name: str, password: str, ip: str | None) -> User:
    """Makes the invited person a member of the current clinic; a new person gets an account.

    Somebody who has an account gives its password, checked by the caller (``user_of``).

    Raises:
        Missing: for a link that nobody was sent.
        InvitationEnded: see there.
        WeakPassword: for a new account.
        AlreadyAMember: when they became one by another way.
    """
    with change(by=Actor("Invitation", None, ip)) as record:
        found = invitation_behind(link, lock=True)
        by = Actor(name or found.name or found.email, None, ip)
        membership = add_member(
            email=found.email, name=name or found.name, role=Role(found.role), by=by,
            password=password or None,
        )  # fmt: skip
        _end(found, accepted=True)
        record.audit("member.accept", found, actor=by)
    return membership.user


def invitation_behind(link: Link, *, lock: bool = False) -> Invitation:
    """The open invitation that a link is good for.

    Raises:
        Missing: for a link that nobody was sent.
        InvitationEnded: see there.
    """
    rows = Invitation.objects.filter(pk=link.invitation_id)
    found = (rows.select_for_update(no_key=True) if lock else rows).first()
    if found is None:
        raise Missing
    if found.ended_at or found.nonce != link.nonce or found.expires_at <= timezone.now():
        raise InvitationEnded
    return found


def user_of(invitation: Invitation) -> User | None:
    """The account that the invited address has already."""
    return User.objects.filter(email__iexact=invitation.email).first()


def open_invitations() -> list[Invitation]:
    """Those that wait for an answer, expired ones too, newest first."""
    rows = Invitation.objects.filter(ended_at=None).select_related("invited_by")
    return list(rows.order_by("-created_at", "-pk"))


def address_of(invitation: Invitation) -> str:
    """Where it is accepted."""
    said = [str(invitation.clinic_id), str(invitation.pk), str(invitation.nonce)]
    secret = signing.dumps(said, salt=SALT)
    return settings.PUBLIC_URL + reverse("invitation", args=[secret])


def link_in(secret: str) -> Link | None:
    """What a link's secret says, if we signed it and it is not too old."""
    try:
        said: Any = signing.loads(secret, salt=SALT, max_age=LIFE)
        return Link(*(UUID(text) for text in said))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def _open(invitation_id: UUID) -> Invitation:
    found = Invitation.objects.select_for_update(no_key=True).filter(pk=invitation_id).first()
    if found is None:
        raise Missing
    if found.ended_at is not None:
        raise InvitationEnded
    return found


def _end(found: Invitation, *, accepted: bool = False) -> None:
    found.ended_at, found.accepted = timezone.now(), accepted
    found.save(update_fields=["ended_at", "accepted"])


def _send(made: Invitation, by: Actor) -> Invitation:
    clinic = Clinic.objects.get(pk=current_clinic_id())
    words = {"clinic": clinic, "by": by.label, "link": address_of(made), "days": LIFE.days}
    if send_letter("clinic/invitation_letter", made.email, words, reply_to=clinic.email):
        made.mailed_at = timezone.now()
        Invitation.objects.filter(pk=made.pk).update(mailed_at=made.mailed_at)
    return made


def role_of(text: str) -> Role:
    """The role a form names.

    Raises:
        Invalid: when it names none.
    """
    if text not in Role.values:
        raise invalid("role", "Choose a role.")
    return Role(text)
