from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.worlds import cut, pipeline, world
from tiktokwatch.errors import DeliveryError
from tiktokwatch.notify.due import FRESH
from tiktokwatch.notify.outbox import LogNotifier, Outbox
from tiktokwatch.pipeline import run
from tiktokwatch.records import MINUTE, Message, Outage, Step, Tick
from tiktokwatch.ticks import backfill

NOW = datetime(2026, 3, 2, 14, 8, tzinfo=UTC)
OUTAGE = Outage(1, "app", "outage", "technical", onset=NOW - 3 * MINUTE, signalled_at=NOW, reason="34 people")
RAISED, ENDED = "outage-1-raised", "outage-1-ended"


class CrashError(Exception):
    """The process dies here."""


@dataclass
class Paper:
    """A ledger that outlives the outbox; it tears once if it is told to."""

    rows: list[tuple[str, str, datetime, str, str]] = field(default_factory=list)
    tears: bool = False

    def delivered(self) -> set[tuple[str, str]]:
        return {(key, channel) for key, channel, _, outcome, _ in self.rows if outcome != "failed"}

    def record_delivery(self, *, key: str, channel: str, at: datetime, outcome: str, detail: str) -> None:
        if self.tears:
            self.tears = False
            raise CrashError
        self.rows.append((key, channel, at, outcome, detail))

    def outcomes(self, channel: str = "mail") -> list[tuple[str, str]]:
        return [(key, outcome) for key, name, _, outcome, _ in self.rows if name == channel]


@dataclass
class Phone:
    """A channel that fails as often as it was told to."""

    channel: str = "mail"
    failures: list[DeliveryError] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def notify(self, message: Message) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.heard.append(message.key)


def step(*outages: Outage, after: timedelta = timedelta(0)) -> Step:
    return Step(Tick(NOW + after), outages=outages)


def ended(after: timedelta) -> Outage:
    return replace(OUTAGE, state="calm", ended_at=NOW + after)


def test_a_message_is_told_once() -> None:
    phone, paper = Phone(), Paper()
    outbox = Outbox([phone], ledger=paper)
    for number in range(5):
        outbox(step(OUTAGE, after=number * MINUTE))
    outbox(step(ended(9 * MINUTE), after=9 * MINUTE))
    outbox(step(after=10 * MINUTE))
    assert phone.heard == [RAISED, ENDED]
    assert paper.rows == [
        (RAISED, "mail", NOW, "delivered", ""),
        (ENDED, "mail", NOW + 9 * MINUTE, "delivered", ""),
    ]


def test_it_is_told_once_over_restarts() -> None:
    phone, paper = Phone(), Paper()
    for number in range(3):
        Outbox([phone], ledger=paper, outages=[OUTAGE])(step(after=number * MINUTE))
    assert phone.heard == [RAISED]


def test_what_was_not_told_before_a_crash_is_told_after_it() -> None:
    phone = Phone()
    Outbox([phone], ledger=Paper(), outages=[ended(9 * MINUTE)])(step(after=10 * MINUTE))
    assert phone.heard == [RAISED, ENDED]


def test_a_crash_before_the_ledger_repeats_one_message_and_loses_none() -> None:
    phone, paper = Phone(), Paper(tears=True)
    with pytest.raises(CrashError):
        Outbox([phone], ledger=paper)(step(OUTAGE))
    for number in range(3):
        Outbox([phone], ledger=paper, outages=[OUTAGE])(step(after=number * MINUTE))
    assert phone.heard == [RAISED, RAISED]
    assert paper.outcomes() == [(RAISED, "delivered")]


def test_a_failure_is_tried_again_at_the_next_tick(caplog: pytest.LogCaptureFixture) -> None:
    phone, paper = Phone(failures=[DeliveryError("503"), DeliveryError("timed out")]), Paper()
    outbox = Outbox([phone], ledger=paper)
    outbox(step(OUTAGE))
    for number in range(1, 5):
        outbox(step(after=number * MINUTE))
    assert phone.heard == [RAISED]
    assert [row[2:] for row in paper.rows] == [
        (NOW, "failed", "503"),
        (NOW + MINUTE, "failed", "timed out"),
        (NOW + 2 * MINUTE, "delivered", ""),
    ]
    assert [record.getMessage() for record in caplog.records] == [
        f"mail was not told of {RAISED}: 503",
        f"mail was not told of {RAISED}: timed out",
    ]


