"""Hears from its users, on X and Reddit, when TikTok breaks."""

__version__ = "0.1.0"
