"""Stored posts, held against the networks that they came from: what was deleted there is forgotten here.

X wants deleted posts gone within a day, and asks money for each look; Reddit wants the same, and recommends to keep
nothing for more than two days. So whatever could not be looked up in time loses its text, and of X only those posts
are looked up that may still be quoted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tiktokwatch.errors import CollectError
from tiktokwatch.protocols import Checker
from tiktokwatch.records import Step

log = logging.getLogger(__name__)

AT_ONCE = 100  # ids that either network takes in one request
PAUSE = timedelta(minutes=10)  # so that a request is worth its while


@dataclass(frozen=True, slots=True)
class Terms:
    """When posts of a source are looked up: from an age of `after` on, `every` so often, before they are `within` old.

    What is older and was never looked up loses its text.
    """

    after: timedelta
    every: timedelta
    within: timedelta
    complaints_only: bool = False


TERMS: Mapping[str, Terms] = {
    "x": Terms(timedelta(hours=18), timedelta(hours=24), timedelta(hours=24), complaints_only=True),
    "reddit": Terms(timedelta(hours=1), timedelta(hours=6), timedelta(hours=48)),
}


class Checked(Protocol):
    """The part of a store that knows which posts are to be looked up."""

    def posts_to_check(
        self,
        *,
        source: str,
        written_before: datetime,
        checked_before: datetime,
        complaints_only: bool,
        limit: int,
    ) -> list[str]:
        """Return ids of posts that still have their text."""

    def note_checked(self, ids: Sequence[str], at: datetime) -> None:
        """Write down that these posts were looked up."""

    def forget_all(self, who: Sequence[str]) -> int:
        """Forget posts by id."""


class Rechecks:
    """The sink that looks posts up, at most `AT_ONCE` of a source in a tick, and forgets those that are gone."""

    def __init__(self, checkers: Sequence[Checker], store: Checked) -> None:
        self._checkers = checkers
        self._store = store
        self._not_before: dict[str, datetime] = {}

    def __call__(self, step: Step) -> None:
        """Look up what is due."""
        now = step.tick.now
        for checker in self._checkers:
            if self._not_before.get(checker.source, now) <= now:
                self._look_up(checker, now)

    def _look_up(self, checker: Checker, now: datetime) -> None:
        terms = TERMS[checker.source]
        ids = self._store.posts_to_check(
            source=checker.source,
            written_before=now - terms.after,
            checked_before=now - terms.every,
            complaints_only=terms.complaints_only,
            limit=AT_ONCE,
        )
        if not ids:
            return
        try:
            gone = checker.gone(ids, now=now)
        except CollectError as error:
            pause = max(PAUSE, timedelta(seconds=error.retry_after or 0))
            self._not_before[checker.source] = now + pause
            log.warning("posts are not held against %s until %s: %s", checker.source, now + pause, error.reason)
            return
        # Forgotten first: after a kill in between they are looked up again.
        if gone:
            self._store.forget_all(sorted(gone))
        self._store.note_checked(ids, now)
        if len(ids) < AT_ONCE:
            self._not_before[checker.source] = now + PAUSE
