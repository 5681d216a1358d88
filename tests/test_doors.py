"""What a file may do to the process that takes it in: nothing. The rest of the folder goes in."""

import json
import os
import resource
import stat
import subprocess
import threading
import time
import urllib.request

import pytest

from rag.build import Youju
from rag.errors import BadFileError
from rag.load import ManifestEntry
from rag.model import Mark
from rag.parse import Limits
from rag.prepare import Receiving, Recipe, prepare, prepared_frames
from rag.read import Reader
from rag.settings import Settings
from rag.split import Sizes
from tests.conftest import document_of
from tests.serving import serving
from tests.test_read import in_worker

BOMB = (
    "---\nl0: &l0 [x,x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 7))
    + "title: *l6\n---\n正文。\n"
)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.txt").write_text("好文件里的一句话。", "utf-8")
    return folder


@pytest.fixture
def home(tmp_path):
    settings = Settings(home=tmp_path / "home", max_memory_bytes=1_500_000_000, max_seconds=20)
    with Youju(settings) as youju:
        youju.search("先装好模型")
        yield youju


def by_name(results):
    return {r.path.rsplit("/", 1)[-1]: r for r in results}


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1000


def test_front_matter_that_stands_for_gigabytes_costs_nothing_and_is_named(home, folder):
    (folder / "bomb.md").write_text(BOMB, "utf-8")
    before, began = memory(), time.monotonic()
    results = by_name(home.add(folder))
    assert time.monotonic() - began < 20
    assert memory() - before < 300_000_000
    assert "YAML anchors" in results["bomb.md"].reason
    assert results["good.txt"].state == "added"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("short-lines.csv", "a,b\n" + "1\n" * 4_500_000),
        ("unclosed.csv", "a,b\n" + '"1,' * 2_000_000),
        ("images.md", "![" * 2_000_000),
        ("headings.txt", "字字\n" * 1_000_000),
        ("wide.csv", ",".join(f"列{n}" for n in range(300_000)) + "\n" + "1,2\n" * 300_000),
    ],
)
def test_a_file_that_is_heavy_to_cut_is_named_while_the_server_answers(
    home, folder, monkeypatch, name, text
):
    monkeypatch.setattr("rag.read.MEGABYTE_SECONDS", 0.0)
    (folder / name).write_text(text, "utf-8")
    slowest, done = 0.0, threading.Event()
    results = []

    def add():
        try:
            results.extend(home.add(folder))
        finally:
            done.set()

    with serving(home) as address:
        urllib.request.urlopen(f"{address}/healthz", timeout=30).close()
        before = memory()
        # What goes in all the same is not embedded: that takes minutes, and other threads go on.
        monkeypatch.setattr("rag.ingest.Reader.prepare", _given_up_once_read)
        thread = threading.Thread(target=add)
        thread.start()
        while not done.is_set():
            began = time.monotonic()
            with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:
                assert answer.status == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.05)
        thread.join()
    found = by_name(results)
    assert slowest < 1, slowest
    assert found[name].state == "failed"
    assert name in found[name].reason
    assert found["good.txt"].state == "added"
    assert memory() - before < 1_000_000_000


_prepare = Reader.prepare


def _given_up_once_read(self, data, path, manifest):
    prepared = _prepare(self, data, path, manifest)
    if len(data) > 1_000_000:
        raise BadFileError("read and cut within its limits")
    return prepared


def test_a_stored_document_that_is_heavy_to_cut_stays_as_it_was(home, folder, monkeypatch):
    home.add(folder)
    monkeypatch.setattr(Reader, "_seconds_for", lambda self, size: 0.001)
    (result,) = home.reindex()
    assert result.state == "failed"
    assert "stay as they were" in result.reason
    assert home.search("好文件", 1)[0].passage.text == "好文件里的一句话。"


@pytest.mark.parametrize("kind", ["broken", "deep", "large", "pipe", "device"])
def test_a_manifest_that_is_none_is_named_and_holds_nothing_up(home, folder, kind):
    path = folder / "manifest.toml"
    if kind == "broken":
        path.write_text("[[document]\nfile =", "utf-8")
    elif kind == "deep":
        path.write_text("document = " + "[" * 100_000, "utf-8")
    elif kind == "large":
        path.write_text("# \n" * 1_000_000, "utf-8")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    (folder / "second.txt").write_text("第二份文件里的一句话。", "utf-8")
    results = home.add(folder)
    assert [r.state for r in results] == ["failed", "added", "added"]
    assert "manifest.toml" in results[0].reason
    assert stat.S_ISREG((folder / "good.txt").stat().st_mode)


@pytest.mark.parametrize("make", ["pipe", "device"])
def test_what_is_no_regular_file_is_named_and_not_waited_for(home, folder, make):
    path = folder / "odd.txt"
    if make == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    results = by_name(home.add(path, folder))
    assert results["odd.txt"].state == "failed"
    assert "not a regular file" in results["odd.txt"].reason
    assert results["good.txt"].state == "added"


