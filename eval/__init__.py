"""Measure Youju: gold questions, metrics, runner."""

import rag.telemetry  # noqa: F401 - before any library that would phone home
