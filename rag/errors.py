"""Everything Youju raises on purpose: one small tree, each message saying what to do.

Vendor exceptions (OpenAI, Chroma, SQLite, httpx) are translated into these at the edge
where they enter, once; nothing above that edge catches a vendor's class.
"""


class YoujuError(Exception):
    """Base of every error a user of Youju is meant to read."""

    exit_code = 1


class SettingsError(YoujuError):
    """A setting is unknown, malformed or contradicts another."""

    exit_code = 2


class BadFileError(YoujuError):
    """One file could not be read; the message names it and the reason."""

    exit_code = 3


class NotFoundError(YoujuError):
    """No document has the id that was asked for."""

    exit_code = 3


class QuestionError(YoujuError):
    """It cannot be asked: nothing is asked, or another is being answered in the conversation."""


class StoreError(YoujuError):
    """The ledger or an index derived from it cannot be used."""

    exit_code = 4


class DamagedError(StoreError):
    """What is stored is not what was stored."""


class StoreBusyError(StoreError):
    """Another process is writing to this home."""


class FingerprintError(StoreError):
    """The home was indexed with other settings than the ones in force."""


class ModelError(YoujuError):
    """The language or embedding model gave no usable answer."""

    exit_code = 5


class ModelUnreachableError(ModelError):
    """Nothing answers at the model's address."""


class ModelRefusedError(ModelError):
    """The endpoint answered, and said no: a wrong key, an unknown model, a bad request."""


class ModelTimeoutError(ModelError):
    """The deadline passed before the answer was complete."""


class ModelProtocolError(ModelError):
    """The endpoint answered something that is not a complete chat completion."""
