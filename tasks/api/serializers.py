"""Bodies and answers about tasks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.api.fields import Line, Moment, OneOf, Text
from tasks.models import Priority, TaskState

Fields = serializers.Serializer[object]


class NewTask(Fields):
    """A task to open."""

    title = Line(max_length=300)
    description = Text(required=False, allow_blank=True, default="")
    patient_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    assigned_to = Line(max_length=200, required=False, allow_blank=True, default="")
    assignee_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    agent_type = Line(max_length=40, required=False, allow_blank=True, default="")
    priority = OneOf(Priority, required=False, default=Priority.MEDIUM)
    kind = serializers.RegexField(
        r"^[a-z][a-z0-9_]{0,39}$", required=False, default="general", help_text="A short name."
    )
    due_at = Moment(required=False, allow_null=True, default=None)


class TaskChange(Fields):
    """What to change; what is left out stays."""

    title = Line(max_length=300, required=False)
    description = Text(required=False, allow_blank=True)
    state = OneOf(TaskState, required=False)
    comment = Text(required=False, help_text="Adds a remark.")
    assignee_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="A member; null takes it from everybody."
    )
    assigned_to = Line(max_length=200, required=False, allow_blank=True)
    priority = OneOf(Priority, required=False)
    due_at = Moment(required=False, allow_null=True)
    answer = serializers.JSONField(
        required=False,
        help_text="Answers an agent's question and resumes its run; its shape is the question's "
        "(for a document review: that of PATCH /documents/{id}).",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to do.

        Raises:
            ValidationError: for an empty change.
        """
        if not attrs:
            raise serializers.ValidationError("Name at least one thing to change.")
        return attrs


class TaskRow(Fields):
    """A task in a list."""

    task_id = serializers.UUIDField()
    display_id = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    kind = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    patient_id = serializers.UUIDField(allow_null=True)
    patient_name = serializers.CharField(allow_null=True)
    document_id = serializers.UUIDField(allow_null=True)
    assigned_to = serializers.CharField(allow_blank=True)
    assignee_id = serializers.UUIDField(allow_null=True)
    agent_type = serializers.CharField(allow_null=True)
    priority = OneOf(Priority)
    state = OneOf(TaskState)
    confidence_score = serializers.FloatField(allow_null=True)
    waiting_minutes = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class Comment(Fields):
    """A remark."""

    comment_id = serializers.UUIDField()
    author = serializers.CharField()
    author_id = serializers.UUIDField(allow_null=True)
    text = serializers.CharField()
    at = serializers.DateTimeField()


class TaskAnswer(TaskRow):
    """A task with its remarks."""

    comments = Comment(many=True)


class TaskCreated(Fields):
    """The new task's ids."""

    task_id = serializers.UUIDField()
    display_id = serializers.CharField()
    message = serializers.CharField()
