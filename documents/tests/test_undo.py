"""Undo: a review, a rejection, a correction or a move, and everything that followed from it."""

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.models import AgentRun, RunStatus
from clinic.models import AuditEntry, Undoable
from clinic.recording import Actor
from clinic.refusals import Refusal
from clinic.undoing import TooLate, latest, undo
from documents.actions import flag_for_review, read_again
from documents.corrections import Answer
from documents.models import Document, DocumentStatus
from documents.moving import file_under, preview
from documents.review import review
from documents.tests.papers import made_document
from patients.models import LabResult, Patient, PatientFlag
from tasks.actions import comment_on_task
from tasks.models import Task, TaskState

pytestmark = pytest.mark.django_db
APPROVED, REJECTED = DocumentStatus.APPROVED, DocumentStatus.REJECTED
LDL, HDL = {"LDL": 148}, {"HDL": 50}


@pytest.fixture
def at_work(alice):
    with alice.at_work():
        yield alice.actor


def patient(mrn="1", last="Smith"):
    return Patient.objects.create(mrn=mrn, first_name="James", last_name=last)


def decide(document, by, status=APPROVED, **answer):
    answer = Answer(status=status, reason="Sent twice" if status == REJECTED else "", **answer)
    review(document_id=document.pk, answer=answer, by=by)
    document.refresh_from_db()


def take_back(document, by):
    where = undo(undo_id=latest(document.pk).pk, by=by)
    document.refresh_from_db()
    return where


def charted(owner):
    rows = LabResult.objects.filter(patient=owner, is_current=True)
    return sorted((row.name, row.value) for row in rows)


def test_an_approval_is_taken_back_with_chart_task_run_and_flag(at_work):
    james = patient()
    document = made_document(james, LDL | HDL)
    before = Document.objects.values().get(pk=document.pk)
    decide(document, at_work, corrections=[{"id": "f1", "value": "147"}], kind="imaging")
    assert (charted(james), document.kind) == ([("HDL", "50"), ("LDL", "147")], "imaging")
    assert take_back(document, at_work) == f"/documents/{document.pk}"
    after = Document.objects.values().get(pk=document.pk)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"updated_at"}
    assert charted(james) == []
    assert Task.objects.get().state == TaskState.OPEN
    run = AgentRun.objects.get()
    assert (run.status, run.answer, run.finished_at) == (RunStatus.WAITING_INPUT, None, None)
    steps = [step.name for step in run.steps.order_by("position")]
    assert steps == ["open", "read", "extract", "settle"]
    assert PatientFlag.objects.filter(cleared_at=None).count() == 1
    james.refresh_from_db()
    assert (james.tasks_count, james.flagged_count) == (1, 1)


def test_after_an_undo_the_document_can_be_decided_again(at_work):
    james = patient()
    document = made_document(james, LDL)
    decide(document, at_work)
    take_back(document, at_work)
    decide(document, at_work, removals=["f1"])
    assert (document.status, charted(james)) == (APPROVED, [])
    take_back(document, at_work)
    decide(document, at_work)
    assert charted(james) == [("LDL", "148")]


def test_the_rejection_of_a_filed_paper_is_taken_back_once_each(at_work):
    james = patient()
    document = made_document(james, LDL, status=DocumentStatus.INGESTED)
    other = made_document(james, LDL, status=DocumentStatus.INGESTED)
    decide(document, at_work, REJECTED)
    assert charted(james) == [("LDL", "148")]
    assert LabResult.objects.get(is_current=True).source_document_id == other.pk
    take_back(document, at_work)
    assert document.status == DocumentStatus.INGESTED
    assert LabResult.objects.get(is_current=True).source_document_id == document.pk


def test_a_fact_that_another_paper_states_too_stays_when_an_approval_is_taken_back(at_work):
    james = patient()
    first, second = made_document(james, LDL), made_document(james, LDL)
    decide(first, at_work)
    decide(second, at_work)
    take_back(first, at_work)
    assert charted(james) == [("LDL", "148")]
    assert LabResult.objects.get(is_current=True).source_document_id == second.pk


def test_a_move_is_taken_back_with_values_tasks_and_comments(at_work):
    james, jim = patient(), patient("2", "Smythe")
    document = made_document(james, LDL)
    made_document(jim, LDL, status=DocumentStatus.INGESTED)
    task = Task.objects.get()
    comment_on_task(task_id=task.pk, text="Whose?", by=at_work)
    decide(document, at_work)
    file_under(document_id=document.pk, patient_id=jim.pk, by=at_work)
    assert (charted(james), charted(jim)) == ([], [("LDL", "148")])
    task.refresh_from_db()
    assert task.patient_id == jim.pk
    take_back(document, at_work)
    assert (charted(james), charted(jim)) == ([("LDL", "148")], [("LDL", "148")])
    task.refresh_from_db()
    assert (task.patient_id, document.patient_id) == (james.pk, james.pk)
    assert AgentRun.objects.get(document_id=document.pk).patient_id == james.pk


