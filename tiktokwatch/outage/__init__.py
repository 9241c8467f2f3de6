"""Scores into outages."""
