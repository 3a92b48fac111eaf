"""From upload to chart, in one process: what the agent files by itself and what it asks."""

import hashlib
import io
import json
from pathlib import Path

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from agents import runner
from agents.models import AgentRun, Lane, RunStatus
from clinic.models import AuditEntry, Event
from documents.actions import (
    IllegalMove,
    TooLarge,
    UnknownPatient,
    WrongPassword,
    read_again,
    receive_upload,
    unlock,
)
from documents.corrections import Answer, ReviewRefused
from documents.models import Document, DocumentStatus
from documents.moving import file_under
from documents.pipeline.sniff import UnsupportedType
from documents.review import review
from documents.samples import people
from patients.models import CHART_ENTRIES, LabResult, Patient, PatientFlag
from tasks.models import Task, TaskState

SAMPLES = Path(people.__file__).parent / "files"
pytestmark = pytest.mark.django_db(transaction=True)


def patient(person=people.ALEX, **fields):
    return Patient.objects.create(
        **{
            "mrn": person.mrn,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "dob": person.dob,
            "gender": "Male" if person.sex == "M" else "Female",
            **fields,
        }
    )


def upload(name, by, **fields):
    data = (SAMPLES / name).read_bytes()
    return receive_upload(file=ContentFile(data, name=name), by=by, **fields).document


def perform_all():
    """Does what workers of both lanes would, until nothing is due."""
    for _ in range(10):
        due = AgentRun.objects.filter(status=RunStatus.QUEUED).values_list("pk", flat=True)
        if not due:
            return
        for run_id in due:
            runner.perform(run_id)


def truth(name):
    fields = json.loads((SAMPLES / name).with_suffix(".json").read_text())["fields"]
    return {f["label"]: f["value"] for f in fields if f["name"] == "lab"}


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


def test_a_sure_lab_report_is_filed_by_itself_with_its_evidence(at_work):
    alex = patient()
    document = upload("lab-rodriguez.pdf", at_work, patient_id=alex.pk)
    perform_all()
    document.refresh_from_db()
    assert document.status == DocumentStatus.INGESTED, document.extracted["reasons"]
    assert document.confidence >= 0.9
    labs = {lab.name: lab for lab in LabResult.objects.filter(patient=alex)}
    assert {name: lab.value for name, lab in labs.items()} == truth("lab-rodriguez.pdf")
    for lab in labs.values():
        assert lab.source_document_id == document.pk
        assert lab.page == 1 and len(lab.box) == 4
        assert lab.value in lab.excerpt
    assert not Task.objects.exists()
    assert AgentRun.objects.get().status == RunStatus.COMPLETED


def test_every_change_is_one_event_without_a_gap_and_the_chart_version_moves(at_work):
    alex = patient()
    upload("lab-rodriguez.pdf", at_work, patient_id=alex.pk)
    perform_all()
    seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    types = set(Event.objects.values_list("type", flat=True))
    assert types == {"document", "agent_run", "patient"}
    alex.refresh_from_db()
    assert alex.chart_version == 1


def test_a_paper_in_the_inbox_finds_its_patient(at_work):
    alex = patient()
    patient(people.MARIA)
    document = upload("lab-rodriguez.pdf", at_work)
    perform_all()
    document.refresh_from_db()
    assert document.patient_id == alex.pk
    assert document.status == DocumentStatus.INGESTED


def test_a_paper_of_nobody_known_waits_for_a_person_with_one_task(at_work):
    document = upload("lab-rodriguez.pdf", at_work)
    perform_all()
    document.refresh_from_db()
    assert document.status == DocumentStatus.NOT_INGESTED
    assert "no_patient" in document.extracted["reasons"]
    task = Task.objects.get()
    run = AgentRun.objects.get()
    assert (task.run_id, task.kind, task.state) == (run.pk, "document_review", TaskState.OPEN)
    assert run.status == RunStatus.WAITING_INPUT
    with pytest.raises(ReviewRefused):
        review(document_id=document.pk, answer=Answer("approved"), by=at_work)
    assert AgentRun.objects.get().status == RunStatus.WAITING_INPUT


def test_a_paper_under_the_wrong_patient_is_never_filed_by_itself(at_work):
    maria = patient(people.MARIA)
    document = upload("lab-rodriguez.pdf", at_work, patient_id=maria.pk)
    perform_all()
    document.refresh_from_db()
    assert document.status == DocumentStatus.NOT_INGESTED
    assert "patient_conflict" in document.extracted["reasons"]
    assert not LabResult.objects.exists()
    maria.refresh_from_db()
    assert (maria.tasks_count, maria.flagged_count) == (1, 1)


@pytest.fixture
def doubtful(at_work):
    maria = patient(people.MARIA)
    document = upload("lab-rodriguez.pdf", at_work, patient_id=maria.pk)
    perform_all()
    document.refresh_from_db()
    return document