def test_a_folder_that_cannot_be_read_is_named_and_the_rest_goes_in(home, folder, monkeypatch):
    (folder / "locked").mkdir()
    (folder / "locked" / "a.txt").write_text("锁着的文件。", "utf-8")
    scandir = os.scandir

    def locked(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", locked)
    results = by_name(home.add(folder))
    assert results["locked"].state == "failed"
    assert "Permission denied" in results["locked"].reason
    assert results["good.txt"].state == "added"


def test_folders_nested_without_end_are_named_and_the_rest_goes_in(home, folder):
    depth = os.open(folder, os.O_RDONLY)
    for _ in range(1300):
        os.mkdir("d", dir_fd=depth)
        deeper = os.open("d", os.O_RDONLY, dir_fd=depth)
        os.close(depth)
        depth = deeper
    os.close(depth)
    try:
        results = home.add(folder)
    finally:
        # pytest clears its folders by recursion, which such a one would break.
        subprocess.run(["rm", "-rf", folder / "d"], check=True)
    assert sorted(r.state for r in results) == ["added", "failed"]
    assert "folders within one another" in next(r for r in results if r.state == "failed").reason


def test_an_entry_of_the_manifest_reaches_the_document_that_is_cut_in_the_child(home, folder):
    (folder / "manifest.toml").write_text(
        '[[document]]\nfile = "a.md"\ntitle = "卷首"\noutlet = "某报"\n', "utf-8"
    )
    (folder / "a.md").write_text("# 卷首\n\n## 第一节\n\n说的是水库的一句话。\n", "utf-8")
    home.add(folder)
    document = home.document("a")
    assert (document.title, document.outlet) == ("卷首", "某报")
    passage = next(p for p in home.ledger.passages_of("a") if "水库" in p.text)
    assert passage.section == ("第一节",)  # the title is no section of its own document


def lengths(texts):
    return [3 + len(text) // 2 for text in texts]


def test_a_document_goes_through_frames_unchanged():
    document = document_of(
        "# 题\n\n一句话，说完。[^1]\n\n“又一句”，\U0001f600也说完。\n", format="markdown"
    )
    prepared = prepare(document, Sizes(), lengths).named("x", "/x")
    frames = iter(prepared_frames(prepared))
    again = Receiving(lambda: next(frames), Limits()).prepared()
    assert again.named("x", "/x") == prepared


def _frames_of(text, **changed):
    prepared = prepare(document_of(text), Sizes(), lengths)
    *rest, head, passages = prepared_frames(prepared)
    head = json.loads(head) | changed.get("head", {})
    passages = changed.get("passages", json.loads(passages))
    waiting = [*rest, json.dumps(head).encode(), json.dumps(passages).encode()]

    def frames():
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    return frames


@pytest.mark.parametrize(
    "changed",
    [
        {"passages": [["body", [[0, 99]], [], [], []]]},
        {"passages": [["body", [[-3, 2]], [], [], []]]},
        {"passages": [["body", [[True, 2]], [], [], []]]},
        {"passages": [["body", [[0, 2]], [], [], [[0, 99]]]]},
        {"passages": [["heading", [[0, 2]], [], [], []]]},
        {"passages": []},
        {"head": {"passages": 2}},
        {"head": {"sketch": "00"}},
    ],
)
def test_what_comes_back_is_not_trusted(changed):
    with pytest.raises((ValueError, EOFError)):
        Receiving(_frames_of("一句话。", **changed), Limits()).prepared()


def test_more_text_in_passages_than_a_file_may_unpack_to_is_refused():
    passages = [["body", [[0, 4]] * 100, [], [], []]]
    with pytest.raises(BadFileError, match="YOUJU_MAX_EXPANDED_BYTES"):
        Receiving(_frames_of("一句话。", passages=passages), Limits(expanded_bytes=100)).prepared()


def test_a_mark_outside_of_its_text_is_refused():
    document = document_of("一句话。", marks=(Mark(0, 99, "paragraph"),))
    prepared = prepare(document, Sizes(), lengths)
    frames = iter(prepared_frames(prepared))
    with pytest.raises(ValueError, match="outside"):
        Receiving(lambda: next(frames), Limits()).prepared()


def test_passages_are_the_same_whichever_counter_loads_what_it_needs(tmp_path):
    text = "。".join(f"第{n}句话有一点长度" for n in range(60)) + "。"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    for counter in ("e5", "tiktoken"):
        with Reader(Limits(), recipe=Recipe(Sizes(), counter)) as reader:
            made = reader.prepare(text.encode(), tmp_path / "a.txt", ManifestEntry({}))
        assert len(made.documents[0].passages) > 2
        assert made.documents[0].document.text == text


def test_the_child_may_not_open_a_file_to_write_by_any_way():
    assert in_worker("import os; os.open('/tmp/youju-was-here', os.O_CREAT)").startswith(
        "PermissionError"
    )
