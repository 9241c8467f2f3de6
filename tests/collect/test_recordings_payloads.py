from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tiktokwatch.collect.recordings import BadLine, read
from tiktokwatch.records import Post

PAYLOADS = Path(__file__).parents[3] / "shared" / "data" / "payloads"

pytestmark = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the recorded payloads do not lie beside this checkout")

# File, posts, of which reposts, replies and quotes, and bad lines.
EXPECTED = {
    "reddit/200_GET_api_info_1.json": (0, 0, 0, 0, 1),
    "reddit/200_GET_api_info_2.json": (1, 0, 1, 0, 0),
    "reddit/200_GET_r_X_comments_1.json": (100, 0, 100, 0, 0),
    "reddit/200_GET_r_X_comments_2.json": (100, 0, 100, 0, 0),
    "reddit/200_GET_r_X_new_1.json": (100, 0, 0, 0, 0),
    "reddit/200_GET_r_X_new_2.json": (100, 0, 0, 0, 0),
    "reddit/200_GET_r_X_search_1.json": (6, 0, 0, 0, 0),
    "reddit/200_GET_r_X_search_2.json": (31, 0, 0, 0, 0),
    "reddit/200_POST_api_v1_access_token_1.json": (0, 0, 0, 0, 1),
    "reddit/301_GET_r_X_s_1.json": (0, 0, 0, 0, 1),
    "reddit/302_GET_r_X_about_sticky_1.json": (0, 0, 0, 0, 1),
    "reddit/401_GET_api_v1_me_1.json": (0, 0, 0, 0, 1),
    "reddit/403_GET_r_X_new_1.json": (0, 0, 0, 0, 1),
    "reddit/404_GET_r_X_about_sticky_1.json": (0, 0, 0, 0, 1),
    "reddit/500_GET_api_live_by_id_invalid_1.json": (0, 0, 0, 0, 1),
    "x/twarc_csv/2sets.jsonl": (200, 145, 10, 11, 0),
    "x/twarc_csv/brexit.jsonl": (100, 67, 10, 11, 0),
    "x/twarc_csv/cashtags.jsonl": (1, 0, 0, 0, 0),
    "x/twarc_csv/cotweet.jsonl": (1, 0, 0, 0, 0),
    "x/twarc_csv/counts.jsonl": (0, 0, 0, 0, 1),
    "x/twarc_csv/edited.jsonl": (1, 0, 0, 0, 0),
    "x/twarc_csv/edited_after.jsonl": (1, 0, 0, 0, 0),
    "x/twarc_csv/edited_before.jsonl": (1, 0, 0, 0, 0),
    "x/twarc_csv/empty.json": (0, 0, 0, 0, 0),
    "x/twarc_csv/entities_test.jsonl": (474, 314, 84, 10, 0),
    "x/twarc_csv/flat.jsonl": (100, 47, 31, 8, 0),
    "x/twarc_csv/geo_tweets.jsonl": (2, 0, 1, 0, 0),
    "x/twarc_csv/kpop.jsonl": (100, 78, 0, 0, 0),
    "x/twarc_csv/lists.jsonl": (0, 0, 0, 0, 2),
    "x/twarc_csv/many_urls.jsonl": (1, 0, 1, 0, 0),
    "x/twarc_csv/media_policy_violation_off.jsonl": (100, 42, 6, 14, 0),
    "x/twarc_csv/media_policy_violation_on.jsonl": (100, 42, 6, 14, 0),
    "x/twarc_csv/media_tweet.jsonl": (1, 0, 0, 0, 0),
    "x/twarc_csv/mentions_tweet.jsonl": (1, 1, 0, 0, 0),
    "x/twarc_csv/noflat.jsonl": (100, 47, 31, 8, 0),
    "x/twarc_csv/quoted_edit.jsonl": (1, 0, 1, 0, 0),
    "x/twarc_csv/streaming_output_with_error.jsonl": (7, 0, 3, 1, 1),
    "x/twarc_csv/tweets_compliance.jsonl": (0, 0, 0, 0, 2),
    "x/twarc_csv/two_tweets.jsonl": (1, 1, 0, 0, 0),
    "x/twarc_csv/users.jsonl": (0, 0, 0, 0, 1),
    "x/twarc_csv/users_compliance.jsonl": (0, 0, 0, 0, 2),
    "x/twarc_csv/verified_type.jsonl": (1, 0, 0, 0, 0),
    "x/twarc_csv/withheld.jsonl": (215, 83, 62, 8, 0),
}


def test_every_payload_is_looked_at() -> None:
    files = (
        path.relative_to(PAYLOADS).as_posix() for path in PAYLOADS.rglob("*") if path.suffix in (".json", ".jsonl")
    )
    assert set(files) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_counts_are_those_counted_by_hand(name: str) -> None:
    items = list(read(PAYLOADS / name))
    posts = [item for item in items if isinstance(item, Post)]
    kinds = Counter(post.kind for post in posts)
    bad = sum(isinstance(item, BadLine) for item in items)
    assert (len(posts), kinds["repost"], kinds["reply"], kinds["quote"], bad) == EXPECTED[name]
    assert len({post.id for post in posts}) == len(posts)
    assert all(post.author and post.text and post.url for post in posts)


def test_flattened_posts_are_those_of_the_pages() -> None:
    assert set(read(PAYLOADS / "x/twarc_csv/flat.jsonl")) == set(read(PAYLOADS / "x/twarc_csv/noflat.jsonl"))


def test_reposts_are_never_cut_short_where_the_original_is_there() -> None:
    for name in ("flat", "noflat", "2sets", "entities_test"):
        for item in read(PAYLOADS / f"x/twarc_csv/{name}.jsonl"):
            assert isinstance(item, Post)
            assert item.kind != "repost" or not (item.text.startswith("RT @") and item.text.endswith("…"))
