"""Why a sentence needs care is told in the reader's language."""

import ast
import json
from pathlib import Path

import pytest

from rag.web.reasons import in_chinese, told, told_error, why_quoted
from rag.web.words import words_in

ZH, HANT, EN = (words_in(x) for x in ("zh-Hans", "zh-Hant", "en"))
RAG = Path(__file__).parent.parent / "rag"
FAULTS = sorted((RAG / "checks").glob("*.py"))


def given(file):
    """Every reason that a check gives, with X for what it fills in; read off the syntax tree."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Fault"), args=[_, ast.Constant(value=str(reason))]):
                yield reason
            case ast.Call(func=ast.Name(id="Fault"), args=[_, ast.JoinedStr() as reason]):
                yield filled(reason)
            case ast.Assign(targets=[ast.Name(id="reason")], value=ast.JoinedStr() as reason):
                yield filled(reason)


def filled(reason):
    parts = [v.value if isinstance(v, ast.Constant) else "X" for v in reason.values]
    return "".join(parts)


@pytest.mark.parametrize("file", FAULTS, ids=lambda file: file.stem)
def test_every_reason_of_a_check_is_told_in_chinese(file):
    # A new one goes into rag/web/words/reasons.json.
    assert [reason for reason in given(file) if in_chinese(reason) is None] == []


def test_no_reason_is_taken_for_another():
    table = json.loads((RAG / "web" / "words" / "reasons.json").read_text("utf-8"))
    for english, chinese in table.items():
        named = {"a": "甲", "b": "乙"}
        assert in_chinese(english.format(**named)) == chinese.format(**named)


def test_a_reason_keeps_the_words_it_names():
    reason = "says 上升 where the source says 下降"
    assert told(reason, ZH) == "这里说“上升”，原文说的是“下降”"
    assert told(reason, HANT) == "這裡說“上升”，原文說的是“下降”"
    assert told(reason, EN) == reason
    assert told("not in the source: 37; it says 42", ZH) == "原文没有“37”，原文说的是“42”"
    assert told("something new", ZH) == "something new"


def test_a_quotation_says_why_it_stands_there():
    assert "没有通过核对（原文没有“37”）" in why_quoted("not in the source: 37", ZH)
    assert "各方说法不一" in why_quoted("the sources disagree", ZH)


def raised(file):
    """Every message of an error that a module raises, with X for what it fills in."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.JoinedStr() as said]) if (
                name.startswith("Model") and name.endswith("Error")
            ):
                yield filled(said)
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(said))]) if (
                name.startswith("Model") and name.endswith("Error")
            ):
                yield said


@pytest.mark.parametrize("file", ["endpoint.py", "llm.py", "answer/judged.py"])
def test_every_failure_of_a_model_is_told_in_chinese(file):
    # A new one goes into rag/web/words/errors.json.
    assert [x for x in raised(RAG / file) if told_error(x, ZH).count(" ") > 8] == []


def test_an_error_within_a_note_is_told_in_chinese_and_what_is_unknown_stays():
    at = "the language model at http://x/v1"
    error = f"Nothing answers at {at}. Start it, or correct OPENAI_BASE_URL."
    note = told_error(f"以下是资料原文，未经语言模型组织：{error} 截至2026年3月。", ZH)
    assert "语言模型 http://x/v1 没有应答" in note
    assert note.endswith("截至2026年3月。")
    assert told_error("Something new.", ZH) == "Something new."
    assert told_error(error, EN) == error
    assert "沒有應答" in told_error(error, HANT)
