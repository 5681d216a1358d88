"""What a reader can do at the page, without a browser; the model is a scripted endpoint."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from rag.build import Youju
from rag.errors import BadFileError, NotFoundError
from rag.model import Filters
from rag.turns import Turns
from rag.web.desk import Desk, Visitor
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
    return Desk(youju, Turns(1), Youju)


def answer(desk, v, question=TARIFF, id="", ordinal=None):
    async def all_of_it():
        return [s async for s in desk.answer(v, question, id, ordinal, Filters())]

    steps = run(all_of_it())
    return next(s.conversation for s in steps if s.conversation), steps


def test_an_answer_is_kept_with_the_texts_that_it_cites_from(desk, youju):
    id, steps = answer(desk, reader())
    (turn,) = Conversations(youju.settings.home / "conversations.db").turns("", id)
    assert turn.state == "done"
    assert turn.answer.citations
    for citation in turn.answer.citations:
        document = youju.document(citation.document_id)
        assert turn.texts[document.id] == document.sha256
    assert [s.state for s in steps if s.state] == ["busy", "free"]


def test_conversations_are_private_to_a_user(desk):
    id, _ = answer(desk, reader("ann"))
    bob = reader("bob")
    assert TARIFF[:20] not in desk.talks(bob, "", "")
    assert TARIFF[:20] in desk.talks(reader("ann"), "", "")
    assert desk.opened(bob, id).conversation == ""
    for peek in (
        lambda: desk.sources(bob, id, 0),
        lambda: desk.markdown(bob, id, 0),
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


def test_a_page_that_is_closed_leaves_its_question_behind_and_frees_the_turn(desk, endpoint, youju):
    endpoint.reply = lambda _: SAYS * 100
    endpoint.pause = 0.05

    async def leave_while_it_writes():
        steps = desk.answer(reader(), TARIFF, "", None, Filters())
        async for step in steps:
            if step.live and "draft" in step.live:
                break
        await steps.aclose()

    run(leave_while_it_writes())
    assert endpoint.closed_early.wait(10)
    kept = Conversations(youju.settings.home / "conversations.db")
    (turn,) = kept.turns("", kept.of_reader("")[0].id)
    assert turn.state == "stopped"
    assert turn.draft.startswith("中方")
    endpoint.pause = 0.0
    endpoint.reply = lambda _: SAYS
    id, _ = answer(desk, reader())
    assert kept.turns("", id)[0].state == "done"


def test_twenty_readers_wait_in_line_and_none_is_lost(desk, endpoint):
    endpoint.pause = 0.02
    places = []

    async def one(n):
        done = ""
        async for step in desk.answer(reader(session=str(n)), TARIFF, "", None, Filters()):
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

    async def answer_and_meddle():
        last = None
        async for step in desk.answer(reader("ann"), TARIFF, "", None, Filters()):
            desk.stop(reader("bob"))
            desk.leave(reader("bob"))
            assert not desk.is_busy(reader("bob"))
            last = step
        return last

    last = run(answer_and_meddle())
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
    assert "PDF:" in told
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
    answer(desk, reader())
    names = [thread.name for thread in threading.enumerate()]
    assert "youju-answer" not in names
