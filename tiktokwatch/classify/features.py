"""Texts as bags of hashed features: words and their neighbours, the letters inside each word, patterns of concepts.

A feature is a string; its column is a checksum of it, so that no vocabulary is stored. Nothing here needs
scikit-learn: training builds its matrix from the same functions that prediction calls. `keys` names the features for
people, `Hasher` finds their checksums in a fraction of the time; a test holds them to one definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import combinations, repeat, starmap
from typing import NamedTuple, TypeAlias
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
_NOTHING = crc32(b"nothing", CONCEPTS)
_FIRST, _LAST = "⟨first⟩", "⟨last⟩"
# How much of the words that were met is remembered, so that no flood of strange ones fills the memory.
MOST_LETTERS = 2_000_000
_MOST_SETS = 1 << 11
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
    return [*_marks(raw, len(parts)), (_FIRST, parts[0]), (_LAST, parts[-1])]


def _marks(raw: str, size: int) -> list[str]:
    marks = [_LONG[min(size, len(_LONG) - 1)]]
    if size > 1 and raw.isupper():
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


class _Concept(NamedTuple):
    """A concept, and its checksum alone, as what follows another one, and as what comes after another one."""

    name: str
    checksum: int
    tail: bytes
    after: bytes


class _Word(NamedTuple):
    """A token's checksum, its bytes as what follows another token, and what it stands for."""

    checksum: int
    tail: bytes
    concept: _Concept | None


class Hasher:
    """Finds the checksums of the words and concepts of texts; it remembers words, up to a bound.

    A checksum goes on from that of the beginning (crc32 of "a b" is that of " b" started at that of "a"), so that
    neighbours need neither be joined nor looked up.
    """

    def __init__(self) -> None:
        self._words: dict[str, _Word] = {}
        self._letters = 0

    def __call__(self, raw: str, parts: Sequence[str]) -> tuple[set[int], set[int]]:
        """Return the distinct checksums of words and of concepts; empty where there is no token."""
        if not parts:
            return set(), set()
        checksums, tails, concepts = zip(*self._look_up(parts), strict=True)
        pairs = list(map(crc32, tails[1:], checksums))
        words = {*checksums, *pairs, *map(crc32, tails[2:], pairs), *map(_mark, _marks(raw, len(parts)))}
        words.add(crc32(tails[0], _mark(_FIRST)))
        words.add(crc32(tails[-1], _mark(_LAST)))
        return words, _patterns(list(filter(None, concepts)))

    def _look_up(self, parts: Sequence[str]) -> list[_Word]:
        try:
            return list(map(self._words.__getitem__, parts))
        except KeyError:
            return [self._words.get(part) or self._new(part) for part in parts]

    def _new(self, part: str) -> _Word:
        name = lexicon().get(part)
        word = _Word(_crc(WORDS, part), f" {part}".encode(), None if name is None else _concept(name))
        if self._letters > MOST_LETTERS:
            self._words.clear()
            self._letters = 0
        self._words[part] = word
        self._letters += len(part)
        return word


def _patterns(seen: Sequence[_Concept]) -> set[int]:
    """Return the checksums of what `patterns` names."""
    if not seen:
        return {_NOTHING}
    names, checksums, tails, afters = zip(*seen, strict=True)
    found = {_NOTHING, *checksums, *map(crc32, tails[2:], map(crc32, tails[1:], checksums))}
    for distance in range(1, min(_REACH, len(seen) - 1) + 1):
        found.update(map(crc32, afters[distance:], checksums))
    found |= _together(frozenset(names))
    return found


@lru_cache(maxsize=_MOST_SETS)
def _together(present: frozenset[str]) -> frozenset[int]:
    """Return the checksums of pairs anywhere in a text."""
    named_or_not = present if "TIKTOK" in present else present | {"UNNAMED"}
    return frozenset(starmap(_pair, combinations(sorted(named_or_not), 2)))


@cache
def _pair(one: str, other: str) -> int:
    return _crc(CONCEPTS, f"{one} {other}")


@cache
def _concept(name: str) -> _Concept:
    return _Concept(name, _crc(CONCEPTS, name), f" {name}".encode(), f" > {name}".encode())


@cache
def _mark(mark: str) -> int:
    return _crc(WORDS, mark)


def _crc(group: int, feature: str) -> int:
    return crc32(feature.encode("utf-8"), group)
