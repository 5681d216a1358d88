"""OpenTelemetry traces, where YOUJU_OTLP_ENDPOINT says where to. Spans hold no texts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NoOpTracer, Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def tracing(endpoint: str | None) -> Iterator[Tracer]:
    """Give a tracer that sends to ``endpoint``, what is left at the end; None: one that does not.

    The provider is this server's own, not OpenTelemetry's global one: no library sends by it.
    """
    if endpoint is None:
        yield NoOpTracer()
        return
    provider = TracerProvider(resource=Resource.create({"service.name": "youju"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    try:
        yield provider.get_tracer("youju")
    finally:
        provider.shutdown()
