"""A reviewed laboratory report, and the form that its page shows, for tests of the review."""

from datetime import date
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from documents.models import Document, DocumentPage, DocumentStatus
from documents.pipeline.types import Extraction, Field, PageText
from documents.samples import people
from patients.models import Patient
from tasks.agent_tasks import open_agent_task

SAMPLES = Path(people.__file__).parent / "files"
BOX = (0.1, 0.2, 0.3, 0.25)


def keep_files_in(folder, settings):
    """Let what the test stores stand in a folder of its own."""
    settings.VAR_DIR = folder
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder / "files"},
        },
    }


def smith_of(person):
    """The patient whom the report is about, in the person's clinic."""
    with person.at_work():
        return Patient.objects.create(
            mrn="100003", first_name="James", last_name="Smith", dob=date(1962, 11, 5)
        )


def extraction(*, disagree=()):
    fields = (
        Field("f1", "patient.name", "SMITH, JAMES", page=1, bbox=BOX, confidence=0.97),
        Field("f2", "patient.dob", "1962-11-05", page=1, bbox=BOX, confidence=0.97),
        Field(
            "f3",
            "lab",
            "148",
            label="LDL",
            unit="mg/dL",
            value_num=148.0,
            page=1,
            bbox=BOX,
            confidence=0.55,
            ref_range={"raw": "<100", "low": None, "high": 100.0},
        ),
        Field("f4", "lab", "50", label="HDL", unit="mg/dL", value_num=50.0, confidence=0.95),
    )
    made = Extraction(
        pages=1,
        kind="lab",
        kind_confidence=0.9,
        fields=fields,
        reasons=("low_confidence:lab",),
        needs_review=("f3",),
        patient_match={"patient_id": None, "score": 0.9, "agree": [], "disagree": list(disagree)},
    )
    return made.as_dict()


def add(name="lab.pdf", **fields):
    document = Document.objects.create(
        **{
            "name": name,
            "storage_name": default_storage.save(name, ContentFile(b"%PDF-1.4 nothing")),
            "mime": "application/pdf",
            "size": 1,
            "sha256": name.ljust(64, "0"),
            "pages": 1,
            "kind": "lab",
            "status": DocumentStatus.NOT_INGESTED,
            "confidence": 0.55,
            "extracted": extraction(),
            "doubtful": 1,
            **fields,
        }
    )
    page = PageText(1, 612.0, 792.0, "trusted", ())
    DocumentPage.objects.create(document=document, number=1, text=page.as_dict())
    return document


def values(document, **changes):
    """The form as the page shows it, with some inputs changed."""
    posted = {"version": document.version, "kind": document.kind, "action": "approve"}
    for field in document.extracted["fields"]:
        posted[f"value-{field['id']}"] = field["value"]
        if field["name"] == "lab":
            posted[f"unit-{field['id']}"] = field["unit"]
    return posted | {name.replace("_", "-"): value for name, value in changes.items()}


def open_task(person, document, kind):
    from clinic.recording import change

    with change(by=person.actor) as record:
        open_agent_task(
            record=record,
            title="Look",
            description="",
            kind=kind,
            agent_type="document_extraction",
            patient_id=document.patient_id,
            document_id=document.pk,
        )
