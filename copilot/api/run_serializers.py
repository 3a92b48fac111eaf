"""Bodies and answers of the copilot's addresses, as far as OpenAPI can say them."""

from __future__ import annotations

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from copilot.limits import LONGEST_ID, LONGEST_RESULT, LONGEST_TEXT
from copilot.models import CopilotStatus, Outcome, Via

Fields = serializers.Serializer[object]


class UserSays(Fields):
    """A message of the person: new ones are answered."""

    id = serializers.CharField(min_length=1, max_length=LONGEST_ID)
    role = serializers.ChoiceField(["user"])
    content = serializers.CharField(max_length=LONGEST_TEXT)


class ToolSays(Fields):
    """The result of a tool of the client's that the last run asked for."""

    id = serializers.CharField(min_length=1, max_length=LONGEST_ID)
    role = serializers.ChoiceField(["tool"])
    toolCallId = serializers.CharField()
    content = serializers.CharField(max_length=LONGEST_RESULT)


class OthersSaid(Fields):
    """Of these nothing is believed: the history is the server's."""

    id = serializers.CharField(min_length=1, max_length=LONGEST_ID)
    role = serializers.ChoiceField(["assistant", "system", "developer"])
    content = serializers.CharField()


class ClientTool(Fields):
    """A tool of the client's. Its name is none of ours; its arguments are JSON Schema."""

    name = serializers.CharField()
    description = serializers.CharField()
    parameters = serializers.DictField(required=False)


class ContextItem(Fields):
    """The item `page` says what is on the screen: its value is JSON with ids."""

    description = serializers.CharField()
    value = serializers.CharField()


class ResumeItem(Fields):
    """The answer to an interrupt: payload is as its responseSchema says."""

    interruptId = serializers.CharField()
    status = serializers.ChoiceField(["resolved", "cancelled"])
    payload = serializers.DictField(required=False)


class RunInputBody(Fields):
    """AG-UI's RunAgentInput; fields that are not named here are kept."""

    threadId = serializers.CharField(min_length=1, max_length=LONGEST_ID)
    runId = serializers.CharField(min_length=1, max_length=LONGEST_ID)
    messages = serializers.ListField(
        child=PolymorphicProxySerializer(
            component_name="CopilotMessage",
            serializers=[UserSays, ToolSays, OthersSaid],
            resource_type_field_name=None,
        )
    )
    protocolVersion = serializers.CharField(required=False)
    parentRunId = serializers.CharField(required=False)
    state = serializers.DictField(required=False)
    tools = ClientTool(many=True, required=False)
    context = ContextItem(many=True, required=False)  # type: ignore[assignment]
    forwardedProps = serializers.DictField(required=False)
    resume = ResumeItem(many=True, required=False)


class ThreadBody(Fields):
    """Which thread; a whole RunAgentInput is taken too."""

    threadId = serializers.CharField(min_length=1, max_length=LONGEST_ID)


class EnvelopeParams(Fields):
    """Of which agent and thread; the agent is `default`."""

    agentId = serializers.CharField(required=False, default="default")
    threadId = serializers.CharField(required=False)


class EnvelopeBody(Fields):
    """CopilotKit's single-route envelope; the body of `agent/run` is a RunAgentInput."""

    method = serializers.ChoiceField(["info", "agent/run", "agent/connect", "agent/stop"])
    params = EnvelopeParams(required=False)
    body = serializers.DictField(required=False)


class WatchBody(Fields):
    """The names of thread and run in the events."""

    threadId = serializers.CharField(required=False)
    runId = serializers.CharField(required=False)


class StreamedEvent(Fields):
    """One event of the text/event-stream; its data is one AG-UI event as JSON."""

    data = serializers.CharField()  # type: ignore[assignment]


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


CopilotBody = PolymorphicProxySerializer(
    component_name="CopilotBody",
    serializers=[RunInputBody, EnvelopeBody],
    resource_type_field_name=None,
)
CopilotAnswer = PolymorphicProxySerializer(
    component_name="CopilotAnswer",
    serializers=[InfoAnswer, StopAnswer],
    resource_type_field_name=None,
)


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
