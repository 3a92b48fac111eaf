"""Tools run as the asking person, with checked arguments, and say what they touched."""

import pytest

from clinic.listing import Slice
from clinic.permissions import ADMINS, Rule
from clinic.refusals import Forbidden
from copilot.toolbox import (
    Arguments,
    BadArguments,
    Tool,
    Touched,
    UnknownTool,
    Work,
    known_tools,
    perform,
    tool_named,
    tools_for,
)
from patients.models import Patient
from tasks.actions import create_task
from tasks.models import Task
from tasks.queries import list_tasks

pytestmark = pytest.mark.django_db(transaction=True)


class Title(Arguments):
    title: str


def open_task(work, asked):
    task = create_task(by=work.actor, title=asked.title)
    return list_of(task)


def list_of(task):
    from pydantic import RootModel

    return RootModel[dict[str, str]]({"title": task.title})


OPEN = Tool(
    "open_task", "Opens a task.", Title, "tasks.write", Rule("open tasks", ADMINS), open_task
)


def test_a_tool_answers_as_the_query_does_and_notes_what_it_showed(alice):
    with alice.at_work():
        patient = Patient.objects.create(mrn="1", first_name="Maria", last_name="Lopez")
        work = Work(alice.login)
        found = perform(tool_named("find_patients"), work, {"query": "maria lopez"})
    assert found["total"] == 1
    assert found["patients"][0]["patient_id"] == str(patient.pk)
    assert work.touched == [Touched("patient", patient.pk)]


def test_a_tool_sees_nothing_of_another_clinic(alice, charlie):
    with alice.at_work():
        Patient.objects.create(mrn="1", first_name="Maria", last_name="Lopez")
    with charlie.at_work():
        work = Work(charlie.login)
        found = perform(tool_named("find_patients"), work, {"query": "maria lopez"})
    assert found == {"patients": [], "total": 0}
    assert work.touched == []


def test_pending_tasks_are_listed_when_no_state_is_named(alice, bob):
    with alice.at_work():
        create_task(by=alice.actor, title="Mine", assignee_id=alice.user.pk)
        done = create_task(by=alice.actor, title="Done")
        Task.objects.filter(pk=done.pk).update(state="done")
        tool = tool_named("list_tasks")
        pending = perform(tool, Work(alice.login), {})
        finished = perform(tool, Work(alice.login), {"state": "done"})
        bobs = perform(tool, Work(bob.login), {"mine": True})
    assert [task["title"] for task in pending["tasks"]] == ["Mine"]
    assert [task["title"] for task in finished["tasks"]] == ["Done"]
    assert bobs["tasks"] == []


@pytest.mark.parametrize(
    "arguments", [{}, {"query": ""}, {"query": "x", "limit": 21}, {"query": "x", "clinic": "y"}]
)
def test_wrong_arguments_are_refused_by_name(alice, arguments):
    with alice.at_work(), pytest.raises(BadArguments) as caught:
        perform(tool_named("find_patients"), Work(alice.login), arguments)
    assert caught.value.errors


def test_a_writing_tool_is_the_persons_and_its_rows_are_noted(alice):
    with alice.at_work():
        work = Work(alice.login)
        perform(OPEN, work, {"title": "Call"})
        task = Task.objects.get()
    assert task.created_by_id == alice.user.pk
    assert work.touched == [Touched("task", task.pk, changed=True)]


def test_a_role_that_may_not_is_refused_and_nothing_is_written(bob):
    with bob.at_work():
        work = Work(bob.login)
        with pytest.raises(Forbidden):
            perform(OPEN, work, {"title": "Call"})
        assert list_tasks(Slice(10)).rows == []
    assert work.touched == []


def test_tools_are_offered_by_role(alice, bob):
    everything = {tool.name for tool in known_tools()}
    assert {tool.name for tool in tools_for(alice.login)} == everything
    assert {tool.name for tool in tools_for(bob.login)} == everything - {"who_looked"}
    assert [OPEN.may(one.login) for one in (alice, bob)] == [True, False]


def test_an_unknown_tool_is_unknown():
    with pytest.raises(UnknownTool):
        tool_named("drop_tables")


def test_every_tool_describes_itself():
    for tool in known_tools():
        assert tool.description.endswith("."), tool.name
        assert tool.scope.partition(".")[2] in ("read", "write"), tool.name
        assert tool.schema["type"] == "object", tool.name
        assert not tool.schema.get("additionalProperties"), tool.name
