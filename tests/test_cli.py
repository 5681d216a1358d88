"""The command as a process, as people and scripts run it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from rag.build import Youju
from rag.model import join_spans
from rag.settings import Settings
from tests.conftest import SEEDS
from tests.scripted_endpoint import KEY

TARIFF = "中方把美国输华产品关税最高加到了多少？"


@pytest.fixture
def run(endpoint, tmp_path):
    def run_(*arguments, **environ):
        env = {
            **os.environ,
            "OPENAI_BASE_URL": endpoint.url,
            "OPENAI_API_KEY": KEY,
            "YOUJU_DEADLINE": "30",
            **environ,
        }
        return subprocess.run(
            [sys.executable, "-m", "rag.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=env,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )

    return run_


def test_help_answers_at_once(run):
    started = time.monotonic()
    result = run("--help")
    assert time.monotonic() - started < 10  # 0.1 s here; the import test is the exact one
    assert result.returncode == 0
    assert "Exit codes" in result.stdout


def test_the_home_is_taken_before_and_after_the_command_and_a_new_one_is_said(run, tmp_path):
    (tmp_path / "a.md").write_text("# 甲\n\n一句话。", "utf-8")
    first = run("--home", "typo", "add", "a.md")
    assert first.returncode == 0
    assert f"There is no home at {tmp_path / 'typo'}" in first.stderr
    for arguments in (("--home", "typo", "docs"), ("docs", "--home", "typo")):
        listed = run(*arguments)
        assert "甲" in listed.stdout
        assert "no home" not in listed.stderr


def test_a_busy_port_is_said_with_what_to_do(run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("chat", "serve"):
            result = run(command, "--home", tmp_path / "home", "--port", port)
            assert result.returncode != 0
            assert f"127.0.0.1:{port} is in use" in result.stderr
            assert f"--port {port + 1}" in result.stderr
            assert "Errno" not in result.stderr


def test_ask_in_json_is_one_object_whose_quotes_resolve_in_show(run, endpoint, seed_home):
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。"
    result = run("ask", TARIFF, "--json", "--home", seed_home)
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["outcome"] == "answered"
    (citation,) = answer["citations"]
    shown = json.loads(run("show", citation["document_id"], "--json", "--home", seed_home).stdout)
    assert join_spans(shown["text"], citation["spans"]) == citation["quote"]
    for passage in shown["passages"]:
        assert join_spans(shown["text"], passage["spans"]) == passage["text"]


def test_ask_for_people_shows_answer_card_and_quote(run, endpoint, seed_home):
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。"
    result = run("ask", TARIFF, "--home", seed_home)
    assert "125%。[1]" in result.stdout
    assert "特朗普归来与中美博弈的新阶段" in result.stdout
    assert "中方将美国输华产品关税加至125%，美方" in result.stdout


def test_stream_shows_evidence_then_draft_then_the_checked_answer(run, endpoint, seed_home):
    endpoint.reply = lambda _: "加至125%。"
    out = run("ask", TARIFF, "--stream", "--home", seed_home).stdout
    assert out.index("nearest sentences") < out.index("draft") < out.index("checked\n")


def test_history_makes_a_follow_up_stand_alone(run, endpoint, seed_home):
    endpoint.reply = lambda _: "150%左右"
    result = run(
        "ask", "那美方升到了多少？", "--history", TARIFF, "125%", "--json", "--home", seed_home
    )
    assert json.loads(result.stdout)["understood_as"].startswith(TARIFF)


def test_mentions_and_timeline_list_all_documents_with_their_words(run, tmp_path):
    home, folder = tmp_path / "own", tmp_path / "files"
    folder.mkdir()
    (folder / "一.txt").write_text("2024-05-01\n\n蓝鲸项目于5月2日启动。", "utf-8")
    (folder / "二.txt").write_text("2024-04-01\n\n会上没有谈别的，只谈藍鯨項目。", "utf-8")
    run("add", folder, "--home", home)
    found = json.loads(run("mentions", "蓝鲸项目", "--json", "--home", home).stdout)
    assert found["searched"] == 2
    assert [m["published"] for m in found["certain"]] == ["2024-04-01", "2024-05-01"]
    shown = run("mentions", "蓝鲸项目", "--since", "2024-05", "--home", home).stdout
    assert "1 documents searched: 1 certain, 0 doubtful" in shown
    assert run("timeline", "蓝鲸项目", "--home", home).stdout.startswith("2024-05-02")


def test_search_docs_add_and_rm(run, tmp_path):
    home = tmp_path / "own"
    file = tmp_path / "报告.md"
    file.write_text("# 报告\n\n蓝鲸项目的预算是37万元。", "utf-8")
    assert run("docs", "--home", home).stdout.startswith("No documents yet")
    assert "added" in run("add", file, "--home", home).stdout
    assert "unchanged" in run("add", file, "--home", home).stdout
    hits = json.loads(run("search", "蓝鲸项目", "-k", "1", "--json", "--home", home).stdout)["hits"]
    assert "37万元" in hits[0]["passage"]["text"]
    (card,) = json.loads(run("docs", "--json", "--home", home).stdout)["documents"]
    assert (card["title"], card["passages"]) == ("报告", 1)
    assert run("rm", "报告", "--home", home).returncode == 0
    assert json.loads(run("docs", "--json", "--home", home).stdout)["documents"] == []


def test_a_bad_file_is_reported_and_the_rest_go_in(run, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.txt").write_text("好的一句话。", "utf-8")
    (folder / "bad.txt").write_bytes(b"\x00\x01\x02")
    result = run("add", folder, "--home", tmp_path / "own")
    assert result.returncode == 3
    assert "bad.txt: binary data" in result.stdout
    assert "1 added" in result.stdout


def test_a_changed_file_replaces_and_a_moved_one_keeps_its_id(run, tmp_path):
    home, file = tmp_path / "own", tmp_path / "a.txt"
    file.write_text("第一版的句子。", "utf-8")
    run("add", file, "--home", home)
    file.write_text("第二版的句子。", "utf-8")
    assert "updated" in run("add", file, "--home", home).stdout
    assert run("show", "a", "--home", home).stdout == "第二版的句子。\n"
    file.rename(tmp_path / "b.txt")
    assert "moved" in run("add", tmp_path / "b.txt", "--home", home).stdout
    (card,) = json.loads(run("docs", "--json", "--home", home).stdout)["documents"]
    assert (card["id"], card["source"]) == ("a", str((tmp_path / "b.txt").resolve()))


def test_add_lists_every_passage_with_its_class_for_a_person_to_check(run, tmp_path):
    result = run("add", SEEDS, "--home", tmp_path / "own")
    rows = re.findall(r"^ +\d+ (\w+) +[\d–]+(?: ×\d+)? +(.*)$", result.stdout, re.MULTILINE)
    kinds = {kind for kind, _ in rows}
    assert kinds == {"body", "comment", "reference", "caption", "credit", "boilerplate"}
    body = [words for kind, words in rows if kind == "body"]
    assert len(body) > 100
    for words in body:
        for stray in ("http", "![", "](", "复制链接", "登录", "扫码分享", "屏蔽", "URL Source"):
            assert stray not in words
    assert any(line.strip().startswith("note to ") for line in result.stdout.splitlines())
    again = run("add", SEEDS, "--home", tmp_path / "own", "--no-passages")
    assert again.stdout.splitlines()[-1] == "5 files: 5 unchanged"
    assert len(again.stdout.splitlines()) == 6


def test_a_hit_of_a_dated_question_says_how_its_date_fits(run, seed_home):
    found = run("search", "2025年9月特朗普和习近平通话谈了什么？", "--home", seed_home)
    assert "after the asked 2025-09" in found.stdout


def test_filters_narrow_a_search_and_a_wrong_one_says_so(run, seed_home):
    found = run("search", "关税", "--since", "2026", "--json", "--home", seed_home)
    assert {h["published"][:4] for h in json.loads(found.stdout)["hits"]} == {"2026"}
    assert run("search", "关税", "--since", "soon", "--home", seed_home).returncode == 2
    assert run("search", "关税", "--document", "gone", "--home", seed_home).returncode == 3


def test_tags_are_given_listed_replaced_and_filter(run, tmp_path):
    home = tmp_path / "own"
    for name, tag in (("a", "甲"), ("b", "乙")):
        (tmp_path / f"{name}.txt").write_text(f"{tag}项目的预算是37万元。", "utf-8")
        assert run("add", tmp_path / f"{name}.txt", "--tag", tag, "--home", home).returncode == 0
    again = run("add", tmp_path / "a.txt", "--tag", "丙", "--tag", "Trade", "--home", home)
    assert "updated" in again.stdout
    assert "tags: 丙, Trade" in again.stdout
    first, second = run("docs", "--home", home).stdout.splitlines()
    assert first.endswith("#丙  #Trade")
    assert second.endswith("#乙")
    cards = json.loads(run("docs", "--json", "--home", home).stdout)["documents"]
    assert [c["tags"] for c in cards] == [["丙", "Trade"], ["乙"]]
    found = run("search", "预算", "--tag", "TRADE", "--json", "--home", home)
    hits = json.loads(found.stdout)["hits"]
    assert [h["passage"]["document_id"] for h in hits] == ["a"]


def test_ctrl_c_ends_an_add_cleanly_and_the_next_one_goes_on(tmp_path):
    folder, home = tmp_path / "files", tmp_path / "own"
    folder.mkdir()
    for n in range(400):
        text = "".join(f"第{n}份文件的第{line}句话说的是工程。" for line in range(40))
        (folder / f"{n:03}.txt").write_text(text, "utf-8")
    # A shell's background jobs ignore SIGINT, and what they start inherits that.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "rag.cli", "add", str(folder)]
    process = subprocess.Popen(
        [*command, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout.readline().startswith("added")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip().endswith("youju: interrupted; what was committed is kept.")
    assert "Traceback" not in errors
    with Youju(Settings(home=home)) as youju:
        assert 0 < len(youju.documents()) < 400
        youju.check_indexes()


def test_sync_removes_and_the_line_says_so(run, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("会被删掉的一份。", "utf-8")
    run("add", folder, "--home", tmp_path / "own")
    (folder / "a.txt").unlink()
    assert "gone " in run("add", folder, "--home", tmp_path / "own").stdout
    assert "removed " in run("add", folder, "--sync", "--home", tmp_path / "own").stdout
    assert json.loads(run("docs", "--json", "--home", tmp_path / "own").stdout) == {"documents": []}


def test_the_same_text_twice_is_one_document(run, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("同一句话。", "utf-8")
    result = run("add", tmp_path / "a.txt", tmp_path / "b.txt", "--home", tmp_path / "own")
    assert "same text" in result.stdout


def test_the_default_home_fills_itself_from_the_seeds_and_says_so(run):
    first = run("docs")
    assert "filling it from" in first.stderr
    assert len(first.stdout.splitlines()) == 5
    assert "filling" not in run("docs").stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show", "gone"], 3, "No document “gone”"),
        (["rm", "gone"], 3, "youju docs"),
        (["add", "gone.txt"], 3, "no such file"),
    ],
)
def test_what_is_not_there_is_one_sentence_and_exit_code_3(run, tmp_path, arguments, code, words):
    result = run(*arguments, "--home", tmp_path / "own")
    assert result.returncode == code
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("environ", "behaviour", "words"),
    [
        ({"OPENAI_API_KEY": "wrong"}, "well", "OPENAI_API_KEY"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "well", "Nothing answers at"),
        ({"YOUJU_DEADLINE": "2"}, "hangs", "YOUJU_DEADLINE"),
    ],
)
def test_a_failing_endpoint_is_one_sentence_and_exit_code_5_beside_the_sources_own_words(
    run, endpoint, seed_home, environ, behaviour, words
):
    endpoint.behaviour = behaviour
    result = run("ask", TARIFF, "--json", "--home", seed_home, **environ)
    assert result.returncode == 5
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    answer = json.loads(result.stdout)
    assert words in answer["model_failure"]
    assert words in answer["note"]
    assert [s["support"] for s in answer["sentences"]] == ["quoted"]
    assert "125%" in answer["citations"][0]["quote"]


def test_json_is_one_object_also_where_a_stream_is_asked_for(run, endpoint, seed_home):
    endpoint.reply = lambda _: "中方将美国输华产品关税加至125%。"
    result = run("ask", TARIFF, "--json", "--stream", "--home", seed_home)
    assert json.loads(result.stdout)["outcome"] == "answered"


def test_an_unknown_setting_is_exit_code_2(run, tmp_path):
    result = run("docs", "--home", tmp_path / "own", YOUJU_TOPK="3")
    assert (result.returncode, "YOUJU_TOP_K" in result.stderr) == (2, True)


def test_doctor_says_what_works(run, endpoint, seed_home):
    endpoint.reply = lambda _: "好"
    result = run("doctor", "--home", seed_home)
    assert result.returncode == 0, result.stdout
    assert "5, " in result.stdout
    assert run("doctor", "--home", seed_home, OPENAI_API_KEY="wrong").returncode == 1


def test_a_second_writer_is_refused_at_once(run, tmp_path):
    from rag.build import Youju
    from rag.settings import Settings

    home = tmp_path / "own"
    with Youju(Settings(home=home)) as youju, youju._write():
        result = run("add", SEEDS, "--home", home)
    assert result.returncode == 4
    assert "Another process is writing" in result.stderr


def test_a_reader_sees_what_another_process_added(run, tmp_path):
    import rag

    home = tmp_path / "own"
    with rag.open(home) as youju:
        assert youju.search("蓝鲸项目") == []
        (tmp_path / "a.txt").write_text("蓝鲸项目的预算是37万元。", "utf-8")
        assert run("add", tmp_path / "a.txt", "--home", home).returncode == 0
        (hit,) = youju.search("蓝鲸项目")
        assert set(hit.by) == {"dense", "lexical"}