def test_a_correction_is_charted_and_keeps_the_machines_value(at_work, doubtful):
    lab = next(f for f in doubtful.extracted["fields"] if f["name"] == "lab")
    gone = next(f for f in doubtful.extracted["fields"] if f["name"] == "lab" and f is not lab)
    answer = Answer(
        "approved", corrections=[{"id": lab["id"], "value": "148"}], removals=[gone["id"]]
    )
    document = review(document_id=doubtful.pk, answer=answer, by=at_work)
    assert document.status == DocumentStatus.APPROVED
    fields = {f["id"]: f for f in document.extracted["fields"]}
    assert fields[lab["id"]]["value"] == "148"
    assert fields[lab["id"]]["review"]["original"]["value"] == lab["value"]
    assert fields[lab["id"]]["review"]["by"] == at_work.label
    charted = LabResult.objects.get(name=lab["label"])
    assert (charted.value, charted.value_num, charted.accepted_label) == (
        "148",
        148.0,
        at_work.label,
    )
    assert not LabResult.objects.filter(name=gone["label"]).exists()
    assert Task.objects.get().state == TaskState.DONE
    assert AgentRun.objects.get().status == RunStatus.COMPLETED
    assert not PatientFlag.objects.filter(cleared_at=None).exists()
    document.patient.refresh_from_db()
    assert (document.patient.tasks_count, document.patient.flagged_count) == (0, 0)


def test_a_rejection_needs_a_reason_and_charts_nothing(at_work, doubtful):
    with pytest.raises(ReviewRefused):
        review(document_id=doubtful.pk, answer=Answer("rejected"), by=at_work)
    document = review(
        document_id=doubtful.pk, answer=Answer("rejected", reason="Wrong clinic"), by=at_work
    )
    assert document.status == DocumentStatus.REJECTED
    assert document.rejection["message"] == "Wrong clinic"
    assert not any(model.objects.exists() for model in CHART_ENTRIES)
    assert Task.objects.get().state == TaskState.DONE


def test_a_second_answer_is_refused_and_changes_nothing(at_work, doubtful):
    review(document_id=doubtful.pk, answer=Answer("approved"), by=at_work)
    before = LabResult.objects.count()
    with pytest.raises(IllegalMove):
        review(document_id=doubtful.pk, answer=Answer("approved"), by=at_work)
    assert LabResult.objects.count() == before


def test_an_answer_that_names_no_field_is_refused_whole(at_work, doubtful):
    answer = Answer("approved", corrections=[{"id": "nope", "value": "1"}])
    with pytest.raises(ReviewRefused) as refused:
        review(document_id=doubtful.pk, answer=answer, by=at_work)
    assert "nope" in refused.value.errors
    doubtful.refresh_from_db()
    assert doubtful.status == DocumentStatus.NOT_INGESTED
    assert not LabResult.objects.exists()


def test_moving_a_filed_paper_takes_its_values_along(at_work):
    alex, maria = patient(), patient(people.MARIA)
    document = upload("lab-rodriguez.pdf", at_work, patient_id=alex.pk)
    perform_all()
    count = LabResult.objects.filter(patient=alex).count()
    file_under(document_id=document.pk, patient_id=maria.pk, by=at_work)
    assert LabResult.objects.filter(patient=maria).count() == count > 0
    assert not LabResult.objects.filter(patient=alex).exists()
    assert AuditEntry.objects.filter(action="document.move", object_id=document.pk).count() == 1


def test_the_same_bytes_again_are_linked_and_add_nothing_to_the_chart(at_work):
    alex = patient()
    first = upload("lab-rodriguez.pdf", at_work, patient_id=alex.pk)
    perform_all()
    count = LabResult.objects.count()
    second = upload("lab-rodriguez.pdf", at_work, patient_id=alex.pk)
    perform_all()
    assert second.duplicate_of_id == first.pk
    second.refresh_from_db()
    assert second.extracted["duplicates"][0]["document_id"] == str(first.pk)
    assert LabResult.objects.count() == count


def test_a_picture_is_read_in_the_reading_lane(at_work):
    patient(people.MARIA)
    document = upload("lab-garcia-photo.jpg", at_work)
    runner.perform(AgentRun.objects.get().pk)
    run = AgentRun.objects.get()
    assert (run.status, run.lane, run.attempts) == (RunStatus.QUEUED, Lane.READING, 0)
    runner.perform(run.pk, lane=Lane.QUICK)
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    perform_all()
    document.refresh_from_db()
    assert document.status in (DocumentStatus.INGESTED, DocumentStatus.NOT_INGESTED)
    assert document.extracted["document"]["kind"]["value"] == "lab"


def test_a_run_done_twice_changes_nothing(at_work):
    alex = patient()
    upload("lab-rodriguez.pdf", at_work, patient_id=alex.pk)
    perform_all()
    events, labs = Event.objects.count(), LabResult.objects.count()
    runner.perform(AgentRun.objects.get().pk)
    assert (Event.objects.count(), LabResult.objects.count()) == (events, labs)


