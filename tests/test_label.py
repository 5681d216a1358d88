"""From the chat to a case: the feedback log, and `youju eval label`."""

import json
import stat

import pytest

from eval.cases import read_cases
from eval.command import main
from eval.label import cited, label, read_log
from eval.records import find_run, read_records
from rag.errors import BadFileError, StoreError
from rag.feedback import LONGEST_REASON, log_feedback
from rag.model import Answer, Citation, Sentence
from tests.scripted_endpoint import KEY

QUOTE = "中方将美国输华产品关税加至125%"
ANSWER = Answer(
    question="关税最高加到了多少？",
    understood_as="中方的关税最高加到了多少？",
    text="加至150%。[1]",
    outcome="answered",
    sentences=(Sentence(text="加至150%。", markers=(1,), support="supported", reason=""),),
    citations=(
        Citation(
            marker=1,
            document_id="001_03f6596dd746e4d6",
            title="新阶段",
            outlet=None,
            published=None,
            spans=((10, 12), (20, 20 + len(QUOTE))),
            quote=f"甲乙{QUOTE}",
        ),
    ),
    hits=(),
    model="m",
)
HISTORY = (("中方怎么反制？", "加征关税。"),)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "logs" / "feedback.jsonl"
    log_feedback(path, ANSWER, "down", "应该是 125%", history=HISTORY)
    log_feedback(path, ANSWER, "up")
    return path


def test_a_line_is_the_answer_with_the_verdict_the_reason_and_the_time(log):
    first, second = (json.loads(line) for line in log.read_text("utf-8").splitlines())
    assert set(first) == {"time", "verdict", "reason", "history", "answer"}
    assert first["answer"] == json.loads(json.dumps(ANSWER.to_dict()))
    assert (first["verdict"], first["reason"]) == ("down", "应该是 125%")
    assert second["verdict"] == "up"


def test_only_its_owner_reads_the_log(log):
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_reason_is_one_line_of_the_file_and_not_endless(tmp_path):
    path = tmp_path / "log.jsonl"
    log_feedback(path, ANSWER, "down", "第一行\n第二行" + "长" * 9999)
    (line,) = path.read_text("utf-8").splitlines()
    assert len(json.loads(line)["reason"]) == LONGEST_REASON


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        log_feedback(tmp_path / "file" / "log.jsonl", ANSWER, "up")


def test_gold_evidence_is_the_longest_piece_of_what_was_cited():
    assert cited(ANSWER.to_dict()) == [("001_03f6596dd746e4d6", QUOTE)]


def test_a_record_becomes_a_case_by_flags(log, capsys):
    arguments = ["label", str(log), "--id", "1", "--answerable", "--gold", "125%|百分之125"]
    assert main(arguments) == 0
    (case,) = read_cases(log.with_name("cases.jsonl"))
    assert case.question == ANSWER.question
    assert case.history == HISTORY
    assert case.gold == (("125%", "百分之125"),)
    assert case.evidence[0][0].quote == QUOTE
    assert "应该是 125%" in case.notes
    assert case.id in capsys.readouterr().out
    assert main(arguments) == 2  # it is a case already


def test_evidence_may_be_given_and_an_unanswerable_record_needs_none(log, tmp_path):
    cases = tmp_path / "mine.jsonl"
    common = [str(log), "--cases", str(cases)]
    given = ["--answerable", "--gold", "x", "--evidence", "doc.txt:原文：甲"]
    assert main(["label", *common, "--id", "1", *given]) == 0
    assert main(["label", *common, "--id", "2", "--not", "--slice", "near miss"]) == 0
    first, second = read_cases(cases)
    assert (first.evidence[0][0].document, first.evidence[0][0].quote) == ("doc.txt", "原文：甲")
    assert (second.answerable, second.gold, second.slice) == (False, (), "near miss")


def test_an_answer_of_the_chat_becomes_a_case_and_is_asked_again(
    youju, endpoint, tmp_path, monkeypatch
):
    endpoint.reply = lambda prompt: "中方将美国输华产品关税加至125%。"
    answer = youju.ask("中方把美国输华产品关税最高加到了多少？")
    log_feedback(tmp_path / "log.jsonl", answer, "up")
    label = ["label", str(tmp_path / "log.jsonl"), "--id", "1", "--answerable", "--gold", "125%"]
    assert main(label) == 0
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    runs = tmp_path / "runs"
    assert main(["--gold", str(tmp_path / "cases.jsonl"), "--out", str(runs)]) == 0
    (record,) = read_records(find_run(runs, "last"))
    assert record.case["question"] == answer.question
    assert (record.score.right, record.score.citation_recall) == (True, 1.0)


@pytest.mark.parametrize(
    "flags",
    [
        ["--id", "9", "--not"],
        ["--id", "1"],
        ["--id", "1", "--answerable"],
        ["--id", "1", "--answerable", "--gold", "x", "--evidence", "no colon"],
    ],
)
def test_a_label_that_says_too_little_is_refused(log, flags):
    assert main(["label", str(log), *flags]) == 2
    assert not log.with_name("cases.jsonl").exists()


def test_without_flags_each_record_is_asked_about_once(log):
    class Arguments:
        def __init__(self):
            self.log, self.cases, self.id, self.slice = log, None, None, "from the chat"

    said, answers = [], iter(["y", "125%", "", "1", "", "n"])
    assert label(Arguments(), ask=lambda _: next(answers), say=said.append) == 0
    first, second = read_cases(log.with_name("cases.jsonl"))
    assert (first.answerable, first.gold, first.evidence[0][0].quote) == (True, (("125%",),), QUOTE)
    assert second.answerable is False
    said.clear()
    assert label(Arguments(), ask=lambda _: "q", say=said.append) == 0
    assert said[0].startswith("0 of 2")


def test_a_file_that_is_no_log_is_refused(tmp_path):
    (tmp_path / "x").write_text("{}\n")
    with pytest.raises(BadFileError, match="x:1"):
        read_log(tmp_path / "x")
    with pytest.raises(BadFileError):
        read_log(tmp_path / "none")
