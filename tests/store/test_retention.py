from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.steps import START, numbered
from tiktokwatch.records import MINUTE, Judged, Post, Step, Tick, Verdict
from tiktokwatch.store import retention
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.retention import Pruned
from tiktokwatch.store.writer import Store

MIDDLE = START + 5 * MINUTE


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "watch.db") as store:
        for number in range(10):
            store.save(numbered(number))
        yield store


@pytest.fixture
def reader(store: Store, tmp_path: Path) -> Iterator[Reader]:
    assert store
    with Reader.open(tmp_path / "watch.db") as reader:
        yield reader


def test_texts_and_authors_go_and_counts_stay(store: Store, reader: Reader) -> None:
    buckets, tallies = reader.buckets(), reader.tallies()
    assert store.prune(before_text=MIDDLE) == Pruned(texts=15, posts=0, ticks=0, evidence=0)
    old, new = reader.judged(until=MIDDLE), reader.judged(since=MIDDLE)
    assert {(each.post.text, each.post.author, each.post.url) for each in old} == {("", "", "")}
    assert [each.post.text for each in new] == [f"tiktok is down, {number}" for number in range(5, 10) for _ in "123"]
    assert (reader.buckets(), reader.tallies()) == (buckets, tallies)
    assert reader.totals()["texts"] == 15
    assert [each.post.id[:3] for each in reader.samples(limit=99)][-1] == "x:5"
    assert store.prune(before_text=MIDDLE).texts == 0


def test_with_a_text_goes_what_was_made_of_it(store: Store, reader: Reader) -> None:
    post = Post("x:a", "x", START, "ann", "is tiktok down", url="https://x.example/ann/1")
    verdict = Verdict(0.9, 0, 0, 0, about_tiktok=True, labels=("complaint",), fingerprint=(1, 2**64 - 1))
    store.save(Step(Tick(START), judged=(Judged(post, verdict, "counted"),)))
    store.prune(before_text=MIDDLE)
    kept = replace(post, author="", text="", url="")
    assert reader.post("x:a") == Judged(kept, replace(verdict, fingerprint=()), "counted")


def test_more_than_one_step(store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 4)
    everything = START + 99 * MINUTE
    pruned = store.prune(
        before_text=everything, before_posts=everything, before_ticks=everything, before_evidence=everything
    )
    assert pruned == Pruned(texts=30, posts=30, ticks=10, evidence=10)
    assert reader.totals() | {"bytes": 0} == {
        "posts": 0, "texts": 0, "minutes": 20, "ticks": 0, "outages": 1, "bytes": 0
    }  # fmt: skip
    assert len(reader.gaps()) == 10
    assert store._db.table("verdicts").count == store._db.table("polls").count == 0


def test_ticks_go_without_the_posts_they_brought(store: Store, reader: Reader) -> None:
    ticks, posts = list(reader.ticks()), reader.judged()
    assert store.prune(before_ticks=ticks[4].now).ticks == 4
    assert list(reader.ticks()) == ticks[4:]
    assert reader.judged() == posts


def test_a_new_tick_does_not_inherit_from_pruned_ones(store: Store, reader: Reader) -> None:
    store.prune(before_ticks=START + 99 * MINUTE)
    store.save(numbered(20))
    assert list(reader.ticks()) == [numbered(20).tick]


def test_evidence_goes_and_transitions_keep_theirs(store: Store, reader: Reader) -> None:
    transitions = reader.transitions()
    assert store.prune(before_evidence=START + 99 * MINUTE).evidence == 10
    assert reader.evidence() == []
    assert reader.transitions() == transitions
    assert transitions[0].evidence.surprise == 7.5


def test_pages_are_given_back(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAGES_AT_ONCE", 8)
    long = tuple(
        Judged(Post(f"x:long-{number}", "x", START, "ann", "w" * 9000), Verdict(0, 0, 0, 0, about_tiktok=True))
        for number in range(100)
    )
    store.save(Step(Tick(START), judged=long))
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = (tmp_path / "watch.db").stat().st_size
    store.prune(before_text=MIDDLE)
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert (tmp_path / "watch.db").stat().st_size < before - 800_000
    assert store._db.execute("PRAGMA freelist_count").fetchone()[0] == 0
