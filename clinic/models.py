"""Clinics, the people who work in them, their sessions, and what happened."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Lower

from clinic.ids import uuid7
from clinic.tenancy import ClinicOwned


def validate_timezone(name: str) -> None:
    """Accepts IANA names only.

    Raises:
        ValidationError: for any other text.
    """
    if name not in zoneinfo.available_timezones():
        raise ValidationError("Choose a time zone such as America/New_York.")


class Clinic(models.Model):
    """A tenant. Holds no patient data; its name and time zone are known to its members."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    timezone = models.CharField(
        max_length=64, default="America/New_York", validators=[validate_timezone]
    )
    language = models.CharField(max_length=8, default="en")
    day_first = models.BooleanField(
        default=False, help_text="Read 03/04/2025 as 3 April when a document does not say."
    )
    address = models.CharField(max_length=300, blank=True, help_text="Printed on its papers.")
    email = models.EmailField(max_length=254, blank=True, help_text="Answers to letters go there.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def tzinfo(self) -> zoneinfo.ZoneInfo:
        """The zone in which the clinic's days begin and end."""
        return zoneinfo.ZoneInfo(self.timezone)


class UserManager(BaseUserManager["User"]):
    """Makes users; e-mail addresses are compared without case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user with this e-mail address, whatever its case."""
        return self.get(email__iexact=(username or "").strip())

    def create_user(self, email: str, password: str | None, **fields: Any) -> User:
        """A person who can sign in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None, **fields: Any) -> User:
        """An operator of the installation; not a member of any clinic by that."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. ``is_staff`` opens the admin site of the installation, no clinic."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        db_table = "users"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("email"), name="users_email_any_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    """What a member does in a clinic; `clinic.permissions` says what each may do."""

    ADMIN = "admin", "Admin"
    DOCTOR = "doctor", "Doctor"
    STAFF = "staff", "Staff"


class Membership(ClinicOwned):
    """A person's place in a clinic. An ended one stays, for the audit."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_seq = models.BigIntegerField(default=0, help_text="The last event whose note was read.")

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "user"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Invitation(ClinicOwned):
    """A place in the clinic offered by e-mail. Its link carries ``nonce`` signed, and works once.

    Open until accepted, withdrawn or expired; sending it again gives it another nonce.
    """

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=10, choices=Role)
    nonce = models.UUIDField()
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(default=False)

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "clinic",
                Lower("email"),
                condition=models.Q(ended_at=None),
                name="one_open_invitation",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LoginSession(models.Model):
    """A signed-in program or browser, so that it can be ended.

    ``refresh_id`` is the id of the one refresh token that is still good; another one of the
    same session is a replay and ends the session. A browser has no tokens but the key of its
    session in the portal, ``portal_key``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    refresh_id = models.CharField(max_length=64)
    portal_key = models.CharField(max_length=40, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-created_at"], name="sessions_of_user"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RecoveryCode(models.Model):
    """One way in for somebody whose authenticator is lost; used once, kept as a hash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SocketTicket(models.Model):
    """One entry to the clinic's socket, for a browser that cannot send headers; used once."""

    digest = models.CharField(max_length=64, primary_key=True)
    session = models.ForeignKey(LoginSession, on_delete=models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    tenant_id = models.UUIDField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest[:8]


class ClinicCounter(ClinicOwned):
    """The clinic's running numbers. Locked last in a transaction, and briefly."""

    event_seq = models.BigIntegerField(default=0)
    oldest_event_seq = models.BigIntegerField(default=1)
    audit_seq = models.BigIntegerField(default=0)
    audit_hash = models.CharField(max_length=64, default="")

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic"], name="counter_once"),
        ]

    def __str__(self) -> str:
        return f"event {self.event_seq}, audit {self.audit_seq}"


class ClinicNumber(ClinicOwned):
    """The last display number given out of one series: mrn, task, claim."""

    series = models.CharField(max_length=20)
    last = models.BigIntegerField()

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "series"], name="number_series_once"),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.last}"


class Tally(ClinicOwned):
    """A difference in the number of rows of one kind; their sum is how many there are.

    Written by triggers alone (``clinic.tally_rules``), so that nobody counts or waits.
    """

    name = models.CharField(max_length=60)
    delta = models.BigIntegerField()

    class Meta(ClinicOwned.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "name"], include=["delta"], name="tally_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.delta:+}"


class Event(ClinicOwned):
    """One change that open screens follow; ``seq`` has no gap within a clinic."""

    seq = models.BigIntegerField()
    type = models.CharField(max_length=20)
    op = models.CharField(max_length=10)
    doc = models.JSONField()
    at = models.DateTimeField()

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "seq"], name="event_seq_once"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type} {self.op}"


class AuditEntry(ClinicOwned):
    """Who did or saw what. Chained by ``hash``; the application's role can only add and read."""

    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.UUIDField(null=True)
    patient_id = models.UUIDField(null=True)
    ip = models.GenericIPAddressField(null=True)
    detail = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "seq"], name="audit_seq_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["clinic", "patient_id", "-seq"], name="audit_of_patient"),
            models.Index(fields=["clinic", "object_id", "-seq"], name="audit_of_object"),
            models.Index(fields=["clinic", "actor_id", "-seq"], name="audit_of_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.actor} {self.action}"


class IdempotentAnswer(ClinicOwned):
    """The first answer to a POST that named a key, given again to its repetitions."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "user", "key"], name="idempotent_key_once"),
        ]

    def __str__(self) -> str:
        return self.key


class Undoable(ClinicOwned):
    """One change that can be taken back (``clinic.undoing``).

    ``before`` is what taking it back restores, ``after`` what must still be so. Of one object only
    the latest change that was not taken back can be.
    """

    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    before = models.JSONField(encoder=DjangoJSONEncoder)
    after = models.JSONField(encoder=DjangoJSONEncoder)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta(ClinicOwned.Meta):
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["clinic", "object_id", "-at", "-id"],
                condition=models.Q(undone_at__isnull=True),
                name="undoable_of_object",
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class Lease(ClinicOwned):
    """Who is at work on an object until when; nobody else is given it meanwhile."""

    object_id = models.UUIDField()
    holder = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    holder_label = models.CharField(max_length=200)
    until = models.DateTimeField()

    class Meta(ClinicOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["clinic", "object_id"], name="one_lease_of_object"),
        ]

    def __str__(self) -> str:
        return self.holder_label
