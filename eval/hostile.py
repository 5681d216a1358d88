"""Two hundred bad files, and good ones among them: `make hostile`.

Every bad file must be named with a reason, no process may fall, and the good ones go in. Prints
time and memory of each file as the child process that parses reports them.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import sys
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rag.build import Youju
from rag.errors import BadFileError
from rag.ingest import shown_name
from rag.read import Reader
from rag.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SIGNATURES = {
    ".png": b"\x89PNG\r\n\x1a\n",
    ".exe": b"MZ\x90\x00",
    ".elf": b"\x7fELF\x02\x01\x01",
    ".mp3": b"ID3\x04",
    ".doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ".rar": b"Rar!\x1a\x07\x01\x00",
    ".7z": b"7z\xbc\xaf\x27\x1c",
    ".class": b"\xca\xfe\xba\xbe",
}
SUFFIXES = (
    ".txt", ".md", ".html", ".pdf", ".docx", ".pptx", ".xlsx", ".csv", ".json", ".jsonl", ".epub",
    ".eml", ".zip", ".tar", ".tar.gz",
)  # fmt: skip


def bad_files(samples: Sequence[Path], seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of some two hundred bad files.

    Args:
        samples: One good file of each binary format, to be damaged.
        seed: Of what is random in them.
    """
    chance = random.Random(seed)
    for suffix in SUFFIXES:
        yield f"empty{suffix}", b""
        yield f"blank{suffix}", b" \n\t \r\n"
        yield f"noise{suffix}", b"\x00\x01\x02" + chance.randbytes(3000)
    for kind, signature in SIGNATURES.items():
        for suffix in (".txt", ".md", ".html", ".csv", ".pdf", ".docx", ".json", ".zip"):
            yield f"a{kind[1:]}-named{suffix}", signature + chance.randbytes(2000)
    for path in samples:
        data = path.read_bytes()
        for part in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95):
            cut = data[: int(len(data) * part)]
            yield f"cut{int(part * 100)}-{path.name}", cut
        for share in (5, 20):
            damaged = bytearray(data)
            for _ in range(len(data) // share):
                damaged[chance.randrange(len(data))] = chance.randrange(256)
            yield f"damaged-{share}-{path.name}", bytes(damaged)
    yield from _bombs()
    yield from _deep()
    for number, name in enumerate(_HOSTILE_NAMES):
        yield name, b"\x00\x01 not text " + bytes([number])


_HOSTILE_NAMES = (
    "line\nbreak.txt", "tab\tname.txt", "bell\x07.txt", "escape\x1b[31mred.txt", "-rf.txt",
    "$(touch owned).txt", "`id`.txt", "'; DROP TABLE documents; --.txt", "<script>alert(1).txt",
    "gnp.\u202etxt.txt", "zero\u200bwidth.txt", "\u2066isolate.txt", "名" * 60 + ".txt",
    "a..txt.txt", "%2e%2e%2fetc%2fpasswd.txt", "con.txt", "a b  c .txt", "\udcff\udcfe.txt",
)  # fmt: skip


def _bombs() -> Iterator[tuple[str, bytes]]:
    zeros = b"0" * 300_000_000
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", zeros)
    bomb = packed.getvalue()
    yield "bomb.zip", bomb
    yield "bomb.tar.gz", _tar_gz("zeros.txt", zeros)
    yield "bomb-named.docx", _zip({"[Content_Types].xml": bomb[:100], "word/document.xml": zeros})
    nested = bomb
    for _ in range(6):
        nested = _zip({"inner.zip": nested})
    yield "nested.zip", nested
    yield "many.zip", _zip({f"{n}.txt": b"x" for n in range(20_000)})
    yield "traverse.zip", _zip({"../../etc/cron.d/x.txt": b"\x00", "/abs.txt": b"\x00"})
    laughs = "<!ENTITY a0 'ha'>" + "".join(
        f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)
    )
    document = f"<!DOCTYPE x [{laughs}]><x>&a9;</x>".encode()
    types = b"<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"
    yield "laughs.docx", _zip({"[Content_Types].xml": types, "word/document.xml": document})
    yield (
        "laughs.epub",
        _zip({"mimetype": b"application/epub+zip", "META-INF/container.xml": document}),
    )


