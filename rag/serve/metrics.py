"""What Prometheus may read at ``/metrics``: counts and seconds, no texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from rag.turns import StoppedError

if TYPE_CHECKING:
    from rag.model import Answer
    from rag.turns import Turns

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """The counters of one server."""

    def __init__(self, turns: Turns) -> None:
        """Begin at zero.

        Args:
            turns: Whose length is told as it is when it is asked for.
        """
        self._registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self._registry}
        self._requests = Counter(
            "youju_requests", "Requests.", ("method", "route", "status"), **made
        )
        self._request_seconds = Histogram(
            "youju_request_seconds", "Seconds of a request.", ("route",), buckets=SECONDS, **made
        )
        self._answers = Counter("youju_answers", "Answers by outcome.", ("outcome",), **made)
        self._stages = Histogram(
            "youju_answer_seconds", "Seconds by stage.", ("stage",), buckets=SECONDS, **made
        )
        self._tokens = Counter("youju_tokens", "Tokens of the language model.", ("kind",), **made)
        waiting = Gauge("youju_waiting", "Questions in line for the language model.", **made)
        waiting.set_function(lambda: turns.waiting)
        writing = Gauge("youju_writing", "Answers being written.", **made)
        writing.set_function(lambda: turns.taken)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def stage(self, name: str, seconds: float) -> None:
        """Count a stage of an answer: search, wait or write."""
        self._stages.labels(name).observe(seconds)

    def answered(self, answer: Answer) -> None:
        """Count an answer and its tokens."""
        self._answers.labels(answer.outcome).inc()
        self._tokens.labels("prompt").inc(answer.usage.prompt_tokens)
        self._tokens.labels("completion").inc(answer.usage.completion_tokens)

    def failed(self, error: Exception) -> None:
        """Count an answer that came to nothing."""
        outcome = "stopped" if isinstance(error, StoppedError) else "failed"
        self._answers.labels(outcome).inc()

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(self._registry)
