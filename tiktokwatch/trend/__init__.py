"""Verdicts into counts, and how surprising they are."""
