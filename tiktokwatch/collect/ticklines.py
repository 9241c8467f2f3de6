"""Ticks as lines of JSON: the recording that tiktokwatch writes itself, from which nothing is missing.

What a batch says was deleted is not written: the deleted leave no trace. Lines without counts are as they always were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args

from tiktokwatch.records import Batch, Count, Fault, Gap, Kind, Post, Tick

MARK = "tiktokwatch"
VERSION = 1
LARGEST = 2**53  # beyond it, not every reader of JSON knows one number from the next

_Noun = TypeVar("_Noun")
_KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}

# JSON joins two escaped halves of a surrogate pair into one character. Where a text holds them apart, it is
# written in parts.
_APART = re.compile("(?<=[\ud800-\udbff])(?=[\udc00-\udfff])")


def encode(tick: Tick) -> str:
    """Return one line of ASCII JSON, without a line end, from which `decode` makes an equal tick."""
    line = {
        MARK: VERSION,
        "now": tick.now.isoformat(),
        "batches": [_batch_to(batch) for batch in tick.batches],
        "gaps": [_gap_to(gap) for gap in tick.gaps],
        "faults": [_fault_to(fault) for fault in tick.faults],
    }
    return json.dumps(line, ensure_ascii=True, separators=(",", ":"))


def decode(obj: Mapping[str, Any]) -> Tick:
    """Return the tick that a line holds, given its JSON; raises ValueError with the reason where it holds none."""
    version = obj.get(MARK)
    if version != VERSION or isinstance(version, bool):
        raise ValueError("a tick of another version of tiktokwatch" if MARK in obj else "no tick of tiktokwatch")
    _only(obj, "a tick", MARK, "now", "batches", "gaps", "faults")
    return Tick(
        now=_moment(obj, "now"),
        batches=_many(obj, "batches", _batch_from),
        gaps=_many(obj, "gaps", _gap_from),
        faults=_many(obj, "faults", _fault_from),
    )


def _batch_to(batch: Batch) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "collector": _parts(batch.collector),
        "source": _parts(batch.source),
        "since": batch.since.isoformat(),
        "through": batch.through.isoformat(),
        "cursor": _parts(batch.cursor),
        "note": _parts(batch.note),
        "posts": [_post_to(post) for post in batch.posts],
    }
    if batch.counts:
        columns["counts"] = [_count_to(count, batch.source) for count in batch.counts]
    return columns


def _count_to(count: Count, source: str) -> list[Any]:
    """Return the minute and its posts, and whose they are where the batch does not say it."""
    told = [count.at.isoformat(), count.posts]
    return told if count.source == source else [*told, _parts(count.source)]


def _post_to(post: Post) -> dict[str, Any]:
    return {
        "id": _parts(post.id),
        "source": _parts(post.source),
        "at": post.at.isoformat(),
        "author": _parts(post.author),
        "text": _parts(post.text),
        "lang": _parts(post.lang),
        "url": _parts(post.url),
        "kind": post.kind,
    }


def _gap_to(gap: Gap) -> dict[str, Any]:
    return {
        "collector": _parts(gap.collector),
        "source": _parts(gap.source),
        "start": gap.start.isoformat(),
        "end": gap.end.isoformat(),
        "reason": _parts(gap.reason),
    }


def _fault_to(fault: Fault) -> dict[str, Any]:
    return {
        "collector": _parts(fault.collector),
        "source": _parts(fault.source),
        "at": fault.at.isoformat(),
        "reason": _parts(fault.reason),
        "retry_at": None if fault.retry_at is None else fault.retry_at.isoformat(),
    }


def _batch_from(obj: Mapping[str, Any]) -> Batch:
    _only(obj, "a batch", "collector", "source", "since", "through", "cursor", "note", "posts", perhaps="counts")
    source = _string(obj, "source")
    return Batch(
        collector=_string(obj, "collector"),
        source=source,
        since=_moment(obj, "since"),
        through=_moment(obj, "through"),
        posts=_many(obj, "posts", _post_from),
        cursor=_string(obj, "cursor"),
        note=_string(obj, "note"),
        counts=_counts_from(obj.get("counts", []), source),
    )


def _counts_from(told: object, source: str) -> tuple[Count, ...]:
    if not isinstance(told, list) or not all(isinstance(item, list) and len(item) in (2, 3) for item in told):
        raise ValueError("a tick whose 'counts' are no list of minutes with their posts")
    items = (dict(zip(("minute", "posts", "source"), item, strict=False)) for item in told)
    return tuple(_count_from({"source": source} | item) for item in items)


def _count_from(obj: Mapping[str, Any]) -> Count:
    posts = obj["posts"]
    if not isinstance(posts, int) or isinstance(posts, bool) or not 0 <= posts <= LARGEST:
        raise ValueError("a tick with a count that is no number of posts")
    return Count(source=_string(obj, "source"), at=_moment(obj, "minute"), posts=posts)


def _post_from(obj: Mapping[str, Any]) -> Post:
    _only(obj, "a post", "id", "source", "at", "author", "text", "lang", "url", "kind")
    kind = _KINDS.get(_string(obj, "kind"))
    if kind is None:
        raise ValueError("a tick with a post of unknown kind")
    return Post(
        id=_string(obj, "id"),
        source=_string(obj, "source"),
        at=_moment(obj, "at"),
        author=_string(obj, "author"),
        text=_string(obj, "text"),
        lang=_string(obj, "lang"),
        url=_string(obj, "url"),
        kind=kind,
    )


def _gap_from(obj: Mapping[str, Any]) -> Gap:
    _only(obj, "a gap", "collector", "source", "start", "end", "reason")
    return Gap(
        collector=_string(obj, "collector"),
        source=_string(obj, "source"),
        start=_moment(obj, "start"),
        end=_moment(obj, "end"),
        reason=_string(obj, "reason"),
    )


def _fault_from(obj: Mapping[str, Any]) -> Fault:
    _only(obj, "a fault", "collector", "source", "at", "reason", "retry_at")
    return Fault(
        collector=_string(obj, "collector"),
        source=_string(obj, "source"),
        at=_moment(obj, "at"),
        reason=_string(obj, "reason"),
        retry_at=None if obj["retry_at"] is None else _moment(obj, "retry_at"),
    )


def _only(obj: Mapping[str, Any], noun: str, *keys: str, perhaps: str = "") -> None:
    """Raise ValueError unless `obj` has exactly these keys, and perhaps one more."""
    missing = [key for key in keys if key not in obj]
    if missing:
        raise ValueError(f"a tick in which {noun} has no {missing[0]!r}")
    if len(obj) != len(keys) + (perhaps in obj):
        raise ValueError(f"a tick in which {noun} has more than tiktokwatch writes")


def _many(obj: Mapping[str, Any], key: str, from_: Callable[[Mapping[str, Any]], _Noun]) -> tuple[_Noun, ...]:
    items = obj[key]
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise ValueError(f"a tick whose {key!r} are no list of objects")
    return tuple(from_(item) for item in items)


def _moment(obj: Mapping[str, Any], key: str) -> datetime:
    try:
        at = datetime.fromisoformat(obj[key])
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"a tick whose {key!r} is not a time") from None
    raise ValueError(f"a tick whose {key!r} is in no time zone")


def _string(obj: Mapping[str, Any], key: str) -> str:
    value = obj[key]
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "".join(value)
    raise ValueError(f"a tick whose {key!r} is not text")


def _parts(text: str) -> str | list[str]:
    parts = _APART.split(text)
    return text if len(parts) == 1 else parts
