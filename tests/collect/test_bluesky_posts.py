from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tiktokwatch.collect.bluesky_posts import LARGEST, Event, Reader
from tiktokwatch.records import EPOCH, Post

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
NOON_US = (NOON - EPOCH) // timedelta(microseconds=1)
READER = Reader(keywords=("TikTok", "tik tok"), honest=timedelta(seconds=9))


def event(record: Any = None, *, operation: str = "create", did: Any = "did:plc:ann", **fields: Any) -> dict[str, Any]:
    commit = {"rev": "r", "operation": operation, "collection": "app.bsky.feed.post", "rkey": "3labc"}
    if record is not None:
        commit["record"] = record
    return {"did": did, "time_us": NOON_US, "kind": "commit", "commit": commit, **fields}


def frame(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def read(record: Any = None, **fields: Any) -> Event:
    return READER.read(frame(event(record, **fields)))


def post(text: str = "is TikTok down?", **fields: Any) -> Post:
    found = read({"$type": "app.bsky.feed.post", "text": text, **fields}).post
    assert found is not None
    return found


def test_a_post_with_all_that_it_has() -> None:
    found = post(createdAt="2026-09-20T11:59:58.500Z", langs=["pt-BR", "en"])

    assert found == Post(
        id="bluesky:did:plc:ann/3labc",
        source="bluesky",
        at=NOON - timedelta(seconds=1.5),
        author="did:plc:ann",
        text="is TikTok down?",
        lang="pt",
        url="https://bsky.app/profile/did:plc:ann/post/3labc",
        kind="post",
    )


@pytest.mark.parametrize(
    "created",
    [
        "2026-09-20T11:59:50Z",  # too long ago to be vouched for
        "2026-09-20T12:00:01Z",
        "2026-09-20T11:59:58",
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "yesterday",
        "",
        None,
        5,
        {},
    ],
)
def test_a_time_that_a_client_cannot_be_believed_is_that_of_the_event(created: Any) -> None:
    assert post(createdAt=created).at == NOON


def test_a_time_in_another_zone_is_taken_to_utc() -> None:
    at = post(createdAt="2026-09-20T13:59:57+02:00").at

    assert (at, at.tzinfo) == (NOON - timedelta(seconds=3), UTC)


@pytest.mark.parametrize("text", ["TIKTOK", "#tiktokdown", "my tik tok died", "(TIKTOK)"])
def test_keywords_are_found_in_any_case(text: str) -> None:
    assert post(text).text == text


@pytest.mark.parametrize("text", ["good morning", "tik-tok", "", "ticktock"])
def test_what_has_no_keyword_only_tells_the_time(text: str) -> None:
    assert read({"text": text}) == Event(NOON_US)


def test_keywords_may_be_of_other_letters() -> None:
    reader = Reader(keywords=("ТикТок",), honest=timedelta(seconds=9))
    found = reader.read(frame(event({"text": "ТИКТОК не работает"}))).post

    assert found is not None
    assert reader.read(frame(event({"text": "доброе утро"}))).post is None


def test_a_keyword_beside_the_text_is_added_to_it() -> None:
    image = {"$type": "app.bsky.embed.images", "images": [{"alt": "a cat"}, {"alt": "TikTok says: no network"}, 3]}
    link = {
        "$type": "app.bsky.embed.external",
        "external": {"title": "TikTok is down for thousands", "uri": "https://x"},
    }
    quote = {"$type": "app.bsky.embed.recordWithMedia", "record": {}, "media": image}

    assert post("not again", embed=image).text == "not again\n\nTikTok says: no network"
    assert post("", embed=link).text == "TikTok is down for thousands"
    assert post("not again", embed=quote) == post("not again\n\nTikTok says: no network", embed=quote)
    assert post("tiktok again", embed=link).text == "tiktok again"


def test_kinds_of_posts() -> None:
    quote = {"$type": "app.bsky.embed.record", "record": {"uri": "at://"}}

    assert post(embed=quote).kind == "quote"
    assert post(reply={"parent": {}}, embed=quote).kind == "reply"
    assert post(embed={"$type": "app.bsky.embed.video", "alt": ""}).kind == "post"


def test_deletions_edits_and_closed_accounts_are_told() -> None:
    closed = {"did": "did:plc:ann", "time_us": NOON_US, "kind": "account"}

    assert read(operation="delete") == Event(NOON_US, gone="bluesky:did:plc:ann/3labc")
    assert read({"text": "no"}, operation="update") == Event(NOON_US, gone="bluesky:did:plc:ann/3labc")
    for status, gone in (("deleted", "@did:plc:ann"), ("takendown", "@did:plc:ann"), ("deactivated", "")):
        assert READER.read(frame({**closed, "account": {"active": False, "status": status}})).gone == gone
    assert READER.read(frame({**closed, "account": {"active": True, "status": "deleted"}})).gone == ""
    assert READER.read(frame({**closed, "account": [1]})) == Event(NOON_US)


def test_other_collections_and_kinds_only_tell_the_time() -> None:
    other = event({"text": "tiktok"})
    other["commit"]["collection"] = "app.bsky.feed.like"

    assert READER.read(frame(other)) == Event(NOON_US)
    assert READER.read(frame({"did": "did:plc:ann", "time_us": NOON_US, "kind": "identity"})) == Event(NOON_US)


def test_a_time_inside_a_post_is_not_that_of_the_event() -> None:
    hostile = {"text": 'x "time_us":1800000000000000', "time_us": 1_800_000_000_000_000}

    assert read(hostile) == Event(NOON_US)
    assert read({**hostile, "text": 'tiktok "time_us":1800000000000000'}).time_us == NOON_US


def test_a_frame_in_another_order_is_read_as_well() -> None:
    shuffled = dict(reversed(event({"text": "tiktok"}).items()))

    found = READER.read(json.dumps(shuffled, indent=1).encode())

    assert found.post is not None
    assert found.time_us == NOON_US


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x00\xff\xfe",
        b"tiktok",
        b"[1, 2]",
        b"null",
        b'"tiktok"',
        b"{}",
        b'{"did":"did:plc:ann","time_us":1,"kind":"commit"}',
        b'{"did":"did:plc:ann","time_us":99999999999999999,"kind":"commit"}',
        b'{"did":"did:plc:ann","time_us":1.5e15,"kind":"commit"}',
        b'{"did":"did:plc:ann","time_us":"1789905600000000","kind":"commit"}',
        b'{"did":"did:plc:ann","time_us":true}',
        frame(event({"text": "tiktok"}))[:-3],
        frame(event({"text": "tiktok"})).replace(b"tiktok", b"tiktok\xff"),
        frame(event("tiktok")),
        frame(event([1, "tiktok"])),
        frame(event({"text": "tiktok"}, did="did:plc:a b")),
        frame(event({"text": "tiktok"}, did=None)),
        frame(event({"text": "tiktok"}, did="did:plc:" + "a" * 999)),
        frame(event({"text": "tiktok"}, operation="undo")),
        frame(event({"text": "tiktok" * 30_000})),
        frame(event({"text": "tiktok", "deep": 0})).replace(b'"deep":0', b'"deep":' + b"[" * 100_000 + b"]" * 100_000),
        frame(event({"text": "tiktok", "deep": 0})).replace(b'"deep":0', b'"deep":' + b"9" * 5000),
        b" " * (LARGEST + 1),
    ],
)
def test_junk_is_a_value_error(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        READER.read(junk)

    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    "fields",
    [
        {"langs": "en"},
        {"langs": [5]},
        {"langs": ["<script>"]},
        {"embed": "x"},
        {"embed": {"images": 5, "external": [], "media": "x", "alt": 7}},
        {"embed": {"$type": 9, "images": [{"alt": None}]}},
    ],
)
def test_fields_of_other_types_are_left_out(fields: dict[str, Any]) -> None:
    assert post(**fields) == post()


def test_half_an_emoji_can_be_written_anywhere() -> None:
    raw = frame(event({"text": "tiktok X"})).replace(b"X", b"\\ud83d")

    found = READER.read(raw).post

    assert found is not None
    assert found.text == "tiktok \ufffd"
