"""Make the file that ships out of a trained reader: ``python -m eval.lab.pack_reader IN OUT``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch

from rag.reader.graph import pack

_SHORT = {"weight": "w", "bias": "b"}


def main() -> None:
    """Pack a checkpoint or a finished model."""
    source, out = map(Path, sys.argv[1:3])
    stored = torch.load(source)
    state = stored.get("masters") or stored["model"]
    named = {}
    for name, value in state.items():
        short = re.sub(r"^layers\.(\d+)\.", r"l\1.", name)
        stem, _, kind = short.rpartition(".")
        frozen = re.match(r"l[0-3]\.", short) or stem == "norm"
        if not frozen:
            key = stem if stem in {"segment", "match"} else f"{stem}.{_SHORT[kind]}"
            named[key] = value.numpy()
    pack(named, out)
    print(f"{out}: {out.stat().st_size} bytes, {len(named)} tensors")


if __name__ == "__main__":
    main()
