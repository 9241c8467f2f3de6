"""What is forgotten leaves no trace but its counts."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.steps import MINUTE, SECOND, START, fresh_database, numbered
from tests.worlds import Decisions, World, cut, pipeline, world
from tiktokwatch.pipeline import run
from tiktokwatch.records import Batch, Judged, Post, Standing, Step, Tick, Verdict
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

COMPLAINT = Verdict(0.9, 0, 0, 0, about_tiktok=True, labels=("complaint",), aspects=("feed",), fingerprint=(11, 12))


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


def test_a_post_is_forgotten(store: Store, reader: Reader) -> None:
    buckets, tallies, people = reader.buckets(), reader.tallies(), reader.people()
    assert store.forget("x:3-1") == 1
    assert reader.post("x:3-1") is None
    assert reader.totals()["posts"] == 30
    assert len(reader.samples(limit=99)) == 29
    assert (reader.buckets(), reader.tallies(), reader.people()) == (buckets, tallies, people + 1)
    assert [post.text for post in list(reader.ticks())[3].batches[0].posts] == [
        "tiktok is down, 3",
        "",
        "tiktok is down, 3",
    ]
    assert store.forget("x:3-1") == store.forget("x:unknown") == store.forget("user3") == 0


def test_a_forgotten_post_stays_forgotten_when_it_comes_again(store: Store, reader: Reader) -> None:
    store.forget("x:3-1")
    store.save(replace(numbered(3), transitions=()))
    assert reader.post("x:3-1") is None
    assert reader.post("x:3-0") is not None
    assert len(reader.samples(limit=99)) == 29
    assert [each.verdict for each in reader.judged()] == [numbered(0).judged[0].verdict] * 30


@pytest.mark.parametrize("who", ["@user3", "@USER3"])
def test_an_author_is_forgotten_in_every_source(store: Store, reader: Reader, who: str) -> None:
    others = (
        Judged(Post("reddit:1", "reddit", START, "User3", "down"), Verdict(0, 0, 0, 0, about_tiktok=True)),
        Judged(Post("bluesky:1", "bluesky", START, "@user3", "down"), Verdict(0, 0, 0, 0, about_tiktok=True)),
        Judged(Post("bluesky:2", "bluesky", START, "user33", "down"), Verdict(0, 0, 0, 0, about_tiktok=True)),
    )
    store.save(Step(Tick(START), judged=others))
    assert store.forget(who) == 5
    left = {each.post.id for each in reader.judged() if each.post.text}
    assert left.isdisjoint({"x:3-0", "x:3-1", "x:3-2", "reddit:1", "bluesky:1"})
    assert "bluesky:2" in left
    assert store.forget(who) == 0


@pytest.mark.parametrize("name", ["\ud83d", "a\0b"])
def test_hostile_names_are_forgotten_too(store: Store, reader: Reader, name: str) -> None:
    post = Post(f"x:{name}", "x", START, name, f"text {name}")
    for who in (post.id, f"@{name}"):
        store.save(Step(Tick(START), judged=(Judged(replace(post, id=who), Verdict(0, 0, 0, 0, about_tiktok=True)),)))
    assert store.forget(f"@{name}") == 2
    assert reader.post(post.id) is None


SECRET = ("nobody must read this again", "someone unusual", "https://x.example/someone/7", "18446744073709551557")


def secret(name: str, *, standing: Standing | None) -> Judged:
    words, author, url, fingerprint = SECRET
    post = Post(f"x:{name}", "x", START + 20 * MINUTE, author, f"{words} " * 40, url=url)
    return Judged(post, replace(COMPLAINT, fingerprint=(int(fingerprint),)), standing)


def found(folder: Path) -> list[str]:
    return [word for word in SECRET if any(word.encode() in file.read_bytes() for file in folder.iterdir())]


@pytest.mark.parametrize("standing", [None, "counted", "late"])
def test_what_is_forgotten_is_in_no_file(store: Store, tmp_path: Path, standing: Standing | None) -> None:
    judged = tuple(secret(name, standing=standing) for name in "abcd")
    store.save(Step(Tick(START), judged=judged))
    assert found(tmp_path) == list(SECRET)
    assert store.forget("x:a") == 1
    assert store.forget_all(["x:b", "x:unknown", "x:b"]) == 1
    assert store.forget_all([f"@{SECRET[1]}", "x:a", "x:c"]) == 2
    assert found(tmp_path) == []


def deleting(*who: str, source: str = "x", posts: tuple[Post, ...] = (), now: datetime = START) -> Tick:
    return Tick(now, (Batch(f"{source}-1", source, START, START, posts, deleted=who),))


@pytest.mark.parametrize("standing", [None, "counted"])
def test_what_a_network_deleted_is_in_no_file_after_the_tick(
    store: Store, reader: Reader, tmp_path: Path, standing: Standing | None
) -> None:
    judged = tuple(secret(name, standing=standing) for name in "abc")
    store.save(Step(Tick(START), judged=judged[:2]))
    posts = tuple(each.post for each in judged)
    store.save(Step(deleting("x:a", f"@{SECRET[1]}", "x:c", posts=posts), judged=judged[2:]))
    assert found(tmp_path) == []
    assert [each.post.text for each in reader.judged(since=START + 20 * MINUTE)] == ["", "", ""]
    assert [batch.deleted for batch in list(reader.ticks())[-1].batches] == [()]


def test_no_list_of_what_was_deleted_is_kept(store: Store, tmp_path: Path) -> None:
    store.save(Step(deleting("x:1-1", "x:never-seen", "@never-seen-either")))
    for file in tmp_path.iterdir():
        assert b"never-seen" not in file.read_bytes()


def test_a_network_deletes_what_is_its_own(store: Store, reader: Reader) -> None:
    store.save(Step(deleting("@user3", "x:4-0", source="reddit")))
    assert reader.totals()["texts"] == 30
    assert store.forget_all(["@user3", "x:4-0"], source="reddit") == 0
    assert store.forget_all(["@user3", "x:4-0"], source="x") == 4


def test_what_there_is_to_forget_is_known(store: Store) -> None:
    names = ["x:3-1", "@User3", "x:33-1", "@user33", "x:4-0"]
    assert store.known(names) == store.known(names, source="x") == {"x:3-1", "@User3", "x:4-0"}
    assert store.known(names, source="reddit") == frozenset()
    store.forget_all(["@user3"])
    assert store.known(names) == {"x:4-0"}


def test_an_account_is_named_as_its_network_does(store: Store, reader: Reader) -> None:
    post = Post("bluesky:1", "bluesky", START, "did:plc:z72i7hdynmk6r22z27h6tvur", "down")
    store.save(Step(Tick(START), judged=(Judged(post, COMPLAINT, "counted"),)))
    store.save(Step(deleting("@did:plc:z72i7hdynmk6r22z27h6tvur", source="bluesky")))
    assert reader.post(post.id) is None


def test_a_reader_in_the_way_holds_nobody_up(store: Store, reader: Reader, tmp_path: Path) -> None:
    store.save(Step(Tick(START), judged=(secret("a", standing=None),)))
    with reader.snapshot():
        assert reader.totals()["texts"] == 31
        store.save(Step(deleting("x:a")))
        assert store._read.totals()["texts"] == 30
        assert found(tmp_path) == list(SECRET)
    store.save(numbered(30))
    assert found(tmp_path) == []


def test_a_post_that_waits_is_counted_by_a_stand_in(store: Store) -> None:
    one = Judged(Post("x:a", "x", START + 20 * MINUTE, "ann", "feed is down"), COMPLAINT)
    others = (
        replace(one, post=replace(one.post, id="x:b"), verdict=replace(COMPLAINT, fingerprint=(12, 13))),
        replace(one, post=replace(one.post, id="x:c", author="bob"), verdict=replace(COMPLAINT, fingerprint=())),
        replace(one, post=replace(one.post, id="x:d", author="")),
        replace(one, post=replace(one.post, id="x:e")),
    )
    store.save(Step(Tick(START), judged=(one, *others)))
    store.forget("x:a")
    store.forget_all(["x:b", "x:c", "x:d"])
    a, b, c, d, e = (each for each in store.memory().recent if each.standing is None)
    assert e == others[3]
    assert [each.post.text for each in (a, b, c, d)] == [""] * 4
    assert replace(a.verdict, fingerprint=()) == replace(COMPLAINT, fingerprint=())
    assert a.post.author == b.post.author
    assert a.post.author.startswith("~")
    assert a.post.author not in ("~ann", c.post.author)
    assert (c.verdict.fingerprint, d.post.author) == ((), "")
    assert a.verdict.fingerprint[1] == b.verdict.fingerprint[0]
    assert a.verdict.fingerprint == d.verdict.fingerprint
    assert {11, 12, 13}.isdisjoint(a.verdict.fingerprint + b.verdict.fingerprint)
    assert len({*a.verdict.fingerprint, *b.verdict.fingerprint}) == 3


def test_a_stand_in_goes_when_the_minute_is_settled(store: Store, tmp_path: Path) -> None:
    judged = tuple(secret(name, standing=None) for name in "abc")
    store.save(Step(Tick(START), judged=judged))
    store.save(Step(deleting("x:a", "x:b")))
    store.save(Step(deleting("x:c"), standings={"x:a": "counted", "x:c": "copy"}))
    with closing(sqlite3.connect(tmp_path / "watch.db")) as connection:
        assert connection.execute("SELECT post_id FROM stand_ins").fetchall() == [("x:b",)]
        rows = connection.execute("SELECT author, fingerprint, standing FROM judged WHERE forgotten ORDER BY id")
        assert rows.fetchall() == [(None, "[]", "counted"), (None, "[]", None), (None, "[]", "copy")]
    store.prune(before_posts=START + 30 * MINUTE)
    assert store._db.table("stand_ins").count == 0


def test_stand_ins_are_made_with_a_key_that_ends_with_the_process(store: Store, tmp_path: Path) -> None:
    store.save(Step(Tick(START), judged=tuple(secret(name, standing=None) for name in "ab")))
    store.forget("x:a")
    with Store.open(tmp_path / "watch.db") as another:
        another.forget("x:b")
        one, other = (each for each in another.memory().recent if each.standing is None)
    assert one.post.author != other.post.author
    assert set(one.verdict.fingerprint).isdisjoint(other.verdict.fingerprint)


def unrelated(made: World) -> World:
    """Return a world in which every post is of an author of its own, and none is a copy."""
    posts = tuple(
        replace(post, author=f"a{number}", text=post.text.partition(" #")[0]) for number, post in enumerate(made.posts)
    )
    return replace(made, posts=posts)


def deleted_at_random(ticks: Sequence[Tick], dice: random.Random) -> list[Tick]:
    """Let each batch delete a third of its own posts, and some that came before, by id or by author."""
    known: list[Post] = []
    made = []
    for tick in ticks:
        batches = []
        for batch in tick.batches:
            known += batch.posts
            gone = dice.sample(known, k=min(len(known), len(batch.posts) // 3 + 3))
            names = tuple(dice.choice((post.id, f"@{post.author}")) for post in gone)
            batches.append(replace(batch, deleted=names))
        made.append(replace(tick, batches=tuple(batches)))
    return made


def killed(made: World, delivered: Sequence[Tick], stops: set[int]) -> Decisions:
    decisions = Decisions()
    with fresh_database() as path:
        store, watch = Store.open(path), pipeline(made)
        for number, tick in enumerate(delivered):
            if number in stops:
                store.close()
                store = Store.open(path)
                watch = pipeline(made, store.memory())
            step = watch.step(tick)
            store.save(step)
            decisions(step)
        store.close()
    return decisions


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 40))
def test_deleted_posts_count_over_any_restart(seed: int, ticks: int) -> None:
    made = unrelated(world(seed, sampled=("x",)))
    delivered = deleted_at_random(cut(made, seed, ticks=ticks), random.Random(seed))
    whole = Decisions()
    run(pipeline(made), delivered, whole)
    assert killed(made, delivered, set(range(ticks))) == whole


@pytest.mark.parametrize("form", ["ids", "author"])
@pytest.mark.parametrize("bots", ["one author", "one text"])
def test_a_crowd_that_was_taken_down_is_no_crowd_after_a_restart(form: str, bots: str) -> None:
    """A network takes spam down by the hundred, while the watch waits for a slower source."""
    posts = tuple(
        Post(
            id=f"x:{number}",
            source="x",
            at=START + number * SECOND,
            author="bot" if bots == "one author" else f"bot {number}",
            text=f"complaint feed #{number if bots == 'one author' else 7}",
        )
        for number in range(100)
    )
    names = tuple(post.id if form == "ids" else f"@{post.author}" for post in posts)
    end = START + 5 * MINUTE
    ticks = [
        Tick(end, (Batch("x", "x", START, end, posts),)),
        deleting(*names[:50], now=end + SECOND),
        deleting(*names[50:], now=end + 2 * SECOND),
        Tick(end + MINUTE, (Batch("reddit", "reddit", START, end), Batch("x", "x", end, end))),
    ]
    ticks = [
        replace(tick, batches=tuple(replace(each, collector=each.source) for each in tick.batches)) for tick in ticks
    ]
    made = World(posts, START, end, {"reddit": "reddit", "x": "x"})
    decided = killed(made, ticks, {3})
    assert sum(bucket.complaints for bucket in decided.buckets) == 1
    assert set(decided.standings.values()) == {"counted", "repeat" if bots == "one author" else "copy"}
