"""Clinics, people, memberships, lock-outs and the audit, for operators."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from clinic.actions import add_member, change_clinic, change_role, end_membership
from clinic.current import enter_clinic
from clinic.logins import tenants_of
from clinic.models import AuditEntry, Clinic, ClinicCounter, Membership, Role, User
from clinic.operation import (
    end_access,
    give_access_back,
    release_lock_out,
    set_clinic_active,
    sign_out_everywhere,
)
from clinic.operators import OperatorAdmin, actor_of, site
from clinic.refusals import Refusal

LATEST_LINES = 100_000


class WritingAdmin(OperatorAdmin):
    """A table that operators may change. A refusal is told on the page it was asked for."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One row, or the form of a new one."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def for_each(self, request: HttpRequest, rows: QuerySet[Any], action: Any, done: str) -> None:
        """Carries out an action row by row, and says how many it was done to."""
        count = 0
        for row in rows:
            try:
                action(row)
            except Refusal as refusal:
                self.message_user(request, f"{row}: {refusal.message}", messages.ERROR)
            else:
                count += 1
        if count:
            self.message_user(request, f"{count} {done}.", messages.SUCCESS)


@admin.register(Clinic, site=site)
class ClinicAdmin(WritingAdmin):
    """The clinics of the installation: how they are called, and whether they are open."""

    called = "Clinics"
    of_clinic = False
    list_display = ("name", "timezone", "is_active", "created_at", "id")
    list_filter = ("is_active",)
    search_fields = ("name",)
    search_help_text = "Part of the name"
    ordering = ("name", "id")
    fields = ("name", "timezone", "language", "day_first", "is_active", "created_at", "id")
    readonly_fields = ("is_active", "created_at", "id")
    actions = ("suspend", "resume")

    def has_change_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        """Its name, time zone, language and how it writes dates."""
        return site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: Clinic, form: Any, change: bool) -> None:
        """Through the clinic's own action, in that clinic."""
        fields = {name: form.cleaned_data[name] for name in form.changed_data}
        if fields:
            with enter_clinic(obj.pk):
                change_clinic(by=actor_of(request), **fields)

    @admin.action(description="Suspend: its members are out at once")
    def suspend(self, request: HttpRequest, rows: QuerySet[Clinic]) -> None:
        """Nothing is deleted."""
        self._set_active(request, rows, active=False)

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, rows: QuerySet[Clinic]) -> None:
        """As it was."""
        self._set_active(request, rows, active=True)

    def _set_active(self, request: HttpRequest, rows: QuerySet[Clinic], *, active: bool) -> None:
        by = actor_of(request)
        self.for_each(
            request,
            rows,
            lambda row: set_clinic_active(clinic_id=row.pk, active=active, by=by),
            "resumed" if active else "suspended",
        )


