"""Real parts for the tests: a home of the seeds, a scripted endpoint, a headless browser."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag.build import Youju
from rag.load import describe, manifest_entry
from rag.model import Document, Parsed
from rag.parse import Limits, parse
from rag.settings import Settings
from tests.scripted_endpoint import KEY, ScriptedEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEEDS = Path(__file__).parent.parent / "seeds"


def document_of(text: str, **given: object) -> Document:
    """A document of plain text; ``id``, ``source`` and fields of ``Parsed`` may be given."""
    id = str(given.pop("id", "x"))
    source = str(given.pop("source", f"/{id}"))
    parsed = Parsed(**{"text": text, "format": "text", **given})  # type: ignore[arg-type]
    return describe(parsed, id=id, source=source, name=id)


def read_document(path: Path) -> Document:
    """The first document of a file, with what its manifest says."""
    parsed = next(parse(path.read_bytes(), path.name, Limits()))
    assert isinstance(parsed, Parsed)
    document = describe(parsed, id="x", source=str(path), name=path.stem)
    return manifest_entry(path).apply(document)


def seed(number: str) -> Document:
    return read_document(next(SEEDS.glob(f"{number}*")))


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's machine, and no network but loopback."""
    for name in list(os.environ):
        if name.startswith(("YOUJU_", "OPENAI_", "CHROMA_")) and name != "YOUJU_CACHE":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = address[0] if isinstance(address, tuple) else ""
            own = host in {"::1", "localhost"} or host.startswith("127.")
            assert own, f"the network is off: {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)


@pytest.fixture(scope="session")
def _seed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("seed-home") / "home"
    with Youju(Settings(home=home)) as youju:
        youju.fill_from_seeds()
        assert len(youju.documents()) == 5
    return home


@pytest.fixture
def seed_home(_seed_home: Path, tmp_path: Path) -> Path:
    """A home that holds the five seeds; yours to change."""
    return Path(shutil.copytree(_seed_home, tmp_path / "home"))


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint().running() as running:
        yield running


@pytest.fixture
def open_with(seed_home: Path, endpoint: ScriptedEndpoint) -> Iterator[Callable[..., Youju]]:
    """Open the seeds with the scripted endpoint as the language model."""
    opened: list[Youju] = []

    def open_(**given: object) -> Youju:
        values = {
            "home": seed_home,
            "base_url": endpoint.url,
            "api_key": KEY,
            "model": "scripted",
            "deadline": 30.0,
            **given,
        }
        opened.append(Youju(Settings(**values)))
        return opened[-1]

    yield open_
    for youju in opened:
        youju.close()


@pytest.fixture
def youju(open_with: Callable[..., Youju]) -> Youju:
    return open_with()


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A headless Chromium; the test is skipped by name where there is none."""
    path = chromium()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("chromium is required here and not installed")
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chrome
        chrome.close()
