"""Texts as bags of hashed features: words and their neighbours, the letters inside each word, patterns of concepts.

A feature is a string; its column is a checksum of it, so that no vocabulary is stored. Nothing here needs
scikit-learn: training builds its matrix from the same functions that prediction calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, repeat
from typing import TypeAlias
from zlib import crc32

from tiktokwatch.classify.concepts import lexicon

VERSION = 2

WORDS, PIECES, CONCEPTS = range(3)
GROUPS = 3
COLUMNS = 1 << 18

# A key is a feature, or several words that are one together; its features are named by `named`.
Key: TypeAlias = str | tuple[str, ...]
Keys: TypeAlias = tuple[list[Key], list[Key], list[Key]]

_SHORTEST, _LONGEST, _LONGEST_TOKEN = 2, 5, 24
_REACH = 4
_LENGTHS = (0, 2, 4, 7, 11, 16, 24, 40, 70)
_LONG = tuple(f"⟨long{sum(count > bound for bound in _LENGTHS)}⟩" for count in range(_LENGTHS[-1] + 2))


def keys(raw: str, parts: Sequence[str]) -> Keys:
    """Return the distinct keys of each group for a raw text and its tokens; empty where there is no token."""
    if not parts:
        return [], [], []
    second = parts[1:]
    words: list[Key] = [*parts, *zip(parts, second, strict=False), *zip(parts, second, parts[2:], strict=False)]
    words += shape(raw, parts)
    return list(dict.fromkeys(words)), list(dict.fromkeys(parts)), patterns(parts)


def patterns(parts: Sequence[str]) -> list[Key]:
    """Return the concepts of the words, triples of neighbours, pairs in order within reach, and pairs anywhere."""
    known = lexicon()
    seen = [known[part] for part in parts if part in known]
    found: list[Key] = ["nothing", *seen, *zip(seen, seen[1:], seen[2:], strict=False)]
    for distance in range(1, _REACH + 1):
        found += zip(seen, repeat(">"), seen[distance:], strict=False)
    present = set(seen)
    if "TIKTOK" not in present:
        present.add("UNNAMED")
    found += combinations(sorted(present), 2)
    return list(dict.fromkeys(found))


def columns(group: int, key: Key) -> list[int]:
    """Return the columns of the features behind a key, the same on every machine."""
    found = pieces(key) if group == PIECES and isinstance(key, str) else [named(key)]
    return [crc32(feature.encode("utf-8"), group) & (COLUMNS - 1) for feature in found]


def named(key: Key) -> str:
    """Return the feature that a key stands for."""
    return key if isinstance(key, str) else " ".join(key)


def shape(raw: str, parts: Sequence[str]) -> list[Key]:
    """Return what the writing looks like: its length, shouting, capitals, stops, and its first and last token."""
    marks: list[Key] = [_LONG[min(len(parts), len(_LONG) - 1)], ("⟨first⟩", parts[0]), ("⟨last⟩", parts[-1])]
    if raw.isupper() and len(parts) > 1:
        marks.append("⟨shout⟩")
    if raw[:1].isupper():
        marks.append("⟨capital⟩")
    if raw.endswith((".", "!")):
        marks.append("⟨stop⟩")
    if "\n" in raw:
        marks.append("⟨lines⟩")
    return marks


def pieces(token: str) -> list[str]:
    """Return the runs of two to five letters inside a token, its ends marked; none for a mark."""
    if token[0] == "⟨":
        return []
    inner = f"<{token[:_LONGEST_TOKEN]}>"
    size = len(inner)
    return [inner[i : i + n] for n in range(_SHORTEST, _LONGEST + 1) for i in range(size - n + 1)]
