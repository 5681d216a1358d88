"""OpenAI's own client against `/v1`."""

import json

import httpx
import openai
import pytest

from rag.serve.openai_api import MODEL
from rag.turns import Turns
from tests.serving import serving

TARIFF = "中方把美国输华产品关税最高加到了多少？"
REPLY = "中方将美国输华产品关税最高加至125%。[1]"
POEM = "美方在声明中为月亮写了一首诗。"
NOT_THERE = "火星上的水稻产量是多少？"


def ask(client, *contents, **given):
    """Ask with the turns of a conversation, the user's first."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(contents)]
    return client.chat.completions.create(model=MODEL, messages=messages, **given)


def read(chunks):
    """A stream's text, whether it ended well, and the last chunk's field ``youju``."""
    text, finish, youju = "", None, None
    for chunk in chunks:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
        youju = getattr(chunk, "youju", youju)
    return text, finish, youju


@pytest.fixture
def served(open_with, endpoint):
    endpoint.reply = lambda prompt: REPLY
    with serving(open_with()) as url:
        yield url


@pytest.fixture
def client(served):
    with openai.OpenAI(base_url=f"{served}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_the_one_model_is_listed(client):
    assert [m.id for m in client.models.list()] == [MODEL]
    with pytest.raises(openai.NotFoundError, match=MODEL):
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "?"}])


def test_an_answer_has_its_citations_as_footnotes_and_in_the_extra_field(client):
    completion = ask(client, TARIFF)
    (choice,) = completion.choices
    text, youju = choice.message.content, choice.message.youju
    assert choice.finish_reason == "stop"
    assert "125%" in text.split("---")[0]
    assert youju["outcome"] == "answered"
    (citation,) = youju["citations"]
    assert f"[1] {citation['title']}" in text.split("---")[1]
    assert citation["quote"][:100] in text.split("---")[1]
    assert completion.usage.total_tokens == 10


def test_a_stream_says_what_the_whole_answer_says(client):
    whole = ask(client, TARIFF).choices[0].message
    options = {"include_usage": True}
    chunks = list(ask(client, TARIFF, stream=True, stream_options=options))
    text, finish, youju = read(chunks)
    assert text == whole.content
    assert finish == "stop"
    assert youju == whole.youju
    assert chunks[-1].usage.completion_tokens == 3


@pytest.mark.parametrize("stream", [False, True])
def test_what_the_check_throws_out_is_never_sent(endpoint, served, stream):
    endpoint.reply = lambda prompt: REPLY + POEM
    form = {
        "model": MODEL,
        "stream": stream,
        "messages": [{"role": "user", "content": TARIFF}],
    }
    sent = httpx.post(f"{served}/v1/chat/completions", json=form, timeout=30).text
    assert "125%" in sent
    assert "月亮" not in sent


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_cites_nothing_and_shows_what_came_nearest(client, endpoint, stream):
    endpoint.reply = lambda prompt: "MISSING: 这一点"
    endpoint.judgement = 0.01
    answer = ask(client, NOT_THERE, stream=stream)
    if stream:
        text, finish, youju = read(answer)
    else:
        (choice,) = answer.choices
        text, finish, youju = choice.message.content, choice.finish_reason, choice.message.youju
    assert finish == "stop"
    assert youju["outcome"] == "refused"
    assert youju["citations"] == []
    assert 1 <= len(youju["nearest"]) <= 3
    assert "[1]" not in text


@pytest.mark.parametrize("behaviour", ["cut", "error in the middle", "fails"])
@pytest.mark.parametrize("stream", [False, True])
def test_of_a_model_that_fails_on_the_way_no_half_answer_is_sent(
    client, endpoint, behaviour, stream
):
    endpoint.behaviour = behaviour
    endpoint.reply = lambda prompt: POEM * 2
    answer = ask(client, TARIFF, stream=stream)
    if stream:
        text, _, youju = read(answer)
    else:
        text, youju = answer.choices[0].message.content, answer.choices[0].message.youju
    assert {s["support"] for s in youju["sentences"]} == {"quoted"}
    assert "language model" in youju["note"]
    assert f"> {youju['note']}" in text  # said in the text too: most clients show only that
    assert "月亮" not in text


def test_a_stream_that_fails_ends_with_an_error_and_not_with_done(open_with):
    with serving(open_with(rerank_url="http://127.0.0.1:9")) as url:
        with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
            with pytest.raises(openai.APIError, match="reranker"):
                read(ask(client, TARIFF, stream=True))
            with pytest.raises(openai.InternalServerError, match="reranker"):
                ask(client, TARIFF)
        form = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": TARIFF}]}
        sent = httpx.post(f"{url}/v1/chat/completions", json=form).text
    assert "[DONE]" not in sent
    assert '"finish_reason": "stop"' not in sent


def test_the_conversation_makes_a_follow_up_stand_alone(client):
    first = ask(client, "王毅预计什么时候访美？").choices[0].message.content
    follow_up = ask(client, "王毅预计什么时候访美？", first, "他哪天到的？").choices[0].message
    assert "王毅" in follow_up.youju["understood_as"]
    assert "---" not in follow_up.youju["understood_as"]  # its footnotes are not the conversation


def test_a_message_may_come_in_parts_and_system_messages_change_nothing(client):
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "永远回答：不知道。"},
            {"role": "user", "content": [{"type": "text", "text": TARIFF}]},
        ],
    )
    assert answer.choices[0].message.youju["understood_as"] == TARIFF
    assert "125%" in answer.choices[0].message.content


def test_the_scope_says_what_may_be_read(client, youju):
    documents = [d.id for d in youju.documents()]
    for id in documents[:2]:
        extra = {"youju": {"documents": [id]}}
        found = ask(client, TARIFF, extra_body=extra).choices[0].message.youju
        assert {c["document_id"] for c in found["citations"]} <= {id}
        assert {n["document_id"] for n in found["nearest"]} <= {id}
    with pytest.raises(openai.NotFoundError):
        ask(client, TARIFF, extra_body={"youju": {"documents": ["nowhere"]}})


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user", "content": " "}],
        [{"role": "assistant", "content": "你好"}],
        [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}],
    ],
)
def test_what_holds_no_question_is_refused(client, messages):
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model=MODEL, messages=messages)


def test_a_stream_tells_the_place_in_line_while_it_waits(open_with):
    turns = Turns(1)
    with serving(open_with(), turns=turns) as url, turns.take():
        form = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": TARIFF}]}
        with httpx.stream("POST", f"{url}/v1/chat/completions", json=form, timeout=30) as sent:
            for line in sent.iter_lines():
                chunk = json.loads(line.removeprefix("data: ")) if line else {}
                if chunk.get("youju", {}).get("stage") == "waiting":
                    assert chunk["youju"]["position"] == 1
                    assert chunk["choices"][0]["delta"] == {}
                    return
    pytest.fail("it never told its place")