def test_a_review_that_also_moved_is_taken_back_as_one(at_work):
    james, jim = patient(), patient("2", "Smythe")
    document = made_document(james, LDL)
    answer = Answer(status=APPROVED)
    review(document_id=document.pk, answer=answer, by=at_work, patient_id=jim.pk)
    take_back(document, at_work)
    assert (document.patient_id, document.status) == (james.pk, DocumentStatus.NOT_INGESTED)
    assert latest(document.pk) is None


def test_both_charts_keep_the_history_of_a_move_and_of_its_undo(at_work):
    james, jim = patient(), patient("2", "Smythe")
    document = made_document(james, LDL)
    file_under(document_id=document.pk, patient_id=jim.pk, by=at_work)
    take_back(document, at_work)
    lines = AuditEntry.objects.filter(object_id=document.pk).values_list("action", "patient_id")
    assert sorted(lines, key=str) == sorted(
        [
            ("document.move", jim.pk),
            ("document.move_away", james.pk),
            ("document.undo", jim.pk),
            ("document.undo", james.pk),
        ],
        key=str,
    )


def test_what_was_changed_since_is_not_taken_back(at_work):
    james, jim = patient(), patient("2", "Smythe")
    document = made_document(james, LDL)
    decide(document, at_work)
    entry = latest(document.pk)
    file_under(document_id=document.pk, patient_id=jim.pk, by=at_work)
    with pytest.raises(TooLate):
        undo(undo_id=entry.pk, by=at_work)
    assert charted(jim) == [("LDL", "148")]
    assert Undoable.objects.filter(undone_at=None).count() == 2
    take_back(document, at_work)
    undo(undo_id=entry.pk, by=at_work)
    assert (charted(james), charted(jim)) == ([], [])


def test_a_move_before_another_reading_is_not_taken_back(at_work):
    james, jim = patient(), patient("2", "Smythe")
    document = made_document(james, LDL)
    file_under(document_id=document.pk, patient_id=jim.pk, by=at_work)
    read_again(document_id=document.pk, by=at_work)
    with pytest.raises(TooLate):
        take_back(document, at_work)
    assert Document.objects.get().patient_id == jim.pk


def test_nothing_is_taken_back_twice(at_work):
    document = made_document(patient(), LDL)
    decide(document, at_work)
    entry = latest(document.pk)
    undo(undo_id=entry.pk, by=at_work)
    with pytest.raises(TooLate):
        undo(undo_id=entry.pk, by=at_work)


def test_a_preview_tells_what_would_follow_and_changes_nothing(at_work):
    james, jim = patient(), patient("2", "Smythe")
    document = made_document(james, LDL | HDL, status=DocumentStatus.INGESTED)
    made_document(jim, HDL, status=DocumentStatus.INGESTED)
    waiting = made_document(james, {"TSH": 2})
    comment_on_task(task_id=Task.objects.get().pk, text="Whose?", by=at_work)
    told = preview(document, jim.pk)
    assert sorted((v.label, v.value, v.known) for v in told.values) == [
        ("HDL", "50 mg/dL", True),
        ("LDL", "148 mg/dL", False),
    ]
    assert (told.tasks, told.comments, told.segments) == ([], 0, 0)
    told = preview(waiting, jim.pk)
    assert [(task.state, task.comments) for task in told.tasks] == [("open", 1)]
    assert charted(james) == [("HDL", "50"), ("LDL", "148")]


# Any sequence ends as if what was taken back had never been done.

FACTS = ({"LDL": 148}, {"LDL": 148, "HDL": 50}, {"HDL": 50, "TSH": 2}, {"TSH": 2})
PATIENTS = 3
which = st.integers(0, 4)
OPERATIONS = st.one_of(
    st.tuples(st.just("upload"), st.integers(0, 3), st.integers(0, PATIENTS - 1), st.booleans()),
    st.tuples(st.just("approve"), which, st.sampled_from(["", "correct", "remove", "kind"])),
    st.tuples(st.just("reject"), which),
    st.tuples(st.just("move"), which, st.integers(0, PATIENTS - 1)),
    st.tuples(st.just("undo"), which),
    st.tuples(st.just("undo"), which),
)


