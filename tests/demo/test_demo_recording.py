from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tiktokwatch.collect.recordings import BadLine, read
from tiktokwatch.demo import generate, texts
from tiktokwatch.demo.scenes import ONSET, OUTAGE_END, VIRAL, Draft, Stage
from tiktokwatch.records import Post

START, END = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
NAMES = ("x.jsonl.gz", "reddit.jsonl.gz")


@pytest.fixture(scope="module")
def drafts() -> Sequence[Draft]:
    return Stage(generate.SEED).play()


def posts(name: str) -> list[Post]:
    return [item for item in read(generate.RECORDING / name) if isinstance(item, Post)]


def lines(name: str) -> list[str]:
    return gzip.decompress((generate.RECORDING / name).read_bytes()).decode().splitlines()


def pages() -> list[dict[str, Any]]:
    whole = [json.loads(line) for line in lines("x.jsonl.gz") if line.endswith("}")]
    return [page for page in whole if "data" in page]


def test_what_is_bundled_is_what_the_generator_writes(tmp_path: Path) -> None:
    generate.main([str(tmp_path / "one")])
    generate.main([str(tmp_path / "two")])
    assert sorted(path.name for path in generate.RECORDING.iterdir()) == sorted([*NAMES, "expected.json"])
    for path in generate.RECORDING.iterdir():
        one, two = ((tmp_path / run / path.name).read_bytes() for run in ("one", "two"))
        assert one == two
        # Another zlib packs the same lines in other bytes.
        unpack = gzip.decompress if path.suffix == ".gz" else bytes
        assert unpack(one) == unpack(path.read_bytes()), f"{path.name} is out of date: run the generator"


def test_neither_time_nor_name_is_in_the_header() -> None:
    for name in NAMES:
        head = (generate.RECORDING / name).read_bytes()[:10]
        assert head[3] == 0
        assert head[4:8] == bytes(4)


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in generate.RECORDING.iterdir()) < 900_000


def test_it_reads_back_whole(drafts: Sequence[Draft]) -> None:
    assert 5_800 <= len(drafts) <= 6_300
    for name, network in zip(NAMES, ("x", "reddit"), strict=True):
        found = posts(name)
        assert len(found) == sum(draft.network == network for draft in drafts)
        assert len({post.id for post in found}) == len(found)
        assert {post.source for post in found} == {network}
        assert all(post.author and post.url for post in found)


def test_three_lines_are_bad() -> None:
    bad = [item for name in NAMES for item in read(generate.RECORDING / name) if isinstance(item, BadLine)]
    refused, cut_off, removed = (item.reason for item in bad)
    assert refused.startswith("an error of the API: Invalid Request")
    assert cut_off == "cut off mid-way"
    assert removed == "a Reddit post that was deleted or removed"


def test_it_spans_exactly_three_days() -> None:
    moments = [post.at for name in NAMES for post in posts(name)]
    assert timedelta(0) <= min(moments) - START < timedelta(minutes=5)
    assert timedelta(0) < END - max(moments) < timedelta(minutes=5)
    days = Counter(moment.date() for moment in moments)
    assert len(days) == 3
    assert min(days.values()) > 1_000


def test_reddit_is_in_order_of_time_and_x_newest_first_in_pages_in_order_of_time() -> None:
    moments = [post.at for post in posts("reddit.jsonl.gz")]
    assert moments == sorted(moments)
    last = 0
    for page in pages():
        numbers = [int(tweet["id"]) for tweet in page["data"]]
        assert numbers == sorted(numbers, reverse=True)
        assert numbers[-1] > last
        last = numbers[0]


def test_pages_are_what_the_api_answers() -> None:
    for page in pages():
        tweets, meta = page["data"], page["meta"]
        assert 0 < len(tweets) == meta["result_count"] <= 100
        assert (meta["newest_id"], meta["oldest_id"]) == (tweets[0]["id"], tweets[-1]["id"])
        assert page["__twarc"].keys() == {"url", "version", "retrieved_at"}
        retrieved = datetime.fromisoformat(page["__twarc"]["retrieved_at"])
        assert max(datetime.fromisoformat(tweet["created_at"]) for tweet in tweets) <= retrieved
        users = {user["id"] for user in page["includes"]["users"]}
        referred = {tweet["id"]: tweet for tweet in page["includes"].get("tweets", ())}
        for tweet in [*tweets, *referred.values()]:
            assert tweet["author_id"] in users
        for tweet in tweets:
            assert all(reference["id"] in referred for reference in tweet.get("referenced_tweets", ()))
            for url in tweet.get("entities", {}).get("urls", ()):
                assert tweet["text"].find(url["url"]) == url["start"]


def test_ids_hold_the_time() -> None:
    page = pages()[0]
    for tweet in page["data"]:
        since = (int(tweet["id"]) >> 22) + 1_288_834_974_657
        written = datetime.fromisoformat(tweet["created_at"])
        assert timedelta(0) <= datetime.fromtimestamp(since / 1000, UTC) - written < timedelta(seconds=1)


