"""What `add` does with files: in, changed, moved, gone, bad; each format found and cited."""

import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from rag.build import Youju
from rag.embed import E5Embedding
from rag.errors import StoreError
from rag.fold import to_traditional
from rag.model import join_spans
from rag.settings import Settings
from tests.formats import make_corpus
from tests.test_near import OTHER, STORY


@pytest.fixture
def home(tmp_path):
    with Youju(Settings(home=tmp_path / "home")) as youju:
        yield youju


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def states(results):
    return {r.path.rsplit("/", 1)[-1]: r.state for r in results}


def write(folder, name, text):
    (folder / name).write_text(text, "utf-8")


def flat(text):
    return "".join(text.split())


def test_every_format_goes_in_is_found_and_its_quotes_resolve(home, folder):
    corpus = make_corpus(folder)
    results = home.add(folder)
    assert not [r.reason for r in results if r.state == "failed"]
    for made in corpus:
        hits = home.search(made.phrase, 8)
        found = [h for h in hits if flat(made.phrase) in flat(h.passage.text)]
        sources = {h.passage.document_id: h for h in found}
        cards = {i: home.document(i) for i in sources}
        hit = next((h for i, h in sources.items() if made.name in cards[i].source), None)
        assert hit, made.name
        document = cards[hit.passage.document_id]
        assert join_spans(document.text, hit.passage.spans) == hit.passage.text, made.name
        if made.page:
            (span, page) = next(
                (s, p)
                for s, p in zip(hit.passage.spans, hit.passage.pages, strict=True)
                if flat(made.phrase)[:6] in flat(document.text[s[0] : s[1]])
            )
            assert page == hit.passage.page_at(span[0]) == made.page, made.name
        if made.encoding:
            assert document.encoding == made.encoding, made.name
        if made.title:
            assert document.title == made.title, made.name


def test_an_unchanged_file_is_skipped_and_a_changed_one_replaces_its_passages(home, folder):
    write(folder, "a.txt", "第一版说预算是三百万元。")
    write(folder, "b.txt", "另一件事情在另一份文件里。")
    assert states(home.add(folder)) == {"a.txt": "added", "b.txt": "added"}
    assert states(home.add(folder)) == {"a.txt": "unchanged", "b.txt": "unchanged"}
    write(folder, "a.txt", "第二版说预算是五百万元。")
    assert states(home.add(folder)) == {"a.txt": "updated", "b.txt": "unchanged"}
    assert home.search("预算", 5)[0].passage.text == "第二版说预算是五百万元。"
    assert not [h for h in home.search("预算", 5) if "第一版" in h.passage.text]
    home.check_indexes()


def test_a_removed_file_is_reported_and_with_sync_its_document_leaves(home, folder):
    write(folder, "a.txt", "这一份会留下来。")
    write(folder, "b.txt", "这一份会被删掉。")
    home.add(folder)
    (folder / "b.txt").unlink()
    assert states(home.add(folder)) == {"a.txt": "unchanged", "b.txt": "gone"}
    assert len(home.documents()) == 2
    assert states(home.add(folder, sync=True)) == {"a.txt": "unchanged", "b.txt": "removed"}
    assert [d.id for d in home.documents()] == ["a"]
    assert not [h for h in home.search("这一份会被删掉", 5) if "删掉" in h.passage.text]
    home.check_indexes()


def test_sync_leaves_files_of_other_folders_alone(home, folder, tmp_path):
    other = tmp_path / "files-2"
    other.mkdir()
    write(folder, "a.txt", "第一个文件夹里的一份。")
    write(other, "b.txt", "第二个文件夹里的一份。")
    home.add(folder, other)
    (other / "b.txt").unlink()
    home.add(folder, sync=True)
    assert {d.id for d in home.documents()} == {"a", "b"}


def test_a_moved_file_keeps_its_document(home, folder):
    write(folder, "a.txt", "这份文件要搬家，内容不变。")
    home.add(folder)
    (folder / "new").mkdir()
    (folder / "a.txt").rename(folder / "new" / "renamed.txt")
    assert states(home.add(folder, sync=True)) == {"renamed.txt": "moved"}
    (document,) = home.documents()
    assert (document.id, document.source) == ("a", str(folder / "new" / "renamed.txt"))
    assert states(home.add(folder)) == {"renamed.txt": "unchanged"}


def test_a_moved_archive_keeps_its_parts(home, folder):
    made = {m.name: m for m in make_corpus(folder)}
    for path in folder.iterdir():
        if path.suffix != ".zip":
            path.unlink()
    assert made
    (archive,) = folder.glob("*.zip")
    home.add(folder)
    before = {d.id for d in home.documents()}
    assert before
    archive.rename(folder / "moved.zip")
    assert states(home.add(folder)) == {"moved.zip": "moved"}
    assert {d.id for d in home.documents()} == before
    assert all(d.file == str(folder / "moved.zip") for d in home.documents())


def test_the_same_text_twice_is_one_document_until_its_file_goes(home, folder):
    write(folder, "a.txt", "完全一样的一份正文。")
    write(folder, "b.txt", "完全一样的一份正文。")
    assert states(home.add(folder)) == {"a.txt": "added", "b.txt": "same text"}
    assert states(home.add(folder)) == {"a.txt": "unchanged", "b.txt": "same text"}
    (folder / "a.txt").unlink()
    home.add(folder, sync=True)
    assert len(home.documents()) <= 1
    home.add(folder)
    assert len(home.documents()) == 1


def test_a_file_that_went_bad_leaves_its_last_good_version(home, folder):
    write(folder, "a.txt", "好的版本里的一句话。")
    home.add(folder)
    (folder / "a.txt").write_bytes(b"\x00\x01\x02\x03" * 100)
    (result,) = home.add(folder)
    assert result.state == "failed"
    assert home.document("a").text == "好的版本里的一句话。"


