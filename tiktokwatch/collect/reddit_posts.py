"""Posts out of Reddit's submissions (t3) and comments (t1), from the API or from the monthly dumps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tiktokwatch.collect.plain_text import LONGEST, resolve, sound
from tiktokwatch.records import EPOCH, Kind, Post

# Reddit opened in June 2005; nothing here will be read after 2099.
_FIRST = datetime(2005, 6, 1, tzinfo=UTC).timestamp()
_LAST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()

_GONE = frozenset({"[deleted]", "[removed]", "[deleted by user]", "[ removed by reddit ]"})
_REMOVALS = ("removed", "removed_by_category", "banned_by", "banned_at_utc")
_LATER_REMOVALS = ("was_deleted_later", "was_initially_deleted", "removal_type")

_LONGEST_NAME = 64
_ID = re.compile(r"[0-9a-z]{1,13}")
_PERMALINK = re.compile(r"/(?:r|u|user|comments)/[^\s\\<>\"'\x00-\x1f]{1,500}")
_SITE = "https://www.reddit.com"


def post(thing: Mapping[str, Any]) -> Post:
    """Return the post that the `data` of one submission or comment describes.

    A submission's text is its title, a blank line and its body. HTML entities are resolved, whether the text comes
    from the API with raw_json=1 or escaped from a dump. Raises ValueError with a short reason where the object is no
    post, or one that its author or a moderator has taken back, now or after it was recorded.
    """
    prefix = _prefix(thing)
    number = _number(thing, prefix)
    if is_taken_back(thing):
        raise ValueError("a Reddit post that was deleted or removed")
    text = _text(thing, prefix)
    return Post(
        id=f"reddit:{prefix}_{number}",
        source="reddit",
        at=_at(thing.get("created_utc")),
        author=_author(thing.get("author")),
        text=text,
        url=_url(thing, prefix, number),
        kind=_kind(thing, prefix),
    )


def identity(thing: Mapping[str, Any]) -> str:
    """Return the id that the post of a submission or comment has, even if it was taken back. Raises ValueError."""
    prefix = _prefix(thing)
    return f"reddit:{prefix}_{_number(thing, prefix)}"


def is_taken_back(thing: Mapping[str, Any]) -> bool:
    """Say whether its author or a moderator has taken a submission or comment back, now or after it was recorded.

    An author who left is no sign of it: Reddit keeps what they wrote, without their name.
    """
    meta = thing.get("_meta")
    later = isinstance(meta, Mapping) and any(meta.get(name) for name in _LATER_REMOVALS)
    texts = [thing.get(name) for name in ("title", "selftext", "body")]
    gone = any(isinstance(text, str) and text.strip().lower() in _GONE for text in texts)
    return later or gone or any(thing.get(name) for name in _REMOVALS)


def has_author(thing: Mapping[str, Any]) -> bool:
    """Say whether whoever wrote a submission or comment still has an account."""
    return bool(_author(thing.get("author")))


def _prefix(thing: Mapping[str, Any]) -> str:
    name = thing.get("name")
    if isinstance(name, str) and name[:3] in ("t1_", "t3_"):
        return name[:2]
    if isinstance(thing.get("title"), str):
        return "t3"
    if isinstance(thing.get("body"), str):
        return "t1"
    raise ValueError("neither a submission nor a comment")


def _number(thing: Mapping[str, Any], prefix: str) -> str:
    """Return the id in base 36; old dumps have no `name`, and some objects no bare `id`."""
    for value in (thing.get("id"), thing.get("name")):
        if isinstance(value, str):
            number = value.removeprefix(f"{prefix}_")
            if _ID.fullmatch(number):
                return number
    raise ValueError("a Reddit post without a usable id")


def _text(thing: Mapping[str, Any], prefix: str) -> str:
    title = _string(thing.get("title")) if prefix == "t3" else ""
    body = _string(thing.get("selftext" if prefix == "t3" else "body"))
    text = "\n\n".join(part for part in (title.strip(), body.strip()) if part)
    if not text:
        raise ValueError("a Reddit post without text")
    if len(text) > LONGEST:
        raise ValueError("a text longer than any post")
    return text


def _string(value: object) -> str:
    # Twice: Reddit's editor writes "&#x200B;" for blank lines, which the dumps escape once more.
    return sound(resolve(resolve(value))) if isinstance(value, str) else ""


def _at(value: object) -> datetime:
    """Return the time of seconds since 1970, which old dumps write as text or with a fraction."""
    try:
        seconds = float("nan") if isinstance(value, bool) else float(value)  # type: ignore[arg-type]  # caught below
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not _FIRST <= seconds < _LAST:
        raise ValueError("a Reddit post whose created_utc is not a time")
    return EPOCH + timedelta(seconds=seconds)


def _author(value: object) -> str:
    is_name = isinstance(value, str) and len(value) <= _LONGEST_NAME and value.lower() not in _GONE
    return sound(str(value)) if is_name else ""


def _url(thing: Mapping[str, Any], prefix: str, number: str) -> str:
    permalink = thing.get("permalink")
    if isinstance(permalink, str) and _PERMALINK.fullmatch(permalink):
        return _SITE + sound(permalink)
    if prefix == "t3":
        return f"{_SITE}/comments/{number}/"
    link = thing.get("link_id")
    link_number = link.removeprefix("t3_") if isinstance(link, str) else ""
    return f"{_SITE}/comments/{link_number}/_/{number}/" if _ID.fullmatch(link_number) else ""


def _kind(thing: Mapping[str, Any], prefix: str) -> Kind:
    if prefix == "t1":
        return "reply"
    return "repost" if thing.get("crosspost_parent") or thing.get("crosspost_parent_list") else "post"
