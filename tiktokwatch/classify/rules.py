"""What a failure is about, where it is and on what, by phrase and token rules of spaCy.

Rules run only on posts that tell of a failure or a recovery: on others the name of a place or a feature says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiktokwatch.classify.normalise import legible, tokens
from tiktokwatch.classify.places import Gazetteer, document, lines, longest, window
from tiktokwatch.records import ASPECTS

if TYPE_CHECKING:
    from spacy.matcher import Matcher, PhraseMatcher
    from spacy.vocab import Vocab

_GENERAL = "app"
_WORD = re.compile(r"\w+(?:\.\d+)*")
_IOS = ["iphone", "iphones", "ipad", "ios", "ipados", "айфон", "айфоне", "ايفون", "آيفون", "アイフォン"]
_ANDROID_WORDS = """
    android samsung galaxy pixel xiaomi redmi oppo vivo realme huawei oneplus motorola андроид اندرويد
"""
_ANDROID = _ANDROID_WORDS.split()
_WEB_WORDS = """
    browser chrome firefox safari desktop laptop website pc navegador ordinateur taray\u0131c\u0131 браузер браузере
"""
_WEB = _WEB_WORDS.split()
_VERSION: list[list[dict[str, Any]]] = [
    [{"LOWER": {"IN": ["ios", "android", "ipados", "version", "v"]}}, {"TEXT": {"REGEX": r"^\d[\d.]*\d?$"}}],
    [{"LOWER": {"REGEX": r"^(?:v|ios)\d+(?:\.\d+)*$"}}],
    [{"TEXT": {"REGEX": r"^\d+\.\d+\.\d+$"}}],
]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules found in one text, each name once; aspects in the order of `ASPECTS`, the rest as in the text."""

    aspects: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


class Rules:
    """Phrase and token rules over one blank vocabulary; building them imports spaCy."""

    def __init__(self) -> None:
        import spacy  # noqa: PLC0415  takes a second to import, and most verdicts need no rules

        self._vocab: Vocab = spacy.blank("xx").vocab
        phrases = _aspect_phrases()
        self._aspects = _aspect_matcher(self._vocab, phrases)
        self._openings = {parts[0] for some in phrases.values() for parts in some}
        self._longest = max(len(parts) for some in phrases.values() for parts in some)
        self._gazetteer = Gazetteer(self._vocab)
        self._devices = _device_matcher(self._vocab)

    def find(self, text: str) -> Findings:
        """Return what a text names; it is taken to tell of a failure or a recovery of TikTok."""
        platforms, versions = self.device(text)
        return Findings(
            aspects=self.aspects(tokens(text)), places=self.places(text), platforms=platforms, versions=versions
        )

    def places(self, text: str) -> tuple[str, ...]:
        """Return the canonical names of the countries, US states and large cities that a text names."""
        return self._gazetteer.find(legible(text))

    def aspects(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Return the parts of TikTok that the tokens of a text name, or the whole app where they name none."""
        start, end = window(parts, self._openings, longest=self._longest)
        if not end:
            return (_GENERAL,)
        names = self._vocab.strings
        matches = self._aspects(document(self._vocab, parts[start:end]))
        found = {name for _, _, name in longest((start, end, names[match]) for match, start, end in matches)}
        if "publishing" in found:
            found.discard("upload")  # who publishes through a tool speaks of posting too
        return tuple(aspect for aspect in ASPECTS if aspect in found) or (_GENERAL,)

    def device(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the platforms (ios, android, web) and the versions that a text names."""
        doc = document(self._vocab, _WORD.findall(legible(text)))
        platforms: list[str] = []
        versions: list[str] = []
        for match, start, end in self._devices(doc):
            kind = self._vocab.strings[match]
            if kind == "version":
                versions.append(doc[start:end].text.lower())
            else:
                platforms.append(kind)
        return tuple(dict.fromkeys(platforms)), tuple(dict.fromkeys(versions))


def _aspect_phrases() -> dict[str, list[list[str]]]:
    """Return the phrases of each aspect as tokens."""
    rows = (line.partition(": ") for line in lines("aspects.txt"))
    return {aspect: [tokens(phrase) for phrase in sorted(set(phrases.split("; ")))] for aspect, _, phrases in rows}


def _aspect_matcher(vocab: Vocab, phrases: Mapping[str, list[list[str]]]) -> PhraseMatcher:
    from spacy.matcher import PhraseMatcher  # noqa: PLC0415  spaCy takes a second to import

    matcher = PhraseMatcher(vocab)
    for aspect, some in phrases.items():
        matcher.add(aspect, [document(vocab, parts) for parts in some])
    return matcher


def _device_matcher(vocab: Vocab) -> Matcher:
    from spacy.matcher import Matcher  # noqa: PLC0415  spaCy takes a second to import

    matcher = Matcher(vocab)
    for kind, words in (("ios", _IOS), ("android", _ANDROID), ("web", _WEB)):
        matcher.add(kind, [[{"LOWER": {"IN": words}}]])
    matcher.add("version", _VERSION, greedy="LONGEST")
    return matcher
