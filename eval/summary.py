"""What a run comes to: figures with intervals, and what they were measured with and on."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from eval.recorded_model import identity, without_secrets
from eval.score import METRICS
from eval.statistics import estimate, quantile
from rag.endpoint import free_cores
from rag.resources import resource
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.cases import Case
    from eval.score import Score

PACKAGES = (
    "youju",
    "llama-index-core",
    "chromadb",
    "tantivy",
    "onnxruntime",
    "xllamacpp",
    "jieba",
    "opencc",
)
ALL, HELD_OUT, TUNED = "all", "held out", "tuned on"
_PRIVATE = frozenset({"home", "cache", "rerank_arguments"})
_CODE = Path(__file__).parent.parent


def parts(scores: Sequence[Score]) -> dict[str, list[Score]]:
    """Return the scores of all questions, those held out, those tuned on, and each slice's."""
    out = {
        ALL: list(scores),
        HELD_OUT: [s for s in scores if s.held_out],
        TUNED: [s for s in scores if not s.held_out],
    }
    for score in scores:
        out.setdefault(score.slice, []).append(score)
    return out


def figures(scores: Sequence[Score]) -> dict[str, dict[str, Any]]:
    """Return every metric by part: mean, 95 % interval and number scored; None: not scored."""
    table: dict[str, dict[str, Any]] = {}
    for part, of_part in parts(scores).items():
        row: dict[str, Any] = {"questions": len(of_part)}
        for name, metric in METRICS.items():
            values = [getattr(score, name) for score in of_part]
            found = estimate(values)
            row[name] = asdict(found) if found else None
            if found and metric.unit == "seconds":
                row[name] |= {"median": quantile(values, 0.5), "p95": quantile(values, 0.95)}
        table[part] = row
    return table


def circumstances(
    settings: Settings, cases: Sequence[Case], documents: Path | None
) -> dict[str, Any]:
    """Return what a run was made with: settings without secrets, versions, hashes, machine."""
    return {
        "settings": public(settings),
        "changed": changed(settings),
        "model": identity(settings),
        "versions": {"python": platform.python_version(), **_versions()},
        "hashes": {
            "cases": _hash(json.dumps([asdict(c) for c in cases], ensure_ascii=False).encode()),
            "documents": _hash_files([documents] if documents else []),
            "prompts": _hash_files([resource("prompts")]),
            "code": _hash_files([_CODE / "rag", _CODE / "vectorstore"], "*.py"),
            "data": _hash_files([_CODE / "rag" / "data"]),
        },
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": free_cores(),
        },
    }


def public(settings: Settings) -> dict[str, Any]:
    """Return the settings without keys, passwords in addresses, and paths of this machine."""
    out: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if name in _PRIVATE or isinstance(value, SecretStr):
            continue
        if isinstance(value, str) and "://" in value:
            value = without_secrets(value)
        out[name] = str(value) if isinstance(value, Path) else value
    return out


def changed(settings: Settings) -> dict[str, Any]:
    """Return those that differ from the defaults."""
    default = public(Settings.load(environ={}, dotenv=Path(os.devnull)))
    return {k: v for k, v in public(settings).items() if default.get(k) != v}


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def _hash_files(folders: Iterable[Path], pattern: str = "*") -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob(pattern) if p.is_file()):
            if "__pycache__" in path.parts:
                continue
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
