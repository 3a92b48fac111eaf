"""Tools about agents and their runs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from agents.actions import UnknownRun, retry_run
from agents.models import AgentRun, RunStatus
from agents.permissions import may_read_runs, may_start_runs
from agents.queries import list_runs
from agents.registry import known_agents
from agents.subjects import start_on
from clinic.listing import Slice
from clinic.refusals import invalid
from copilot.toolbox import Arguments, Preview, Tool, Work, register
from copilot.tools.sharing import listed
from documents.actions import UnknownDocument
from documents.models import Document


class ListRuns(Arguments):
    """Which runs."""

    status: RunStatus | None = Field(None, description="Only this status.")
    document_id: UUID | None = Field(None, description="Only runs on this document.")
    limit: int = Field(10, ge=1, le=50, description="How many at most.")


class ListedRun(BaseModel):
    """One run."""

    run_id: UUID
    agent: str
    status: str
    graph_step: str
    document_id: UUID | None
    error: str | None
    created_at: datetime


class ListedRuns(BaseModel):
    """Runs, newest first."""

    runs: list[ListedRun]
    total: int


class StartAgent(Arguments):
    """Which agent on what."""

    document_id: UUID = Field(description="The document it shall read.")
    agent: str = Field("extraction", max_length=40, description="The agent's name.")


class RetryRun(Arguments):
    """Which run."""

    run_id: UUID = Field(description="The failed run's id, from list_runs.")


class StartedRun(BaseModel):
    """The run."""

    run_id: UUID
    status: str
    message: str


def runs(work: Work, asked: ListRuns) -> ListedRuns:
    """What the agents do and did."""
    page = list_runs(Slice(asked.limit), status=asked.status, document_id=asked.document_id)
    found = [ListedRun.model_validate(row) for row in page.rows]
    work.read("agentrun", *(one.run_id for one in found))
    return ListedRuns(runs=found, total=page.total)


def start(work: Work, asked: StartAgent) -> StartedRun:
    """Starts an agent."""
    run = start_on(
        agent=_agent(asked.agent),
        subject={"document_id": asked.document_id},
        inputs={},
        by=work.actor,
    )
    return StartedRun(run_id=run.pk, status=run.status, message="The agent has been started.")


def foresee_start(work: Work, asked: StartAgent) -> Preview:
    """Which agent reads which document."""
    name = _agent(asked.agent)
    document = Document.objects.select_related("patient").filter(pk=asked.document_id).first()
    if document is None:
        raise UnknownDocument
    label = next(one.label for one in known_agents() if one.name == name)
    lines = [("Agent", label), ("Document", document.name)]
    if document.patient:
        lines.append(("Patient", document.patient.name))
    return Preview(title="Start this agent?", lines=lines, done="Start agent")


def retry(work: Work, asked: RetryRun) -> StartedRun:
    """Queues a failed run again."""
    run = retry_run(run_id=asked.run_id, by=work.actor)
    return StartedRun(run_id=run.pk, status=run.status, message="The run is queued again.")


def foresee_retry(work: Work, asked: RetryRun) -> Preview:
    """Which run, and where it failed."""
    run = AgentRun.objects.filter(pk=asked.run_id).first()
    if run is None:
        raise UnknownRun
    lines = [("Agent", run.agent), ("Failed at", run.graph_step), ("Error", run.error)]
    return Preview(title="Try this run again?", lines=lines, done="Try again")


def _agent(said: str) -> str:
    """The registered agent of that name.

    Raises:
        Invalid: when there is none.
    """
    wanted = said.casefold().replace(" ", "_")
    known = [one.name for one in known_agents()]
    fitting = [name for name in known if name == wanted or wanted in name or name in wanted]
    if len(fitting) != 1:
        raise invalid("agent", f"There is no agent called {said}. There are: {listed(known)}.")
    return fitting[0]


for _tool in (
    Tool(
        name="list_runs",
        description="List the agents' runs by status or document, newest first.",
        arguments=ListRuns,
        scope="runs.read",
        may=may_read_runs,
        handler=runs,
    ),
    Tool(
        name="start_agent",
        description="Start an agent on a document.",
        arguments=StartAgent,
        scope="runs.write",
        may=may_start_runs,
        handler=start,
        preview=foresee_start,
    ),
    Tool(
        name="retry_run",
        description="Queue a failed run again.",
        arguments=RetryRun,
        scope="runs.write",
        may=may_start_runs,
        handler=retry,
        preview=foresee_retry,
    ),
):
    register(_tool)