def test_every_author_has_one_name(drafts: Sequence[Draft]) -> None:
    people = {draft.author for draft in drafts}
    assert len({person.number for person in people}) == len({person.name for person in people}) == len(people) > 4_000


def test_the_outage_is_as_expected(drafts: Sequence[Draft]) -> None:
    expected = json.loads((generate.RECORDING / "expected.json").read_text())
    assert expected == {
        "outages": [
            {
                "onset": "2026-03-04T18:05:00+00:00",
                "end": "2026-03-04T20:10:00+00:00",
                "aspects": ["feed", "login"],
                "verdict": "technical",
            }
        ]
    }
    complaints = [draft for draft in drafts if draft.scene == "outage"]
    since = [(draft.at - ONSET) / timedelta(minutes=1) for draft in complaints]
    assert min(since) >= 0
    plateau = sum(12 <= minute < 82 for minute in since)
    assert 12 <= plateau / 70 <= 15
    assert sum(minute < 6 for minute in since) < sum(6 <= minute < 12 for minute in since) < plateau / 70 * 6
    end = (OUTAGE_END - ONSET) / timedelta(minutes=1)
    assert 0 < sum(end < minute for minute in since) < 30
    assert 0.7 < sum(draft.network == "x" for draft in complaints) / len(complaints) < 0.8


def test_the_outage_begins_in_the_east(drafts: Sequence[Draft]) -> None:
    first = [
        f"{d.text} {d.body}".lower() for d in drafts if d.scene == "outage" and d.at < ONSET + timedelta(minutes=15)
    ]
    east = [place.lower() for place in texts.words("east")]
    west = [place.lower() for place in texts.words("place") if len(place) > 3 and place not in texts.words("east")]
    assert not [text for text in first for place in west if place in text]
    assert sum(any(place in text for place in east) for text in first) > len(first) / 4


def test_calm_complaints_have_the_rhythm_of_the_day(drafts: Sequence[Draft]) -> None:
    complaints = [draft for draft in drafts if draft.scene == "complaints"]
    hours = Counter(draft.at.hour for draft in complaints)
    assert 0.08 < len(complaints) / (3 * 24 * 60) < 0.12
    assert sum(hours[hour] for hour in (23, 0, 1, 2)) > 2 * sum(hours[hour] for hour in (7, 8, 9, 10))


@pytest.mark.parametrize(
    ("scene", "number", "start", "minutes"),
    [
        ("instagram", 200, "2026-03-02T16:00", 90),
        ("ban", 250, "2026-03-02T22:00", 90),
        ("wifi", 60, "2026-03-03T01:15", 90),
        ("spam", 120, "2026-03-03T14:00", 30),
        ("joke day", 150, "2026-03-03T18:00", 180),
        ("viral", 301, "2026-03-03T22:00", 110),
        ("news", 70, "2026-03-04T21:40", 140),
    ],
)
def test_decoys(drafts: Sequence[Draft], scene: str, number: int, start: str, minutes: int) -> None:
    found = [draft for draft in drafts if draft.scene == scene]
    first = datetime.fromisoformat(f"{start}+00:00")
    assert len(found) == number
    assert all(first <= draft.at <= first + timedelta(minutes=minutes) for draft in found)


def test_the_spam_is_one_text_of_many_accounts(drafts: Sequence[Draft]) -> None:
    spam = [draft for draft in drafts if draft.scene == "spam"]
    assert len({draft.author for draft in spam}) == 120
    assert len({draft.text for draft in spam}) > 60
    common = set.intersection(*(set(draft.text.lower().split()) for draft in spam))
    assert len(common) >= 10


def test_the_viral_post_is_reposted_with_its_whole_text() -> None:
    viral = [post for post in posts("x.jsonl.gz") if post.text == VIRAL]
    assert Counter(post.kind for post in viral) == {"post": 1, "repost": 300}


def test_instagram_is_named_and_tiktok_in_passing(drafts: Sequence[Draft]) -> None:
    found = [draft.text.lower() for draft in drafts if draft.scene == "instagram"]
    assert all(any(name in text for name in ("insta", "ig ", "reels", "threads", "meta")) for text in found)
    assert 30 <= sum("tiktok" in text for text in found) <= 60


@pytest.mark.parametrize(
    ("pools", "number"),
    [
        (("complaints/",), 250),
        (("jokes", "outage_jokes"), 150),
        (("policies",), 120),
        (("recoveries",), 60),
        (("instagram", "instagram_tiktok"), 150),
        (("ordinary",), 300),
    ],
)
def test_pools_are_large_and_without_repetition(pools: tuple[str, ...], number: int) -> None:
    found = [line.lower() for name, pool in texts.pools().items() for line in pool if name.startswith(pools)]
    assert len(set(found)) == len(found) >= number


def test_texts_are_rarely_repeated(drafts: Sequence[Draft]) -> None:
    told = Counter(draft.text.lower() for draft in drafts if draft.form != "repost")
    assert max(told.values()) <= 10
    assert sum(number for number in told.values() if number > 3) < len(drafts) / 10
    assert not any("{" in text for text in told)
