"""Addresses of conversations and of the copilot."""

from __future__ import annotations

from clinic.api.views import routes
from copilot.api.receipt_views import AgentTokenDetail, AgentTokens, ReceiptDetail, ReceiptList
from copilot.api.run_views import (
    CopilotConnect,
    CopilotEndpoint,
    CopilotInfo,
    CopilotRunView,
    CopilotStop,
    WatchRun,
)
from copilot.api.views import ConversationList, ConversationMessages, MessageList

urlpatterns = routes(
    ("conversations", ConversationList, "api-conversations"),
    (
        "conversations/<uuid:conversation_id>/messages",
        ConversationMessages,
        "api-conversation-messages",
    ),
    ("messages", MessageList, "api-messages"),
    ("copilot", CopilotEndpoint, "api-copilot"),
    ("copilot/info", CopilotInfo, "api-copilot-info"),
    ("copilot/agent/<str:agent>/run", CopilotRunView, "api-copilot-run"),
    ("copilot/agent/<str:agent>/connect", CopilotConnect, "api-copilot-connect"),
    ("copilot/agent/<str:agent>/stop/<str:thread>", CopilotStop, "api-copilot-stop"),
    ("agents/runs/<uuid:run_id>/agui", WatchRun, "api-agent-run-agui"),
    ("copilot/tokens", AgentTokens, "api-copilot-tokens"),
    ("copilot/tokens/<uuid:token_id>", AgentTokenDetail, "api-copilot-token"),
    ("copilot/receipts", ReceiptList, "api-copilot-receipts"),
    ("copilot/receipts/<uuid:receipt_id>", ReceiptDetail, "api-copilot-receipt"),
)
