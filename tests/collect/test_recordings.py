from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tiktokwatch.collect import ticklines
from tiktokwatch.collect.recordings import BadLine, read
from tiktokwatch.errors import UserError
from tiktokwatch.records import Batch, Post, Tick

BASE = 1_899_876_543_210_000_000
PRETTY = json.JSONEncoder(indent=2, ensure_ascii=False).encode


def tweet(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(BASE + number),
        "author_id": str(900 + number),
        "created_at": "2025-03-12T17:40:12.000Z",
        "text": f"tiktok feed won't load, try {number}",
        "lang": "en",
    } | fields


def page(*tweets: Any, **more: Any) -> dict[str, Any]:
    included = [{"id": "901", "username": "ana", "name": "Ana"}]
    return {
        "data": list(tweets),
        "includes": {"users": included, "tweets": [tweet(500, text="the whole original")]},
        "meta": {"result_count": len(tweets), "newest_id": "1", "oldest_id": "1"},
        "__twarc": {"url": "https://api.x.com/2/tweets/search/recent", "version": "2.14.1"},
    } | more


def submission(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"1rk{number}",
        "title": f"TikTok down {number}?",
        "selftext": "",
        "author": "otter",
        "created_utc": 1772647500 + number,
    } | fields


def comment(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"oab{number}",
        "body": f"same {number}",
        "author": "ben",
        "created_utc": 1772647500 + number,
        "link_id": "t3_1rk1",
    } | fields


def listing(*children: Any) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": None, "dist": len(children), "children": list(children)}}


def wrapped(thing: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "t3" if "title" in thing else "t1", "data": thing}


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: Any, end: str = "\n") -> Path:
        path = tmp_path / "recording"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_bytes("".join(text + end for text in texts).encode())
        return path

    return write


def short(path: Path) -> list[str | tuple[int, str]]:
    """Return what a recording yields as ids of posts and as (line, reason)."""
    found: list[str | tuple[int, str]] = []
    for item in read(path):
        match item:
            case Post():
                found.append(item.id.replace(str(BASE)[:-3], ""))
            case BadLine():
                found.append((item.line, item.reason))
            case Tick():
                found.append(f"tick of {len(item.batches)}")
    return found


def test_pages_stream_lines_and_flattened_posts_may_be_mixed(recording: Callable[..., Path]) -> None:
    stream = {"data": tweet(3), "includes": {"users": []}, "matching_rules": [{"id": "1", "tag": None}]}
    flat = tweet(4, author={"id": "904"}, referenced_tweets=[{"type": "quoted"} | tweet(5)])
    assert short(recording(page(tweet(1), tweet(2)), stream, flat, "")) == ["x:001", "x:002", "x:003", "x:004"]


def test_reposts_find_their_original_in_the_page(recording: Callable[..., Path]) -> None:
    repost = tweet(1, text="RT @a: the who…", referenced_tweets=[{"type": "retweeted", "id": str(BASE + 500)}])
    (post,) = read(recording(page(repost)))
    assert isinstance(post, Post)
    assert (post.text, post.kind) == ("the whole original", "repost")


def test_dumps_and_listings_of_reddit(recording: Callable[..., Path]) -> None:
    lines = (submission(1), comment(2), listing(wrapped(submission(3)), wrapped(comment(4))), wrapped(comment(5)))
    assert short(recording(*lines)) == [
        "reddit:t3_1rk1",
        "reddit:t1_oab2",
        "reddit:t3_1rk3",
        "reddit:t1_oab4",
        "reddit:t1_oab5",
    ]


def test_a_thread_with_replies_and_stubs(recording: Callable[..., Path]) -> None:
    inner = wrapped(comment(3))
    more = {"kind": "more", "data": {"count": 9, "children": ["oab9"]}}
    outer = wrapped(comment(2, replies=listing(inner, more)))
    lines = [listing(wrapped(submission(1))), listing(outer, wrapped(comment(4, replies="")))]
    assert short(recording(lines)) == [
        "reddit:t3_1rk1",
        "reddit:t1_oab2",
        "reddit:t1_oab3",
        (1, "a stub of further comments, no post"),
        "reddit:t1_oab4",
    ]


def test_answers_of_an_archive_of_reddit(recording: Callable[..., Path]) -> None:
    assert short(recording({"data": [submission(1), comment(2)]})) == ["reddit:t3_1rk1", "reddit:t1_oab2"]


