"""Posts out of JSON values, in every shape in which the networks, their clients and archives write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from tiktokwatch.collect import json_lines, reddit_posts, ticklines, x_posts
from tiktokwatch.records import Post, Tick

Json: TypeAlias = Mapping[str, Any]
Found: TypeAlias = Post | Tick | str

_UNKNOWN = "JSON of no kind that is known here"
_LONGEST_REASON = 200
_CLIENT_ERROR = 400


def find(value: object) -> Iterator[Found]:
    """Yield what is in one JSON value: posts and ticks, and a reason in plain words for whatever is neither.

    Known are the X API v2's response pages, stream lines and posts with everything inlined, Reddit's listings,
    things, dump lines and recorded responses, ticks of tiktokwatch, and arrays of all of these. An empty page of
    results yields nothing. Posts that are only referred to are not counted as posts of their own.
    """
    if isinstance(value, list):
        for item in value:
            yield from _one(item) if isinstance(item, Mapping) else (_UNKNOWN,)
    elif isinstance(value, Mapping):
        yield from _one(value)
    else:
        yield _UNKNOWN


def _one(obj: Json) -> Iterator[Found]:
    for keys, finder in _SHAPES:
        if keys <= obj.keys():
            return finder(obj)
    return iter((_described(obj),))


def _tick(obj: Json) -> Iterator[Found]:
    try:
        yield ticklines.decode(obj)
    except ValueError as error:
        yield str(error)


def _x_post(obj: Json, includes: object = None) -> Iterator[Found]:
    try:
        yield x_posts.post(obj, includes if isinstance(includes, Mapping) else None)
    except ValueError as error:
        yield str(error)


def _reddit_post(obj: Json) -> Iterator[Found]:
    try:
        yield reddit_posts.post(obj)
    except ValueError as error:
        yield str(error)


def _response(obj: Json) -> Iterator[Found]:
    """Take apart a response of the X API, a line of its stream, or an answer of an archive of Reddit."""
    data = obj["data"]
    if not data and obj.get("errors"):
        yield from _errors(obj)
        return
    if isinstance(data, Mapping):
        data = [data]
    if not isinstance(data, list):
        yield "a response whose data is neither an object nor a list"
        return
    if data and not any(_is_post(item) for item in data):
        yield _described(data[0])
        return
    for item in data:
        if not isinstance(item, Mapping):
            yield "an entry that is no object"
        elif "created_utc" in item:
            yield from _reddit_post(item)
        else:
            yield from _x_post(item, obj.get("includes"))


def _empty_page(obj: Json) -> Iterator[Found]:
    meta = obj["meta"]
    if not (isinstance(meta, Mapping) and meta.get("result_count") == 0):
        yield _UNKNOWN


def _is_post(item: object) -> bool:
    return isinstance(item, Mapping) and not item.keys().isdisjoint({"text", "author_id", "title", "body"})


def _described(item: object) -> str:
    keys = item.keys() if isinstance(item, Mapping) else frozenset[str]()
    return next((reason for some, reason in _OTHERS if some <= keys), _UNKNOWN)


def _errors(obj: Json) -> Iterator[Found]:
    errors = obj["errors"] if isinstance(obj["errors"], list) else [obj["errors"]]
    told = [reason for reason in map(_complaint, errors) if reason]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    yield f"an error of the API: {told[0] if told else 'without a reason'}{more}"


def _error(obj: Json) -> Iterator[Found]:
    yield f"an error of the API: {_complaint(obj) or 'without a reason'}"


def _complaint(error: object) -> str:
    """Return what an error object of X or Reddit says, made safe to print."""
    if not isinstance(error, Mapping):
        return ""
    parts: list[str] = []
    for name in ("title", "detail", "message", "reason"):
        part = error.get(name)
        if isinstance(part, str) and part.strip() and part not in parts:
            parts.append(part)
    return re.sub(r"[^\x21-\x7e]+", " ", ": ".join(parts)).strip()[:_LONGEST_REASON]


def _recorded(obj: Json) -> Iterator[Found]:
    """Take apart a response that was recorded with its request, as in the cassettes of client libraries."""
    response = obj["response"]
    body = response.get("body") if isinstance(response, Mapping) else None
    if isinstance(body, Mapping):
        body = body.get("string")
    if not isinstance(body, str) or not body.strip():
        yield "a recorded response without content"
        return
    value = json_lines.parse(body)
    if isinstance(value, json_lines.Broken):
        yield f"a recorded response whose content is {value.reason}"
    elif isinstance(value, Mapping) and "response" in value:
        yield _UNKNOWN
    else:
        yield from find(value)


def _thing(obj: Json) -> Iterator[Found]:
    """Take apart Reddit's wrappers, listings in listings: a comment holds its replies."""
    stack: list[object] = [obj]
    while stack:
        thing = stack.pop()
        kind, data = (thing.get("kind"), thing.get("data")) if isinstance(thing, Mapping) else (None, None)
        if not isinstance(data, Mapping):
            yield "a Reddit object without content"
        elif kind == "Listing":
            children = data.get("children")
            if isinstance(children, list):
                stack.extend(reversed(children))
            else:
                yield "a Reddit listing without entries"
        elif kind in ("t1", "t3"):
            yield from _reddit_post(data)
            if isinstance(data.get("replies"), Mapping):
                stack.append(data["replies"])
        else:
            yield next((reason for known, reason in _THINGS if kind == known), "a Reddit object of no kind known here")


_THINGS: Sequence[tuple[str, str]] = (
    ("more", "a stub of further comments, no post"),
    ("t2", "a Reddit account, no post"),
    ("t4", "a Reddit message, no post"),
    ("t5", "a subreddit, no post"),
)

# The first shape of which an object has all keys is what it is.
_SHAPES: Sequence[tuple[frozenset[str], Callable[[Json], Iterator[Found]]]] = (
    (frozenset({ticklines.MARK}), _tick),
    (frozenset({"request", "response"}), _recorded),
    (frozenset({"kind", "data"}), _thing),
    (frozenset({"data"}), _response),
    (frozenset({"errors"}), _errors),
    (frozenset({"meta"}), _empty_page),
    (frozenset({"message", "error"}), _error),
    (frozenset({"title", "detail"}), _error),
    (frozenset({"id_str"}), lambda _: iter(("a post in the form of X's API v1.1, which is not read",))),
    (frozenset({"created_utc"}), _reddit_post),
    (frozenset({"title"}), _reddit_post),
    (frozenset({"body"}), _reddit_post),
    (frozenset({"text"}), _x_post),
    (frozenset({"author_id"}), _x_post),
)

# What clients of the X API write beside posts.
_OTHERS: Sequence[tuple[frozenset[str], str]] = (
    (frozenset({"tweet_count"}), "counts, no posts"),
    (frozenset({"post_count"}), "counts, no posts"),
    (frozenset({"action", "id"}), "a compliance event, no post"),
    (frozenset({"delete"}), "a compliance event, no post"),
    (frozenset({"username"}), "accounts, no posts"),
    (frozenset({"member_count"}), "lists of accounts, no posts"),
    (frozenset({"value", "tag"}), "rules of a stream, no posts"),
)
