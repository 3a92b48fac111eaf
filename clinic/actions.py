"""What changes clinics, the people in them and their sessions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinic.browsers import end_others
from clinic.current import current_clinic_id, enter_clinic
from clinic.logins import (
    Login,
    Tokens,
    end_session,
    login_of_user,
    start_session,
    tenants_of,
)
from clinic.models import Clinic, ClinicCounter, Membership, Role, User
from clinic.recording import Actor, change
from clinic.refusals import Conflict, Invalid, Missing, invalid


class EmailTaken(Invalid):
    """The address belongs to somebody already."""

    code = "email_taken"
    sentence = "There is an account with this e-mail address already. Sign in instead."

    def __init__(self) -> None:
        super().__init__(errors={"email": [self.sentence]})


class WeakPassword(Invalid):
    """The password is short, common, or like the person's name."""

    code = "weak_password"


class AlreadyAMember(Conflict):
    """The person belongs to the clinic."""

    code = "already_a_member"
    sentence = "This person is a member of the clinic already."


class LastAdmin(Conflict):
    """Nobody would be left who can manage the clinic."""

    code = "last_admin"
    sentence = "The clinic needs at least one admin. Make somebody else admin first."


def register_clinic(
    *,
    email: str,
    password: str,
    name: str,
    clinic_name: str = "",
    clinic_fields: dict[str, Any] | None = None,
    ip: str | None = None,
) -> tuple[User, Clinic]:
    """A new clinic with its first admin, who is new too.

    Enters the clinic itself, as it makes the door. ``clinic_fields`` may give its id, time zone
    and language.

    Raises:
        EmailTaken: also when somebody registers the same address at the same time.
        WeakPassword: see there.
    """
    user = _new_user(email, name, password)
    called = clinic_name.strip() or f"{name.strip()[:180]}'s clinic"
    clinic = Clinic(name=called, **clinic_fields or {})
    with transaction.atomic():
        clinic.save(force_insert=True)
        with enter_clinic(clinic.pk):
            ClinicCounter.objects.create()
            with change(by=Actor(user.name, user.pk, ip)) as record:
                _insert_user(user)
                membership = Membership.objects.create(user=user, role=Role.ADMIN)
                record.audit("clinic.register", clinic)
                record.audit("member.add", membership, detail={"role": Role.ADMIN})
    return user, clinic


def add_member(
    *, email: str, name: str, role: Role, by: Actor, password: str | None = None
) -> Membership:
    """Takes a person into the current clinic; one without an account gets one.

    Without a password a new person sets theirs through the password reset.

    Raises:
        AlreadyAMember: see there.
        WeakPassword: see there.
    """
    user = User.objects.filter(email__iexact=email.strip()).first()
    fresh = user is None
    if user is None:
        user = _new_user(email, name, password)
    with change(by=by) as record:
        if fresh:
            _insert_user(user)
        membership, is_new = Membership.objects.get_or_create(user=user, defaults={"role": role})
        if not is_new:
            back = Membership.objects.filter(pk=membership.pk, is_active=False)
            if not back.update(is_active=True, role=role):
                raise AlreadyAMember
            membership.refresh_from_db()
        record.audit("member.add", membership, detail={"role": role})
    return membership


def change_role(*, user_id: UUID, role: Role, by: Actor) -> Membership:
    """Gives a member another role.

    Raises:
        Missing: when the person is no member.
        LastAdmin: see there.
    """
    with change(by=by) as record:
        membership = _member_to_change(user_id, stays_admin=role == Role.ADMIN)
        if membership.role != role:
            before, membership.role = membership.role, role
            membership.save(update_fields=["role"])
            record.audit("member.role", membership, detail={"from": before, "to": role})
    return membership


def end_membership(*, user_id: UUID, by: Actor) -> None:
    """Takes a person out of the clinic; their tokens and pages stop working there at once.

    Raises:
        Missing: when the person is no member.
        LastAdmin: see there.
    """
    with change(by=by) as record:
        membership = _member_to_change(user_id, stays_admin=False)
        membership.is_active = False
        membership.save(update_fields=["is_active"])
        record.audit("member.end", membership)


