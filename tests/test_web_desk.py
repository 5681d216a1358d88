"""What a reader can do at the page, without a browser; the model is a scripted endpoint."""

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from rag.build import Youju
from rag.errors import BadFileError, NotFoundError, QuestionError
from rag.turns import Turns
from rag.web.desk import Asked, Desk, Visitor
from rag.web.page import visitor
from rag.web.words import words_in
from tests.coroutines import run
from vectorstore.conversations import Conversations

T = words_in("zh-Hans")
TARIFF = "中方把美国输华产品关税最高加到了多少？"
SAYS = "中方将美国输华产品关税加至125%。"


def reader(name="", *, may_edit=True, session="one"):
    return Visitor(reader=name, may_edit=may_edit, t=T, session=session)


@pytest.fixture
def desk(youju, endpoint):
    endpoint.reply = lambda _: SAYS
    desk = Desk(youju, Turns(1), Youju)
    yield desk
    desk.close()


def answer(desk, v, question=TARIFF, id="", **given):
    id = desk.ask(v, id, Asked(question=question, **given)).conversation

    async def all_of_it():
        return [s async for s in desk.follow(v)]

    return id, run(all_of_it())


def test_an_answer_is_kept_with_the_texts_that_it_cites_from(desk, youju):
    id, steps = answer(desk, reader())
    (turn,) = Conversations(youju.settings.home / "conversations.db").turns("", id)
    assert turn.state == "done"
    assert turn.answer.citations
    for citation in turn.answer.citations:
        document = youju.document(citation.document_id)
        assert turn.texts[document.id] == document.sha256
    assert [s.state for s in steps if s.state] == ["busy", "free"]
    assert "用时" in steps[-1].history


def test_conversations_are_private_to_a_user(desk):
    id, _ = answer(desk, reader("ann"))
    bob = reader("bob")
    assert TARIFF[:20] not in desk.talks(bob, "", "")
    assert TARIFF[:20] in desk.talks(reader("ann"), "", "")
    assert desk.opened(bob, id).conversation == ""
    for peek in (
        lambda: desk.sources(bob, id, "0"),
        lambda: desk.markdown(bob, id, "0"),
        lambda: desk.exported(bob, id),
        lambda: desk.rename(bob, id, "his"),
        lambda: desk.delete(bob, id),
    ):
        with pytest.raises(NotFoundError):
            peek()
    other, _ = answer(desk, bob, id=id)  # begins a conversation of his own
    assert other != id


def test_a_reader_changes_neither_the_library_nor_the_model(desk, youju):
    ann = reader("ann", may_edit=False)
    with pytest.raises(BadFileError):
        desk.remove(ann, youju.documents()[0].id)
    with pytest.raises(BadFileError):
        desk.change(ann, model="another")
    shelf = desk.shelf(ann, [])
    assert 'data-act="remove"' not in shelf
    assert 'data-act="add-files"' not in shelf

    async def add():
        return [told async for told in desk.add(ann, [])]

    async def again():
        return [told async for told in desk.reindex(ann, youju.documents()[0].id)]

    for change in (add, again):
        with pytest.raises(BadFileError):
            run(change())
    assert len(youju.documents()) == 5
    assert 'data-act="reindex"' not in shelf


def kept_turns(youju):
    kept = Conversations(youju.settings.home / "conversations.db")
    return [turn for c in kept.of_reader("") for turn in kept.turns("", c.id)]


