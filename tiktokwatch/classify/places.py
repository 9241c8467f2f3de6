"""Where a post is from, by what it names: countries, US states and large cities, and flags."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from tiktokwatch.classify.normalise import UNSPACED

if TYPE_CHECKING:
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

_WORD = re.compile(f"(?:[^\\W\\d_]\\.){{2,}}|[{UNSPACED}]|[^\\W{UNSPACED}]+|[^\\w\\s]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_FIRST_FLAG = 0x1F1E6
_MANY = 8
_TERSE = 2
_TERSE_BUT_SURE = frozenset({"UK", "NZ"})

# A name that is also a word of its own is a place after one of these, or before one of those.
_LEADING_WORDS = """
    in from near around across outside throughout live lives living over downtown central en em à di desde aus
    bei depuis dans в из
"""
_LEADING = frozenset(_LEADING_WORDS.split())
_TRAILING_WORDS = """
    area england city county tx ca az al oh ny il wi ms va co mo or uk france chile croatia usa texas arizona
"""
_TRAILING = frozenset(_TRAILING_WORDS.split())
_US_LEADING_WORDS = """
    in the across from around throughout outside entire whole central eastern western northern southern east
    west uk canada england europe mexico en aux di nos
"""
_US_LEADING = frozenset(_US_LEADING_WORDS.split())
_US_TRAILING_WORDS = """
    users user accounts account servers server side region east west based creators app citizens version
"""
_US_TRAILING = frozenset(_US_TRAILING_WORDS.split())
_US_NEIGHBOURS = frozenset(["uk", "canada", "europe", "eu", "mexico", "england", "australia", "nz", "ca"])
_US_LOWER = frozenset(["in", "across", "from", "around", "throughout"])
_JOINING = frozenset({"and", "&", "/", ","})


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    flag: str
    sure: tuple[str, ...]
    doubtful: tuple[str, ...]


class Gazetteer:
    """The places of `places.tsv` as phrase rules over a vocabulary of spaCy."""

    def __init__(self, vocab: Vocab) -> None:
        places = list(_places())
        self._vocab = vocab
        self._flags = {place.flag: place.name for place in places if place.flag}
        phrases = [_WORD.findall(word) for place in places for word in (*place.sure, *place.doubtful)]
        self._openings = {phrase[0].lower() for phrase in phrases}
        self._longest = max(map(len, phrases))
        self._sure = _matcher(vocab, {place.name: place.sure for place in places}, attribute="LOWER")
        self._doubtful = _matcher(vocab, {place.name: place.doubtful for place in places}, attribute="ORTH")

    def find(self, text: str) -> tuple[str, ...]:
        """Return the canonical names of the places in a text, each once, in its order; at most eight."""
        words = _WORD.findall(text)
        lowered = [word.lower() for word in words]
        spans = [(len(words) + at, len(words) + at, name) for at, name in enumerate(self._flagged(text))]
        if "us" in lowered:
            spans.extend((at, at + 1, "US") for at in range(len(words)) if _is_us(words, lowered, at))
        at, end = window(lowered, self._openings, longest=self._longest)
        if end:
            doc = document(self._vocab, words[at:end])
            names = self._vocab.strings
            spans.extend((at + first, at + last, names[match]) for match, first, last in self._sure(doc))
            spans.extend(
                (at + first, at + last, names[match])
                for match, first, last in self._doubtful(doc)
                if _holds(lowered, at + first, at + last)
            )
        return tuple(dict.fromkeys(name for _, _, name in sorted(longest(spans))))[:_MANY]

    def _flagged(self, text: str) -> Iterator[str]:
        for flag in _FLAG.findall(text):
            name = self._flags.get("".join(chr(ord(letter) - _FIRST_FLAG + ord("A")) for letter in flag))
            if name:
                yield name


def document(vocab: Vocab, words: Sequence[str]) -> Doc:
    """Return spaCy's document of words that are already apart."""
    from spacy.tokens import Doc  # noqa: PLC0415  spaCy takes a second to import

    return Doc(vocab, words=list(words))


def window(words: Sequence[str], openings: Collection[str], *, longest: int) -> tuple[int, int]:
    """Return the start and the end between which phrases of at most `longest` words may stand; (0, 0) if nowhere.

    `openings` are their first words. A document of a few words is made much faster than one of all.
    """
    found = [at for at, word in enumerate(words) if word in openings]
    return (found[0], found[-1] + longest) if found else (0, 0)


def lines(name: str) -> list[str]:
    """Return the lines of a data file of this room, comments left out."""
    text = resources.files("tiktokwatch.classify").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def _places() -> Iterator[_Place]:
    for line in lines("places.tsv"):
        name, _, flag, others = (*line.split("\t"), "", "", "")[:4]
        entries = [name, *filter(None, others.split("|"))]
        plain = [(entry.lstrip("!"), entry.startswith("!") or _is_terse(entry)) for entry in entries]
        yield _Place(
            name=plain[0][0],
            flag=flag,
            sure=tuple(word for word, doubtful in plain if not doubtful),
            doubtful=tuple(word for word, doubtful in plain if doubtful and word != "US"),
        )


def _is_terse(name: str) -> bool:
    return name.isascii() and len(name) <= _TERSE and name not in _TERSE_BUT_SURE


def _matcher(vocab: Vocab, names: dict[str, tuple[str, ...]], *, attribute: str) -> PhraseMatcher:
    from spacy.matcher import PhraseMatcher  # noqa: PLC0415  spaCy takes a second to import

    matcher = PhraseMatcher(vocab, attr=attribute)
    for name, words in names.items():
        if words:
            matcher.add(name, [document(vocab, _WORD.findall(word)) for word in words])
    return matcher


def _at(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _holds(lowered: Sequence[str], start: int, end: int) -> bool:
    following = _at(lowered, end)
    if following == ",":
        following = _at(lowered, end + 1)
    return _at(lowered, start - 1) in _LEADING or following in _TRAILING


def _is_us(words: Sequence[str], lowered: Sequence[str], at: int) -> bool:
    """Tell the country from the pronoun, which may be shouted as well."""
    if lowered[at] != "us":
        return False
    before, after = _at(lowered, at - 1), _at(lowered, at + 1)
    if words[at] == "us":
        return before == "the" and _at(lowered, at - 2) in _US_LOWER
    if before in _US_LEADING or after in _US_TRAILING:
        return words[at] == "US"
    beside = (after in _JOINING and _at(lowered, at + 2)) or (before in _JOINING and _at(lowered, at - 2))
    return words[at] == "US" and beside in _US_NEIGHBOURS


def longest(spans: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return the spans (start, end, name) that no longer one overlaps."""
    kept: list[tuple[int, int, str]] = []
    for start, end, name in sorted(spans, key=lambda span: (span[0] - span[1], span[0], span[2])):
        if all(end <= other_start or start >= other_end for other_start, other_end, _ in kept):
            kept.append((start, end, name))
    return kept
