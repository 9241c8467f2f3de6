"""What X's fake answers to counts, lookups and questions for the usage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.x_parts import PROBLEMS, SNOWFLAKE_EPOCH_MS, MalformedError, Tweet, query_of, times_of

SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
PAGE = timedelta(days=31)
SHORTEST = timedelta(milliseconds=1)


def counted(params: Mapping[str, str], tweets: Iterable[Tweet], *, now: datetime, word: str, page: timedelta) -> Any:
    """Return the counts of the posts that match, the newest `page` of them at a time; deleted ones count as well."""
    query, granularity = query_of(params), params.get("granularity", "hour")
    if granularity not in SPANS:
        raise MalformedError("granularity", granularity, f"The `granularity` value [{granularity}] is not valid")
    start, end = times_of(params, now)
    # Ids hold their time; X counts what lies between them, whole, and neither of the two.
    after, before = int(params.get("since_id", "-1")), int(params.get("until_id", str(1 << 63)))
    if "since_id" in params:
        start = max(start, _time_of(after))
    if "until_id" in params:
        end = min(end, _time_of(before) + SHORTEST)
    if "next_token" in params:
        end = datetime.fromtimestamp(int(params["next_token"].removeprefix("1jzu9lk96az"), 16), UTC)
    first = max(start, end - page)
    span = SPANS[granularity]
    found = Counter(
        _floor(tweet.at, span)
        for tweet in tweets
        if first <= tweet.at < end and tweet.visible_at <= now and tweet.is_found_by(query)
        if after < tweet.number < before
    )
    data = []
    at = _floor(first, span)
    while at < end:
        edges = {"start": _time(max(at, first)), "end": _time(min(at + span, end))}
        data.append({**edges, f"{word}_count": found[at]})
        at += span
    meta: dict[str, Any] = {f"total_{word}_count": sum(found.values())}
    if first > start:
        meta["next_token"] = f"1jzu9lk96az{int(first.timestamp()):x}"
    return {"data": data, "meta": meta}


def looked_up(params: Mapping[str, str], tweets: Mapping[str, Tweet], suspended: Iterable[str]) -> Any:
    """Return the posts with these ids, and an error for each of the others."""
    ids = params.get("ids", "").split(",")
    if not 1 <= len(ids) <= 100:
        raise MalformedError("ids", params.get("ids", ""), "The number of values in `ids` is not between 1 and 100")
    for number in ids:
        if not number.isdigit():
            raise MalformedError("ids", number, f"The `ids` query parameter value [{number}] is not valid")
    hidden = {name for name in suspended if name in tweets}
    there = [tweets[number].body for number in ids if number in tweets and number not in hidden]
    errors = [_error(number, is_hidden=number in hidden) for number in ids if number not in tweets or number in hidden]
    return {**({"data": there} if there else {}), **({"errors": errors} if errors else {})}


def _time_of(number: int) -> datetime:
    return datetime.fromtimestamp(SNOWFLAKE_EPOCH_MS / 1000, UTC) + (number >> 22) * SHORTEST


def usage(*, cap: int, reset_day: int, reads: Sequence[str]) -> Any:
    return {
        "data": {
            "cap_reset_day": reset_day,
            "project_cap": str(cap),
            "project_id": "1369785403853424",
            "project_usage": str(len(reads)),
        }
    }


def _error(number: str, *, is_hidden: bool) -> Mapping[str, str]:
    about = {"value": number, "resource_id": number, "parameter": "ids", "resource_type": "tweet"}
    if is_hidden:
        title, kind = "Authorization Error", "not-authorized-for-resource"
        detail = f"Sorry, you are not authorized to see the Tweet with ids: [{number}]."
    else:
        title, kind = "Not Found Error", "resource-not-found"
        detail = f"Could not find tweet with ids: [{number}]."
    return {**about, "title": title, "detail": detail, "type": f"{PROBLEMS}/{kind}"}


def _floor(at: datetime, span: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return at - (at - epoch) % span


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
