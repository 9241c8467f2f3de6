"""Which posts a model learns most from: those that it is least sure of, each said once and without names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest
from math import log
from typing import Any, Protocol

from tiktokwatch.classify.fingerprint import fingerprint
from tiktokwatch.classify.normalise import normalise
from tiktokwatch.records import LABELS, Post, Verdict

_POOL = 5000
_OWN_WORDS = frozenset({"post", "reply", "quote"})
_LEAST = 1e-12
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"[@\uff20\ufe6b]\w[\w.-]*\w|[@\uff20\ufe6b]\w")
_REDDITOR = re.compile(r"(?<!\w)u/[\w-]+")


class Thresholded(Protocol):
    """A classifier that says from which probability it gives a label."""

    @property
    def thresholds(self) -> dict[str, float]:
        """Return the probability from which each label is given."""

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post to be labelled; `distance` is how far its score lies from the threshold, in log-odds."""

    text: str
    lang: str
    source: str
    verdict: Verdict
    distance: float


def most_uncertain(
    batches: Iterable[Sequence[Post]], classifier: Thresholded, *, label: str, known: Iterable[str], limit: int
) -> list[Candidate]:
    """Return at most `limit` posts in the authors' own words whose score for `label` is nearest to its threshold.

    The least sure comes first; of near-copies there is one, and none of texts that are `known` already.
    """
    threshold = classifier.thresholds[label]
    known = [nameless(text) for text in known]
    seen = {_key(text) for text in known}
    pool: list[Candidate] = []
    for posts in batches:
        new = list(_new(posts, seen))
        verdicts = classifier.classify([text for _, text in new])
        pool += [
            Candidate(
                text, post.lang, post.source, verdict, abs(_log_odds(getattr(verdict, label)) - _log_odds(threshold))
            )
            for (post, text), verdict in zip(new, verdicts, strict=True)
        ]
        if len(pool) > _POOL:
            pool = nsmallest(_POOL, pool, key=_order)
    return _once(sorted(pool, key=_order), known, limit=limit)


def nameless(text: str) -> str:
    """Return a text with one link in the place of all links, and one name in the place of all names of accounts."""
    return _REDDITOR.sub("u/user", _HANDLE.sub("@user", _LINK.sub("https://link", text)))


def example_row(candidate: Candidate, *, labels: Collection[str], about_tiktok: bool) -> dict[str, Any]:
    """Return a labelled post as a line of the corpus.

    Its theme is its own, so that one in five of a person's posts helps to find the thresholds, and the rest trains.
    """
    return {
        "text": candidate.text,
        "lang": candidate.lang,
        "labels": [label for label in LABELS if label in labels],
        "about_tiktok": about_tiktok,
        "aspects": [],
        "note": f"own {_key(candidate.text).hex()}",
    }


def _new(posts: Iterable[Post], seen: set[bytes]) -> Iterable[tuple[Post, str]]:
    for post in posts:
        text = nameless(post.text)
        key = _key(text)
        if post.kind in _OWN_WORDS and key not in seen and normalise(text):
            seen.add(key)
            yield post, text


def _once(candidates: Iterable[Candidate], known: Iterable[str], *, limit: int) -> list[Candidate]:
    hashes = {value for text in known for value in fingerprint(text)}
    taken: list[Candidate] = []
    for candidate in candidates:
        if len(taken) == limit:
            break
        found = fingerprint(candidate.text)
        if hashes.isdisjoint(found):
            hashes.update(found)
            taken.append(candidate)
    return taken


def _key(text: str) -> bytes:
    return blake2b(normalise(text).encode("utf-8"), digest_size=6).digest()


def _order(candidate: Candidate) -> tuple[float, str]:
    return candidate.distance, candidate.text


def _log_odds(chance: float) -> float:
    chance = min(max(chance, _LEAST), 1.0 - _LEAST)
    return log(chance / (1.0 - chance))