@pytest.mark.parametrize("body", [str, lambda text: {"encoding": "UTF-8", "string": text}])
def test_recorded_responses(recording: Callable[..., Path], body: Callable[[str], Any]) -> None:
    answer = {"status": {"code": 200}, "body": body(json.dumps(listing(wrapped(submission(1)))))}
    assert short(recording(PRETTY({"from": "a test", "request": {}, "response": answer}))) == ["reddit:t3_1rk1"]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"body": ""}, "a recorded response without content"),
        ({}, "a recorded response without content"),
        (None, "a recorded response without content"),
        ({"body": "<html>"}, "a recorded response whose content is no valid JSON"),
        ({"body": '{"message": "Forbidden", "error": 403}'}, "an error of the API: Forbidden"),
        ({"body": '{"request": 1, "response": {"body": "{}"}}'}, "JSON of no kind that is known here"),
        ({"body": '{"access_token": "s3cr3t"}'}, "JSON of no kind that is known here"),
    ],
)
def test_recorded_responses_without_posts(recording: Callable[..., Path], response: Any, reason: str) -> None:
    assert short(recording({"request": {}, "response": response})) == [(1, reason)]


def test_our_own_ticks(recording: Callable[..., Path]) -> None:
    at = datetime(2026, 3, 4, 18, 5, tzinfo=UTC)
    tick = Tick(now=at, batches=(Batch("x-search", "x", at, at, (Post("x:1", "x", at, "7", "down"),)),))
    later = json.dumps({"tiktokwatch": 99})
    path = recording(ticklines.encode(tick), later)
    assert list(read(path)) == [tick, BadLine(2, "a tick of another version of tiktokwatch")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            {"errors": [{"title": "Not Found Error", "detail": "Could not find tweet.", "type": "about:blank"}]},
            "an error of the API: Not Found Error: Could not find tweet.",
        ),
        ({"data": [], "errors": [{"detail": "a"}, {"detail": "b"}]}, "an error of the API: a (and 1 more)"),
        ({"errors": {}}, "an error of the API: without a reason"),
        ({"errors": [{"title": "bell \x07\nand \x1b[31m"}]}, "an error of the API: bell and [31m"),
        (
            {"title": "ConnectionException", "detail": "This stream is at the maximum.", "connection_issue": "Many"},
            "an error of the API: ConnectionException: This stream is at the maximum.",
        ),
        ({"message": "Too Many Requests", "error": 429}, "an error of the API: Too Many Requests"),
        ({"data": [{"start": "", "end": "", "tweet_count": 7}], "meta": {"total_tweet_count": 7}}, "counts, no posts"),
        ({"start": "", "end": "", "tweet_count": 7}, "counts, no posts"),
        ({"id": "1", "action": "delete", "created_at": "", "reason": "protected"}, "a compliance event, no post"),
        ({"data": {"delete": {"tweet": {"id": "1"}}}}, "a compliance event, no post"),
        ({"data": [{"id": "1", "username": "ana", "name": "Ana"}]}, "accounts, no posts"),
        ({"data": [{"id": "1", "name": "news", "member_count": 3}]}, "lists of accounts, no posts"),
        ({"data": [{"id": "1", "value": "tiktok down", "tag": "a"}], "meta": {}}, "rules of a stream, no posts"),
        ({"id": 5, "id_str": "5", "full_text": "down"}, "a post in the form of X's API v1.1, which is not read"),
        (listing({"kind": "t5", "data": {"display_name": "TikTok"}}), "a subreddit, no post"),
        (listing({"kind": "t9", "data": {}}), "a Reddit object of no kind known here"),
        (listing(None), "a Reddit object without content"),
        ({"kind": "Listing", "data": {}}, "a Reddit listing without entries"),
        ({"data": 5}, "a response whose data is neither an object nor a list"),
        ({"data": None}, "a response whose data is neither an object nor a list"),
        ({"meta": {"result_count": 3}}, "JSON of no kind that is known here"),
        ({"foo": 1}, "JSON of no kind that is known here"),
        ({}, "JSON of no kind that is known here"),
        ([1], "JSON of no kind that is known here"),
        ({"text": "no id"}, "a post without a usable id"),
        (comment(1, body="[removed]"), "a Reddit post that was deleted or removed"),
    ],
)
def test_lines_without_a_post_say_what_they_are(recording: Callable[..., Path], line: Any, reason: str) -> None:
    assert short(recording(line)) == [(1, reason)]


def test_an_empty_page_is_nothing_bad(recording: Callable[..., Path]) -> None:
    assert short(recording({"meta": {"result_count": 0}}, {"data": []}, listing(), [])) == []


def test_errors_beside_posts_are_passed_over(recording: Callable[..., Path]) -> None:
    assert short(recording(page(tweet(1), errors=[{"title": "Not Found Error"}]))) == ["x:001"]


def test_a_bad_entry_does_not_spoil_its_page(recording: Callable[..., Path]) -> None:
    assert short(recording(page(tweet(1), None, tweet(2, text=""), tweet(3)), tweet(4))) == [
        "x:001",
        (1, "an entry that is no object"),
        (1, "a post without text"),
        "x:003",
        "x:004",
    ]


