"""MCP at /mcp with the SDKs of both languages and by hand, against a live server."""

import asyncio
import os

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from clinic.realtime.tests.live import running_server
from copilot.models import CopilotRun
from copilot.tests.test_clients import node, people, titles

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FIRST = {"approval_needed": True, "done": False}


@pytest.fixture(scope="module")
def live(django_db_setup, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mcp")
    with running_server(folder, DJANGO_SETTINGS_MODULE="copilot.tests.scripted") as server:
        yield server


def with_client(live, token, mode, work):
    """Runs ``work`` with the Python client in one of its generations."""

    async def run():
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
            transport = streamable_http_client(f"{live.http}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await work(client)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_the_python_client_of_either_generation(live, mode):
    alice, charlie = people()

    async def work(client):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        read = await client.call_tool("find_patients", {"query": "Maria Lopez"})
        wrong = await client.call_tool("find_patients", {"limit": 0})
        first = await client.call_tool("careful_task", {"title": "Call"})
        approval = first.structured_content["approval"]
        second = await client.call_tool("careful_task", {"title": "Call", "approval": approval})
        return tools, read, wrong, first, second

    tools, read, wrong, first, second = with_client(live, alice.token, mode, work)
    assert {"find_patients", "list_tasks", "careful_task"} <= set(tools)
    assert "approval" in tools["careful_task"].input_schema["properties"]
    assert tools["find_patients"].annotations.read_only_hint is True
    assert read.is_error is False
    assert read.structured_content["patients"][0]["mrn"] == "77"
    assert (wrong.is_error, "query" in wrong.content[0].text) == (True, True)
    assert first.structured_content.items() >= FIRST.items()
    assert (second.is_error, second.structured_content) == (False, {"text": "Call"})
    assert titles(alice) == ["Call"]

    async def theirs(client):
        return await client.call_tool("find_patients", {"query": "Maria Lopez"})

    assert with_client(live, charlie.token, mode, theirs).structured_content["total"] == 0
    with charlie.at_work():
        assert CopilotRun.objects.count() == 1


@pytest.mark.skipif(
    not os.environ.get("BACKLINE_CLIENTS"), reason="the clients from npm are not installed"
)
def test_the_typescript_client(live):
    alice, _ = people()
    found = node("mcp.mjs", live.http, alice.token)
    assert found["server"]["name"] == "backline"
    assert {"find_patients", "careful_task"} <= set(found["tools"])
    assert found["read"]["structuredContent"]["patients"][0]["mrn"] == "77"
    for key in ("wrong", "unknown", "forged", "again"):
        assert found[key]["isError"] is True, key
    assert found["first"]["structuredContent"].items() >= FIRST.items()
    assert found["second"]["structuredContent"] == {"text": "from TypeScript"}
    assert "token" in found["refused"]
    assert titles(alice) == ["from TypeScript"]


def test_without_a_good_token_there_is_a_challenge(live):
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
        answer = httpx.post(f"{live.http}/mcp", json={}, headers=headers)
        assert answer.status_code == 401
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith("Bearer ") and "resource_metadata=" in challenge
    where = httpx.get(f"{live.http}/.well-known/oauth-protected-resource/mcp").json()
    assert where["resource"].endswith("/mcp")
    assert {"patients.read", "tasks.read"} <= set(where["scopes_supported"])


def rpc(live, token, method, **parameters):
    """One request by hand, as clients of 2025-06-18 send it."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2025-06-18",
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    return httpx.post(f"{live.http}/mcp", json=body, headers=headers, timeout=60)


def test_a_request_that_is_too_large_is_refused(live):
    alice, _ = people()
    for size, status in ((900_000, 200), (1_100_000, 413)):
        arguments = {"query": "x" * size}
        answer = rpc(live, alice.token, "tools/call", name="find_patients", arguments=arguments)
        assert answer.status_code == status
    big = {"threadId": "t", "runId": "r", "messages": [], "state": {"x": "y" * 6_000_000}}
    headers = {"Authorization": f"Bearer {alice.token}"}
    answer = httpx.post(f"{live.http}/api/copilot", json=big, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_characters_that_cannot_be_kept_are_wrong_arguments(live):
    alice, _ = people()
    for name, arguments in (
        ("find_patients", {"query": "Maria\x00"}),
        ("careful_task", {"title": "a\x00b"}),
    ):
        answer = rpc(live, alice.token, "tools/call", name=name, arguments=arguments).json()
        assert answer["result"]["isError"] is True
        assert "arguments cannot be used" in answer["result"]["content"][0]["text"]
    assert titles(alice) == []


def test_an_agents_token_has_its_scopes_and_no_more(live):
    alice, _ = people()
    body = {"name": "Agent", "scopes": ["tasks.read"]}
    token = alice.api("POST", "/api/copilot/tokens", body).json()["token"]

    async def work(client):
        names = {tool.name for tool in (await client.list_tools()).tools}
        allowed = await client.call_tool("list_tasks", {})
        refused = await client.call_tool("find_patients", {"query": "Maria"})
        return names, allowed.is_error, refused.is_error

    names, allowed, refused = with_client(live, token, "2026-07-28", work)
    assert "list_tasks" in names and "find_patients" not in names
    assert (allowed, refused) == (False, True)
