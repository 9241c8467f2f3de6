from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktokwatch.collect import x_posts
from tiktokwatch.records import Post

ID = "1899876543210987654"


def tweet(**fields: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "author_id": "4420017",
        "created_at": "2025-03-12T17:40:12.000Z",
        "text": "is tiktok down for anyone else &amp; my sister",
        "lang": "en",
        "conversation_id": ID,
        "public_metrics": {"retweet_count": 0},
    } | fields


def test_a_post() -> None:
    assert x_posts.post(tweet()) == Post(
        id=f"x:{ID}",
        source="x",
        at=datetime(2025, 3, 12, 17, 40, 12, tzinfo=UTC),
        author="4420017",
        text="is tiktok down for anyone else & my sister",
        lang="en",
        url=f"https://x.com/i/status/{ID}",
        kind="post",
    )


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2025-03-12T17:40:12Z", datetime(2025, 3, 12, 17, 40, 12, tzinfo=UTC)),
        ("2025-03-12T17:40:12.345Z", datetime(2025, 3, 12, 17, 40, 12, 345000, tzinfo=UTC)),
        ("2025-03-12T19:40:12+02:00", datetime(2025, 3, 12, 17, 40, 12, tzinfo=UTC)),
        ("2025-03-12T17:40:12", datetime(2025, 3, 12, 17, 40, 12, tzinfo=UTC)),
    ],
)
def test_time_with_and_without_fractions(written: str, at: datetime) -> None:
    assert x_posts.post(tweet(created_at=written)).at == at


def test_without_a_time_the_id_tells() -> None:
    # The id of a post that says 2022-10-03T17:57:11 itself.
    assert x_posts.post(tweet(id="1576994789110992896", created_at=None)).at.replace(microsecond=0) == datetime(
        2022, 10, 3, 17, 57, 11, tzinfo=UTC
    )
    without = tweet(id=1576994789110992896)
    del without["created_at"]
    assert x_posts.post(without).at.year == 2022
    with pytest.raises(ValueError, match="holds none"):
        x_posts.post(tweet(id="25712847277", created_at=None))
    assert x_posts.post(tweet(id="25712847277", created_at="2010-09-27T19:06:05.000Z")).at.year == 2010


@pytest.mark.parametrize("spelling", ["tweet", "post"])
def test_long_posts_are_whole(spelling: str) -> None:
    long = "my for you page is blank &gt; " * 20 + "end"
    got = x_posts.post(tweet(text=long[:270] + "…", **{f"note_{spelling}": {"text": long, "entities": {}}}))
    assert got.text == long.replace("&gt;", ">")


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        ([], "post"),
        (["retweeted"], "repost"),
        (["reposted"], "repost"),
        (["replied_to"], "reply"),
        (["quoted"], "quote"),
        (["quoted", "replied_to"], "reply"),
        (["bookmarked"], "post"),
    ],
)
@pytest.mark.parametrize("spelling", ["referenced_tweets", "referenced_posts"])
def test_kind(types: list[str], kind: str, spelling: str) -> None:
    references = [{"type": type_, "id": "1899870000000000000"} for type_ in types]
    assert x_posts.post(tweet(**{spelling: references})).kind == kind


@pytest.mark.parametrize("spelling", ["tweets", "posts"])
def test_a_repost_has_the_whole_original_out_of_includes(spelling: str) -> None:
    original = tweet(id="1899870000000000000", text="short", note_tweet={"text": "whole & long"})
    repost = tweet(text="RT @ana: sho…", referenced_tweets=[{"type": "retweeted", "id": original["id"]}])
    includes = {spelling: [None, tweet(), original], "users": []}
    assert x_posts.post(repost, includes).text == "whole & long"
    assert x_posts.post(repost, {spelling: [tweet()]}).text == "RT @ana: sho…"
    assert x_posts.post(repost).text == "RT @ana: sho…"


def test_a_repost_has_the_whole_original_where_it_is_inlined() -> None:
    inlined = {"type": "retweeted", "id": "1899870000000000000", "text": "the feed won't load", "author": {"id": "9"}}
    got = x_posts.post(tweet(text="RT @ana: the feed…", referenced_tweets=[inlined]))
    assert (got.text, got.author, got.kind) == ("the feed won't load", "4420017", "repost")


def test_zeros_before_an_id_make_no_other_post() -> None:
    assert x_posts.post(tweet(id=f"00{int(ID) // 100}")).id == f"x:{int(ID) // 100}"


def test_the_author_may_be_inlined_or_unknown() -> None:
    flat = tweet(author={"id": "77", "username": "ana"})
    del flat["author_id"]
    assert x_posts.post(flat).author == "77"
    del flat["author"]
    assert x_posts.post(flat).author == ""


@pytest.mark.parametrize("lang", ["und", "zxx", "qme", "qst", None, 7, "e" * 40])
def test_no_language_is_no_language(lang: object) -> None:
    assert x_posts.post(tweet(lang=lang)).lang == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": None}, "id"),
        ({"id": "12ab"}, "id"),
        ({"id": "000"}, "id"),
        ({"id": True}, "id"),
        ({"id": "9" * 40}, "id"),
        ({"id": -1}, "id"),
        ({"id": "١٢٣"}, "id"),
        ({"text": None}, "without text"),
        ({"text": " \n"}, "without text"),
        ({"text": ["down"]}, "without text"),
        ({"text": "", "withheld": {"copyright": True, "country_codes": ["XY"]}}, "withheld"),
        ({"text": "x" * 100_001}, "longer"),
        ({"created_at": "Wed Oct 10 20:19:24 +0000 2018"}, "not a time"),
        ({"created_at": 1741801212}, "not a time"),
        ({"created_at": "0001-01-01T00:00:00+05:00"}, "not a time"),
        ({"created_at": "1999-01-01T00:00:00Z"}, "cannot be"),
        ({"created_at": "9999-01-01T00:00:00Z"}, "cannot be"),
    ],
)
def test_what_is_no_post_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        x_posts.post(tweet(**fields))


def test_a_withheld_post_with_text_is_a_post() -> None:
    assert x_posts.post(tweet(withheld={"country_codes": ["DE"]})).id == f"x:{ID}"


def test_half_an_emoji_does_not_get_through() -> None:
    assert x_posts.post(tweet(text="down \ud83d")).text == "down \ufffd"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
references = st.lists(
    json_values | st.fixed_dictionaries({"type": json_values | st.sampled_from(["retweeted"]), "id": json_values})
)


@given(
    field=st.sampled_from(["id", "text", "created_at", "author_id", "author", "lang", "note_tweet", "withheld"]),
    value=json_values,
    referenced=references | json_values,
    includes=st.dictionaries(st.sampled_from(["tweets", "posts"]), json_values) | json_values,
)
def test_wrong_types_are_refused_or_passed_over(field: str, value: Any, referenced: Any, includes: Any) -> None:
    try:
        got = x_posts.post(tweet(**{field: value, "referenced_tweets": referenced}), includes)
    except ValueError as error:
        assert str(error).startswith("a ")  # noqa: PT017
    else:
        assert got.text.encode()
        assert got.at.tzinfo is UTC