def test_one_wire_story_twice_is_linked_and_takes_one_place_among_the_hits(home, folder):
    write(folder, "first.txt", f"2025-03-01\n\n{STORY}")
    write(folder, "other.txt", OTHER)
    write(folder, "reprint.txt", f"2025-03-02 转载\n\n{to_traditional(STORY)}")
    home.add(folder)
    cards = {d.id: d for d in home.documents()}
    assert cards["reprint"].near == "first"
    assert cards["first"].near is cards["other"].near is None
    hits = home.search("日内瓦磋商达成了什么安排？", 5)
    told = [h for h in hits if "日内瓦" in h.passage.text or "日內瓦" in h.passage.text]
    assert len({h.passage.document_id for h in told}) == 1
    assert told[0].also
    home.remove("first")
    assert home.document("reprint").near is None


def test_the_earliest_of_near_duplicates_stands_for_them_whatever_came_first(home, folder):
    write(folder, "a-late.txt", f"2025-03-09\n\n{STORY}")
    home.add(folder)
    write(folder, "b-early.txt", f"2025-03-01 首发\n\n{STORY}")
    home.add(folder)
    cards = {d.id: d for d in home.documents()}
    assert (cards["a-late"].near, cards["b-early"].near) == ("b-early", None)


def test_the_same_passage_is_never_embedded_twice(home, folder, monkeypatch):
    embedded = []
    original = E5Embedding.with_states
    monkeypatch.setattr(
        E5Embedding,
        "with_states",
        lambda self, texts: embedded.extend(texts) or original(self, texts),
    )
    write(folder, "a.txt", "# 甲\n\n第一段说的是水库。\n\n# 乙\n\n第二段说的是铁路。")
    home.add(folder)
    write(folder, "a.txt", "# 甲\n\n第一段说的是水库。\n\n# 乙\n\n第二段说的是公路。")
    home.add(folder)
    assert len(embedded) == 3
    assert len(set(embedded)) == 3


def test_a_link_out_of_the_folder_is_not_followed(home, folder, tmp_path):
    write(tmp_path, "secret.txt", "文件夹之外的内容。")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "loop").symlink_to(folder)
    write(folder, "a.txt", "文件夹之内的内容。")
    assert states(home.add(folder)) == {"a.txt": "added"}


def test_progress_tells_files_passages_and_time_left(home, folder):
    for n in range(5):
        write(folder, f"{n}.txt", f"第{n}份文件里的一句话。")
    seen = []
    home.add(folder, progress=seen.append)
    assert [(p.files, p.of_files) for p in seen] == [(n, 5) for n in range(1, 6)]
    assert seen[-1].passages == 5
    assert seen[-1].seconds_left == 0


def test_watch_adds_what_changes(home, folder):
    write(folder, "a.txt", "一开始就有的一份。")
    stop = threading.Event()
    seen = []
    for results in home.watch(folder, sync=True, stop=stop):
        seen.append(states(results))
        if len(seen) == 1:
            write(folder, "b.txt", "后来才有的一份。")
        elif len(seen) == 2:
            (folder / "a.txt").unlink()
        else:
            stop.set()
    assert seen == [{"a.txt": "added"}, {"b.txt": "added"}, {"a.txt": "removed"}]


def test_a_name_or_title_cannot_lie_by_what_does_not_print(home, folder):
    name = "gnp.\u202etxt.txt"
    write(folder, name, "标\u202e题\x1b[31m一行\n\n正文说预算是三百万元。")
    (result,) = home.add(folder)
    assert "\u202e" not in result.path
    assert home.documents()[0].title == "标题[31m一行"
    assert not [c for c in home.documents()[0].id if not c.isprintable()]


def test_a_full_disk_is_one_sentence_and_a_ledger_that_still_opens(tmp_path, folder):
    write(folder, "a.txt", "先放进去的一份。")
    settings = Settings(home=tmp_path / "home")
    with Youju(settings) as youju:
        youju.add(folder)
        pages = youju.ledger._db.execute("PRAGMA page_count").fetchone()[0]
        youju.ledger._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        write(folder, "big.txt", "\n".join(f"第{n}行写满磁盘的内容。" for n in range(3000)))
        with pytest.raises(StoreError, match=r"full.*Free some space"):
            youju.add(folder)
    with Youju(settings) as youju:
        assert [d.id for d in youju.documents()] == ["a"]
        assert states(youju.add(folder)) == {"a.txt": "unchanged", "big.txt": "added"}


def test_a_home_cut_otherwise_says_so_and_reindex_mends_it(tmp_path, folder):
    write(folder, "a.txt", "。".join(f"第{n}句话有一点长度" for n in range(60)) + "。")
    with Youju(Settings(home=tmp_path / "home")) as youju:
        youju.add(folder)
        few = youju.ledger.count_searched()
    smaller = Settings(home=tmp_path / "home", passage_tokens=40)
    with pytest.raises(StoreError, match="youju reindex"):
        Youju(smaller)
    shutil.rmtree(folder)  # the ledger has the text: the file is not needed
    with Youju(smaller, must_match=False) as youju:
        assert [r.state for r in youju.reindex()] == ["updated"]
    with Youju(smaller) as youju:
        assert youju.ledger.count_searched() > few
        youju.check_indexes()


def test_every_character_of_a_document_is_in_a_passage_of_some_class(seed_home):
    with closing(sqlite3.connect(seed_home / "ledger.db")) as db:
        kinds = {k for (k,) in db.execute("SELECT DISTINCT kind FROM passages")}
    assert {"body", "comment", "reference", "caption", "credit", "boilerplate"} == kinds