def test_a_worker_that_slept_past_its_lease_writes_nothing(at_work, monkeypatch):
    alex = patient()
    document = upload("lab-rodriguez.pdf", at_work, patient_id=alex.pk)
    run_id = AgentRun.objects.get().pk
    sleeper = runner._claim(run_id)
    attempt = runner.Attempt(sleeper, runner.agent_named(sleeper.agent))
    AgentRun.objects.filter(pk=run_id).update(lease_until=document.created_at)
    runner.perform(run_id)
    labs = LabResult.objects.count()
    assert labs > 0
    with pytest.raises(runner.LeaseLost):
        runner._advance(attempt)
    assert LabResult.objects.count() == labs
    assert AgentRun.objects.get().status == RunStatus.COMPLETED


def test_a_run_that_ends_its_worker_each_time_is_handed_to_a_person(at_work):
    document = upload("lab-rodriguez.pdf", at_work)
    run_id = AgentRun.objects.get().pk
    for _ in range(runner.MAX_ATTEMPTS):
        assert runner._claim(run_id)
        AgentRun.objects.filter(pk=run_id).update(lease_until=document.created_at)
    runner.perform(run_id)
    document.refresh_from_db()
    assert AgentRun.objects.get().status == RunStatus.FAILED
    assert document.status == DocumentStatus.NOT_INGESTED
    assert Task.objects.get().kind == "document_failed"


def test_unsupported_and_foreign_uploads_leave_nothing_behind(at_work, charlie, settings):
    with charlie.at_work():
        theirs = patient()
    for file, error, fields in (
        (ContentFile(b"<html><script>1</script></html>", name="a.pdf"), UnsupportedType, {}),
        (
            ContentFile((SAMPLES / "lab-rodriguez.pdf").read_bytes(), name="a.pdf"),
            UnknownPatient,
            {"patient_id": theirs.pk},
        ),
    ):
        with pytest.raises(error):
            receive_upload(file=file, by=at_work, **fields)
    settings.MAX_UPLOAD_BYTES = 10
    with pytest.raises(TooLarge):
        upload("lab-rodriguez.pdf", at_work)
    assert not Document.objects.exists()
    assert not AgentRun.objects.exists()


def test_a_hostile_file_name_is_only_ever_shown(at_work):
    data = (SAMPLES / "lab-rodriguez.pdf").read_bytes()
    document = receive_upload(file=ContentFile(data, name="x.pdf"), by=at_work).document
    assert default_storage.exists(document.storage_name)
    assert "x.pdf" not in document.storage_name


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty_file"), (b"%PDF-1.7\n" + b"garbage" * 50, "corrupt_file")],
)
def test_what_cannot_be_read_is_rejected_in_words_a_receptionist_understands(at_work, data, code):
    document = receive_upload(file=ContentFile(data, name="scan.pdf"), by=at_work).document
    perform_all()
    document.refresh_from_db()
    assert (document.status, document.rejection["code"]) == (DocumentStatus.REJECTED, code)
    assert document.rejection["message"].endswith(".")
    assert AgentRun.objects.get().status == RunStatus.COMPLETED
    assert not Task.objects.exists()


def locked_pdf(password: str) -> bytes:
    with pikepdf.open(SAMPLES / "lab-rodriguez.pdf") as pdf:
        out = io.BytesIO()
        pdf.save(out, encryption=pikepdf.Encryption(user=password, owner="owner"))
    return out.getvalue()


def test_a_locked_file_asks_for_its_password_once_and_is_then_read(at_work, caplog):
    alex = patient()
    data = locked_pdf("open sesame")
    document = receive_upload(
        file=ContentFile(data, name="a.pdf"), by=at_work, patient_id=alex.pk
    ).document
    perform_all()
    assert Task.objects.get().kind == "needs_password"
    with pytest.raises(WrongPassword):
        unlock(document_id=document.pk, password="wrong", by=at_work)
    assert Task.objects.get().state == TaskState.OPEN
    unlock(document_id=document.pk, password="open sesame", by=at_work)
    perform_all()
    document.refresh_from_db()
    assert document.status == DocumentStatus.INGESTED
    assert Task.objects.get().state == TaskState.DONE
    assert sorted(AgentRun.objects.values_list("subject_version", flat=True)) == [1, 2]
    assert {run.status for run in AgentRun.objects.all()} == {RunStatus.COMPLETED}
    with default_storage.open(document.storage_name) as stored:
        assert hashlib.sha256(stored.read()).hexdigest() == document.sha256
    assert "open sesame" not in caplog.text
    with pytest.raises(IllegalMove):
        unlock(document_id=document.pk, password="open sesame", by=at_work)


def test_reading_again_takes_the_document_back_from_its_reviewer(at_work, doubtful):
    alex = patient(mrn="200001")
    file_under(document_id=doubtful.pk, patient_id=alex.pk, by=at_work)
    read_again(document_id=doubtful.pk, by=at_work)
    perform_all()
    doubtful.refresh_from_db()
    assert (doubtful.status, doubtful.version) == (DocumentStatus.INGESTED, 2)
    assert not Task.objects.filter(state=TaskState.OPEN).exists()
    assert not PatientFlag.objects.filter(cleared_at=None).exists()
