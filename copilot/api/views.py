"""Conversations over HTTP."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.paging import listed
from clinic.api.parameters import choice, identifier, paging, take_slice
from clinic.api.schema import endpoint, example
from clinic.api.views import ClinicView, created
from copilot.actions import UnknownConversation, begin_conversation, write_message
from copilot.api.serializers import (
    ConversationCreated,
    ConversationRow,
    MessageCreated,
    MessageRow,
    NewConversation,
    NewMessage,
)
from copilot.models import Channel
from copilot.permissions import may_read_conversations, may_write_messages
from copilot.queries import list_conversations, list_messages

TAG = "Conversations"
FILTERS = (
    choice("channel", Channel, "Only conversations of this channel."),
    identifier("patient_id", "Only conversations about this patient."),
    identifier("claim_id", "Only conversations about this claim."),
    identifier("appointment_id", "Only conversations about this appointment."),
    *paging(),
)
MESSAGES = paging()


class ConversationList(ClinicView):
    """All conversations."""

    @endpoint(
        may=may_read_conversations,
        tag=TAG,
        name="list_conversations",
        summary="List conversations",
        description="Those with the latest messages first; of talks with the copilot your own.",
        parameters=FILTERS,
        answers={200: ConversationRow(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        values = self.query(FILTERS)
        part = take_slice(values)
        return listed(request, list_conversations(part, login=self.login, **values))

    @endpoint(
        may=may_write_messages,
        tag=TAG,
        name="begin_conversation",
        summary="Begin a conversation",
        description="One about a claim or an appointment is about its patient too.",
        takes=NewConversation,
        answers={201: ConversationCreated},
        errors=(404,),
        examples=[example("Among colleagues", {"channel": "internal"})],
    )
    def post(self, request: Request) -> Response:
        """201."""
        values = self.body(NewConversation)
        conversation = begin_conversation(
            by=self.actor, channel=values["channel"], **values["subject"]
        )
        return created("The conversation has begun.", {"conversation_id": conversation.pk})


class ConversationMessages(ClinicView):
    """What was said in one conversation."""

    @endpoint(
        may=may_read_conversations,
        tag=TAG,
        name="list_messages",
        summary="List a conversation's messages",
        description="Oldest first.",
        parameters=MESSAGES,
        answers={200: MessageRow(many=True)},
        errors=(404,),
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """200."""
        page = list_messages(conversation_id, take_slice(self.query(MESSAGES)), login=self.login)
        if page is None:
            raise UnknownConversation
        return listed(request, page)


class MessageList(ClinicView):
    """Saying something."""

    @endpoint(
        may=may_write_messages,
        tag=TAG,
        name="write_message",
        summary="Write a message",
        description="The clinic's open screens are told. The message is kept here and goes "
        "nowhere else, whatever the conversation's channel.",
        takes=NewMessage,
        answers={201: MessageCreated},
        errors=(404,),
    )
    def post(self, request: Request) -> Response:
        """201."""
        message = write_message(by=self.actor, **self.body(NewMessage))
        return created("The message was written.", {"message_id": message.pk})