@admin.register(User, site=site)
class UserAdmin(WritingAdmin):
    """Everybody with an account. Roles are given in a clinic, as memberships."""

    called = "People"
    of_clinic = False
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "created_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    search_help_text = "Part of the e-mail address or the name"
    ordering = ("email",)
    fields = ("email", "name", "is_active", "is_staff", "last_login", "created_at", "clinics", "id")
    readonly_fields = fields
    actions = ("deactivate", "reactivate", "sign_out")

    @admin.display(description="Clinics")
    def clinics(self, user: User) -> str:
        """Where the person works, and as what."""
        return "\n".join(f"{one.name} ({one.role})" for one in tenants_of(user)) or "None"

    @admin.action(description="Deactivate: out of the whole installation at once")
    def deactivate(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        """Sessions and sockets included."""
        by = actor_of(request)
        self.for_each(request, rows, lambda user: end_access(user=user, by=by), "deactivated")

    @admin.action(description="Reactivate")
    def reactivate(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        """What ended stays ended."""
        by = actor_of(request)
        self.for_each(request, rows, lambda user: give_access_back(user=user, by=by), "reactivated")

    @admin.action(description="Sign out of every program")
    def sign_out(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        """Their tokens stop working."""
        by = actor_of(request)
        self.for_each(
            request, rows, lambda user: sign_out_everywhere(user=user, by=by), "signed out"
        )


class NewMember(forms.ModelForm):  # type: ignore[type-arg]
    """A person to take into the clinic; who has no account gets one."""

    email = forms.EmailField(max_length=254)
    name = forms.CharField(
        max_length=200, required=False, help_text="Of a person without an account."
    )

    class Meta:
        model = Membership
        fields = ("email", "name", "role")


@admin.register(Membership, site=site)
class MembershipAdmin(WritingAdmin):
    """Who works in the chosen clinic, and as what."""

    called = "Members"
    list_display = ("person", "email", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    search_help_text = "Part of the e-mail address or the name"
    ordering = ("user__email",)
    actions = ("end",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By e-mail address."""
        return site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """The role."""
        return site.has_permission(request)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Another one for a new member than for a change of role."""
        if obj is None:
            kwargs["form"] = NewMember
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What the page shows."""
        if obj is None:
            return ("email", "name", "role")
        return ("person", "email", "role", "is_active", "created_at", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All but the role."""
        return () if obj is None else ("person", "email", "is_active", "created_at", "id")

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Through the clinic's actions."""
        by, values = actor_of(request), form.cleaned_data
        if change:
            change_role(user_id=obj.user_id, role=Role(values["role"]), by=by)
            return
        name = values["name"] or values["email"].partition("@")[0]
        added = add_member(email=values["email"], name=name, role=Role(values["role"]), by=by)
        obj.pk, obj.user = added.pk, added.user

    @admin.display(description="Person", ordering="user__name")
    def person(self, membership: Membership) -> str:
        """Their name."""
        return str(membership.user)

    @admin.display(description="E-mail", ordering="user__email")
    def email(self, membership: Membership) -> str:
        """Their address."""
        return membership.user.email

    @admin.action(description="End the membership")
    def end(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        """Out of this clinic at once; the row stays, for the audit."""
        by = actor_of(request)
        self.for_each(
            request,
            rows.filter(is_active=True),
            lambda row: end_membership(user_id=row.user_id, by=by),
            "ended",
        )


class LockedOut(admin.SimpleListFilter):
    """Who cannot try again now."""

    title = "locked out"
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One choice beside All."""
        return [("now", "Now")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Enough failures, recently enough."""
        if self.value() != "now":
            return queryset
        return queryset.filter(
            failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
            attempt_time__gt=timezone.now() - settings.AXES_COOLOFF_TIME,
        )


@admin.register(AccessAttempt, site=site)
class LockOutAdmin(WritingAdmin):
    """Wrong passwords by name and address, and who is locked out by them."""

    called = "Lock-outs"
    of_clinic = False
    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "until")
    list_filter = (LockedOut,)
    search_fields = ("username", "ip_address")
    search_help_text = "Part of the e-mail address, or the machine's address"
    ordering = ("-attempt_time", "-id")
    fields = ("username", "ip_address", "failures_since_start", "attempt_time", "until")
    readonly_fields = fields
    actions = ("release",)

    @admin.display(description="Locked out until")
    def until(self, attempt: AccessAttempt) -> datetime | None:
        """When the next try is allowed, if one is not allowed now."""
        end: datetime = attempt.attempt_time + settings.AXES_COOLOFF_TIME
        locked = attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
        return end if locked and end > timezone.now() else None

    @admin.action(description="Release: the next try is allowed")
    def release(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Forgets the failures."""
        by = actor_of(request)
        self.for_each(
            request, rows, lambda attempt: release_lock_out(attempt=attempt, by=by), "released"
        )


@admin.register(AuditEntry, site=site)
class AuditAdmin(OperatorAdmin):
    """Who did or saw what in the chosen clinic. Read only, here as in the database."""

    called = "Audit"
    list_display = ("seq", "at", "actor", "action", "object_type", "object_id", "patient_id", "ip")
    search_fields: ClassVar[tuple[str, ...]] = ("object_id",)
    search_help_text = (
        "An object's or a patient's id, a line's number, or among the latest "
        f"{LATEST_LINES:,} lines an action or the beginning of a name"
    )
    ordering = ("-seq",)
    fields = (*list_display, "actor_id", "detail", "hash")
    readonly_fields = fields
    actions = None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By index only: the audit is the largest table there is."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            wanted = UUID(term)
        except ValueError:
            if term.isascii() and term.isdigit() and len(term) < 18:
                return queryset.filter(seq=int(term)), False
            newest = ClinicCounter.objects.values_list("audit_seq", flat=True).first() or 0
            alike = Q(action=term) | Q(actor__istartswith=term)
            return queryset.filter(alike, seq__gt=newest - LATEST_LINES), False
        return queryset.filter(Q(object_id=wanted) | Q(patient_id=wanted)), False
