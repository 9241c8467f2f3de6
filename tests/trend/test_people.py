from __future__ import annotations

from datetime import timedelta

import pytest

from tests.worlds import START, ScriptedClassifier
from tiktokwatch.records import MINUTE, Judged, Kind, Post
from tiktokwatch.trend.people import People, author_key

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def said(
    text: str, *, after: timedelta = timedelta(0), author: str = "ann", source: str = "x", kind: Kind = "post"
) -> Judged:
    at = START + after
    post = Post(f"{source}:{at.timestamp()}:{author}:{text}", source, at, author, text, kind=kind)
    return Judged(post, ScriptedClassifier().classify([text])[0])


def stands(*posts: Judged) -> list[str]:
    people = People()
    return [people.standing(judged) for judged in posts]


def test_a_complaint_counts() -> None:
    assert stands(said("complaint")) == ["counted"]


@pytest.mark.parametrize("text", ["chatter", "meme", "policy", "recovery", "elsewhere", ""])
def test_what_is_no_complaint_does_not(text: str) -> None:
    assert stands(said(text)) == ["other"]


def test_a_repost_is_not_the_author_s_own_words() -> None:
    assert stands(said("complaint", kind="repost")) == ["repost"]


@pytest.mark.parametrize("kind", ["reply", "quote"])
def test_a_reply_and_a_quote_are(kind: Kind) -> None:
    assert stands(said("complaint", kind=kind)) == ["counted"]


@pytest.mark.parametrize(
    ("later", "standing"), [(MINUTE, "repeat"), (HOUR - INSTANT, "repeat"), (HOUR, "counted"), (2 * HOUR, "counted")]
)
def test_an_author_counts_once_an_hour(later: timedelta, standing: str) -> None:
    assert stands(said("complaint"), said("complaint", after=later)) == ["counted", standing]


def test_who_goes_on_complaining_is_one_person() -> None:
    posts = [said("complaint", after=number * 40 * MINUTE) for number in range(5)]
    assert stands(*posts) == ["counted", "repeat", "repeat", "repeat", "repeat"]


def test_the_same_name_on_two_networks_is_two_people() -> None:
    assert stands(said("complaint"), said("complaint", after=MINUTE, source="reddit")) == ["counted", "counted"]


def test_posts_of_unknown_authors_stand_for_themselves() -> None:
    first, second = said("complaint", author=""), said("complaint", after=MINUTE, author="")
    assert stands(first, second) == ["counted", "counted"]
    assert author_key(first) != author_key(second)


@pytest.mark.parametrize(("later", "standing"), [(24 * HOUR - INSTANT, "copy"), (24 * HOUR, "counted")])
def test_the_same_words_count_once_a_day(later: timedelta, standing: str) -> None:
    assert stands(said("complaint #1"), said("complaint #1", after=later, author="bob")) == ["counted", standing]


def test_near_copies_share_one_of_their_fingerprints() -> None:
    posts = [
        said("complaint #1 #2"),
        said("complaint #2 #3", after=MINUTE, author="bob"),
        said("complaint #3 #4", after=2 * MINUTE, author="cid"),
    ]
    assert stands(*posts) == ["counted", "copy", "counted"]


def test_short_texts_are_never_copies_of_each_other() -> None:
    assert stands(said("complaint"), said("complaint", after=MINUTE, author="bob")) == ["counted", "counted"]


def test_copies_do_not_keep_each_other_alive() -> None:
    posts = [said("complaint #1", after=hours * HOUR, author=f"u{hours}") for hours in (0, 23, 25)]
    assert stands(*posts) == ["counted", "copy", "counted"]


def test_words_of_reposts_and_of_chatter_are_not_remembered() -> None:
    posts = [
        said("complaint #1", kind="repost"),
        said("chatter #1", after=MINUTE, author="bob"),
        said("complaint #1", after=2 * MINUTE, author="cid"),
    ]
    assert stands(*posts) == ["repost", "other", "counted"]


def test_a_copy_is_not_a_complaint_of_its_author() -> None:
    posts = [said("complaint #1"), said("complaint #1", after=MINUTE, author="bob")]
    assert stands(*posts, said("complaint", after=2 * MINUTE, author="bob")) == ["counted", "copy", "counted"]


def test_a_repeat_has_words_that_can_be_copied() -> None:
    posts = [said("complaint"), said("complaint #1", after=MINUTE), said("complaint #1", after=2 * MINUTE, author="b")]
    assert stands(*posts) == ["counted", "repeat", "copy"]


def recalled(*past: tuple[Judged, str]) -> People:
    people = People()
    people.recall(Judged(judged.post, judged.verdict, standing) for judged, standing in past)  # type: ignore[arg-type]
    return people


def test_what_was_judged_earlier_is_remembered() -> None:
    people = recalled((said("complaint #1"), "counted"))
    assert people.standing(said("complaint #1", after=HOUR, author="bob")) == "copy"
    assert people.standing(said("complaint", after=HOUR - MINUTE)) == "repeat"


@pytest.mark.parametrize("standing", ["late", "copy", "repost", "other"])
def test_what_did_not_count_then_does_not_count_in_memory(standing: str) -> None:
    # A copy whose original is older than memory must not become an original by a restart.
    people = recalled((said("complaint #1"), standing))
    assert people.standing(said("complaint #1", after=MINUTE, author="bob")) == "counted"
    assert people.standing(said("complaint", after=MINUTE)) == "counted"


def test_forgetting_changes_nothing_that_can_still_matter() -> None:
    posts = [said("complaint #1"), said("complaint #2", after=30 * MINUTE, author="bob")]
    later = [
        said("complaint", after=HOUR + 29 * MINUTE, author="bob"),
        said("complaint #1", after=24 * HOUR - INSTANT, author="cid"),
        said("complaint #2", after=24 * HOUR + 29 * MINUTE, author="dan"),
    ]
    people, forgetful = People(), People()
    for judged in posts:
        people.standing(judged)
        forgetful.standing(judged)
    for judged in later:
        forgetful.forget_before(judged.post.at)
        assert forgetful.standing(judged) == people.standing(judged)


def test_memory_is_finite() -> None:
    people = People()
    people.standing(said("complaint #1"))
    people.forget_before(START + 24 * HOUR)
    assert not people._complained
    assert not people._said
