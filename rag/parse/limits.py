"""What one file may cost: the bounds that every parser keeps."""

from __future__ import annotations

from dataclasses import dataclass

from rag.errors import BadFileError


@dataclass(frozen=True, slots=True)
class Failed:
    """One part of a file that could not be read; the parts beside it still can."""

    part: str
    """Which one: a member's path, a record's line."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for one file; each is a setting (``YOUJU_MAX_…``)."""

    file_bytes: int = 50_000_000
    """Of the file itself."""
    expanded_bytes: int = 200_000_000
    """Of all that an archive or an office file unpacks to."""
    ratio: int = 200
    """Unpacked bytes for each packed byte."""
    members: int = 10_000
    """Files in an archive; records in a JSONL file are not counted."""
    depth: int = 3
    """Archives in archives, attachments in attachments."""
    pages: int = 5_000
    seconds: float = 60.0
    """Of wall time, for the whole file."""
    memory_bytes: int = 2_000_000_000
    """Address space of the process that parses."""

    def check_expanded(self, unpacked: int, packed: int, what: str = "it") -> None:
        """Refuse what unpacks to too much.

        Raises:
            BadFileError: With the reason.
        """
        if unpacked > self.expanded_bytes:
            raise BadFileError(
                f"{what} unpacks to more than {self.expanded_bytes:,} bytes"
                " (YOUJU_MAX_EXPANDED_BYTES)"
            )
        # Small files compress well without meaning harm.
        if unpacked > 1_000_000 and unpacked > self.ratio * max(packed, 1):
            raise BadFileError(
                f"{what} unpacks to more than {self.ratio} times its size (YOUJU_MAX_RATIO)"
            )
