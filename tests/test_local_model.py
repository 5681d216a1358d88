"""The embedded model's file, and its server in a child process."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import httpx
import pytest

from rag import local_model
from rag.errors import ModelError
from rag.llm import make_chat_model
from rag.local_model import WEIGHTS, is_ready, model_file
from rag.settings import Settings

PARTS = [b"first part, ", b"second part, ", b"third part"]
WHOLE = b"".join(PARTS)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A small “model” in three parts, as installed packages would hold it."""
    weights = replace(
        WEIGHTS["1.5b"], bytes=len(WHOLE), sha256=hashlib.sha256(WHOLE).hexdigest(), parts=3
    )
    files = []
    for number, part in enumerate(PARTS, 1):
        files.append(tmp_path / f"part{number:02}.bin")
        files[-1].write_bytes(part)
    monkeypatch.setitem(local_model.WEIGHTS, "1.5b", weights)
    monkeypatch.setattr(local_model, "_part_files", lambda _: iter(files))
    return Settings(cache=tmp_path / "cache"), files


def test_the_parts_are_joined_once_and_checked(small):
    settings, files = small
    path = model_file(settings)
    assert path.read_bytes() == WHOLE
    assert is_ready(settings)
    for file in files:
        file.unlink()
    assert model_file(settings) == path


def test_a_damaged_part_is_refused_and_nothing_is_left(small):
    settings, files = small
    files[1].write_bytes(b"damaged part!")
    with pytest.raises(ModelError, match="not the official"):
        model_file(settings)
    assert not [p for p in (settings.cache / "models").iterdir() if p.suffix != ".lock"]


def test_a_file_put_there_by_hand_is_checked_too(small):
    settings, _ = small
    target = settings.cache / "models" / WEIGHTS["1.5b"].file
    target.parent.mkdir(parents=True)
    target.write_bytes(b"something else")
    with pytest.raises(ModelError, match="sha256"):
        model_file(settings)
    target.write_bytes(WHOLE)
    assert model_file(settings) == target


def test_a_file_that_changed_after_its_check_is_checked_again(small):
    settings, _ = small
    path = model_file(settings)
    path.write_bytes(b"changed behind our back")
    assert not is_ready(settings)
    with pytest.raises(ModelError, match="sha256"):
        model_file(settings)


def test_missing_packages_are_one_sentence_that_says_what_to_install(tmp_path, monkeypatch):
    weights = replace(WEIGHTS["1.5b"], packages="surely-not-installed-part")
    monkeypatch.setitem(local_model.WEIGHTS, "1.5b", weights)
    with pytest.raises(ModelError, match=r"requirements-model\.txt"):
        model_file(Settings(cache=tmp_path))


def test_a_path_of_ones_own_wins(tmp_path):
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    assert model_file(Settings(model_path=own)) == own
    with pytest.raises(ModelError, match="YOUJU_MODEL_PATH"):
        model_file(Settings(model_path=tmp_path / "gone.gguf"))


def test_a_file_that_is_no_model_is_one_sentence(tmp_path):
    own = tmp_path / "own.gguf"
    own.write_bytes(b"not a model")
    model, server = make_chat_model(Settings(model_path=own))
    with pytest.raises(ModelError, match=r"own\.gguf"):
        list(model.stream((("user", "?"),), max_tokens=16, deadline=time.monotonic() + 60))
    server.stop()


def ask(model):
    pieces = model.stream(
        (("user", "中国的首都是哪里？简短回答。"),), max_tokens=30, deadline=time.monotonic() + 120
    )
    return "".join(p.text for p in pieces)


@pytest.mark.model
def test_the_server_starts_on_first_use_wants_its_key_and_comes_back_when_killed():
    model, server = make_chat_model(Settings.load())
    try:
        assert "北京" in ask(model)
        address = server.address()
        assert httpx.get(f"{address.url}/models").status_code in {200, 401}
        wrong = httpx.post(
            f"{address.url}/chat/completions",
            json={"messages": []},
            headers={"Authorization": "Bearer wrong"},
        )
        assert wrong.status_code == 401
        server._process.send_signal(signal.SIGKILL)
        server._process.wait()
        assert "北京" in ask(model)
    finally:
        server.stop()


@pytest.mark.model
def test_the_server_ends_with_its_parent_even_when_that_is_killed():
    script = (
        "from rag.llm import make_chat_model; from rag.settings import Settings; import time\n"
        "_, server = make_chat_model(Settings.load())\n"
        "server.address(); print(server._process.pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert os.path.exists(f"/proc/{child}")
    parent.kill()
    parent.wait()
    for _ in range(100):
        if not os.path.exists(f"/proc/{child}"):
            break
        time.sleep(0.1)
    assert not os.path.exists(f"/proc/{child}")
