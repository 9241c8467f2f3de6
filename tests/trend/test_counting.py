from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import START, ScriptedClassifier, world
from tiktokwatch.records import MINUTE, Bucket, Judged, Kind, Post, Standing, minute_of
from tiktokwatch.trend.counting import Counted, Counting

SECOND = timedelta(seconds=1)
SOURCES = frozenset({"reddit", "x"})


def said(
    text: str,
    *,
    second: float = 0,
    author: str = "",
    source: str = "x",
    kind: Kind = "post",
    standing: Standing | None = None,
) -> Judged:
    at = START + second * SECOND
    post = Post(f"{source}:{text}:{author}:{second}", source, at, author, text, kind=kind)
    return Judged(post, ScriptedClassifier().classify([text])[0], standing)


def counted(*posts: Judged, covered: frozenset[str] = SOURCES) -> Counted:
    counting = Counting()
    for judged in posts:
        counting.add(judged)
    return counting.settle(START, covered=covered)


def test_a_covered_source_without_posts_has_a_bucket_of_zeros() -> None:
    assert counted() == Counted((Bucket("reddit", START, True), Bucket("x", START, True)), {}, 0, frozenset())


def test_an_uncovered_source_has_a_bucket_only_if_it_was_heard() -> None:
    made = counted(said("complaint"), covered=frozenset())
    assert made.buckets == (Bucket("x", START, covered=False, posts=1, complaints=1),)
    assert counted(covered=frozenset()).buckets == ()


def test_a_bucket_counts_what_its_posts_say() -> None:
    made = counted(
        said("complaint feed login Ohio", second=1, author="ann"),
        said("complaint feed meme Boston", second=2, author="bob"),
        said("complaint app recovery", second=3, author="ann"),  # a repeat
        said("meme policy", second=4, author="cid"),
        said("elsewhere", second=5, author="dan"),
        said("complaint feed", source="reddit", author="ann"),
        covered=frozenset({"x"}),
    )
    assert made.buckets == (
        Bucket("reddit", START, covered=False, posts=1, complaints=1, aspects={"feed": 1}),
        Bucket(
            "x",
            START,
            covered=True,
            posts=5,
            complaints=2,
            memes=2,
            policy=1,
            recovery=1,
            elsewhere=1,
            chatter=2,
            aspects={"feed": 2, "login": 1},
            places={"Boston": 1, "Ohio": 1},
        ),
    )
    # Complaint posts hold the repeat, people do not.
    assert made.complaints == 4
    assert made.authors == {"x:ann", "x:bob", "reddit:ann"}


def test_copies_and_reposts_are_posts_but_no_complaints() -> None:
    made = counted(
        said("complaint feed meme #1", second=1, author="ann"),
        said("complaint feed meme #1", second=2, author="bob"),
        said("complaint feed meme", second=3, author="cid", kind="repost"),
        covered=frozenset({"x"}),
    )
    assert made.buckets == (Bucket("x", START, covered=True, posts=3, complaints=1, memes=2, aspects={"feed": 1}),)
    assert sorted(made.standings.values()) == ["copy", "counted", "repost"]
    assert made.authors == {"x:ann"}


def test_a_minute_is_half_open_and_settled_once() -> None:
    counting = Counting()
    for second in (0, 59.999999, 60):
        counting.add(said("complaint", second=second))
    assert counting.settle(START, covered=SOURCES).buckets[1].complaints == 2
    assert counting.settle(START, covered=SOURCES).buckets[1].complaints == 0
    assert counting.settle(START + MINUTE, covered=SOURCES).buckets[1].complaints == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_in_which_posts_came_does_not_matter(seed: int) -> None:
    made = world(seed, minutes=210)
    classify = ScriptedClassifier().classify
    posts = [Judged(post, *classify([post.text])) for post in made.posts]
    shuffled = random.Random(seed).sample(posts, len(posts))
    settled = []
    for order in (posts, shuffled):
        counting = Counting()
        for judged in order:
            counting.add(judged)
        settled.append([counting.settle(START + number * MINUTE, covered=SOURCES) for number in range(210)])
    assert settled[0] == settled[1]
    assert {minute_of(post.at) for post in made.posts} == {
        bucket.at for each in settled[0] for bucket in each.buckets if bucket.posts
    }


def test_a_post_is_known_once_it_came() -> None:
    counting = Counting([said("a", standing="counted"), said("b", standing="late"), said("c")])
    counting.add(said("d"))
    counting.note(said("e"))
    assert [counting.is_known(said(name).post.id) for name in "abcdef"] == [True] * 5 + [False]


def test_what_is_only_noted_is_not_counted() -> None:
    counting = Counting()
    counting.note(said("complaint"))
    assert counting.settle(START, covered=SOURCES).complaints == 0


def test_ids_are_remembered_for_a_day() -> None:
    counting = Counting()
    for second in (0, 1):
        counting.add(said("complaint", second=second))
    counting.forget_before(START + timedelta(hours=24) + SECOND)
    assert [counting.is_known(said("complaint", second=second).post.id) for second in (0, 1)] == [False, True]


def test_a_restart_goes_on_with_what_waits_and_what_was_said() -> None:
    counting = Counting(
        [
            said("complaint #1", author="ann", standing="counted"),
            said("complaint", second=5, author="ann"),
            said("complaint #1", second=6, author="bob"),
            said("complaint", second=7, author="cid"),
        ]
    )
    made = counting.settle(START, covered=SOURCES)
    assert list(made.standings.values()) == ["repeat", "copy", "counted"]


@pytest.mark.parametrize(("after", "following"), [(-1, 0), (0, 3), (2, 3), (3, None), (9, None)])
def test_the_next_waiting_minute_is_told(after: int, following: int | None) -> None:
    counting = Counting()
    for minute in (3, 0):
        counting.add(said("chatter", second=60 * minute + 30))
    expected = None if following is None else START + following * MINUTE
    assert counting.next_waiting(START + after * MINUTE) == expected


def test_posts_from_before_the_watch_are_late() -> None:
    counting = Counting()
    posts = [said("complaint", second=second) for second in (0, 59, 60, 150)]
    for judged in posts:
        counting.add(judged)
    assert counting.drop_before(START + MINUTE) == {posts[0].post.id: "late", posts[1].post.id: "late"}
    assert counting.settle(START, covered=SOURCES).complaints == 0
    assert counting.settle(START + MINUTE, covered=SOURCES).complaints == 1
    assert counting.is_known(posts[0].post.id)
