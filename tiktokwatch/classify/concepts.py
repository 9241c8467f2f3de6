"""What words stand for, over languages: a small lexicon.

"mine won't open" and "aku ga bisa buka" share hardly a letter; as ME NOT WORK they are one pattern.
"""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def lexicon() -> dict[str, str]:
    """Return the concept of each word: of several, the one that `concepts.txt` names first."""
    text = resources.files("tiktokwatch.classify").joinpath("concepts.txt").read_text(encoding="utf-8")
    known: dict[str, str] = {}
    for line in text.split("\n"):
        concept, colon, words = line.partition(": ")
        if colon and not line.startswith("#"):
            for word in words.split():
                known.setdefault(word, concept)
    return known