def deactivate_user(*, user: User, by: Actor) -> None:
    """Ends a person's access to the whole installation, sessions and sockets included.

    For an operator, outside of any clinic: each clinic of the person gets its audit line.
    """
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False)
        end_others(user)
        for tenant in tenants_of(user):
            with enter_clinic(tenant.tenant_id), change(by=by) as record:
                record.audit("user.deactivate", user)
    user.is_active = False


def change_password(*, user: User, password: str, by: Actor, but_key: str | None = None) -> None:
    """Sets a new password and signs the person out, except in the browser ``but_key`` names.

    Raises:
        WeakPassword: see there.
    """
    _check_password(password, user)
    user.set_password(password)
    with change(by=by) as record:
        user.save(update_fields=["password"])
        end_others(user, but_key=but_key)
        record.audit("user.password", user)


def reset_password(*, user: User, password: str, ip: str | None) -> None:
    """Sets the password of somebody who forgot it, and signs them out everywhere.

    Outside of any clinic: each clinic of the person gets its audit line.

    Raises:
        WeakPassword: see there.
    """
    _check_password(password, user)
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        end_others(user)
        for tenant in tenants_of(user):
            by = Actor(user.name or user.email, user.pk, ip)
            with enter_clinic(tenant.tenant_id), change(by=by) as record:
                record.audit("user.password_reset", user)


def change_name(*, user: User, name: str, by: Actor) -> None:
    """Changes how a person is called; what they did before stays under the old name.

    Raises:
        Invalid: for an empty name.
    """
    called = " ".join(name.split())
    if not called:
        raise invalid("name", "Enter your name.")
    with change(by=by) as record:
        User.objects.filter(pk=user.pk).update(name=called[:200])
        record.audit("user.name", user)


def sign_in(*, user: User, clinic_id: UUID, ip: str | None, user_agent: str = "") -> Tokens:
    """Signs a program in whose password was right."""
    with enter_clinic(clinic_id), change(by=Actor(user.name or user.email, user.pk, ip)) as record:
        record.audit("auth.login", user)
        return start_session(user, clinic_id, user_agent=user_agent)


def sign_out(*, login: Login) -> None:
    """Ends a program's session."""
    with change(by=login.actor) as record:
        if login.session_id is not None:
            end_session(login.session_id)
        record.audit("auth.logout", login.user)


def switch_clinic(*, user: User, clinic_id: UUID, ip: str | None = None) -> Login:
    """Opens another of a person's clinics.

    Raises:
        NotAMember: see ``clinic.logins``.
    """
    login = login_of_user(user.pk, clinic_id, ip=ip)
    with enter_clinic(clinic_id), change(by=login.actor) as record:
        record.audit("clinic.open", login.clinic)
    return login


def change_clinic(*, by: Actor, **fields: Any) -> Clinic:
    """Changes the current clinic's name, address, email, timezone, language or day_first.

    Raises:
        Invalid: naming the fields whose values cannot be used.
    """
    with change(by=by) as record:
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=current_clinic_id())
        for field in ("name", "address", "email", "timezone", "language", "day_first"):
            if field in fields:
                setattr(clinic, field, fields[field])
        try:
            clinic.clean_fields()
        except ValidationError as error:
            raise Invalid(errors=error.message_dict) from error
        clinic.save()
        record.audit("clinic.change", clinic, detail={"fields": sorted(fields)})
    return clinic


def _new_user(email: str, name: str, password: str | None) -> User:
    """Hashed outside of the transaction: that takes longer than everything else."""
    user = User(email=email.strip().lower(), name=name.strip())
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(password, user)
        user.set_password(password)
    return user


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(error.messages[0], errors={"password": error.messages}) from error


def _insert_user(user: User) -> None:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken from error


def _member_to_change(user_id: UUID, *, stays_admin: bool) -> Membership:
    """The membership, with all of the clinic's admins locked so that two cannot both leave."""
    admins = Membership.objects.select_for_update(no_key=True).filter(
        role=Role.ADMIN, is_active=True
    )
    admin_ids = [membership.user_id for membership in admins.order_by("pk")]
    if not stays_admin and admin_ids == [user_id]:
        raise LastAdmin
    found = Membership.objects.select_for_update(no_key=True).filter(
        user_id=user_id, is_active=True
    )
    membership = found.first()
    if membership is None:
        raise Missing("This person is not a member of the clinic.")
    return membership