def _deep() -> Iterator[tuple[str, bytes]]:
    yield "deep.json", b"[" * 200_000
    yield "deep-closed.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "deep.jsonl", (b"[" * 50_000 + b"\n") * 3
    yield "deep.html", b"<div>" * 300_000
    yield "links-only.html", b"<html><body>" + b"<a href='/x'></a>" * 50_000
    yield "too-large.txt", b"x" * 50_000_001
    yield "half-utf16.txt", b"\xff\xfe" + b"\x00\xd8" * 500
    yield "overlong-utf8.txt", b"\xc0\xaf\xe0\x80\x80" * 100
    message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    yield "deep.eml", message * 3000


def _zip(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _tar_gz(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with gzip.open(packed, "wb", 9) as stream, tarfile.open(fileobj=stream, mode="w|") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def good_files() -> dict[str, str]:
    """Texts that must go in, with hostile things of their own in them."""
    huge = "这一行没有换行符，一直写下去，" * 40_000
    return {
        "good-1.txt": "好文件一：水库在春天开工。",
        "good-2.md": "# 好文件二\n\n铁路在夏天通车。",
        "good-3.html": "<body><article><p>好文件三：桥梁在秋天合龙，全长两千米。</p></article>",
        "good-4.json": '{"title": "好文件四", "text": "机场在冬天启用。"}',
        "good-5.csv": "项目,时间\n好文件五的码头,明年\n",
        "huge-line.txt": huge,
        "invisible.txt": "预\u200b算\u202e是\u2066三百\U000e0041万元，由水利局\x07负责。",
        "script.html": "<body><script>alert(1)</script><p>页面里的一段正文，说的是堤坝。</p>",
    }


def main() -> int:
    """Make the files, read each, add all; print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("samples", type=Path, help="folder with a good file of each format")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    samples = sorted(p for p in args.samples.iterdir() if p.suffix in {
        ".pdf", ".docx", ".pptx", ".xlsx", ".epub", ".zip", ".gz",
    })  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        bad: set[str] = set()
        for name, data in bad_files(samples, args.seed):
            path = folder / name
            path.write_bytes(data)
            bad.add(shown_name(path))
        for name, text in good_files().items():
            (folder / name).write_text(text, "utf-8")
        return _run(folder, bad, Path(scratch) / "home")


def _run(folder: Path, bad: set[str], home: Path) -> int:
    settings = Settings.model_validate({"home": home})
    print("seconds  peak MB  file: what came of it")
    slowest = largest = 0.0
    with Reader(settings.limits()) as reader:
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            began = time.monotonic()
            try:
                texts = len(reader.read(data, path.name).texts)
                said = f"{texts} text{'s' * (texts != 1)}"
            except BadFileError as error:
                said = str(error)
            seconds, peak = time.monotonic() - began, reader.peak_bytes / 1e6
            slowest, largest = max(slowest, seconds), max(largest, peak)
            name = shown_name(Path(path.name))
            print(f"{seconds:7.2f}  {peak:7.0f}  {name[:60]}: {said[:110]}")
    with Youju(settings) as youju:
        results = youju.add(folder)
        youju.check_indexes()
        documents = youju.documents()
    named = {r.path.split("!")[0] for r in results if r.reason}
    unnamed = sorted(bad - named)
    good = sorted(d.id for d in documents if d.file.rsplit("/", 1)[-1] in good_files())
    states = Counter(r.state for r in results)
    print(
        f"\n{len(bad)} bad files: {len(bad) - len(unnamed)} named with a reason, not named: "
        f"{unnamed}\n{len(good)} of {len(good_files())} good files in; results {dict(states)}; "
        f"slowest {slowest:.1f} s, most memory {largest:.0f} MB"
    )
    owned = list(Path.cwd().glob("owned*")) + list(folder.glob("owned"))
    return 1 if unnamed or len(good) < len(good_files()) or owned else 0


if __name__ == "__main__":
    sys.exit(main())
