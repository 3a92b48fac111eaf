"""Papers as the agent leaves them, made without reading anything."""

from datetime import date
from pathlib import Path
from uuid import uuid4

from django.core.files.base import ContentFile
from django.utils import timezone

from agents.models import AgentRun, AgentStep, RunStatus
from agents.registry import agent_named
from clinic.current import current_clinic_id
from clinic.models import Membership, User
from clinic.recording import SYSTEM, change
from documents.actions import READER, flag_for_review
from documents.charting import chart_document
from documents.models import Document, DocumentPage, DocumentStatus
from documents.pipeline.types import Extraction, Field, PageText
from documents.samples import people
from documents.storage import keep
from patients.models import Patient
from tasks.agent_tasks import open_agent_task

BORN, BORN_LATER = date(1962, 11, 5), date(1980, 1, 2)
BOX = (0.1, 0.2, 0.3, 0.25)


def lab(number, name, value):
    return Field(
        f"f{number}",
        "lab",
        str(value),
        label=name,
        unit="mg/dL",
        value_num=float(value),
        page=1,
        bbox=BOX,
        excerpt=f"{name} {value} mg/dL",
        confidence=0.97,
        effective_date="2025-11-02",
    )


def made_document(
    patient, labs, *, status=DocumentStatus.NOT_INGESTED, name="lab.pdf", named=None, **fields
):
    """A lab report that waits for a person with its run and task, or that was filed unseen.

    ``named`` is the patient whom the page names, when that is to be seen.
    """
    facts = tuple(lab(number, *one) for number, one in enumerate(labs.items(), start=1))
    if named:
        facts += (
            Field("f8", "patient.name", named.name, page=1, bbox=BOX, confidence=0.97),
            Field("f9", "patient.dob", named.dob.isoformat(), page=1, bbox=BOX, confidence=0.97),
        )
    other = named is not None and patient is not None and named.pk != patient.pk
    doubtful = ("f1",) if status == DocumentStatus.NOT_INGESTED and facts else ()
    extraction = Extraction(
        pages=1,
        kind=fields.get("kind", "lab"),
        kind_confidence=0.97,
        fields=facts,
        needs_review=doubtful,
        reasons=("low_confidence:lab",) if doubtful else (),
        patient_match={"disagree": ["name", "dob"]} if other else {},
    )
    document = Document.objects.create(
        **{
            "patient": patient,
            "kind": "lab",
            "status": status,
            "name": name,
            "storage_name": uuid4().hex,
            "mime": "application/pdf",
            "size": 1,
            "sha256": uuid4().hex.ljust(64, "0"),
            "pages": 1,
            "progress": "fields",
            "confidence": 0.6,
            "doubtful": len(doubtful),
            "extracted": extraction.as_dict(),
            **fields,
        }
    )
    page = PageText(1, 612.0, 792.0, "trusted", ())
    DocumentPage.objects.create(document=document, number=1, text=page.as_dict())
    with change(SYSTEM) as record:
        _run_of(document, record)
        if status == DocumentStatus.INGESTED:
            chart_document(document, record)
    return document


def fill_queue(names, *, with_bob=False):
    """A clinic's queue of such papers, each with a real file; for a shell beside an installation.

    A name that begins with "type" has the wrong kind, one with "patient" the wrong patient.
    """
    clinic_id = current_clinic_id()
    if with_bob:
        user = User.objects.create_user("bob@example.org", "correct horse battery", name="Bob B")
        Membership.objects.create(user=user, role="staff")
    right = Patient.objects.create(mrn="1", first_name="James", last_name="Smith", dob=BORN)
    wrong = Patient.objects.create(mrn="2", first_name="Anna", last_name="Jones", dob=BORN_LATER)
    data = (Path(people.__file__).parent / "files" / "lab-rodriguez.pdf").read_bytes()
    for name in names:
        made_document(
            wrong if name.startswith("patient") else right,
            {"LDL": 148, "HDL": 50},
            name=name,
            named=right,
            storage_name=keep(clinic_id, ContentFile(data, name=name)),
            **({"kind": "imaging"} if name.startswith("type") else {}),
        )


def _run_of(document, record):
    waits = document.status == DocumentStatus.NOT_INGESTED
    now = timezone.now()
    run = AgentRun.objects.create(
        agent=READER,
        document_id=document.pk,
        patient_id=document.patient_id,
        status=RunStatus.WAITING_INPUT if waits else RunStatus.COMPLETED,
        graph_step="settle",
    )
    steps = [step.name for step in agent_named(READER).steps]
    steps = steps[: steps.index("settle") + 1]
    AgentStep.objects.bulk_create(
        AgentStep(run=run, position=n, name=name, output={}, started_at=now, finished_at=now)
        for n, name in enumerate(steps)
    )
    if not waits:
        return
    flag_for_review(document)
    open_agent_task(
        record=record,
        title=f"Check lab report: {document.name}",
        description="1 value to check.",
        kind="document_review",
        agent_type=READER,
        patient_id=document.patient_id,
        document_id=document.pk,
        run_id=run.pk,
    )
