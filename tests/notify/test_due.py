from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiktokwatch.notify.due import FRESH, due, messages
from tiktokwatch.records import MINUTE, Message, Outage

ONSET = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
SIGNAL = ONSET + 3 * MINUTE
END = ONSET + 93 * MINUTE


def outage(
    number: int = 1, *, aspect: str = "app", after: timedelta = timedelta(0), ended: datetime | None = None
) -> Outage:
    return Outage(
        number,
        aspect,
        "outage" if ended is None else "calm",
        "partial" if aspect != "app" else "technical",
        onset=ONSET + after,
        signalled_at=SIGNAL + after,
        ended_at=ended,
        complaints=240,
        authors=212,
        peak_per_minute=17,
        reason="34 people in 5 min where 0.8 are usual",
    )


def keys(*outages: Outage, delivered: set[tuple[str, str]] | None = None, now: datetime = SIGNAL) -> list[str]:
    return [message.key for message in due(outages, channel="mail", delivered=delivered or set(), now=now)]


def test_an_outage_is_told_with_its_reason() -> None:
    assert messages(outage()) == [
        Message(
            "outage-1-raised",
            SIGNAL,
            "TikTok: outage likely since 14:05 UTC",
            "technical: 34 people in 5 min where 0.8 are usual",
        )
    ]


def test_a_single_feature_is_named() -> None:
    (message,) = messages(outage(aspect="login"))
    assert message.title == "TikTok: outage likely (login) since 14:05 UTC"


def test_its_end_is_told_with_what_it_came_to() -> None:
    _, ended = messages(outage(ended=END))
    assert ended == Message(
        "outage-1-ended",
        END,
        "TikTok: over at 15:38 UTC, 93 minutes after it began",
        "240 complaints by 212 people, at most 17 a minute.",
    )


def test_a_key_stays_the_same_whatever_becomes_of_the_outage() -> None:
    assert messages(outage())[0].key == messages(outage(aspect="login", ended=END))[0].key
    assert messages(outage(2))[0].key == "outage-2-raised"


def test_what_was_delivered_is_not_due() -> None:
    told = {("outage-1-raised", "mail")}
    assert keys(outage(), delivered=told) == []
    assert keys(outage(ended=END), delivered=told, now=END) == ["outage-1-ended"]
    assert keys(outage(), delivered={("outage-1-raised", "chat")}) == ["outage-1-raised"]


def test_the_oldest_comes_first() -> None:
    late = outage(1, after=20 * MINUTE)
    early = outage(2, ended=SIGNAL + 10 * MINUTE)
    assert keys(late, early, now=END) == ["outage-2-raised", "outage-2-ended", "outage-1-raised"]


@pytest.mark.parametrize(("age", "is_due"), [(timedelta(0), True), (FRESH, True), (FRESH + MINUTE, False)])
def test_history_pages_nobody(age: timedelta, *, is_due: bool) -> None:
    assert bool(keys(outage(), now=SIGNAL + age)) is is_due


def test_the_end_of_a_long_outage_is_news() -> None:
    long = outage(ended=SIGNAL + 3 * FRESH)
    assert keys(long, now=SIGNAL + 3 * FRESH) == ["outage-1-ended"]


def test_nothing_is_due_where_nothing_happened() -> None:
    assert keys() == []
