"""What people write in a scenario: texts of the corpus's validation part, and a classifier that remembers them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from functools import cache
from hashlib import blake2b
from pathlib import Path

from benchmarks.twin import CORPUS, twin
from tiktokwatch.classify.corpus import Example, read_corpus
from tiktokwatch.classify.fingerprint import fingerprint
from tiktokwatch.records import LABELS, Verdict

ENGLISH = 0.8
LONG = 8
TAILS = 60
TAIL = "\n#"
NAMES = Path(__file__).with_name("names.txt").read_text(encoding="utf-8").split()

Pool = tuple[tuple[str, ...], tuple[str, ...]]


@cache
def held_out() -> Mapping[str, tuple[Example, ...]]:
    """Return the validation part by what is said; texts with a label left open are nobody's."""
    found: dict[str, list[Example]] = {}
    for example in read_corpus(CORPUS):
        if example.held_out and None not in example.labels.values():
            found.setdefault(_said(example), []).append(example)
    return {says: tuple(examples) for says, examples in found.items()}


def _said(example: Example) -> str:
    labels = " ".join(label for label in LABELS if example.labels[label])
    if not example.labels["about_tiktok"]:
        return "other"
    return labels or "talk"


@cache
def pool(says: str, *, aspect: str = "", themes: Sequence[str] = ()) -> Pool:
    """Return the English and the other texts to draw from. Raises ValueError where there are none at all."""
    chosen = [
        example
        for example in held_out().get(says, ())
        if (not aspect or aspect in example.aspects)
        and (not themes or any(fnmatch(example.theme, pattern) for pattern in themes))
    ]
    if not chosen:
        raise ValueError(f"no validation text says {says!r} with aspect {aspect!r} and themes {themes}")
    english = tuple(example.text for example in chosen if example.lang == "en")
    return english, tuple(example.text for example in chosen if example.lang != "en")


def draw(dice: random.Random, texts: Pool, *, link: bool = False) -> str:
    """Return one of the texts, in English for the most part; a long one gets a tail of its author's own.

    The tail (tags of names and towns) is no part of what is judged, see `Remembering`. It is there because in life no
    two people write the same long text, and a corpus is soon used up: with different tails, texts are no near-copies.
    """
    english, foreign = texts
    text = dice.choice(english if not foreign or (english and dice.random() < ENGLISH) else foreign)
    if link:
        text = f"{text} https://t.co/{blake2b(text.encode(), digest_size=5).hexdigest()}"
    return with_tail(text, dice.randrange(TAILS)) if _is_long(text) else text


@cache
def with_tail(text: str, number: int) -> str:
    """Return a text with one of its tails, the longer the more words it has."""
    dice = random.Random(f"{number}/{text}")
    return text + TAIL + " #".join(dice.sample(NAMES, max(4, len(text.split()) // 3)))


def near_copy(dice: random.Random, text: str) -> str:
    """Return a text with one word more."""
    return text + TAIL + dice.choice(NAMES)


@cache
def _is_long(text: str) -> bool:
    return len(text) > 6 * LONG or len(text.split()) >= LONG


class Remembering:
    """The classifier (see `twin`), asked once for each text; a tail only changes whose near-copy a text is."""

    def __init__(self) -> None:
        self._real = twin()
        texts = [example.text for examples in held_out().values() for example in examples]
        self._known: dict[str, Verdict] = dict(zip(texts, self._real.classify(texts), strict=True))

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order."""
        return [self._known.get(text) or self._judge(text) for text in texts]

    def _judge(self, text: str) -> Verdict:
        plain, tail, _ = text.rpartition(TAIL)
        if not tail:
            verdict = self._real.classify([text])[0]
        else:
            verdict = self._known.get(plain) or self._judge(plain)
            if verdict.fingerprint:
                verdict = replace(verdict, fingerprint=fingerprint(text))
        self._known[text] = verdict
        return verdict


@cache
def classifier() -> Remembering:
    """Return the one classifier of a process."""
    return Remembering()
