"""What a report needs to know of the past: the reads of a store, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tiktokwatch.records import Bucket, Evidence, Expense, Gap, Judged, Mark, Outage, Post, Standing, State, Transition


class Reading(Protocol):
    """What reports are made of. Spans are half-open; lists are in order of time unless said otherwise."""

    def settled(self) -> datetime | None:
        """Return the end of the last settled minute, None where nothing was watched yet."""

    def state(self) -> tuple[State, Transition | None]:
        """Return the present state, and the transition that led to it."""

    def outages(self, *, since: datetime | None = None) -> Sequence[Outage]:
        """Return the outages, newest last."""

    def marks(self) -> Sequence[Mark]:
        """Return how far each collector has come."""

    def buckets(self, *, since: datetime, until: datetime) -> Sequence[Bucket]:
        """Return the minutes that start in the span, of all sources."""

    def evidence(self, *, since: datetime, until: datetime) -> Sequence[Evidence]:
        """Return the evidence of the minutes that end in the span."""

    def samples(
        self, *, since: datetime, until: datetime, limit: int, standing: Standing = "counted"
    ) -> Sequence[Judged]:
        """Return counted complaints, newest first."""

    def people(self, *, since: datetime, until: datetime) -> int:
        """Return how many distinct people complained."""

    def tallies(self, *, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how many posts of each kind there were: complaint, meme, policy, recovery, elsewhere, posts."""

    def gaps(self, *, since: datetime, until: datetime) -> Sequence[Gap]:
        """Return the spans for which a collector cannot vouch."""

    def expenses(self, *, since: datetime | None = None) -> Sequence[Expense]:
        """Return what was booked for the hours from `since` on."""

    def official_words(self, *, since: datetime | None = None, until: datetime | None = None) -> Sequence[Post]:
        """Return what TikTok's own accounts wrote."""
