"""What the patient does, who brings a link and no login: opening, signing, declining.

Everything here runs inside the clinic that the link's door entered.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from clinic.current import current_clinic_id
from clinic.models import Clinic
from clinic.recording import Actor, Record, change
from clinic.refusals import Conflict
from consents import seal
from consents.drawing import Strokes
from consents.links import digest
from consents.models import WITH_PATIENT, ConsentForm, ConsentStatus
from consents.moves import UnknownForm, locked, move
from documents.corrections import empty_extraction
from documents.models import Document, DocumentKind, DocumentStatus
from documents.queries import event_doc
from documents.storage import keep, measure

HAND = "Patient by e-mailed link"
IN_PERSON = "Patient on the clinic's device"


class LinkEnded(Conflict):
    """The link was used, has run out, or its form was taken back; ``form`` says which."""

    code = "link_ended"
    sentence = "This link does not open a form any more."

    def __init__(self, form: ConsentForm) -> None:
        super().__init__()
        self.form = form


@dataclass(frozen=True, slots=True)
class Visitor:
    """From where a link was used; kept as evidence."""

    ip: str | None
    user_agent: str

    def actor(self, form: ConsentForm) -> Actor:
        """Who acts, for the audit."""
        return Actor(IN_PERSON if is_in_person(form) else HAND, ip=self.ip)

    def at(self, moment: datetime) -> dict[str, Any]:
        """As evidence."""
        return {"at": moment.isoformat(), "ip": self.ip, "user_agent": self.user_agent[:500]}


@dataclass(frozen=True, slots=True)
class Hand:
    """What the patient entered: their name, and perhaps a drawn signature."""

    name: str
    strokes: Strokes = ()


def is_in_person(form: ConsentForm) -> bool:
    """Whether the patient was handed a device, instead of being e-mailed a link."""
    return "handed_over" in form.evidence


def form_behind(secret: str) -> ConsentForm:
    """The form that a link opens.

    Raises:
        UnknownForm: for a link that nobody was sent, or that was replaced.
        LinkEnded: for one that opens nothing any more.
    """
    form = ConsentForm.objects.select_related("patient").filter(link_digest=digest(secret)).first()
    if form is None:
        raise UnknownForm
    if not form.is_with_patient(timezone.now()):
        raise LinkEnded(form)
    return form


def open_form(*, secret: str, visitor: Visitor) -> ConsentForm:
    """The form for reading; the first time puts it in progress.

    Raises:
        UnknownForm, LinkEnded: see :func:`form_behind`.
    """
    form = form_behind(secret)
    if form.status == ConsentStatus.SENT:
        with change(by=visitor.actor(form)) as record:
            form = locked(form.pk)
            _still_open(form, secret)
            if form.status == ConsentStatus.SENT:
                _open(form, visitor, record)
    return form


def sign_form(*, secret: str, hand: Hand, visitor: Visitor) -> ConsentForm:
    """Signs: prints, seals and files the form. The link is used up.

    The file is written before the transaction, which makes the row that knows it; one that stays
    behind after a crash is found as a lost file.

    Raises:
        UnknownForm, LinkEnded: see :func:`form_behind`; also when another signed meanwhile.
    """
    form = form_behind(secret)
    if form.status == ConsentStatus.SENT:
        form = open_form(secret=secret, visitor=visitor)
    now = timezone.now()
    evidence = form.evidence | {"signed": visitor.at(now), "seal_certificate": seal.fingerprint()}
    data, pages = _printed(form, hand, now, evidence)
    storage_name = keep(current_clinic_id(), ContentFile(data))
    try:
        with change(by=visitor.actor(form)) as record:
            form = locked(form.pk)
            _still_open(form, secret)
            document = _file(form, data, pages, storage_name, now, record)
            fields: dict[str, Any] = {
                "signer_name": hand.name,
                "signed_at": now,
                "ended_at": now,
                "evidence": evidence,
                "document": document,
            }
            move(form, ConsentStatus.SIGNED, record, **fields)
    except BaseException:
        with contextlib.suppress(OSError):
            default_storage.delete(storage_name)
        raise
    return form


def decline_form(*, secret: str, reason: str, visitor: Visitor) -> ConsentForm:
    """Declines, perhaps with a reason. The link is used up.

    Raises:
        UnknownForm, LinkEnded: see :func:`form_behind`.
    """
    behind = form_behind(secret)
    with change(by=visitor.actor(behind)) as record:
        form = locked(form_behind(secret).pk)
        _still_open(form, secret)
        now = timezone.now()
        evidence = form.evidence | {"declined": visitor.at(now)}
        move(form, ConsentStatus.DECLINED, record, reason=reason, ended_at=now, evidence=evidence)
    return form


def check_form(form_id: UUID) -> seal.Verdict:
    """Whether a signed form's file is, byte for byte, what was sealed.

    Raises:
        UnknownForm: when there is none, or it was never signed.
    """
    form = ConsentForm.objects.select_related("document").filter(pk=form_id).first()
    if form is None or form.document is None:
        raise UnknownForm
    try:
        with default_storage.open(form.document.storage_name) as stream:
            if measure(stream).sha256 != form.document.sha256:
                return seal.Verdict("The file was changed after it was filed.")
            return seal.check(stream.read())
    except FileNotFoundError:
        return seal.Verdict("The file is gone.")


def _still_open(form: ConsentForm, secret: str) -> None:
    if form.link_digest != digest(secret):
        raise UnknownForm
    if form.status not in WITH_PATIENT:
        raise LinkEnded(form)


def _open(form: ConsentForm, visitor: Visitor, record: Record) -> None:
    now = timezone.now()
    evidence = form.evidence | {"opened": visitor.at(now)}
    move(form, ConsentStatus.IN_PROGRESS, record, opened_at=now, evidence=evidence)


def _printed(
    form: ConsentForm, hand: Hand, now: datetime, evidence: dict[str, Any]
) -> tuple[bytes, int]:
    """The sealed PDF and how many pages it has."""
    from consents.paper import Signature, print_form  # noqa: PLC0415 - reportlab costs 25 MB

    clinic = Clinic.objects.get(pk=current_clinic_id())
    printed = print_form(
        title=form.name,
        body=form.body,
        signature=Signature(hand.name, now.astimezone(clinic.tzinfo), hand.strokes),
        evidence=_evidence_lines(form, hand, clinic, evidence),
    )
    return seal.seal(printed.data, reason=f"{form.name}, signed by {hand.name}"), printed.pages


def _evidence_lines(
    form: ConsentForm, hand: Hand, clinic: Clinic, evidence: dict[str, Any]
) -> list[tuple[str, str]]:
    from consents.paper import said_time  # noqa: PLC0415 - reportlab costs 25 MB

    def when(moment: datetime | None) -> str:
        return said_time(moment.astimezone(clinic.tzinfo)) if moment else ""

    def used(name: str) -> list[tuple[str, str]]:
        at, word = evidence[name], name.capitalize()
        return [
            (word, when(datetime.fromisoformat(at["at"]))),
            (f"{word} from address", at["ip"] or "not known"),
            (f"{word} with", at["user_agent"] or "not told"),
        ]

    return [
        ("Form", f"{form.name} (version {form.template_version} of its template)"),
        ("Number of this form", str(form.pk)),
        ("Clinic", clinic.name),
        ("Patient", f"{form.patient.name}, MRN {form.patient.mrn}"),
        *_way(form, when(form.sent_at)),
        *used("opened"),
        *used("signed"),
        ("Signed as", hand.name),
        ("Signed by", "typed name and drawn signature" if hand.strokes else "typed name"),
        ("SHA-256 of the wording", form.body_sha256),
        ("SHA-256 of the seal's certificate", evidence["seal_certificate"]),
    ]


def _way(form: ConsentForm, when: str) -> list[tuple[str, str]]:
    """How the form came to the patient."""
    if is_in_person(form):
        return [("Handed over in the clinic", when), ("By", form.evidence["handed_over"]["by"])]
    return [("Sent", when), ("E-mailed to", form.sent_to)]


def _file(
    form: ConsentForm,
    data: bytes,
    pages: int,
    storage_name: str,
    now: datetime,
    record: Record,
) -> Document:
    """The signed form among the patient's documents: approved, because its signer made it."""
    measured = measure(ContentFile(data))
    clinic = Clinic.objects.get(pk=current_clinic_id())
    day = timezone.localdate(now, timezone=clinic.tzinfo)
    extracted = empty_extraction()
    extracted["document"] |= {
        "pages": pages,
        "kind": {"value": DocumentKind.CONSENT_FORM.value, "confidence": 1.0},
    }
    document = Document.objects.create(
        patient_id=form.patient_id,
        kind=DocumentKind.CONSENT_FORM,
        kind_given=DocumentKind.CONSENT_FORM,
        status=DocumentStatus.APPROVED,
        name=f"{form.name[:200]} signed {day:%Y-%m-%d}.pdf",
        storage_name=storage_name,
        mime="application/pdf",
        size=measured.size,
        sha256=measured.sha256,
        pages=pages,
        progress="filed",
        confidence=1.0,
        extracted=extracted,
        reviewed_at=now,
    )
    record.event("document", "insert", event_doc(document))
    record.audit("document.signed", document, patient_id=form.patient_id)
    return document
