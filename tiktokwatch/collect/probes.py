"""Is a network to be reached, and does it take what it is shown? Asked once, in a way that costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from tiktokwatch.collect.http import MOST_AHEAD
from tiktokwatch.collect.refusals import header_number, seconds_until
from tiktokwatch.errors import CollectError

Status: TypeAlias = Literal["ok", "warn", "fail", "off"]

# In seconds: a Date header is as coarse, and answers take their time; beyond STRAY a minute is not a minute any more.
CLOSE = 5.0
STRAY = 30.0
SET = "Set the clock of this machine, best by NTP (timedatectl set-ntp true)."
_HALF = 0.5
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: of what, how it stands, what was seen, and what a person can do about it.

    "off" is what nobody has asked for.
    """

    subject: str
    status: Status
    detail: str
    advice: str = ""


def reddit(
    *,
    client_id: str,
    client_secret: str,
    user_agent: str,
    subreddits: Sequence[str],
    reddit_url: str,
    oauth_url: str,
    timeout: float,
    now: Callable[[], datetime],
) -> Finding:
    """Fetch a token and the newest post of all `subreddits` together. `timeout` bounds each of the two, in seconds."""
    from tiktokwatch.collect.reddit_client import RedditClient  # noqa: PLC0415 - praw takes half a second

    client = RedditClient(
        name="reddit",
        client_id=client_id,
        client_secret=client_secret,
        user_agent=user_agent,
        subreddits="+".join(subreddits),
        reddit_url=reddit_url,
        oauth_url=oauth_url,
        timeout=timeout,
    )
    client.start(now())
    try:
        client.listing("new", limit=1, after=None)
    except CollectError as error:
        return failed("reddit", error, heard=client.heard, now=now())
    finally:
        client.close()
    reset = header_number(client.heard, "x-ratelimit-reset")
    span = "" if reset is None else f" in the next {reset:.0f} s"
    said = f"the credentials are accepted, r/{'+'.join(subreddits)} answers"
    return answered("reddit", said, _left(client.heard, "x-ratelimit", span), heard=client.heard, now=now())


def hackernews(*, query: str, base_url: str, timeout: float, now: Callable[[], datetime]) -> Finding:
    """Search the last minute. `timeout` bounds the request, in seconds."""
    from tiktokwatch.collect.hackernews import HackerNews  # noqa: PLC0415 - requests takes a while

    collector = HackerNews(query=query, base_url=base_url, lag=0, timeout=timeout)
    start = now()
    try:
        collector.collect(since=start - _MINUTE, cursor="", now=start)
    except CollectError as error:
        return failed("hackernews", error, heard=collector.heard, now=now())
    finally:
        collector.close()
    return answered("hackernews", "the search answers, no key is needed", heard=collector.heard, now=now())


def mastodon(*, hashtags: Sequence[str], base_url: str, timeout: float, now: Callable[[], datetime]) -> Finding:
    """Read the newest posts under the first hashtag. `timeout` bounds the request, in seconds."""
    from tiktokwatch.collect.mastodon import Mastodon  # noqa: PLC0415 - requests takes a while

    collector = Mastodon(hashtags=hashtags[:1], base_url=base_url, max_pages=1, timeout=timeout)
    start = now()
    try:
        collector.collect(since=start - _MINUTE, cursor="", now=start)
    except CollectError as error:
        return failed("mastodon", error, heard=collector.heard, now=now())
    finally:
        collector.close()
    said = f"{urlsplit(base_url).hostname} shows hashtags, no key is needed"
    return answered("mastodon", said, _left(collector.heard, "x-ratelimit"), heard=collector.heard, now=now())


def answered(subject: str, *said: str, heard: Mapping[str, str], now: datetime) -> Finding:
    """Return what is to be said of a source that answered at `now`, its clock beside ours."""
    found = Finding(subject, "ok", "; ".join(filter(None, said)))
    ahead = _seconds_ahead(heard, now)
    return found if ahead is None else beside_clock(found, ahead)


def beside_clock(finding: Finding, ahead: float) -> Finding:
    """Return a finding with what is to be said of our clock, which is so many seconds ahead of the network's."""
    detail = f"{finding.detail}; {_clock_words(ahead)}"
    if abs(ahead) < STRAY:
        return Finding(finding.subject, finding.status, detail, finding.advice)
    return Finding(finding.subject, "warn", detail, f"{SET} {finding.advice}".strip())


def failed(subject: str, error: CollectError, *, heard: Mapping[str, str], now: datetime) -> Finding:
    """Return what is to be said of a source that did not give what it was asked for, and what to do about it."""
    again = "A watch that is running asks again by itself"
    ahead = _seconds_ahead(heard, now) or 0.0
    if ahead > MOST_AHEAD:
        advice = SET
    elif error.permanent:
        advice = "Asking again does not help: put that right first."
    elif error.retry_after:
        advice = f"Wait {span_words(error.retry_after)}. {again}."
    elif heard:
        advice = f"{again}. If it stays so, check the addresses under [{subject}], and any proxy in between."
    else:
        advice = f"{again}. If it stays so, check the network from here: name resolution, firewall, proxy."
    detail = error.reason.removeprefix(f"{subject}: ")
    if abs(ahead) >= STRAY and advice != SET:
        detail, advice = f"{detail}; {_clock_words(ahead)}", f"{advice} {SET}"
    return Finding(subject, "fail", detail, advice)


def _clock_words(ahead: float) -> str:
    way = "ahead of" if ahead > 0 else "behind"
    return "the clocks agree" if abs(ahead) < CLOSE else f"this machine's clock is {span_words(ahead)} {way} its own"


def span_words(seconds: float) -> str:
    """Return a span as people say it, in one unit: "40 s", "12 min", "3 h", "5 days"."""
    seconds = abs(seconds)
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def window(heard: Mapping[str, str]) -> str:
    """Return how many requests X grants until when, "" where it does not say."""
    reset = header_number(heard, "x-rate-limit-reset")
    until = "" if reset is None else f" until {datetime.fromtimestamp(reset, UTC):%H:%M} UTC"
    return _left(heard, "x-rate-limit", until)


def _left(heard: Mapping[str, str], prefix: str, until: str = "") -> str:
    left, limit = header_number(heard, f"{prefix}-remaining"), header_number(heard, f"{prefix}-limit")
    if left is None:
        return ""
    return f"{left:,.0f}{f' of {limit:,.0f}' if limit is not None else ''} requests left{until}"


def _seconds_ahead(heard: Mapping[str, str], now: datetime) -> float | None:
    """Return how far our clock is ahead of that of the server whose headers were heard at `now`."""
    until = seconds_until(heard.get("date", ""), now)
    # A Date header is cut to the second.
    return None if until is None else -(until + _HALF)
