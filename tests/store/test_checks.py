"""Posts are held against their network, and go where that could not be done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.steps import MINUTE, SECOND, START
from tiktokwatch.records import Judged, Post, Step, Tick, Verdict
from tiktokwatch.store import retention
from tiktokwatch.store.retention import Pruned
from tiktokwatch.store.writer import Store

HOUR = timedelta(hours=1)
VERDICT = Verdict(0.9, 0, 0, 0, about_tiktok=True, labels=("complaint",), fingerprint=(1, 2))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "watch.db") as store:
        yield store


def keep(store: Store, *posts: Post) -> None:
    store.save(Step(Tick(START), judged=tuple(Judged(post, VERDICT, "counted") for post in posts)))


def post(name: str, hours: float, *, source: str = "x", text: str = "down") -> Post:
    return Post(f"{source}:{name}", source, START + hours * HOUR, "ann", text)


def texts(store: Store) -> list[str]:
    return [judged.post.id for judged in store._read.judged() if judged.post.text]


def test_whoever_waits_longest_for_a_check_is_first(store: Store) -> None:
    keep(store, *(post(name, hours) for hours, name in enumerate("abcdef")), post("a", 0, source="reddit"))

    def wanted(**options: object) -> str:
        ids = store.posts_to_check(source="x", written_before=START + 5 * HOUR, **{"limit": 9} | options)
        return "".join(each.removeprefix("x:") for each in ids)

    assert wanted() == "abcde"
    store.note_checked(["x:b", "x:never"], START + 8 * HOUR)
    store.note_checked(["x:a", "x:d"], START + 9 * HOUR)
    assert wanted() == "cebad"
    assert wanted(limit=3) == "ceb"
    store.note_checked(["x:c", "x:e", "x:b"], START + 9 * HOUR)
    assert wanted() == "abcde"
    store.forget("x:b")
    store.prune(before_text=START + MINUTE)
    assert wanted() == "cde"
    assert wanted(checked_before=START + 9 * HOUR) == ""
    store.note_checked(["x:d"], START + 9 * HOUR - SECOND)
    assert wanted(checked_before=START + 9 * HOUR) == "d"
    assert store.posts_to_check(source="bluesky", written_before=START + 5 * HOUR, limit=9) == []


def test_complaints_alone_may_be_asked_for(store: Store) -> None:
    keep(store, post("counted", 0))
    other = Judged(post("other", 0), VERDICT, "other")
    store.save(Step(Tick(START), judged=(other,)))
    ask = {"source": "x", "written_before": START + HOUR, "limit": 9}
    assert store.posts_to_check(**ask, complaints_only=True) == ["x:counted"]
    assert sorted(store.posts_to_check(**ask)) == ["x:counted", "x:other"]


@pytest.mark.parametrize("at_once", [2000, 1])
def test_what_was_not_checked_in_time_is_dropped(store: Store, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", at_once)
    names = ("never", "early", "just", "late", "again")
    keep(store, *(post(name, 0) for name in names), post("young", 1), post("never", 0, source="reddit"))
    store.note_checked(["x:early", "x:again"], START + 12 * HOUR - SECOND)
    store.note_checked(["x:just"], START + 12 * HOUR)
    store.note_checked(["x:late", "x:again"], START + 20 * HOUR)
    pruned = store.prune(before_unchecked={"x": START + HOUR, "bluesky": START + 99 * HOUR})
    assert pruned == Pruned(texts=0, posts=0, ticks=0, evidence=0, unchecked=2)
    assert set(texts(store)) == {"x:just", "x:late", "x:again", "x:young", "reddit:never"}
    early = store._read.post("x:early")
    assert early is not None
    assert (early.post.author, early.post.text, early.verdict.fingerprint) == ("", "", ())
    assert store.prune(before_unchecked={"x": START + HOUR}).unchecked == 0
    assert store.prune(before_text=START + 99 * HOUR).texts == 5


def test_a_text_is_dropped_once(store: Store) -> None:
    keep(store, *(post(name, 0) for name in "abc"))
    store.note_checked(["x:a"], START + 13 * HOUR)
    everything = START + 99 * HOUR
    assert store.prune(before_text=everything, before_unchecked={"x": everything}) == Pruned(3, 0, 0, 0, 0)


@pytest.mark.parametrize("name", ["\ud83d", "a\0b"])
def test_hostile_names_are_checked_too(store: Store, name: str) -> None:
    keep(store, Post(name, name, START, "ann", "down"))
    assert store.posts_to_check(source=name, written_before=START + HOUR, limit=9) == [name]
    store.note_checked([name], START + 13 * HOUR)
    assert store.prune(before_unchecked={name: START + HOUR}).unchecked == 0


def test_what_is_dropped_with_time_is_in_no_file(store: Store, tmp_path: Path) -> None:
    keep(store, post("a", 0, text="nobody must read this again " * 40))
    store.prune(before_unchecked={"x": START + HOUR})
    for file in tmp_path.iterdir():
        assert b"nobody must read this" not in file.read_bytes()
