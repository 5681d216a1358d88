"""What a file is, from its first bytes and the names of its members."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib

from rag.errors import BadFileError

# Files that hold no text, or none that is read here: what they begin with, what they are.
_NOT_READ = (
    (b"\x89PNG\r\n\x1a\n", "an image (PNG), not text"),
    (b"\xff\xd8\xff", "an image (JPEG), not text"),
    (b"GIF87a", "an image (GIF), not text"),
    (b"GIF89a", "an image (GIF), not text"),
    (b"II*\x00", "an image (TIFF), not text"),
    (b"MM\x00*", "an image (TIFF), not text"),
    (b"\x00\x00\x01\x00", "an image (icon), not text"),
    (b"8BPS", "an image (Photoshop), not text"),
    (b"ID3", "audio (MP3), not text"),
    (b"\xff\xfb", "audio (MP3), not text"),
    (b"fLaC", "audio (FLAC), not text"),
    (b"OggS", "audio or video (Ogg), not text"),
    (b"\x1aE\xdf\xa3", "video (Matroska), not text"),
    (b"\x7fELF", "a program (ELF), not text"),
    (b"\xca\xfe\xba\xbe", "a program (Java or Mach-O), not text"),
    (b"\xcf\xfa\xed\xfe", "a program (Mach-O), not text"),
    (b"\x00asm", "a program (WebAssembly), not text"),
    (b"SQLite format 3\x00", "a database (SQLite), not text"),
    (b"PAR1", "a table (Parquet), which is not read: save it as CSV"),
    (b"Rar!\x1a\x07", "a RAR archive, which is not read: zip and tar are"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive, which is not read: zip and tar are"),
    (b"{\\rtf", "an RTF file, which is not read: save it as .docx"),
    (b"%!PS", "a PostScript file, which is not read: save it as PDF"),
    (b"AT&TFORM", "a DjVu file, which is not read: save it as PDF"),
)
_RIFF = {b"WEBP": "an image (WebP), not text", b"WAVE": "audio (WAV), not text"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams that tell what an OLE2 file is; their names stand in it as UTF-16.
_OLE_STREAMS = (
    ("EncryptedPackage", "an encrypted Office file: save it without a password"),
    ("WordDocument", "an old Word file (.doc), which is not read: save it as .docx"),
    ("PowerPoint Document", "an old PowerPoint file (.ppt), which is not read: save it as .pptx"),
    ("Workbook", "an old Excel file (.xls), which is not read: save it as .xlsx"),
    ("__substg1.0_", "an Outlook message (.msg), which is not read: save it as .eml"),
)
_COMPRESSED = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])",
    re.IGNORECASE | re.DOTALL,
)


def format_of_content(data: bytes) -> str | None:
    """Return the format that the bytes show; ``None`` where only the name can tell.

    Raises:
        BadFileError: When it is something that is not read.
    """
    _refuse_what_is_not_read(data)
    if data.lstrip(b"\xef\xbb\xbf\0 \t\r\n")[:5] == b"%PDF-":
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(data)
    if data.startswith(_COMPRESSED) or data[257:262] == b"ustar":
        return "tar"
    return "html" if _HTML.match(data[:2000]) else None


def _refuse_what_is_not_read(data: bytes) -> None:
    for start, reason in _NOT_READ:
        if data.startswith(start):
            raise BadFileError(reason)
    if data.startswith(b"RIFF") and data[8:12] in _RIFF:
        raise BadFileError(_RIFF[data[8:12]])
    if data[4:8] == b"ftyp":
        image = data[8:11] in {b"hei", b"avi", b"mif"}
        raise BadFileError("an image (HEIF), not text" if image else "video (MP4), not text")
    # “MZ” and “BM” may begin a text; the zeros in the header may not.
    if data.startswith(b"MZ") and b"\0" in data[:64]:
        raise BadFileError("a program (Windows), not text")
    if data.startswith(b"BM") and data[6:10] == bytes(4):
        raise BadFileError("an image (BMP), not text")
    if data.startswith(_OLE):
        raise BadFileError(_kind_of_ole(data))


def _kind_of_ole(data: bytes) -> str:
    for stream, reason in _OLE_STREAMS:
        if stream.encode("utf-16-le") in data:
            return reason
    return "an old Office file, which is not read: save it as .docx, .xlsx or .pptx"


def _kind_of_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            mimetype = b""
            if "mimetype" in names:
                with archive.open("mimetype") as stream:
                    mimetype = stream.read(80)
    except ZIP_ERRORS as error:
        raise BadFileError(f"a damaged zip file: {error}") from None
    if mimetype.startswith(b"application/epub"):
        return "epub"
    if mimetype.startswith(b"application/vnd.oasis"):
        raise BadFileError("an OpenDocument file, which is not read: save it as .docx or .xlsx")
    for member, format in _OFFICE_MEMBERS.items():
        if member in names:
            return format
    if "xl/workbook.bin" in names:
        raise BadFileError("a binary Excel file (.xlsb), which is not read: save it as .xlsx")
    return "epub" if "META-INF/container.xml" in names else "zip"


_OFFICE_MEMBERS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
}

ZIP_ERRORS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, KeyError),
    *(ValueError, OSError, EOFError, OverflowError, IndexError, struct.error),
    *(zlib.error, lzma.LZMAError),
)
"""What ``zipfile`` and the decompressors below it raise on a damaged or an encrypted file."""
