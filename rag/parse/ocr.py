"""Pictures of pages into lines, by RapidOCR where it is installed (``pip install youju[ocr]``).

Its models come inside its package. Their paths are given to it by name, because it would
otherwise look for missing ones on the network.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.parse.layout import Line

if TYPE_CHECKING:
    from PIL.Image import Image

_MODELS = {"Det": "*_det_*.onnx", "Cls": "*_cls_*.onnx", "Rec": "*_rec_*.onnx"}


@lru_cache(maxsize=1)
def models() -> dict[str, Path] | None:
    """The model files in the installed package; ``None`` where one of them is missing."""
    package = importlib.util.find_spec("rapidocr")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0]) / "models"
    found = {task: sorted(folder.glob(pattern)) for task, pattern in _MODELS.items()}
    return (
        {task: paths[0] for task, paths in found.items() if paths} if all(found.values()) else None
    )


def can_read() -> bool:
    """Whether scanned pages can be read on this machine."""
    return models() is not None


@lru_cache(maxsize=1)
def _reader() -> Any:  # noqa: ANN401  the library has no types
    # By name, as it is an extra: nothing may depend on its being there.
    library = importlib.import_module("rapidocr")

    paths = models() or {}
    params: dict[str, object] = {f"{task}.model_path": str(path) for task, path in paths.items()}
    return library.RapidOCR(params={**params, "Global.log_level": "error"})


def read_lines(image: Image, scale: float) -> list[Line]:
    """Return the lines in the picture of a page.

    Args:
        image: The page.
        scale: Pixels for each point.
    """
    result = _reader()(image)
    if result.txts is None:
        return []
    lines = []
    for words, corners in zip(result.txts, result.boxes, strict=True):
        across = [float(x) / scale for x, _ in corners]
        down = [(image.height - float(y)) / scale for _, y in corners]
        # A box is a little higher than its characters.
        size = float(round(0.8 * (max(down) - min(down))))
        lines.append(Line(words, min(across), max(across), min(down), size))
    return lines