def test_a_failure_is_tried_again_after_a_restart() -> None:
    phone, paper = Phone(failures=[DeliveryError("503")]), Paper()
    Outbox([phone], ledger=paper)(step(OUTAGE))
    Outbox([phone], ledger=paper, outages=[OUTAGE])(step(after=MINUTE))
    assert phone.heard == [RAISED]


def test_what_can_never_be_delivered_is_given_up() -> None:
    phone, paper = Phone(failures=[DeliveryError("no such room", permanent=True)]), Paper()
    outbox = Outbox([phone], ledger=paper)
    outbox(step(OUTAGE))
    outbox(step(after=MINUTE))
    Outbox([phone], ledger=paper, outages=[OUTAGE])(step(after=2 * MINUTE))
    assert phone.heard == []
    assert paper.outcomes() == [(RAISED, "given up")]
    outbox(step(ended(9 * MINUTE), after=9 * MINUTE))
    assert phone.heard == [ENDED]


def test_one_channel_does_not_hold_up_another() -> None:
    mail, chat = Phone(failures=[DeliveryError("503")]), Phone("chat")
    paper = Paper()
    outbox = Outbox([mail, chat], ledger=paper)
    outbox(step(OUTAGE))
    assert (mail.heard, chat.heard) == ([], [RAISED])
    outbox(step(after=MINUTE))
    assert (mail.heard, chat.heard) == ([RAISED], [RAISED])


def test_what_fails_for_another_reason_ends_the_process() -> None:
    class Broken(Phone):
        def notify(self, message: Message) -> None:
            raise CrashError(message.key)

    paper = Paper()
    with pytest.raises(CrashError):
        Outbox([Broken()], ledger=paper)(step(OUTAGE))
    assert paper.rows == []


def ended_long_ago() -> Iterable[Outage]:
    return [replace(OUTAGE, id=number, signalled_at=NOW - timedelta(days=number)) for number in range(1, 9)]


def test_history_pages_nobody() -> None:
    phone, paper = Phone(), Paper()
    Outbox([phone], ledger=paper, outages=ended_long_ago())(step())
    assert (phone.heard, paper.rows) == ([], [])


def test_a_standstill_pages_nobody_of_what_is_history() -> None:
    made = world(1)
    (tick,) = cut(made, 1, ticks=1)
    (outage,) = pipeline(made).step(tick).outages
    assert outage.ended_at is not None
    heard = []
    for now in (outage.signalled_at + FRESH, outage.ended_at + FRESH, outage.ended_at + FRESH + MINUTE):
        phone = Phone()
        run(pipeline(made), [replace(tick, now=now)], Outbox([phone], ledger=Paper()))
        heard.append(phone.heard)
    assert heard == [[RAISED, ENDED], [ENDED], []]


def test_a_watch_tells_of_its_outage_and_of_its_end() -> None:
    made, phone, paper = world(1), Phone(), Paper()
    run(pipeline(made), backfill(made.posts, hole=timedelta(days=1)), Outbox([phone], ledger=paper))
    assert phone.heard == [RAISED, ENDED]
    # Each at the first tick that could know.
    told = {key: at for key, _, at, _, _ in paper.rows}
    assert timedelta(minutes=60) < told[ENDED] - told[RAISED] < timedelta(minutes=120)


def test_the_log_is_a_channel_too(caplog: pytest.LogCaptureFixture) -> None:
    paper = Paper()
    Outbox([LogNotifier()], ledger=paper)(step(replace(OUTAGE, reason="100%s of %d people")))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "TikTok: outage likely since 14:05 UTC. technical: 100%s of %d people"
    assert paper.outcomes("log") == [(RAISED, "delivered")]
