"""Measure Youju: gold questions, metrics, runner."""
