"""The official MCP client, over stdio and over HTTP."""

import sys
from contextlib import asynccontextmanager

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.coroutines import run
from tests.scripted_endpoint import KEY
from tests.serving import serving
from vectorstore.accounts import Accounts

TARIFF = "中方把美国输华产品关税最高加到了多少？"
REPLY = "中方将美国输华产品关税最高加至125%。[1]"


def over_stdio(youju, endpoint):
    """`youju mcp` as a child."""

    @asynccontextmanager
    async def connect():
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "rag.cli", "mcp", "--home", str(youju.settings.home)],
            env={
                "OPENAI_BASE_URL": endpoint.url,
                "OPENAI_API_KEY": KEY,
                "YOUJU_MODEL": "scripted",
                "PYTHONPATH": ":".join(sys.path),
            },
        )
        async with Client(stdio_client(parameters)) as client:
            yield client

    return connect


def over_http(youju, _):
    @asynccontextmanager
    async def connect():
        with serving(youju) as url:
            async with Client(streamable_http_client(f"{url}/mcp")) as client:
                yield client

    return connect


def with_a_key(youju, _):
    """Over HTTP, where there are users: an API key as bearer token."""

    @asynccontextmanager
    async def connect():
        accounts = Accounts(youju.settings.home / "accounts.db", cost=16)
        accounts.add("ada", "correct horse battery", "reader")
        bearer = {"Authorization": f"Bearer {accounts.add_key('ada')}"}
        with serving(youju, accounts=accounts) as url:
            async with (
                httpx2.AsyncClient(headers=bearer, timeout=60) as http,
                Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
            ):
                yield client
        accounts.close()

    return connect


@pytest.fixture(params=[over_http, over_stdio, with_a_key])
def connect(request, youju, endpoint):
    endpoint.reply = lambda prompt: REPLY
    return request.param(youju, endpoint)


def with_client(connect, body):
    async def main():
        async with connect() as client:
            await body(client)

    run(main())


def test_the_tools_answer_search_and_read(connect, youju):
    async def body(client):
        tools = {t.name: t for t in (await client.list_tools()).tools}
        assert set(tools) == {"ask", "search", "get_document"}
        assert all(t.annotations.read_only_hint for t in tools.values())
        assert "context" not in tools["ask"].input_schema["properties"]

        asked = await client.call_tool("ask", {"question": TARIFF})
        assert not asked.is_error
        assert "125%" in asked.content[0].text
        assert asked.structured_content["outcome"] == "answered"
        (citation,) = asked.structured_content["citations"]
        assert f"[1] {citation['title']}" in asked.content[0].text

        found = await client.call_tool("search", {"question": TARIFF, "k": 3})
        passages = found.structured_content["passages"]
        assert len(passages) == 3
        assert passages[0]["text"] in found.content[0].text

        id, (start, end) = citation["document_id"], citation["spans"][0]
        text = youju.document(id).text
        got = await client.call_tool(
            "get_document", {"id": id, "start": start, "length": end - start}
        )
        assert got.content[0].text == text[start:end]
        assert got.structured_content["length"] == len(text)

    with_client(connect, body)


def test_what_cannot_be_had_is_a_tools_error_in_words(connect):
    async def body(client):
        nowhere = await client.call_tool("get_document", {"id": "nowhere"})
        assert nowhere.is_error
        assert "nowhere" in nowhere.content[0].text
        blank = await client.call_tool("ask", {"question": " "})
        assert blank.is_error

    with_client(connect, body)


def test_a_search_minds_its_scope(youju):
    outlet = next(d.outlet for d in youju.documents() if d.outlet)

    async def body(client):
        found = await client.call_tool("search", {"question": TARIFF, "outlets": [outlet]})
        assert {p["outlet"] for p in found.structured_content["passages"]} == {outlet}

    with_client(over_http(youju, None), body)


def test_a_page_of_another_site_cannot_call_a_tool(youju):
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with serving(youju) as url:
        for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
            assert httpx.post(f"{url}/mcp", json=call, headers=headers).status_code in {403, 421}


def test_without_a_key_no_tool_can_be_called_where_there_are_users(youju):
    accounts = Accounts(youju.settings.home / "accounts.db", cost=16)
    accounts.add("ada", "correct horse battery", "reader")
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with serving(youju, accounts=accounts) as url:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert httpx.post(f"{url}/mcp", json=call, headers=headers).status_code == 401
    accounts.close()
