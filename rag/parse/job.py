"""What every parser is told: the file's name, its bounds, and what of them is already used."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from rag.errors import BadFileError
from rag.parse.limits import Failed, Limits
from rag.parse.records import RecordMapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag.model import Parsed


class TooMuchError(BadFileError):
    """The whole file goes beyond its bounds: reading on, even of its other parts, is no use."""


@dataclass(slots=True)
class Budget:
    """Bytes and members that one file may still unpack to, archives within it included."""

    limits: Limits
    packed: int
    """Bytes of the file itself."""
    unpacked: int = 0
    members: int = 0

    def take(self, count: int) -> None:
        """Count unpacked bytes.

        Raises:
            TooMuchError: When there are too many.
        """
        self.unpacked += count
        try:
            self.limits.check_expanded(self.unpacked, self.packed)
        except BadFileError as error:
            raise TooMuchError(str(error)) from None

    def take_member(self) -> None:
        """Count a member of an archive.

        Raises:
            TooMuchError: When there are too many.
        """
        self.members += 1
        if self.members > self.limits.members:
            raise TooMuchError(f"more than {self.limits.members:,} members (YOUJU_MAX_MEMBERS)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to parse, or one member of one."""

    name: str
    limits: Limits
    budget: Budget
    mapping: RecordMapping = field(default_factory=RecordMapping)
    depth: int = 0

    def inside(self, name: str) -> Job:
        """Return the job for a file within this one.

        Raises:
            BadFileError: When it lies too deep.
        """
        if self.depth >= self.limits.depth:
            raise BadFileError(
                f"more than {self.limits.depth} files within one another (YOUJU_MAX_DEPTH)"
            )
        return replace(self, name=name, depth=self.depth + 1)


class Parser(Protocol):
    """What each format's module offers."""

    def __call__(self, data: bytes, job: Job) -> Iterator[Parsed | Failed]:
        """Yield the texts of ``data``; a part that cannot be read as ``Failed``."""
        ...
