"""What the copilot and outside agents can do: every tool, once, for the panel and for MCP.

A tool is a thin edge like a view: typed arguments in, one query or action, a typed result out.
To add one, write its arguments and result as pydantic models and its handler in
``copilot/tools/<subject>.py`` and ``register`` it there::

    class FindTasks(Arguments):
        state: TaskState | None = Field(None, description="Only tasks in this state.")

    def find_tasks(work: Work, asked: FindTasks) -> FoundTasks: ...

    register(Tool(
        name="find_tasks", description="List the clinic's tasks, newest first.",
        arguments=FindTasks, scope="tasks.read", may=may_read_tasks, handler=find_tasks,
    ))

A handler runs in the asking person's clinic, in a thread of its own, outside of a transaction.
Its action gets ``work.actor``, so the audit names the person and never the copilot. It reports
the rows it showed with ``work.read`` (for the receipt; rows that actions change are noted from
their audit lines). What goes wrong and was foreseen is a ``Refusal``, whose sentence is the
answer.

A tool that sends, submits, books or deletes has a ``preview``, and is run only after the person
has seen it and said yes. A preview reads and never writes; it says what exactly will happen, with
names and times a receptionist recognises, and raises the same Refusal as the handler when it
already knows that it will not work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from clinic.logins import Login
from clinic.permissions import Rule
from clinic.recording import Actor, change
from clinic.refusals import Forbidden, Invalid


class Arguments(BaseModel):
    """Base of every tool's arguments: a name that is not asked for is an error."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class BadArguments(Invalid):
    """The arguments do not fit the tool; ``errors`` names them."""

    sentence = "These arguments cannot be used."


@dataclass(frozen=True, slots=True)
class Page:
    """What the asking person has on the screen: a hint for words like "her", never a right."""

    patient_id: UUID | None = None
    document_id: UUID | None = None
    claim_id: UUID | None = None
    task_id: UUID | None = None
    appointment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """A row that a tool showed or changed, for the receipt."""

    kind: str
    id: UUID
    changed: bool = False


@dataclass(slots=True)
class Work:
    """One call of a tool: for whom, and what it touched."""

    login: Login
    page: Page = Page()
    touched: list[Touched] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """The asking person, for actions."""
        return self.login.actor

    def read(self, kind: str, *ids: UUID) -> None:
        """Notes rows whose content is in the result, by the model's name in lower case."""
        self.touched.extend(Touched(kind, one) for one in ids)


class Preview(BaseModel):
    """What exactly will happen: a question, and its particulars as label and value.

    ``done`` is the word on the button ("Book", "Send", "Delete").
    """

    title: str
    lines: list[tuple[str, str]] = []
    done: str = "Do it"


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    """A tool. ``description`` is one sentence for models; ``may`` decides by the person's role.

    ``scope`` ("patients.read", "tasks.write") is what a token for outside agents must name.
    """

    name: str
    description: str
    arguments: type[A]
    scope: str
    may: Rule
    handler: Callable[[Work, A], BaseModel]
    preview: Callable[[Work, A], Preview] | None = None

    @property
    def approval(self) -> bool:
        """Whether a person has to say yes each time."""
        return self.preview is not None

    @property
    def schema(self) -> dict[str, Any]:
        """The arguments as JSON Schema."""
        return self.arguments.model_json_schema()


_tools: dict[str, Tool[Any]] = {}


class UnknownTool(LookupError):
    """There is no tool of that name."""


def register(tool: Tool[Any]) -> None:
    """Makes a tool known under its name."""
    _tools[tool.name] = tool


def tool_named(name: str) -> Tool[Any]:
    """The tool of that name.

    Raises:
        UnknownTool: when none is registered.
    """
    try:
        return _tools[name]
    except KeyError as error:
        raise UnknownTool(name) from error


def known_tools() -> list[Tool[Any]]:
    """All tools by name."""
    return sorted(_tools.values(), key=lambda tool: tool.name)


def tools_for(login: Login) -> list[Tool[Any]]:
    """The tools that this person's role may use."""
    return [tool for tool in known_tools() if tool.may(login)]


def without_nul(value: Any) -> Any:
    """JSON without the one character that PostgreSQL cannot keep."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {without_nul(name): without_nul(one) for name, one in value.items()}
    return [without_nul(one) for one in value] if isinstance(value, list) else value


def foresee(tool: Tool[Any], work: Work, arguments: Mapping[str, Any]) -> Preview:
    """What the tool would do, without doing it; for tools with a preview.

    Raises:
        Forbidden: when the person's role does not allow it.
        BadArguments, Refusal: see there.
    """
    asked = _checked(tool, work, arguments)
    assert tool.preview is not None
    return tool.preview(work, asked)


def perform(tool: Tool[Any], work: Work, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Runs the tool; whether a person approved is the caller's to know. The result as JSON.

    A tool whose scope ends with ".write" runs in one transaction with its audit lines.

    Raises:
        Forbidden: when the person's role does not allow it.
        BadArguments, Refusal: see there; nothing was changed.
    """
    asked = _checked(tool, work, arguments)
    if not tool.scope.endswith(".write"):
        return tool.handler(work, asked).model_dump(mode="json")
    with change(by=work.actor) as record:
        before = len(record.audits)
        result = tool.handler(work, asked)
        work.touched.extend(
            Touched(line["object_type"], line["object_id"], changed=True)
            for line in record.audits[before:]
        )
    return result.model_dump(mode="json")


def _checked(tool: Tool[Any], work: Work, arguments: Mapping[str, Any]) -> Arguments:
    if not tool.may(work.login):
        raise Forbidden(f"Your role does not allow this: {tool.may.what}.")
    try:
        checked: Arguments = tool.arguments.model_validate(arguments)
    except ValidationError as error:
        found: dict[str, list[str]] = {}
        for one in error.errors(include_url=False, include_input=False):
            found.setdefault(".".join(map(str, one["loc"])) or "arguments", []).append(one["msg"])
        first = next(f"{name}: {texts[0]}" for name, texts in found.items())
        raise BadArguments(f"These arguments cannot be used. {first}", errors=found) from error
    return checked
