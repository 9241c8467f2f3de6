"""Near-copies of one text, found by hashes that they share.

A text is reduced to the ten of its distinct words that come first in a fixed order (uncommon words before common ones,
then by hash), and each way to leave out two of them becomes a value, the sum of the hashes of the rest. If two texts
differ in at most two words, those of the ten that both have hold a common choice of eight, so they share a value;
unrelated texts would need eight of ten words in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations, groupby

from tiktokwatch.classify.normalise import UNSPACED, tokens

_LEAST_WORDS = 8
_LEAST_UNCOMMON = 3
_KEPT = 10
_SHORT = 4
_UNSPACED = re.compile(f"[{UNSPACED}]")
_RUN = 3
_MASK = (1 << 63) - 1
_COMES_LATER = 1 << 64

# What people write about an outage of their own accord, long enough to look uncommon.
_COMMON_WORDS = """
    about account again anyone anybody another banned because being broken cannot comments couldnt crash
    crashed crashes crashing didnt doesnt download error every everybody everyone everything first fixed
    follow followers having hello hours internet isnt keeps known likes loading maybe minutes morning never
    nothing online opening other outage people phone please posting problem really refresh right screen
    seconds server servers service should since someone something still stopped stuck their there these thing
    thinking think those tiktok tiktoks today tonight trying twitter update upload video videos views wasnt
    watch website whats where which while without working wouldnt years
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def fingerprint(text: str) -> tuple[int, ...]:
    """Return the hashes of a text; near-copies share at least one. See `fingerprint_of`."""
    return fingerprint_of(tokens(text))


def fingerprint_of(parts: Sequence[str]) -> tuple[int, ...]:
    """Return the hashes of a text's tokens (up to 45, each in 63 bits); near-copies share at least one.

    Links, handles, numbers, emoji, punctuation and case do not matter. Empty for texts of fewer than 8 distinct words
    or of common words alone: many people write "is tiktok down for anyone else" without copying.
    """
    ranked = sorted(map(_rank, set(_words(parts))))
    if len(ranked) < _LEAST_WORDS or ranked[_LEAST_UNCOMMON - 1] >= _COMES_LATER:
        return ()
    kept = ranked[:_KEPT]
    whole = sum(kept)
    values = {(whole - one - other) & _MASK for one, other in combinations(kept, 2)}
    if len(kept) < _KEPT:
        values.update((whole - one) & _MASK for one in (*kept, 0))
    return tuple(sorted(values))


def _words(parts: Sequence[str]) -> Iterable[str]:
    """Return what is compared: words, and runs of three letters of scripts written without spaces."""
    if _UNSPACED.search("".join(parts)):
        return _words_and_runs(parts)
    return (part for part in parts if part[0].isalpha())


def _words_and_runs(parts: Sequence[str]) -> Iterator[str]:
    for unspaced, group in groupby(parts, key=_is_unspaced):
        if unspaced:
            run = "".join(group)
            yield from (run[at : at + _RUN] for at in range(max(1, len(run) - _RUN + 1)))
        else:
            yield from (part for part in group if part[0].isalpha())


def _is_unspaced(part: str) -> bool:
    return len(part) == 1 and _UNSPACED.match(part) is not None


@lru_cache(maxsize=1 << 14)
def _rank(word: str) -> int:
    """Return a word's hash, beyond all others where it is common; short words are common in any language."""
    common = word in _COMMON or (len(word) <= _SHORT and not _UNSPACED.match(word))
    value = int.from_bytes(blake2b(word.encode("utf-8"), digest_size=8).digest(), "big")
    return value + _COMES_LATER if common else value
