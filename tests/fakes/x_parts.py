"""What the parts of X's fake share: posts, ids, and what X has against a parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
PROBLEMS = "https://api.twitter.com/2/problems"
REACH = timedelta(days=7)


@dataclass(frozen=True)
class Tweet:
    """A published post; `from_` is the name of its author and `matches` a part of the queries that find it."""

    number: int
    at: datetime
    visible_at: datetime
    body: Mapping[str, Any]
    from_: str = ""
    matches: str = ""

    def is_found_by(self, query: str) -> bool:
        """Say whether a query finds the post; one without conditions is found by all but a query for authors alone.

        Of what a query is made of, a phrase that stands alone is the only one that is looked for in texts.
        """
        if phrase := re.fullmatch(r'"([^"]*)"', query):
            return phrase[1].casefold() in str(self.body["text"]).casefold()
        if self.matches and self.matches in query:
            return True
        authors = re.findall(r"(?<![-\w])from:(\w+)", query)
        if self.from_:
            return self.from_.lower() in {author.lower() for author in authors}
        rest = re.sub(r"-?\b(?:from|is|lang):\w+|\bOR\b|[()\s]", "", query)
        return not self.matches and not (authors and not rest)


class MalformedError(Exception):
    """A parameter that X refuses."""

    def __init__(self, parameter: str, value: str, message: str) -> None:
        super().__init__(message)
        self.problem = {
            "errors": [{"parameters": {parameter: [value]}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{PROBLEMS}/invalid-request",
        }


def query_of(params: Mapping[str, str]) -> str:
    query = params.get("query", "")
    if not 1 <= len(query) <= 512:
        raise MalformedError("query", query, "Rules must be 512 characters or less.")
    return query


def times_of(params: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    """Return the span that is asked for by start_time and end_time."""
    horizon, end = now - REACH, now - timedelta(seconds=30)
    if "end_time" in params:
        value = params["end_time"]
        end = datetime.fromisoformat(value)
        if end > now - timedelta(seconds=10):
            why = "'end_time' must be a minimum of 10 seconds prior to the request time."
            raise MalformedError("end_time", value, f"Invalid 'end_time':'{value}'. {why}")
    start = datetime.fromisoformat(params["start_time"]) if "start_time" in params else horizon
    if not horizon <= start < end:
        value = params.get("start_time", "")
        why = f"'start_time' must be on or after {horizon:%Y-%m-%dT%H:%MZ} and before the end."
        raise MalformedError("start_time", value, f"Invalid 'start_time':'{value}'. {why}")
    return start, end


def id_at(at: datetime) -> int:
    return (int(at.timestamp() * 1000) - SNOWFLAKE_EPOCH_MS) << 22
