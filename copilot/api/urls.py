"""Addresses of conversations."""

from __future__ import annotations

from clinic.api.views import routes
from copilot.api.views import ConversationList, ConversationMessages, MessageList

urlpatterns = routes(
    ("conversations", ConversationList, "api-conversations"),
    (
        "conversations/<uuid:conversation_id>/messages",
        ConversationMessages,
        "api-conversation-messages",
    ),
    ("messages", MessageList, "api-messages"),
)
