"""Posts out of the post objects of the X API v2, in all the shapes in which clients and archives hold them.

X renamed tweets to posts in its reference, and answers with either spelling: `note_tweet` or `note_post`,
`referenced_tweets` or `referenced_posts`, `includes.tweets` or `includes.posts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tiktokwatch.collect.plain_text import LONGEST, resolve, sound
from tiktokwatch.records import EPOCH, Kind, Post

# What to ask X for, so that `post` finds what it needs.
FIELDS = (
    "author_id",
    "conversation_id",
    "created_at",
    "in_reply_to_user_id",
    "lang",
    "note_tweet",
    "referenced_tweets",
    "withheld",
)

# The first post was written on 21 March 2006; nothing here will be read after 2099.
_FIRST = datetime(2006, 3, 21, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)

_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
_FIRST_SNOWFLAKE = 30_000_000_000
_LONGEST_ID = 19

# A repost that is also a reply is a repost; a reply that also quotes is a reply.
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("retweeted", "repost"),
    ("reposted", "repost"),
    ("replied_to", "reply"),
    ("quoted", "quote"),
)
_NO_LANGUAGE = frozenset({"und", "zxx", "qam", "qct", "qht", "qme", "qst"})
_LONGEST_LANG = 12


def post(tweet: Mapping[str, Any], includes: Mapping[str, Any] | None = None) -> Post:
    """Return the post that one post object of X describes.

    `includes` are those of the response; objects in which twarc inlined them need none. A repost has the full text of
    the original where that is at hand, else the shortened text that X gives. The time is that of the id where
    `created_at` is missing. Raises ValueError with a short reason where the object is no post.
    """
    number = _number(tweet.get("id"))
    if not number:
        raise ValueError("a post without a usable id")
    references = dict(_references(tweet))
    kind: Kind = next((kind for name, kind in _KINDS if name in references), "post")
    text = _text(tweet)
    if kind == "repost":
        text = _original(references, includes) or text
    if not text.strip():
        raise ValueError("a post that is withheld" if tweet.get("withheld") else "a post without text")
    if len(text) > LONGEST:
        raise ValueError("a text longer than any post")
    return Post(
        id=f"x:{number}",
        source="x",
        at=_at(tweet.get("created_at"), int(number)),
        author=_author(tweet),
        text=text,
        lang=_lang(tweet.get("lang")),
        url=f"https://x.com/i/status/{number}",
        kind=kind,
    )


def snowflake_time(number: int) -> datetime:
    """Return when the post with this id was written, to the millisecond.

    Ids hold milliseconds since 2010-11-04T01:42:54.657Z above their lowest 22 bits. Raises ValueError for older ids.
    """
    if not _FIRST_SNOWFLAKE <= number < 1 << 63:
        raise ValueError("a post without a time, and with an id that holds none")
    return EPOCH + timedelta(milliseconds=(number >> 22) + _SNOWFLAKE_EPOCH_MS)


def _number(value: object) -> str:
    """Return an id as digits without leading zeros, or "" where it is none; some tools write ids as numbers."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID:
        return value.lstrip("0")
    return ""


def _at(value: object, number: int) -> datetime:
    if value is None:
        return snowflake_time(number)
    try:
        at = datetime.fromisoformat(value)  # type: ignore[arg-type]  # a wrong type is the case that we catch
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a post whose created_at is not a time") from None
    if not _FIRST <= at < _LAST:
        raise ValueError("a post whose created_at cannot be")
    return at


def _text(tweet: Mapping[str, Any]) -> str:
    """Return the full text; posts above 280 characters have it in a note."""
    for name in ("note_tweet", "note_post"):
        note = tweet.get(name)
        if isinstance(note, Mapping) and isinstance(note.get("text"), str) and note["text"]:
            return sound(resolve(note["text"]))
    text = tweet.get("text")
    return sound(resolve(text)) if isinstance(text, str) else ""


def _references(tweet: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in ("referenced_tweets", "referenced_posts"):
        for reference in _mappings(tweet.get(name)):
            if isinstance(reference.get("type"), str):
                yield reference["type"], reference


def _original(references: Mapping[str, Mapping[str, Any]], includes: Mapping[str, Any] | None) -> str:
    reference = references.get("retweeted") or references["reposted"]
    inlined = _text(reference)
    if inlined or not isinstance(includes, Mapping):
        return inlined
    number = reference.get("id")
    for name in ("tweets", "posts"):
        for candidate in _mappings(includes.get(name)):
            if number is not None and candidate.get("id") == number:
                return _text(candidate)
    return ""


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def _author(tweet: Mapping[str, Any]) -> str:
    author = tweet.get("author")
    inlined = author.get("id") if isinstance(author, Mapping) else None
    return _number(tweet.get("author_id")) or _number(inlined)


def _lang(value: object) -> str:
    """Return X's language code, "" where it says that there is no language to tell."""
    if not isinstance(value, str) or not value.isascii() or len(value) > _LONGEST_LANG or value in _NO_LANGUAGE:
        return ""
    return value