@dataclass
class World:
    """A clinic in which the operations are done; documents are known by their order."""

    by: Actor
    patients: list[Patient] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    def do(self, operation):
        name, *given = operation
        if name == "upload":
            facts, owner, sure = given
            status = DocumentStatus.INGESTED if sure else DocumentStatus.NOT_INGESTED
            made = made_document(self.patients[owner], FACTS[facts], status=status)
            self.documents.append(made)
            return
        document = self.documents[given[0]]
        if name == "approve":
            self._approve(document, given[1])
        elif name == "reject":
            decide(document, self.by, REJECTED)
        else:
            to = self.patients[given[1]].pk
            file_under(document_id=document.pk, patient_id=to, by=self.by)

    def _approve(self, document, how):
        answer = {
            "correct": {"corrections": [{"id": "f1", "value": "99"}]},
            "remove": {"removals": ["f1"]},
            "kind": {"kind": "consent_form"},
        }
        decide(document, self.by, **answer.get(how, {}))

    def state(self):
        """Everything that people see, without ids and times."""
        return {
            "charts": [charted(one) for one in self.patients],
            "counts": [_counts(one.pk) for one in self.patients],
            "documents": [self._document(one.pk) for one in self.documents],
        }

    def _document(self, pk):
        row = Document.objects.get(pk=pk)
        fields = [
            (f["id"], f["value"], f["review"]["state"], f["review"].get("original"))
            for f in row.extracted["fields"]
        ]
        tasks = Task.objects.filter(document_id=pk).values_list("state", "patient__mrn")
        run = AgentRun.objects.get(document_id=pk)
        return {
            "row": (row.status, row.kind, row.patient.mrn, row.doubtful, row.confidence),
            "decided": (row.reviewed_by_id, row.rejection, row.progress),
            "fields": fields,
            "review": row.extracted["needs_review"],
            "tasks": list(tasks),
            "run": (run.status, run.answer, sorted(run.steps.values_list("name", flat=True))),
        }


def _counts(pk):
    row = Patient.objects.get(pk=pk)
    pending = Task.objects.filter(patient_id=pk, state__in=("open", "in_progress")).count()
    flags = PatientFlag.objects.filter(patient_id=pk, cleared_at=None).count()
    assert (row.tasks_count, row.flagged_count) == (pending, flags)
    for entry in LabResult.objects.filter(patient_id=pk, is_current=True):
        source = Document.objects.get(pk=entry.source_document_id)
        assert source.patient_id == pk
        assert source.status in (DocumentStatus.INGESTED, APPROVED)
    return pending, flags


def new_world(by):
    return World(by, [patient(str(n), f"Smith{n}") for n in range(PATIENTS)])


def played(by, operations):
    """The state after all of it, and the operations that were not taken back."""
    world, kept, made = new_world(by), [], {}
    for operation in operations:
        known = operation[0] == "upload" or operation[1] < len(world.documents)
        if not known:
            continue
        stack = made.setdefault(operation[1], []) if operation[0] != "upload" else []
        if operation[0] == "undo":
            if stack:
                take_back(world.documents[operation[1]], by)
                kept.remove(stack.pop())
            continue
        before = Undoable.objects.count()
        try:
            world.do(operation)
        except Refusal:
            continue
        undoable = Undoable.objects.count() > before
        if not undoable and operation[0] != "upload":
            continue  # changed nothing, as a move to where the paper is
        entry = (len(kept) and kept[-1][0] + 1, operation)
        kept.append(entry)
        if undoable:
            stack.append(entry)
    return world.state(), [operation for _, operation in kept]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(operations=st.lists(OPERATIONS, min_size=3, max_size=14))
def test_any_sequence_ends_as_if_what_was_taken_back_had_not_happened(at_work, operations):
    uploads = [("upload", n, n % PATIENTS, n % 2 == 0) for n in range(3)]
    states = []
    plan = [*uploads, *operations]
    for _ in range(2):
        with transaction.atomic():
            state, plan = played(at_work, plan)
            states.append(state)
            transaction.set_rollback(True)
    assert states[0] == states[1]


def test_a_move_of_a_waiting_paper_moves_its_flag_and_its_undo_moves_it_back(at_work):
    james, lea = patient(), patient("2", "Roth")
    document = made_document(james, LDL)

    def flagged():
        rows = PatientFlag.objects.filter(cleared_at=None)
        return [(one.patient_id, one.object_id) for one in rows]

    flag_for_review(document)
    assert flagged() == [(james.pk, document.pk)]
    file_under(document_id=document.pk, patient_id=lea.pk, by=at_work)
    assert flagged() == [(lea.pk, document.pk)]
    take_back(document, at_work)
    assert (document.patient_id, flagged()) == (james.pk, [(james.pk, document.pk)])
