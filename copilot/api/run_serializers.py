"""Bodies and answers of the copilot's addresses, as far as OpenAPI can say them."""

from __future__ import annotations

from rest_framework import serializers

from copilot.models import CopilotStatus, Outcome, Via

Fields = serializers.Serializer[object]


class RunInputBody(Fields):
    """AG-UI's RunAgentInput; fields that are not named here are kept."""

    threadId = serializers.CharField(max_length=200)
    runId = serializers.CharField(max_length=200)
    messages = serializers.ListField(
        child=serializers.DictField(),
        help_text="Only what the person says now is believed: the history is the server's.",
    )
    protocolVersion = serializers.CharField(required=False)
    parentRunId = serializers.CharField(required=False)
    state = serializers.DictField(required=False)
    tools = serializers.ListField(child=serializers.DictField(), required=False)
    context = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(),
        required=False,
        help_text="The item `page` says what is on the screen: its value is JSON with ids.",
    )
    forwardedProps = serializers.DictField(required=False)
    resume = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="Answers to interrupts."
    )


class CopilotBody(Fields):
    """A RunAgentInput, or CopilotKit's envelope."""

    threadId = serializers.CharField(required=False)
    runId = serializers.CharField(required=False)
    messages = serializers.ListField(child=serializers.DictField(), required=False)
    method = serializers.CharField(required=False)
    params = serializers.DictField(required=False)
    body = serializers.DictField(required=False)


class EventStream(Fields):
    """One AG-UI event of the text/event-stream; type RUN_FINISHED or RUN_ERROR is the last."""

    type = serializers.CharField()


class AgentInfo(Fields):
    """One agent."""

    name = serializers.CharField()
    description = serializers.CharField()
    className = serializers.CharField()


class InfoAnswer(Fields):
    """What CopilotKit asks a runtime."""

    version = serializers.CharField()
    mode = serializers.CharField()
    agents = serializers.DictField(child=AgentInfo())
    audioFileTranscriptionEnabled = serializers.BooleanField()
    threadEndpoints = serializers.DictField(child=serializers.BooleanField())
    suggestions = serializers.BooleanField()
    a2uiEnabled = serializers.BooleanField()
    openGenerativeUIEnabled = serializers.BooleanField()
    telemetryDisabled = serializers.BooleanField()


class StopBody(Fields):
    """Which run; without it, the one that runs."""

    runId = serializers.CharField(required=False)


class StopAnswer(Fields):
    """Whether there was something to stop."""

    stopped = serializers.BooleanField()


class TouchedRow(Fields):
    """A row that was shown or changed."""

    kind = serializers.CharField()
    id = serializers.UUIDField()
    changed = serializers.BooleanField()


class ReceiptCall(Fields):
    """A tool that was called."""

    tool = serializers.CharField()
    arguments = serializers.DictField()
    approved = serializers.BooleanField()
    outcome = serializers.ChoiceField(Outcome.choices)
    touched = TouchedRow(many=True)
    milliseconds = serializers.IntegerField()
    at = serializers.DateTimeField()


class ReceiptRow(Fields):
    """One run of the copilot, in a list."""

    receipt_id = serializers.UUIDField()
    via = serializers.ChoiceField(Via.choices)
    status = serializers.ChoiceField(CopilotStatus.choices)
    asker = serializers.CharField()
    model = serializers.CharField()
    tools = serializers.ListField(child=serializers.CharField())
    rows = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(allow_null=True, help_text="Dollars; null when unknown.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class Receipt(ReceiptRow):
    """One run of the copilot, with its calls."""

    conversation_id = serializers.UUIDField(allow_null=True)
    thread_id = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    calls = ReceiptCall(many=True)


class AgentTokenBody(Fields):
    """A token to make."""

    name = serializers.CharField(max_length=100, help_text="Whose it is, for the list of sign-ins.")
    scopes = serializers.ListField(child=serializers.CharField(max_length=60), min_length=1)
    days = serializers.IntegerField(min_value=1, max_value=365, default=30)


class AgentTokenMade(Fields):
    """The token; its text is not kept."""

    token = serializers.CharField()
    token_id = serializers.UUIDField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()
    message = serializers.CharField()
