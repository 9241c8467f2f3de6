"""The plug points. They are structural: nothing is inherited, a class fits if its methods do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tiktokwatch.records import Batch, Bucket, Expense, Message, Score, Verdict


class Clock(Protocol):
    """The time and the waiting, owned by whoever drives the loop."""

    def now(self) -> datetime:
        """Return the present moment in UTC; it never goes back."""

    def wait(self, seconds: float) -> bool:
        """Wait, and return True if the loop should end."""


class Collector(Protocol):
    """Somebody who looks at a source. It never waits, sleeps or retries: that is the driver's part."""

    @property
    def name(self) -> str:
        """Return the collector's name, unique in a configuration."""

    @property
    def source(self) -> str:
        """Return what is counted: "x", "reddit"."""

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        """Return everything from `since` on that is not behind `cursor`, as far as it can vouch.

        Raises CollectError where nothing can be vouched for; then nothing is lost, and the next poll asks again.
        """

    def close(self) -> None:
        """Let go of connections; may be called twice."""


class Checker(Protocol):
    """Somebody who can say which posts a network has deleted since they were read."""

    @property
    def source(self) -> str:
        """Return whose posts it knows: "x", "reddit"."""

    def gone(self, ids: Sequence[str], *, now: datetime) -> frozenset[str]:
        """Return those of `ids` that were deleted or removed, or whose author was.

        Raises CollectError where the network does not answer; then nothing is known of any of them.
        """

    def close(self) -> None:
        """Let go of connections; may be called twice."""


class Expenses(Protocol):
    """Remembers what was paid for, over restarts and kills."""

    def expenses(self, *, source: str, since: datetime) -> Sequence[Expense]:
        """Return what was booked for the hours from `since` on."""

    def book(self, expense: Expense) -> None:
        """Add to what is booked for an hour and kind, for good before this returns; negative units take back."""


class Classifier(Protocol):
    """Judges texts; the same text always gets the same verdict, alone or in company."""

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order."""


class Detector(Protocol):
    """Says how surprising the present is, given what calm was like. Scoring never learns."""

    def learn(self, bucket: Bucket) -> None:
        """Take a calm, covered minute as an example; buckets of a source come in order of time."""

    def expected(self, source: str, at: datetime) -> float:
        """Return the usual complaints of the minute that starts at `at`."""

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
        """Score the covered minutes of one window of one source, oldest first."""


class Notifier(Protocol):
    """Takes messages to people, over one channel."""

    @property
    def channel(self) -> str:
        """Return the channel's name in the ledger, unique in a configuration; it holds no secret."""

    def notify(self, message: Message) -> None:
        """Deliver a message, or raise DeliveryError."""


class Ledger(Protocol):
    """Remembers what was said to whom."""

    def delivered(self) -> set[tuple[str, str]]:
        """Return the (key, channel) pairs that need not be said again."""

    def record_delivery(self, *, key: str, channel: str, at: datetime, outcome: str, detail: str) -> None:
        """Write down one attempt; `outcome` is "delivered", "failed" or "given up"."""
