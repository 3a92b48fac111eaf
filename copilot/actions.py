"""What changes conversations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from appointments.models import Appointment
from claims.models import Claim
from clinic.recording import Actor, change
from clinic.refusals import Missing, invalid
from copilot.models import Channel, Conversation, Message
from patients.models import Patient


class UnknownConversation(Missing):
    """There is no such conversation in this clinic."""

    sentence = "There is no such conversation."


class UnknownPatient(Missing):
    """There is no such patient in this clinic."""

    sentence = "There is no such patient."


class UnknownClaim(Missing):
    """There is no such claim in this clinic."""

    sentence = "There is no such claim."


class UnknownAppointment(Missing):
    """There is no such appointment in this clinic."""

    sentence = "There is no such appointment."


def begin_conversation(
    *,
    by: Actor,
    channel: str,
    patient_id: UUID | None = None,
    claim_id: UUID | None = None,
    appointment_id: UUID | None = None,
) -> Conversation:
    """Begins a conversation; one about a claim or a visit is about its patient too.

    Raises:
        UnknownPatient, UnknownClaim, UnknownAppointment: see there.
        Invalid: when the subjects belong to different patients.
    """
    with change(by=by) as record:
        patients = _patients_of(patient_id, claim_id, appointment_id)
        if len(patients) > 1:
            raise invalid("subject", "These belong to different patients.")
        conversation = Conversation.objects.create(
            channel=channel,
            patient_id=next(iter(patients), None),
            claim_id=claim_id,
            appointment_id=appointment_id,
            last_message_at=timezone.now(),
            created_by_id=by.user_id,
        )
        record.audit("conversation.begin", conversation, patient_id=conversation.patient_id)
    return conversation


def write_message(*, conversation_id: UUID, text: str, by: Actor, rich: Any = None) -> Message:
    """Adds a message. It is kept; no channel carries it out of the clinic by that.

    Messages of one conversation have times in the order of their commits, because its row is
    locked meanwhile.

    Raises:
        UnknownConversation: see there.
    """
    with change(by=by) as record:
        conversation = (
            Conversation.objects.select_for_update(of=("self",), no_key=True)
            .select_related("patient")
            .filter(pk=conversation_id)
            .first()
        )
        if conversation is None or _is_anothers(conversation, by):
            raise UnknownConversation
        now = timezone.now()
        message = Message.objects.create(
            conversation=conversation,
            text=text,
            rich=rich,
            author_id=by.user_id,
            author_label=by.label,
            created_at=now,
        )
        Conversation.objects.filter(pk=conversation.pk).update(last_message_at=now)
        record.event("message", "insert", message_event(conversation, message))
        record.audit("message.write", message, patient_id=conversation.patient_id)
    return message


def message_event(conversation: Conversation, message: Message) -> dict[str, Any]:
    """What open screens are told of a message; whom a talk with the copilot is about, nobody."""
    everybodys = conversation.channel != Channel.COPILOT
    patient = conversation.patient if everybodys else None
    return {
        "message_id": message.pk,
        "conversation_id": conversation.pk,
        "channel": conversation.channel,
        "author": message.author_label,
        "patient_id": patient.pk if patient else None,
        "patient_name": patient.name if patient else None,
    }


def _is_anothers(conversation: Conversation, by: Actor) -> bool:
    """Whether it is a talk with the copilot, and not this person's."""
    return conversation.channel == Channel.COPILOT and conversation.created_by_id != by.user_id


def _patients_of(
    patient_id: UUID | None, claim_id: UUID | None, appointment_id: UUID | None
) -> set[UUID]:
    found: set[UUID] = set()
    if patient_id is not None:
        if not Patient.objects.filter(pk=patient_id).exists():
            raise UnknownPatient
        found.add(patient_id)
    if claim_id is not None:
        claim = Claim.objects.filter(pk=claim_id).only("patient_id").first()
        if claim is None:
            raise UnknownClaim
        found.add(claim.patient_id)
    if appointment_id is not None:
        visit = Appointment.objects.filter(pk=appointment_id).only("patient_id").first()
        if visit is None:
            raise UnknownAppointment
        found.add(visit.patient_id)
    return found