def test_lines_are_counted_with_blank_ones_and_any_line_end(recording: Callable[..., Path]) -> None:
    path = recording("\ufeff" + json.dumps(tweet(1)), "", "  ", "{oops", tweet(2), "{}", end="\r\n")
    assert short(path) == [
        "x:001",
        (4, "no valid JSON"),
        "x:002",
        (6, "JSON of no kind that is known here"),
    ]


def test_the_last_line_needs_no_end(recording: Callable[..., Path]) -> None:
    path = recording(tweet(1), tweet(2))
    path.write_bytes(path.read_bytes().rstrip())
    assert short(path) == ["x:001", "x:002"]


def test_a_line_that_is_cut_off(recording: Callable[..., Path]) -> None:
    whole = json.dumps(page(tweet(9), tweet(8)))
    for length in range(1, len(whole)):
        path = recording(tweet(1), whole[:length], tweet(2), tweet(3))
        first, bad, *rest = short(path)
        assert first == "x:001"
        assert rest == ["x:002", "x:003"]
        assert bad in ((2, "cut off mid-way"), (2, "no valid JSON"))
        *_, last = short(recording(tweet(1), whole[:length]))
        assert last == bad


ELEMENTS = (tweet(1), page(tweet(2), tweet(3)), submission(4))
FOUND = ["x:001", "x:002", "x:003", "reddit:t3_1rk4"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ELEMENTS),
        PRETTY(ELEMENTS),
        json.dumps(ELEMENTS, indent=0),
        "[\n" + ",\n".join(map(json.dumps, ELEMENTS)) + "\n]\n",
        "[" + ",\n".join(map(json.dumps, ELEMENTS)) + "]",
        "[\n" + "\n,\n".join(map(json.dumps, ELEMENTS)) + "\n]\n",
        "[" + ", ".join(map(PRETTY, ELEMENTS)) + "]",
        "\n".join(map(PRETTY, ELEMENTS)),
        "\n".join(json.dumps(element, indent="\t") for element in ELEMENTS),
    ],
    ids=[
        "one line",
        "indented",
        "no indent",
        "element a line",
        "brackets inside",
        "commas apart",
        "run together",
        "objects",
        "tabs",
    ],
)
def test_arrays_and_pretty_printed_values(recording: Callable[..., Path], text: str) -> None:
    assert short(recording(text)) == FOUND


def test_an_array_that_was_cut_off_says_so(recording: Callable[..., Path]) -> None:
    text = "[\n" + ",\n".join(map(json.dumps, ELEMENTS)) + ",\n"
    assert short(recording(text)) == [*FOUND, (1, "an array whose end is missing")]
    assert short(recording(PRETTY(ELEMENTS)[:-40])) == [
        *FOUND[:3],
        (PRETTY(ELEMENTS[:2]).count("\n") + 1, "cut off mid-way"),
        (1, "an array whose end is missing"),
    ]


def test_a_cut_off_value_does_not_swallow_the_lines_after_it(recording: Callable[..., Path]) -> None:
    path = recording('{"data": [{"id": "5",', tweet(1), '{"data": [', '{"data": {', tweet(2))
    assert short(path) == [(1, "cut off mid-way"), "x:001", (3, "cut off mid-way"), "x:002"]


def test_some_noise_before_the_recording_is_passed_on_as_bad(recording: Callable[..., Path]) -> None:
    assert short(recording("Set a bearer token first", "42", tweet(1), "bye")) == [
        (1, "no valid JSON"),
        (2, "no JSON object"),
        "x:001",
        (4, "no valid JSON"),
    ]


def test_an_empty_file_yields_nothing(recording: Callable[..., Path]) -> None:
    assert short(recording()) == []
    assert short(recording("", " \t ")) == []


@pytest.mark.parametrize(
    "content",
    [
        b"id,created_at,text\r\n1,2026-03-04,tiktok down\r\n",
        b"<!DOCTYPE html>\n<html><body>tiktok</body></html>\n",
        b"tiktok is down\nagain\n",
        b"1899876543210987654\n1899876543210987655\n",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        b"\x00" * 5000,
        b"PK\x03\x04" + bytes(range(256)),
        b"[INFO] 2026-03-04 started\n[INFO] stopped\n",
        "tiktok is down\n".encode("utf-16"),
        b"\xff",
        b"null",
        b"x\n" * 500 + b"{}",
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "strange.bin"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"strange\.bin: no recording of posts; accepted are [^\n]+$"):
        list(read(path))


@pytest.mark.parametrize("name", ["nowhere.jsonl", ".", "a\0b"])
def test_what_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        list(read(tmp_path / name))
