"""What the operators of an installation do to clinics and people from outside of any clinic.

An operator is a user with ``is_staff``; that makes nobody a member of a clinic. Whatever touches
a clinic's rows enters that clinic first and leaves a line in its audit, so that its admins can
see that an operator was there and what was done.
"""

from __future__ import annotations

import logging
from uuid import UUID

from axes.models import AccessAttempt
from axes.utils import reset
from django.db import transaction

from clinic.actions import deactivate_user
from clinic.browsers import end_others
from clinic.current import enter_clinic
from clinic.logins import tenants_of
from clinic.models import Clinic, User
from clinic.recording import Actor, change
from clinic.refusals import Conflict, Missing

logger = logging.getLogger(__name__)


class UnknownClinic(Missing):
    """There is no clinic with this id."""

    sentence = "There is no such clinic."


class OneselfLockedOut(Conflict):
    """Operators cannot end their own access; somebody else must."""

    code = "oneself"
    sentence = "You cannot end your own access. Ask another operator."


def operator(user: User, ip: str | None) -> Actor:
    """How an operator stands in a clinic's audit."""
    return Actor(f"{user.name or user.email} (operator)"[-200:], user.pk, ip)


def open_clinic(*, clinic_id: UUID, by: Actor) -> Clinic:
    """Lets an operator look into a clinic; its audit says so.

    Raises:
        UnknownClinic: see there.
    """
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    if clinic is None:
        raise UnknownClinic
    with enter_clinic(clinic.pk), change(by=by) as record:
        record.audit("operator.open", clinic)
    return clinic


def set_clinic_active(*, clinic_id: UUID, active: bool, by: Actor) -> bool:
    """Suspends a clinic, whose members are out at once, or takes it back; False if it was so.

    Nothing is deleted: a clinic taken back is as it was.
    """
    with enter_clinic(clinic_id), change(by=by) as record:
        moved = Clinic.objects.filter(pk=clinic_id, is_active=not active).update(is_active=active)
        if moved:
            row = Clinic(pk=clinic_id)
            record.audit("clinic.resume" if active else "clinic.suspend", row)
    return bool(moved)


def end_access(*, user: User, by: Actor) -> None:
    """Ends a person's access to the whole installation.

    Raises:
        OneselfLockedOut: see there.
    """
    if user.pk == by.user_id:
        raise OneselfLockedOut
    deactivate_user(user=user, by=by)


def give_access_back(*, user: User, by: Actor) -> None:
    """Lets a deactivated person sign in again; what ended before stays ended."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            _audit_everywhere("user.reactivate", user, by)
    user.is_active = True


def sign_out_everywhere(*, user: User, by: Actor) -> None:
    """Ends every program's session of a person."""
    with transaction.atomic():
        end_others(user)
        _audit_everywhere("user.sessions_end", user, by)


def release_lock_out(*, attempt: AccessAttempt, by: Actor) -> None:
    """Forgets the wrong passwords counted for a name from an address, so that it may try again."""
    with transaction.atomic():
        reset(username=attempt.username, ip=attempt.ip_address)
        user = User.objects.filter(email__iexact=attempt.username or "").first()
        if user is not None:
            _audit_everywhere("user.unlock", user, by)
    logger.info("Operator %s released a lock-out.", by.user_id)


def _audit_everywhere(action: str, user: User, by: Actor) -> None:
    """One line in each of the person's clinics."""
    for tenant in tenants_of(user):
        with enter_clinic(tenant.tenant_id), change(by=by) as record:
            record.audit(action, user)
