"""Who counts: people, not posts.

A post counts as a complaint if it is the author's own words, not a near-copy of what was said in the last day, and
the author did not complain within the last hour. So counts of minutes add up: over any hour, their sum is a number of
people.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tiktokwatch.records import Judged, Standing

REPEAT_WITHIN = timedelta(hours=1)
COPY_WITHIN = timedelta(hours=24)
COMPLAINING: frozenset[Standing] = frozenset({"counted", "repeat"})


def author_key(judged: Judged) -> str:
    """Return who wrote it, unique over sources; a post without a known author stands for itself."""
    return f"{judged.post.source}:{judged.post.author or judged.post.id}"


class People:
    """Remembers who complained, and in which words; posts must come in order of (at, id)."""

    def __init__(self) -> None:
        self._complained: dict[str, datetime] = {}
        self._said: dict[int, datetime] = {}

    def standing(self, judged: Judged) -> Standing:
        """Say how a post stands in the count, and remember it."""
        if "complaint" not in judged.verdict.labels:
            return "other"
        if judged.post.kind == "repost":
            return "repost"
        if self._is_copy(judged):
            return "copy"
        at, before = judged.post.at, self._complained.get(author_key(judged))
        self._note(judged)
        return "repeat" if before is not None and at - before < REPEAT_WITHIN else "counted"

    def recall(self, past: Iterable[Judged]) -> None:
        """Remember posts that were judged earlier, without judging them again."""
        for judged in past:
            if judged.standing in COMPLAINING:
                self._note(judged)

    def forget_before(self, now: datetime) -> None:
        """Drop what can no longer matter at `now`."""
        self._complained = {key: at for key, at in self._complained.items() if now - at < REPEAT_WITHIN}
        self._said = {key: at for key, at in self._said.items() if now - at < COPY_WITHIN}

    def _is_copy(self, judged: Judged) -> bool:
        at = judged.post.at
        said = (self._said.get(key) for key in judged.verdict.fingerprint)
        return any(before is not None and at - before < COPY_WITHIN for before in said)

    def _note(self, judged: Judged) -> None:
        # Only words that count renew the memory: otherwise a running joke would be a copy for ever.
        self._complained[author_key(judged)] = judged.post.at
        self._said.update(dict.fromkeys(judged.verdict.fingerprint, judged.post.at))
