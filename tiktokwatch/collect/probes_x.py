"""Does X take the token, and what is left of the plan? Asked for free: a search that finds nothing, and the usage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from tiktokwatch.collect.probes import Finding, answered, failed, window
from tiktokwatch.collect.refusals import PAYMENT_REQUIRED
from tiktokwatch.collect.x_client import LEAST_PAGE, XClient
from tiktokwatch.errors import CollectError

# In the past, even if our clock is somewhat ahead.
_AGO = timedelta(minutes=5)
_SPAN = timedelta(minutes=1)
_NEARLY = 0.9
_BUY = "Buy credit in the developer console (https://console.x.com); a watch that is running then goes on by itself."


def x(*, bearer_token: str, base_url: str, timeout: float, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Yield how the search stands, then the usage of the plan. `timeout` bounds each of two requests, in seconds.

    X bills the posts that it returns, and neither of the two returns any: nobody has written what is searched for.
    """
    client = XClient(name="x", bearer_token=bearer_token, base_url=base_url, timeout=timeout)
    start = now()
    client.start(start)
    try:
        try:
            end = start - _AGO
            client.search(f'"{token_hex(16)}"', size=LEAST_PAGE, start_time=end - _SPAN, end_time=end)
        except CollectError as error:
            found = failed("x", error, heard=client.heard, now=now())
            is_broke = found.detail.startswith(str(PAYMENT_REQUIRED))
            yield replace(found, advice=_BUY) if is_broke else found
            # Whoever does not answer is not asked twice; whoever does may say why the search is closed.
            if client.heard:
                yield from (finding for finding in _usage(client) if finding.status != "warn")
            return
        said = "the bearer token is accepted, the search answers"
        yield answered("x", said, window(client.heard), heard=client.heard, now=now())
        yield from _usage(client)
    finally:
        client.close()


def _usage(client: XClient) -> Iterator[Finding]:
    try:
        usage = client.usage()
    except CollectError as error:
        reason = error.reason.removeprefix("x: ")
        advice = "The watch does without it; what this plan has used stands in the developer console."
        yield Finding("x usage", "warn", f"X does not say what was used: {reason}", advice)
        return
    yield _used(usage)


def _used(usage: Mapping[str, Any]) -> Finding:
    used, cap, day = (_figure(usage.get(key)) for key in ("project_usage", "project_cap", "cap_reset_day"))
    if used is None or not cap:
        return Finding("x usage", "ok", "X names no cap on posts")
    detail = f"{used:,} of {cap:,} posts read"
    if day is not None:
        detail += f", counted anew on day {day} of the month"
    if used < _NEARLY * cap:
        return Finding("x usage", "ok", detail)
    advice = "What is left has to last until then: lower x.budget.posts_per_day, or buy more in the developer console."
    return Finding("x usage", "fail" if used >= cap else "warn", detail, advice)


def _figure(value: Any) -> int | None:
    """Return a whole number of X's, which it spells as text; None where it is none that makes sense."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < 10**12 else None
