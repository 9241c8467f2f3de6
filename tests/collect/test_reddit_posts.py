from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktokwatch.collect import reddit_posts
from tiktokwatch.records import Post


def submission(**fields: Any) -> dict[str, Any]:
    return {
        "id": "1rk4abc",
        "name": "t3_1rk4abc",
        "title": "Is TikTok down?",
        "selftext": "Feed won&#39;t load &amp; I'm logged out.",
        "author": "quiet_otter",
        "created_utc": 1772647500,
        "subreddit": "TikTokHelp",
        "permalink": "/r/TikTokHelp/comments/1rk4abc/is_tiktok_down/",
        "is_self": True,
        "edited": False,
        "removed_by_category": None,
    } | fields


def comment(**fields: Any) -> dict[str, Any]:
    return {
        "id": "oab12cd",
        "body": "same here in Ohio",
        "author": "buckeye_ben",
        "created_utc": 1772647560,
        "link_id": "t3_1rk4abc",
        "parent_id": "t3_1rk4abc",
        "subreddit": "TikTokHelp",
    } | fields


def test_a_submission() -> None:
    assert reddit_posts.post(submission()) == Post(
        id="reddit:t3_1rk4abc",
        source="reddit",
        at=datetime(2026, 3, 4, 18, 5, tzinfo=UTC),
        author="quiet_otter",
        text="Is TikTok down?\n\nFeed won't load & I'm logged out.",
        url="https://www.reddit.com/r/TikTokHelp/comments/1rk4abc/is_tiktok_down/",
        kind="post",
    )


def test_a_comment_of_an_old_dump_has_neither_name_nor_permalink() -> None:
    assert reddit_posts.post(comment()) == Post(
        id="reddit:t1_oab12cd",
        source="reddit",
        at=datetime(2026, 3, 4, 18, 6, tzinfo=UTC),
        author="buckeye_ben",
        text="same here in Ohio",
        url="https://www.reddit.com/comments/1rk4abc/_/oab12cd/",
        kind="reply",
    )


def test_only_a_full_name() -> None:
    thing = comment(name="t1_oab12cd")
    del thing["id"]
    assert reddit_posts.post(thing).id == "reddit:t1_oab12cd"


@pytest.mark.parametrize("written", [1772647500, 1772647500.0, "1772647500", "1772647500.0"])
def test_times_of_all_years(written: object) -> None:
    assert reddit_posts.post(submission(created_utc=written)).at == datetime(2026, 3, 4, 18, 5, tzinfo=UTC)


def test_link_submissions_are_their_title() -> None:
    link = submission(selftext="", is_self=False, url="https://news.example/tiktok", permalink=None)
    got = reddit_posts.post(link)
    assert (got.text, got.url) == ("Is TikTok down?", "https://www.reddit.com/comments/1rk4abc/")


def test_the_api_and_the_dumps_give_the_same_text() -> None:
    raw = reddit_posts.post(comment(body="a\n\n&#x200B;\n\nb & c > d")).text
    dumped = reddit_posts.post(comment(body="a\n\n&amp;#x200B;\n\nb &amp; c &gt; d")).text
    assert raw == dumped == "a\n\n\u200b\n\nb & c > d"


@pytest.mark.parametrize(
    "fields", [{"crosspost_parent": "t3_1rk4aaa"}, {"crosspost_parent_list": [{"title": "Is TikTok down?"}]}]
)
def test_crossposts_are_reposts(fields: dict[str, Any]) -> None:
    assert reddit_posts.post(submission(**fields)).kind == "repost"


def test_who_left_has_no_name() -> None:
    assert reddit_posts.post(submission(author="[deleted]")).author == ""
    assert reddit_posts.post(submission(author=None)).author == ""
    assert reddit_posts.post(submission(author="x" * 10_000)).author == ""


@pytest.mark.parametrize(
    "permalink",
    [
        "javascript:alert(1)",
        "//evil.example/x",
        "/r/a b",
        '/r/"onmouseover=',
        "https://evil.example",
        7,
        "/r/" + "a" * 900,
    ],
)
def test_strange_permalinks_are_built_anew(permalink: object) -> None:
    assert reddit_posts.post(submission(permalink=permalink)).url == "https://www.reddit.com/comments/1rk4abc/"


def test_a_comment_that_hangs_nowhere_has_no_url() -> None:
    assert reddit_posts.post(comment(link_id="../../x")).url == ""


@pytest.mark.parametrize(
    "thing",
    [
        submission(selftext="[deleted]", author="[deleted]"),
        submission(selftext="[removed]"),
        submission(removed_by_category="moderator"),
        submission(removed=True),
        submission(banned_by="AutoModerator"),
        submission(title="[deleted by user]", selftext="[removed]"),
        submission(title="[ Removed by Reddit ]"),
        submission(_meta={"was_deleted_later": True, "removal_type": "deleted"}),
        submission(_meta={"removal_type": "removed by reddit"}),
        comment(body="[deleted]", author="[deleted]"),
        comment(body="[removed]"),
        comment(body=" [removed] "),
        comment(_meta={"was_deleted_later": True}),
    ],
)
def test_what_was_taken_back_is_not_read(thing: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="deleted or removed"):
        reddit_posts.post(thing)


def test_what_only_was_edited_is_read() -> None:
    got = reddit_posts.post(submission(edited=1772650000.0, _meta={"is_edited": True, "was_deleted_later": False}))
    assert got.id == "reddit:t3_1rk4abc"


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        ({}, "neither"),
        ({"id": "abc", "subreddit": "x", "created_utc": 1772647500}, "neither"),
        (comment(id="AB_C", name=7), "id"),
        (comment(id=12), "id"),
        (comment(body=""), "without text"),
        (comment(name="t1_oab12cd", body=7), "without text"),
        (submission(title=" ", selftext=""), "without text"),
        (comment(body="x" * 100_001), "longer"),
        (comment(created_utc=None), "not a time"),
        (comment(created_utc=True), "not a time"),
        (comment(created_utc="soon"), "not a time"),
        (comment(created_utc=float("nan")), "not a time"),
        (comment(created_utc=float("inf")), "not a time"),
        (comment(created_utc=10**400), "not a time"),
        (comment(created_utc=[1]), "not a time"),
        (comment(created_utc=1772647560000), "not a time"),
        (comment(created_utc=0), "not a time"),
    ],
)
def test_what_is_no_post_is_refused(thing: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        reddit_posts.post(thing)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    thing=st.sampled_from([submission(), comment(), comment(name="t1_oab12cd")]),
    fields=st.dictionaries(
        st.sampled_from(
            ["id", "name", "title", "selftext", "body", "author", "created_utc", "permalink", "link_id", "_meta"]
        ),
        json_values,
        max_size=3,
    ),
)
def test_wrong_types_are_refused_or_passed_over(thing: dict[str, Any], fields: dict[str, Any]) -> None:
    try:
        got = reddit_posts.post(thing | fields)
    except ValueError:
        return
    assert (got.text + got.author + got.url).encode()
    assert got.at.tzinfo is UTC
