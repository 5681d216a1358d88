"""Files that ship with the code: prompts, the seed corpus, data tables."""

from pathlib import Path

from rag.errors import YoujuError

_PACKAGE = Path(__file__).parent


def resource(name: str) -> Path:
    """Find ``prompts``, ``seeds`` or another shipped folder: in a checkout, then in a wheel."""
    for candidate in (_PACKAGE.parent / name, _PACKAGE / f"_{name}"):
        if candidate.is_dir():
            return candidate
    raise YoujuError(f"Youju's own folder “{name}” is missing: install the package again.")


def word_list(name: str) -> frozenset[str]:
    """Return the words of a list in ``rag/data``; ``#`` begins a comment."""
    lines = data_file(name).read_text("utf-8").splitlines()
    return frozenset(word for line in lines for word in line.split("#")[0].split())


def data_file(name: str) -> Path:
    """Return the path of a table in ``rag/data``."""
    return _PACKAGE / "data" / name
