from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktokwatch.collect import ticklines
from tiktokwatch.records import MINUTE, Batch, Count, Fault, Gap, Post, Tick

AT = datetime(2026, 3, 4, 18, 5, 1, 123456, tzinfo=UTC)

# Every code point, surrogates among them.
texts = st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z", "C"]), max_size=12)
moments = st.datetimes(timezones=st.just(UTC))
posts = st.builds(
    Post,
    id=texts,
    source=texts,
    at=moments,
    author=texts,
    text=texts,
    lang=texts,
    url=texts,
    kind=st.sampled_from(["post", "reply", "quote", "repost", "official"]),
)
batches = st.builds(
    Batch,
    collector=texts,
    source=texts | st.just("x"),
    since=moments,
    through=moments,
    posts=st.lists(posts, max_size=3).map(tuple),
    cursor=texts,
    note=texts,
    counts=st.lists(
        st.builds(Count, source=texts | st.just("x"), at=moments, posts=st.integers(0, 2**53)), max_size=3
    ).map(tuple),
)
gaps = st.builds(Gap, collector=texts, source=texts, start=moments, end=moments, reason=texts)
faults = st.builds(Fault, collector=texts, source=texts, at=moments, reason=texts, retry_at=st.none() | moments)
ticks = st.builds(
    Tick,
    now=moments,
    batches=st.lists(batches, max_size=3).map(tuple),
    gaps=st.lists(gaps, max_size=3).map(tuple),
    faults=st.lists(faults, max_size=3).map(tuple),
)


def full_tick() -> Tick:
    post = Post("x:1", "x", AT, "7", "half an emoji \ud83d, and a \x00", "en", "https://x.com/i/status/1", "quote")
    return Tick(
        now=AT,
        batches=(Batch("x-search", "x", AT - timedelta(minutes=1), AT, (post,), "cursor", "note"),),
        gaps=(Gap("reddit", "reddit", AT, AT + timedelta(microseconds=1), "403"),),
        faults=(Fault("x-stream", "x", AT, "closed", AT), Fault("x-stream", "x", AT, "closed")),
    )


@given(ticks)
def test_a_tick_comes_back_as_it_was(tick: Tick) -> None:
    line = ticklines.encode(tick)
    assert line.isascii()
    assert "\n" not in line
    assert ticklines.decode(json.loads(line)) == tick


def counted(*counts: Count) -> Tick:
    return Tick(now=AT, batches=(Batch("x-counts", "x", AT, AT, counts=counts),))


def test_counts_are_pairs() -> None:
    line = ticklines.encode(counted(Count("x", AT, 7), Count("reddit", AT + MINUTE, 0)))
    assert line.endswith(
        '"posts":[],"counts":[["2026-03-04T18:05:01.123456+00:00",7],'
        '["2026-03-04T18:06:01.123456+00:00",0,"reddit"]]}],"gaps":[],"faults":[]}'
    )


def test_a_line_without_counts_is_as_it_always_was() -> None:
    assert ticklines.encode(counted()) == (
        '{"tiktokwatch":1,"now":"2026-03-04T18:05:01.123456+00:00","batches":[{"collector":"x-counts","source":"x",'
        '"since":"2026-03-04T18:05:01.123456+00:00","through":"2026-03-04T18:05:01.123456+00:00","cursor":"",'
        '"note":"","posts":[]}],"gaps":[],"faults":[]}'
    )


def test_what_was_deleted_is_not_written() -> None:
    batch = counted().batches[0]
    gone = Tick(now=AT, batches=(replace(batch, deleted=("x:1", "@ann")),))
    assert ticklines.encode(gone) == ticklines.encode(counted())


@pytest.mark.parametrize(
    "counts",
    [
        None,
        {},
        [None],
        [[]],
        [["2026-03-04T18:05:00+00:00"]],
        [["2026-03-04T18:05:00+00:00", 1, "x", 1]],
        [["2026-03-04T18:05:00", 1]],
        [[5, 1]],
        [["2026-03-04T18:05:00+00:00", -1]],
        [["2026-03-04T18:05:00+00:00", 1.0]],
        [["2026-03-04T18:05:00+00:00", True]],
        [["2026-03-04T18:05:00+00:00", 2**53 + 1]],
        [["2026-03-04T18:05:00+00:00", 1, 7]],
    ],
)
def test_wrong_counts_are_refused(counts: object) -> None:
    obj = json.loads(ticklines.encode(counted()))
    obj["batches"][0]["counts"] = counts
    with pytest.raises(ValueError, match=r"^a tick "):
        ticklines.decode(obj)


@pytest.mark.parametrize("text", ["\ud83d", "\ud83d\ude00", "a\ud83d\ude00b\ud83d\ude00", "\U0001f600\ude00"])
def test_surrogates_stay_apart(text: str) -> None:
    tick = Tick(now=AT, gaps=(Gap(text, "x", AT, AT, text),))
    assert ticklines.decode(json.loads(ticklines.encode(tick))) == tick


def test_a_line_says_what_it_is() -> None:
    assert ticklines.encode(Tick(now=AT)) == (
        '{"tiktokwatch":1,"now":"2026-03-04T18:05:01.123456+00:00","batches":[],"gaps":[],"faults":[]}'
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["tiktokwatch"], 2),
        (["tiktokwatch"], True),
        (["tiktokwatch"], "1"),
        (["tiktokwatch"], None),
        (["now"], None),
        (["now"], "2026-03-04T18:05:01"),
        (["now"], "0001-01-01T00:00:00+02:00"),
        (["now"], "yesterday"),
        (["now"], 1e400),
        (["batches"], {}),
        (["batches"], [None]),
        (["batches", 0, "posts"], "none"),
        (["batches", 0, "posts", 0, "kind"], "story"),
        (["batches", 0, "posts", 0, "kind"], ["po", "st", 1]),
        (["batches", 0, "posts", 0, "text"], 7),
        (["batches", 0, "posts", 0, "text"], [7]),
        (["batches", 0, "through"], []),
        (["gaps", 0, "reason"], None),
        (["faults", 0, "retry_at"], False),
        (["faults", 0, "more"], 1),
        (["more"], 1),
    ],
)
def test_what_is_wrong_is_refused_with_a_reason(path: list[Any], value: object) -> None:
    obj = json.loads(ticklines.encode(full_tick()))
    inner = obj
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(ValueError, match=r"^(a|no) tick "):
        ticklines.decode(obj)


def every_key(value: object) -> list[tuple[dict[str, Any], str]]:
    if isinstance(value, list):
        return [pair for item in value for pair in every_key(item)]
    if not isinstance(value, dict):
        return []
    return [(value, key) for key in value] + [pair for item in value.values() for pair in every_key(item)]


def test_nothing_may_be_missing() -> None:
    number = len(every_key(json.loads(ticklines.encode(full_tick()))))
    assert number == 5 + 7 + 8 + 5 + 2 * 5
    for index in range(number):
        obj = json.loads(ticklines.encode(full_tick()))
        inner, key = every_key(obj)[index]
        del inner[key]
        with pytest.raises(ValueError, match="tick"):
            ticklines.decode(obj)


def test_other_zones_are_read_as_the_same_moment_in_utc() -> None:
    elsewhere = Tick(now=AT.astimezone(timezone(timedelta(hours=2))))
    tick = ticklines.decode(json.loads(ticklines.encode(elsewhere)))
    assert tick == elsewhere
    assert tick.now.tzinfo is UTC
