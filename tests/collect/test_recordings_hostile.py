from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiktokwatch.collect import shapes
from tiktokwatch.collect.recordings import BadLine, read
from tiktokwatch.errors import UserError
from tiktokwatch.records import Post, Tick

GOOD = '{"id": "oab1", "body": "down", "author": "ben", "created_utc": 1772647500}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[" * 200_000, "nested too deeply"),
        ('{"data":' * 200_000, "nested too deeply"),
        ('{"id": ' + "9" * 100_000 + "}", "a number that is too long"),
        ('{"id": NaN}', "a number that JSON does not know"),
        ('{"id": "1", "text": "a", "created_at": -Infinity}', "a number that JSON does not know"),
        ('{"id": "1", "text": "' + "x" * 10_000_000 + '"}', "a text longer than any post"),
        ('{"id": "' + "x" * 10_000_000 + '", "text": "a"}', "a post without a usable id"),
        ('{"id": "1", "text": "\\ud83d", "created_at": "\\ud83d"}', "a post whose created_at is not a time"),
        ('{"\\ud83d": "\\udc4d"}', "JSON of no kind that is known here"),
        ('{"errors": [{"title": "\\ud83d\\u0000"}]}', "an error of the API: without a reason"),
        ('{"id": "1", "text": "tab\there"}', "no valid JSON"),
        ('{"a": 1e999}', "JSON of no kind that is known here"),
        ('{"body": "a", "id": "1", "created_utc": 1e999}', "a Reddit post whose created_utc is not a time"),
        ('{"a": 1} {"b": 2}', "no valid JSON"),
    ],
    ids=range(14),
)
def test_hostile_lines_are_bad_lines(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "recording"
    path.write_text(f"{GOOD}\n{line}\n{GOOD}\n")
    first, bad, last = read(path)
    assert isinstance(first, Post)
    assert bad == BadLine(2, reason)
    assert last == first


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(GOOD.encode() + b'\n{"id": "1", "text": "\xff\xfe"}\n\xc3\n' + GOOD.encode())
    assert [item if isinstance(item, BadLine) else type(item) for item in read(path)] == [
        Post,
        BadLine(2, "no UTF-8 text"),
        BadLine(3, "no UTF-8 text"),
        Post,
    ]


def test_a_sign_that_stands_for_lost_text_is_text(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_text(GOOD.replace("down", "down \ufffd"), encoding="utf-8")
    (post,) = read(path)
    assert isinstance(post, Post)
    assert post.text == "down \ufffd"


words = st.sampled_from(
    [
        *("data", "id", "text", "kind", "Listing", "t1", "t3", "children"),
        *("replies", "body", "title", "name", "errors", "meta", "includes", "tweets"),
        *("response", "request", "tiktokwatch", "now", "batches", "created_utc", "created_at", "_meta"),
        *("referenced_tweets", "type", "retweeted", "note_tweet", "author", "author_id", "detail", "result_count"),
        *("{}"),
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_no_value_raises(value: Any) -> None:
    for found in shapes.find(value):
        assert isinstance(found, Post | Tick | str)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(values.map(json.dumps).map(str.encode) | st.binary(max_size=30), max_size=6), st.data())
def test_no_file_raises_anything_but_that_it_is_no_recording(
    tmp_path: Path, lines: list[bytes], data: st.DataObject
) -> None:
    content = b"\n".join(lines)
    content = content[: data.draw(st.integers(0, len(content)))]
    path = tmp_path / "recording"
    path.write_bytes(content)
    number = content.count(b"\n") + 1
    try:
        for item in read(path):
            assert isinstance(item, Post | Tick) or 1 <= item.line <= number
    except UserError as error:
        assert "no recording of posts" in str(error)  # noqa: PT017