def ends(youju, seconds=60):
    """The one turn, once its end is stored."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        (turn,) = kept_turns(youju)
        if turn.state != "running":
            return turn
        time.sleep(0.05)
    raise AssertionError("it goes on running")


async def until(steps, words):
    async for step in steps:
        if step.live and words in step.live:
            return step
    raise AssertionError(f"never shown: {words}")


def test_an_answer_goes_on_when_its_page_is_closed_and_any_page_follows_it(desk, endpoint, youju):
    endpoint.reply = lambda _: SAYS * 3
    endpoint.pause = 0.1
    first, second = reader(session="one"), reader(session="two")
    id = desk.ask(first, "", Asked(question=TARIFF)).conversation

    async def leave_while_it_writes():
        steps = desk.follow(first)
        await until(steps, "draft")
        await steps.aclose()

    async def come_to_it():
        assert desk.opened(second, id).state == "busy"
        return [step async for step in desk.follow(second)]

    run(leave_while_it_writes())
    steps = run(come_to_it())
    assert "draft" in steps[0].live
    assert steps[-1].state == "free"
    assert 'class="chip' in steps[-1].history
    turn = ends(youju)
    assert turn.state == "done"
    assert not endpoint.closed_early.is_set()
    assert sum(turn.waited.values()) > turn.waited["writing"] > 0


def test_its_evidence_and_its_draft_are_stored_while_it_is_written(desk, endpoint, youju):
    endpoint.reply = lambda _: SAYS * 50
    endpoint.pause = 0.1
    v = reader()
    desk.ask(v, "", Asked(question=TARIFF))
    run(until(desk.follow(v), "draft"))
    (turn,) = kept_turns(youju)
    assert turn.state == "running"
    assert "125%" in "".join(c.quote for c in turn.found)
    desk.stop(v)
    turn = ends(youju)
    assert turn.state == "stopped"
    assert turn.draft.startswith("中方")
    assert "125%" in "".join(c.quote for c in turn.found)
    assert endpoint.closed_early.wait(10)


def test_what_is_being_answered_when_the_process_ends_is_shown_as_interrupted(
    desk, endpoint, youju
):
    endpoint.reply = lambda _: SAYS * 50
    endpoint.pause = 0.1
    v = reader()
    id = desk.ask(v, "", Asked(question=TARIFF)).conversation
    run(until(desk.follow(v), "draft"))
    desk.close()
    assert endpoint.closed_early.wait(10)
    next_one = Desk(youju, Turns(1), Youju)
    shown = next_one.opened(v, id)
    next_one.close()
    assert shown.state == "free"
    for words in ("中途停止", "125%", "草稿"):
        assert words in shown.history


def test_who_stops_a_hanging_model_is_free_at_once(desk, endpoint, youju):
    endpoint.behaviour = "hangs"
    v = reader()
    desk.ask(v, "", Asked(question=TARIFF))
    run(until(desk.follow(v), "evidence"))
    desk.stop(v)
    (turn,) = kept_turns(youju)
    assert turn.state == "stopped"
    assert turn.found


def test_two_pages_at_one_conversation_lose_no_answer(desk, youju):
    first, second = reader(session="one"), reader(session="two")
    id, _ = answer(desk, first)
    desk.opened(second, id)
    (asked,) = kept_turns(youju)
    answer(desk, second, "对台军售的金额是多少？", id)
    # The first page has not seen the second question: it asks its own again, and no more.
    answer(desk, first, "中方加到了多少？", id, replaces=(asked.id,))
    questions = [turn.question for turn in kept_turns(youju)]
    assert questions == ["对台军售的金额是多少？", "中方加到了多少？"]


def test_a_conversation_answers_one_question_at_a_time(desk, endpoint):
    endpoint.pause = 0.1
    first, second = reader(session="one"), reader(session="two")
    id = desk.ask(first, "", Asked(question=TARIFF)).conversation
    desk.opened(second, id)
    for v, where in ((first, id), (first, ""), (second, id)):
        with pytest.raises(QuestionError):
            desk.ask(v, where, Asked(question="还有呢？"))
    desk.opened(first, "")  # a new conversation waits for nobody
    desk.ask(first, "", Asked(question=TARIFF))
    desk.stop(first)
    desk.stop(second)


def test_what_is_asked_again_stands_until_there_is_another_answer(desk, endpoint, youju):
    id, _ = answer(desk, reader())
    (before,) = kept_turns(youju)
    endpoint.behaviour = "hangs"
    desk.ask(reader(), id, Asked(question=TARIFF, replaces=(before.id,)))
    run(until(desk.follow(reader()), "evidence"))
    assert 'class="chip' not in desk.opened(reader(), id).history
    desk.stop(reader())
    assert [turn.state for turn in kept_turns(youju)] == ["done", "stopped"]
    assert 'class="chip' in desk.opened(reader(), id).history


def test_a_page_shows_nothing_of_what_it_has_left(desk, endpoint):
    endpoint.pause = 0.1
    v = reader()
    desk.ask(v, "", Asked(question=TARIFF))

    async def look_at_another():
        steps = desk.follow(v)
        await until(steps, "evidence")
        desk.opened(v, "")
        return [step async for step in steps]

    assert run(look_at_another()) == []
    desk.stop(v)  # there is nothing at what it shows now


def test_twenty_readers_wait_in_line_and_none_is_lost(desk, endpoint):
    endpoint.pause = 0.02
    places = []

    async def one(n):
        done = ""
        v = reader(session=str(n))
        await asyncio.to_thread(desk.ask, v, "", Asked(question=TARIFF))
        async for step in desk.follow(v):
            if step.live and "waiting" in step.live:
                places.append(n)
            done = step.history or done
        return done

    async def all_of_them():
        return await asyncio.gather(*(one(n) for n in range(20)))

    histories = run(all_of_them())
    assert all("chip" in history for history in histories)
    assert len(set(places)) > 10
    assert len(desk.talks(reader(), "", "").split("<li")) == 21


def test_nobody_else_stops_an_answer_by_naming_its_page(desk, endpoint):
    endpoint.pause = 0.02
    desk.ask(reader("ann"), "", Asked(question=TARIFF))

    async def follow_and_meddle():
        last = None
        async for step in desk.follow(reader("ann")):
            desk.stop(reader("bob"))
            desk.opened(reader("bob"), "")
            last = step
        return last

    last = run(follow_and_meddle())
    assert last.state == "free"
    assert "125%" in last.history
    assert 'class="chip' in last.history


def test_an_uploads_name_stays_within_the_home(desk, youju, tmp_path):
    upload = tmp_path / "upload"
    upload.write_text("# 报告\n\n蓝鲸项目的预算是37万元。", "utf-8")

    async def add():
        files = [("../../etc/夹/报告<1>.md", upload)]
        return [told async for told in desk.add(reader(), files)]

    run(add())
    (added,) = [d for d in youju.documents() if d.title == "报告"]
    assert added.file == str((youju.settings.home / "uploads/etc/夹/报告_1_.md").absolute())


def test_a_file_that_fails_is_named_without_the_place_it_was_put(desk, youju, tmp_path):
    upload = tmp_path / "upload"
    upload.write_bytes(b"%PDF-1.4 cut")

    async def add():
        return [told async for told in desk.add(reader(), [("坏.pdf", upload)])]

    told = run(add())[-1]
    assert "坏.pdf" in told
    assert "PDF 文件已损坏：" in told
    assert str(youju.settings.home) not in told


def test_who_asks_is_what_the_application_around_the_page_says():
    scope = {"type": "http", "headers": [(b"accept-language", b"en")]}
    assert visitor(Request(scope)) == Visitor(
        reader="", may_edit=True, t=words_in("en"), session=""
    )
    scope["youju.reader"] = SimpleNamespace(name="ann", may_edit=False)
    known = visitor(Request(scope))
    assert (known.reader, known.may_edit) == ("ann", False)


def test_nothing_is_left_running(desk):
    before = set(threading.enumerate())
    answer(desk, reader())
    mine = [t for t in threading.enumerate() if t.name == "youju-answer" and t not in before]
    for thread in mine:
        thread.join(10)
        assert not thread.is_alive()
