"""The second factor: codes of an authenticator app (TOTP), and recovery codes for a lost one.

A wrong code makes the next try wait, twice as long each time; both kinds of codes share the wait,
so neither can be guessed around the other.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from uuid import UUID

import segno
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice

from clinic.models import RecoveryCode, User
from clinic.recording import Actor, change
from clinic.refusals import Conflict, Invalid

SALT = "clinic.recovery_codes"
CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCode(Invalid):
    """Neither the app's code of this half minute nor an unused recovery code."""

    code = "wrong_code"
    sentence = "This code is wrong. Wait for the next one of your app, then try again."


class TooManyCodes(Conflict):
    """Wrong codes came before; the wait is not over."""

    code = "too_many_codes"
    sentence = "Too many wrong codes. Wait a minute, then try again."


class WrongPassword(Invalid):
    """The person's own password, asked once more, was wrong."""

    code = "wrong_password"
    sentence = "The password is wrong."


class NothingToConfirm(Conflict):
    """No authenticator is being set up, or one is on already."""

    code = "nothing_to_confirm"
    sentence = "Begin again: no authenticator is being set up."


def is_on(user: User) -> bool:
    """Whether signing in asks this person for a code."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def setting_up(user: User) -> TOTPDevice | None:
    """The authenticator that waits for its first code."""
    return TOTPDevice.objects.filter(user=user, confirmed=False).order_by("-pk").first()


def begin(*, user: User) -> TOTPDevice:
    """A fresh secret for an app to scan; it counts once a code of it was entered.

    Raises:
        NothingToConfirm: when an authenticator is on already.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if is_on(user):
            raise NothingToConfirm
        TOTPDevice.objects.filter(user=user, confirmed=False).delete()
        return TOTPDevice.objects.create(user=user, name="Authenticator", confirmed=False)


def confirm(*, user: User, code: str, by: Actor) -> list[str]:
    """Switches the second factor on with the app's first code; the recovery codes, shown once.

    Raises:
        NothingToConfirm: see there.
        WrongCode, TooManyCodes: see there.
    """
    device = setting_up(user)
    if device is None or is_on(user):
        raise NothingToConfirm
    _check(device, code, recovery=False)
    with change(by=by) as record:
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        record.audit("user.factor_on", user)
        return _new_codes(user)


def renew_codes(*, user: User, password: str, by: Actor) -> list[str]:
    """Ten new recovery codes in place of the old ones.

    Raises:
        WrongPassword: see there.
    """
    _own(user, password)
    with change(by=by) as record:
        record.audit("user.recovery_codes", user)
        return _new_codes(user)


def switch_off(*, user: User, password: str, by: Actor) -> None:
    """Signing in asks for the password alone again.

    Raises:
        WrongPassword: see there.
    """
    _own(user, password)
    with change(by=by) as record:
        TOTPDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        record.audit("user.factor_off", user)


def check(*, user: User, code: str) -> None:
    """Lets a person pass who brings the app's code or a recovery code, which is spent by it.

    Passes at once for somebody without a second factor.

    Raises:
        WrongCode, TooManyCodes: see there.
    """
    device = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    if device is not None:
        _check(device, code, recovery=True)


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    return RecoveryCode.objects.filter(user=user).count()


def qr_code(device: TOTPDevice) -> SafeString:
    """The device's address as a picture, dark on white in both themes."""
    svg = segno.make(device.config_url, error="m").svg_inline(
        scale=4, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return mark_safe(svg)  # noqa: S308 - drawn by segno; holds no text


def secret_of(device: TOTPDevice) -> str:
    """The secret in base32, for typing where nothing can be scanned."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(re.findall(".{1,4}", text))


def _check(device: TOTPDevice, code: str, *, recovery: bool) -> None:
    typed = re.sub(r"[\s-]", "", code).lower()
    with transaction.atomic():
        locked = TOTPDevice.objects.select_for_update().get(pk=device.pk)
        allowed, _ = locked.verify_is_allowed()
        if not allowed:
            raise TooManyCodes
        if typed.isascii() and typed.isdigit() and len(typed) == locked.digits:
            right = locked.verify_token(typed)
        else:
            right = recovery and _spend(locked.user_id, typed)
            (locked.throttle_reset if right else locked.throttle_increment)()
    if not right:
        raise WrongCode


def _spend(user_id: UUID, code: str) -> bool:
    rows = RecoveryCode.objects.filter(user_id=user_id, digest=_digest(user_id, code))
    return rows.delete()[0] == 1


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_digest(user.pk, code)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _digest(user_id: UUID, code: str) -> str:
    """Keyed, so that a stolen table cannot be tried against all codes."""
    return salted_hmac(SALT, f"{user_id}:{code}", algorithm="sha256").hexdigest()


def _own(user: User, password: str) -> None:
    if not user.check_password(password):
        raise WrongPassword
