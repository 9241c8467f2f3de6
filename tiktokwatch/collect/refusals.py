"""What it means when a server answers with something else than what was asked for, as sentences for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from tiktokwatch.errors import CollectError

OK = 200
BAD_REQUEST = 400
UNAUTHORIZED = 401
PAYMENT_REQUIRED = 402
FORBIDDEN = 403
TOO_MANY_REQUESTS = 429

# By status, else by its hundreds.
_MEANINGS: Mapping[int, str] = {
    3: "the server sends us elsewhere, and we do not follow",
    4: "the request was refused",
    5: "the server has a fault of its own",
    BAD_REQUEST: "the request was refused as malformed",
    UNAUTHORIZED: "the credentials were refused",
    PAYMENT_REQUIRED: "no credit is left",
    FORBIDDEN: "access was denied",
    404: "there is nothing at this address",
    TOO_MANY_REQUESTS: "too many requests",
}
_PERMANENT = frozenset({UNAUTHORIZED, FORBIDDEN})
_LONGEST_WAIT = 86400.0
# Seconds since 1970 in the year 2286; whatever counts further counts nothing.
_LARGEST = 1e10


class Answer(Protocol):
    """The part of `requests.Response` that says how a server answered."""

    @property
    def status_code(self) -> int:
        """Return the HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers, by names in any case."""

    def json(self) -> Any:
        """Return the body; raises ValueError where it is not JSON."""


def refusal(answer: Answer, *, name: str, now: datetime, advice: Mapping[int, str]) -> CollectError | None:
    """Return what is wrong with an answer, None where it is a 200 with a JSON object.

    `advice` says by status what a person can do about it, in the place of the general meaning.
    """
    status = answer.status_code
    if status == OK:
        if json_object(answer) is not None:
            return None
        return CollectError(f"{name}: the answer is not a JSON object: a web page, or cut off")
    meaning = next((texts[key] for texts in (advice, _MEANINGS) for key in (status, status // 100) if key in texts), "")
    return CollectError(
        f"{name}: {status}, {meaning or 'an answer that nobody expects'}",
        retry_after=_retry_after(answer, now),
        permanent=status in _PERMANENT,
    )


def json_object(answer: Answer) -> Mapping[str, Any] | None:
    """Return the JSON object of a body, None where it holds none."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def header_number(headers: Mapping[str, str], name: str) -> float | None:
    """Return a header that counts seconds or requests, None where it is missing or counts nothing."""
    try:
        number = float(headers.get(name, ""))
    except ValueError:
        return None
    return number if 0 <= number < _LARGEST else None


def _retry_after(answer: Answer, now: datetime) -> float | None:
    """Return for how many seconds the server wants to be left alone.

    HTTP has Retry-After, in seconds or as a date; X says when its window ends (seconds since 1970), Reddit in how
    many seconds. Only a 429 is about those windows.
    """
    headers = answer.headers
    waits = [header_number(headers, "retry-after"), seconds_until(headers.get("retry-after", ""), now)]
    if answer.status_code == TOO_MANY_REQUESTS:
        reset = header_number(headers, "x-rate-limit-reset")
        waits.append(None if reset is None else reset - now.timestamp())
        waits.append(header_number(headers, "x-ratelimit-reset"))
    wait = next((wait for wait in waits if wait is not None), None)
    return None if wait is None else min(max(wait, 0.0), _LONGEST_WAIT)


def seconds_until(text: str, now: datetime) -> float | None:
    """Return how many seconds after `now` the date of a header lies, None where it holds none."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # "-0000" in place of a zone means UTC.
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
