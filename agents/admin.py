"""Agent runs, for operators: what waits, what failed and why, and trying again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from agents.actions import retry_run
from agents.models import AgentRun, AgentStep
from clinic.operators import OperatorAdmin, actor_of, site
from clinic.refusals import Refusal


class Steps(admin.TabularInline):  # type: ignore[type-arg]
    """The checkpoints of a run, without their outputs, which hold clinical text."""

    model = AgentStep
    fields = ("position", "name", "started_at", "finished_at")
    readonly_fields = fields
    ordering = ("position",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Every operator."""
        return site.has_permission(request)


@admin.register(AgentRun, site=site)
class AgentRunAdmin(OperatorAdmin):
    """The chosen clinic's runs, newest first."""

    called = "Agent runs"
    list_display = (
        "id",
        "agent",
        "status",
        "graph_step",
        "attempts",
        "created_at",
        "finished_at",
        "error",
    )
    list_filter = ("status", "lane")
    search_fields = ("id",)
    search_help_text = "The id of a run or of a document"
    ordering = ("-created_at", "-id")
    fields = (
        "id",
        "agent",
        "status",
        "lane",
        "graph_step",
        "document_id",
        "patient_id",
        "claim_id",
        "subject_version",
        "attempts",
        "error",
        "due_at",
        "lease_until",
        "created_at",
        "updated_at",
        "finished_at",
    )
    readonly_fields = fields
    inlines = (Steps,)
    actions = ("retry",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By index only."""
        if not search_term.strip():
            return queryset, False
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        return queryset.filter(Q(pk=wanted) | Q(document_id=wanted)), False

    @admin.action(description="Try again from the last checkpoint")
    def retry(self, request: HttpRequest, rows: QuerySet[AgentRun]) -> None:
        """Failed ones only."""
        queued = 0
        for run in rows:
            try:
                retry_run(run_id=run.pk, by=actor_of(request))
                queued += 1
            except Refusal as refusal:
                self.message_user(request, f"{run.pk}: {refusal.message}", messages.ERROR)
        if queued:
            self.message_user(request, f"{queued} queued again.", messages.SUCCESS)
