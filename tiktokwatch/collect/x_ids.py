"""The ids of posts of X: they hold the moment of the post, in milliseconds above their lowest 22 bits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from tiktokwatch.records import EPOCH

_SNOWFLAKE_EPOCH = EPOCH + timedelta(milliseconds=1_288_834_974_657)
_SNOWFLAKE_BITS = 22
_LONGEST_ID = 19


def ids_in(span: timedelta) -> int:
    """Return how many ids lie in a span of time."""
    return span // timedelta(milliseconds=1) << _SNOWFLAKE_BITS


def id_at(at: datetime) -> int:
    """Return the lowest id of a moment: milliseconds since 2010-11-04T01:42:54.657Z above 22 bits."""
    return max(ids_in(at - _SNOWFLAKE_EPOCH), 0)


def time_of(number: int) -> datetime:
    """Return the moment that an id holds, to the millisecond."""
    return _SNOWFLAKE_EPOCH + timedelta(milliseconds=number >> _SNOWFLAKE_BITS)


def is_id(value: object) -> TypeGuard[str]:
    """Say whether a value is an id as X writes it: a string of digits."""
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID


def id_of(tweet: Any) -> Iterator[int]:
    """Yield the id of a post object, nothing where it has none."""
    value = tweet.get("id") if isinstance(tweet, dict) else None
    if is_id(value):
        yield int(value)
