"""Bytes into text: the encoding is found out from what comes out of each candidate.

A byte-order mark and strict UTF-8 settle most files. What is left could be nearly anything:
almost every byte pair is a character of GB18030 *and* of Big5 *and* of UTF-16. But the wrong
one of these gives rare characters, and real text is mostly made of the thousand most frequent
ones, so each candidate is judged by the share of those among its characters.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from rag.errors import BadFileError
from rag.resources import data_file

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # The mark of UTF-32 begins with that of UTF-16: it is looked for first.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHINESE = ("gb18030", "big5hkscs", "cp950", "utf-16-le", "utf-16-be")
# Encodings that charset-normalizer may choose between where the text is not Chinese.
_OTHERS = ["cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1250", "cp1252", "cp1253", "cp1254"]

_SAMPLE = 20_000
"""Characters that are judged; more of them would not change the verdict."""
_PLAUSIBLE = 0.5
"""Share of frequent characters in real Chinese text is .85; by the wrong table, below .3."""
_TELLING = 1_000_000
"""Bytes that are looked at to say what is wrong with a file."""
_ENOUGH = 20
"""Bytes without which the alphabets of the single-byte encodings cannot be told apart."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_WESTERN = re.compile(
    r"[ÀÁÂÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖØÙÚÛÜßàáâäåæçèéêëìíîïñòóôöøùúûüœŒ‘’“”„–—…•«»€£©®°·¿¡§\xa0]"
)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of ``data`` and the encoding it was read by.

    A byte-order mark is left out of the text. A last character that is cut in half is left
    out too, and the encoding then says so: ``utf-8, last character cut``.

    Raises:
        BadFileError: When the bytes are not text, or damaged text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _by_mark(data[len(mark) :], encoding)
    for attempt in (_as_utf8, _by_nuls, _as_chinese, _as_other):
        if found := attempt(data):
            return found
    raise BadFileError(_why_not(data))


def _by_mark(data: bytes, encoding: str) -> tuple[str, str]:
    found = _strict(data, encoding)
    if found is None or _is_binary(found[0]):
        raise BadFileError(f"damaged text: its encoding is marked {encoding} and the bytes are not")
    return found


def _strict(data: bytes, encoding: str) -> tuple[str, str] | None:
    """Decode all of ``data``, or all but a last character that is cut."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(data)
    except UnicodeDecodeError:
        return None
    cut = bool(decoder.getstate()[0])
    return text, f"{encoding}, last character cut" if cut else encoding


def _as_utf8(data: bytes) -> tuple[str, str] | None:
    found = _strict(data, "utf-8")
    if found is None:
        return None
    text, encoding = found
    # “Café” in a Western encoding also ends like UTF-8 that was cut.
    if ("cut" in encoding and text.isascii()) or _is_binary(text):
        return None
    return text, encoding


def _by_nuls(data: bytes) -> tuple[str, str] | None:
    """UTF-16 without a mark, known by its ASCII: every other byte of that is a NUL."""
    sample = data[: 2 * _SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    encoding = "utf-16-be" if even > odd else "utf-16-le"
    if max(even, odd) * 8 < len(sample) or min(even, odd) * 20 > max(even, odd):
        return None
    found = _strict(data, encoding)
    if found is None or _is_binary(found[0]):
        return None
    usual = sum(c in _common() or " " <= c <= "~" or c in "\r\n\t" for c in found[0][:_SAMPLE])
    return found if usual >= _PLAUSIBLE * min(len(found[0]), _SAMPLE) else None


def _as_chinese(data: bytes) -> tuple[str, str] | None:
    """Whichever candidate gives the most plausible text, if that is plausible at all."""
    candidates = [found for encoding in _CHINESE if (found := _strict(data, encoding))]
    if not candidates:
        return None
    # On equal terms the earlier one: GBK before Big5, the wider Big5 before the narrower.
    best = max(candidates, key=lambda found: _plausibility(found[0]))
    return best if _plausibility(best[0]) >= _PLAUSIBLE else None


def _plausibility(text: str) -> float:
    """How much ``text`` looks like Chinese: the share of frequent characters, or below 0."""
    if _is_binary(text):
        return -1.0
    unusual = _NOT_ASCII.findall(text, 0, _SAMPLE * 4)[:_SAMPLE]
    if not unusual:
        return 0.0
    return sum(character in _common() for character in unusual) / len(unusual)


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    lines = data_file("common_characters.txt").read_text("utf-8").splitlines()
    characters = "".join(line for line in lines if not line.startswith("#"))
    marks = "，。、；：？！“”‘’（）《》〈〉「」『』【】〔〕—…·～　％．－／"
    digits = "".join(map(chr, range(0xFF10, 0xFF1A)))
    return frozenset(characters + marks + digits)


def _as_other(data: bytes) -> tuple[str, str] | None:
    """Western text, where single bytes stand among ASCII letters; else what is recognised."""
    if _is_binary(data[: _SAMPLE * 4].decode("latin-1").translate(_C1_AS_LETTERS)):
        return None
    runs = _HIGH_BYTES.findall(data, 0, _SAMPLE * 4)
    western = _strict(data, "cp1252")
    if western and runs and sum(map(len, runs)) <= 1.5 * len(runs):
        letters = _NOT_ASCII.findall(western[0])
        if sum(bool(_WESTERN.match(letter)) for letter in letters) >= 0.9 * len(letters):
            return western
    return _recognised(data) if len(data) >= _ENOUGH else None


def _recognised(data: bytes) -> tuple[str, str] | None:
    # Takes 50 ms to import, and one file in thousands needs it.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(data[:100_000], cp_isolation=_OTHERS, threshold=0.1).best()
    return _strict(data, best.encoding) if best and best.encoding in _OTHERS else None


_C1_AS_LETTERS = dict.fromkeys(range(0x80, 0xA0), "x")


def _is_binary(text: str) -> bool:
    """Whether control characters show that this is no text: a NUL, or more than one in a hundred.

    A stray one or two say nothing.
    """
    if "\0" in text or "\uffff" in text or "\ufffe" in text:
        return True
    sample = text[: _SAMPLE * 4]
    return len(_CONTROL.findall(sample)) > max(2, len(sample) // 100)


def _why_not(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        kept = data[:_TELLING].decode("utf-8", "replace")
        multibyte = len(_NOT_ASCII.findall(kept))
        damaged = kept.count("\ufffd")
        if not _is_binary(kept) and damaged * 5 < multibyte:
            return f"damaged text: UTF-8 with wrong bytes, the first at byte {error.start:,}"
        if _is_binary(kept):
            return "binary data, not text"
        return "its encoding is not UTF-8, UTF-16, GB18030, Big5 or a Western one"
    return "binary data, not text" if _is_binary(text) else "its encoding was not recognised"
