"""Make the file that ships: ``python -m eval.lab.pack_reader OUT IN [IN…]``.

Of several states the mean, each weighed as ``FILE:SHARE``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch

from rag.reader.graph import pack

_SHORT = {"weight": "w", "bias": "b"}


def main() -> None:
    """Pack a checkpoint or a finished model."""
    out, *given = sys.argv[1:]
    named = {}
    for name, value in _mean(given).items():
        short = re.sub(r"^layers\.(\d+)\.", r"l\1.", name)
        stem, _, kind = short.rpartition(".")
        frozen = re.match(r"l[0-3]\.", short) or stem == "norm"
        if not frozen:
            key = stem if stem in {"segment", "match"} else f"{stem}.{_SHORT[kind]}"
            named[key] = value.numpy()
    pack(named, Path(out))
    print(f"{out}: {out.stat().st_size} bytes, {len(named)} tensors")


def _mean(given: list[str]) -> dict[str, torch.Tensor]:
    total: dict[str, torch.Tensor] = {}
    for source in given:
        file, _, share = source.partition(":")
        stored = torch.load(file)
        for name, value in (stored.get("masters") or stored["model"]).items():
            total[name] = total.get(name, 0) + value.float() * float(share or 1 / len(given))
    return total


if __name__ == "__main__":
    main()
