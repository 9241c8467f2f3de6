"""X's recent search (API v2), as far as a collector can tell."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from tests.fakes.web import Answer, Request, Web, as_json
from tiktokwatch.collect.x import XSearch

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
PROBLEMS = "https://api.twitter.com/2/problems"


@dataclass(frozen=True)
class _Tweet:
    number: int
    at: datetime
    visible_at: datetime
    body: Mapping[str, Any]


class _MalformedError(Exception):
    """A parameter that X refuses."""

    def __init__(self, parameter: str, value: str, message: str) -> None:
        super().__init__(message)
        self.problem = {
            "errors": [{"parameters": {parameter: [value]}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{PROBLEMS}/invalid-request",
        }


class XServer:
    """Answers GET /2/tweets/search/recent with what was published; the query is checked for its length alone."""

    def __init__(self, *, port: int = 0) -> None:
        self.token = "x-bearer-hush"
        self.credentials = f"the bearer token is {self.token}"
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.complaint = "Reference to invalid operator 'min_faves'."
        self._tweets: list[_Tweet] = []
        self._left = 450
        self.web = Web(self._respond, self._refusals(), port=port)
        self.url = self.web.url
        self.requests = self.web.requests
        self.served = self.web.served
        self.kinds = self.web.kinds
        self.fail = self.web.fail
        self.heal = self.web.heal

    def __enter__(self) -> Self:
        self.web.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.web.stop()

    def collector(self, **options: Any) -> XSearch:
        """Return a collector that asks this server."""
        common = {"bearer_token": self.token, "query": "tiktok", "base_url": self.url, "timeout": 10}
        return XSearch(**{**common, **options})

    def publish(
        self,
        *,
        text: str,
        at: datetime,
        author: str = "ann",
        visible_at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """Publish a post of the moment `at`, which the search finds from `visible_at` on, and return its id."""
        number = _id_at(at) + len(self._tweets) % (1 << 22)
        body = {
            "id": str(number),
            "author_id": author if author.isdigit() else str(zlib.crc32(author.encode()) + 1),
            "conversation_id": str(number),
            "created_at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "edit_history_tweet_ids": [str(number)],
            "lang": "en",
            "text": text,
        }
        self._tweets.append(_Tweet(number, at, visible_at or at, {**body, **fields}))
        return str(number)

    def _respond(self, request: Request) -> Answer:
        if request.path != "/2/tweets/search/recent":
            return self._refusals()["404"]()
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._refusals()["401"]()
        try:
            found = self._search(request.params)
            ids = [tweet["id"] for tweet in found.get("data", ())]
            return as_json(found, headers=self._window(), ids=ids)
        except _MalformedError as error:
            return as_json(error.problem, status=400, headers=self._window())

    def _search(self, params: Mapping[str, str]) -> Any:
        query = params.get("query", "")
        if not 1 <= len(query) <= 512:
            raise _MalformedError("query", query, "Rules must be 512 characters or less.")
        size = int(params.get("max_results", "10"))
        if not 10 <= size <= 100:
            raise _MalformedError("max_results", str(size), "The `max_results` query parameter value is not valid")
        least, most = self._span(params)
        now = self.clock()
        found = sorted(
            (tweet for tweet in self._tweets if least <= tweet.number < most and tweet.visible_at <= now),
            key=lambda tweet: tweet.number,
            reverse=True,
        )
        page = found[:size]
        if not page:
            return {"meta": {"result_count": 0}}
        meta = {"newest_id": str(page[0].number), "oldest_id": str(page[-1].number), "result_count": len(page)}
        if len(found) > size:
            meta["next_token"] = f"b26v89c19zqg8o3f{page[-1].number:x}"
        return {"data": [tweet.body for tweet in page], "meta": meta}

    def _span(self, params: Mapping[str, str]) -> tuple[int, int]:
        """Return the ids between which is searched, the lower one included."""
        now = self.clock()
        horizon = now - timedelta(days=7)
        end = now - timedelta(seconds=30)
        if "end_time" in params:
            end = datetime.fromisoformat(params["end_time"])
            if end > now - timedelta(seconds=10):
                value = params["end_time"]
                why = "'end_time' must be a minimum of 10 seconds prior to the request time."
                raise _MalformedError("end_time", value, f"Invalid 'end_time':'{value}'. {why}")
        if "since_id" in params:
            least = int(params["since_id"]) + 1
            if least <= _id_at(horizon):
                why = f"Please use a 'since_id' that is larger than {_id_at(horizon)}"
                message = f"'since_id' must be a tweet id created after {horizon:%Y-%m-%dT%H:%MZ}. {why}"
                raise _MalformedError("since_id", params["since_id"], message)
        else:
            start = datetime.fromisoformat(params["start_time"]) if "start_time" in params else horizon
            if not horizon <= start < end:
                value = params["start_time"]
                why = f"'start_time' must be on or after {horizon:%Y-%m-%dT%H:%MZ} and before the end."
                raise _MalformedError("start_time", value, f"Invalid 'start_time':'{value}'. {why}")
            least = _id_at(start)
        most = _id_at(end)
        if "next_token" in params:
            most = min(most, int(params["next_token"].removeprefix("b26v89c19zqg8o3f"), 16))
        return least, most

    def _window(self) -> Mapping[str, str]:
        self._left = max(self._left - 1, 0)
        return {
            "x-rate-limit-limit": "450",
            "x-rate-limit-remaining": str(self._left),
            "x-rate-limit-reset": str(int(self.clock().timestamp()) + 900),
        }

    def _refusals(self) -> Mapping[str, Callable[[], Answer]]:
        def about(status: int, title: str, **more: Any) -> Callable[[], Answer]:
            body = {"title": title, "detail": title, "type": "about:blank", "status": status}
            return lambda: as_json({**body, **more}, status=status)

        def broken(status: int) -> Callable[[], Answer]:
            return lambda: Answer(status, b"<html>upstream connect error</html>", {"Content-Type": "text/html"})

        cap = {"title": "UsageCapExceeded", "period": "Monthly", "scope": "Product", "type": f"{PROBLEMS}/usage-capped"}
        credit = {"title": "CreditsDepleted", "type": f"{PROBLEMS}/credits"}
        return {
            "400": lambda: as_json({"errors": [{"message": self.complaint}], "title": "Invalid Request"}, status=400),
            "401": about(401, "Unauthorized"),
            "402": lambda: as_json({**credit, "detail": "The account has no credits."}, status=402),
            "403": about(403, "Forbidden", reason="client-not-enrolled"),
            "404": lambda: Answer(404, b""),
            "429": lambda: as_json({"title": "Too Many Requests", "status": 429}, status=429, headers=self._window()),
            "429-no-reset": about(429, "Too Many Requests"),
            "500": broken(500),
            "503": broken(503),
            "usage-cap": lambda: as_json({**cap, "detail": "Usage cap exceeded: Monthly product cap"}, status=429),
        }


def _id_at(at: datetime) -> int:
    return (int(at.timestamp() * 1000) - SNOWFLAKE_EPOCH_MS) << 22
