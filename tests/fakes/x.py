"""X's API v2, as far as collectors can tell: recent search, counts, lookup and usage."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self

from tests.fakes import x_counts
from tests.fakes.web import Answer, Request, Web, as_json
from tests.fakes.x_parts import PROBLEMS, REACH, SNOWFLAKE_EPOCH_MS, MalformedError, Tweet, id_at, query_of, times_of
from tiktokwatch.collect.x import XSearch
from tiktokwatch.collect.x_checker import XChecker
from tiktokwatch.collect.x_counts import XCounts

__all__ = ["PROBLEMS", "SNOWFLAKE_EPOCH_MS", "XServer"]

SEARCH, COUNTS, LOOKUP, USAGE = "/2/tweets/search/recent", "/2/tweets/counts/recent", "/2/tweets", "/2/usage/tweets"


class XServer:
    """Answers about what was published; each route is asked by whoever shows the token, in any method.

    Queries are checked for their length alone, and find every post that is not published under conditions. `word` is
    how X spells what it counts, "tweet" or "post".
    """

    def __init__(self, *, port: int = 0) -> None:
        self.token = "x-bearer-hush"
        self.credentials = f"the bearer token is {self.token}"
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.complaint = "Reference to invalid operator 'min_faves'."
        self.word = "tweet"
        self.page_of_counts = x_counts.PAGE
        self.cap = 10_000
        self.reset_day = 1
        self.suspended: set[str] = set()
        self._tweets: list[Tweet] = []
        self._gone: set[int] = set()
        self._newer: dict[int, int] = {}
        self._left = 450
        self.routes: dict[str, Callable[[Request], Answer]] = {
            SEARCH: self._searched,
            COUNTS: self._counted,
            LOOKUP: self._looked_up,
            USAGE: lambda _: as_json(x_counts.usage(cap=self.cap, reset_day=self.reset_day, reads=self.post_reads)),
        }
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

    def counter(self, **options: Any) -> XCounts:
        """Return a collector of counts that asks this server."""
        common = {"bearer_token": self.token, "query": "tiktok", "base_url": self.url, "timeout": 10}
        return XCounts(**{**common, **options})

    def checker(self, **options: Any) -> XChecker:
        """Return a checker that asks this server."""
        return XChecker(**{"bearer_token": self.token, "base_url": self.url, "timeout": 10, **options})

    @property
    def post_reads(self) -> list[str]:
        """Return the ids of the posts in all whole answers, as often as they were in one."""
        return self.served

    def asked(self, path: str) -> int:
        """Return how many requests there were for a path, whatever became of them."""
        return sum(request.path == path for request in self.requests)

    def delete(self, number: str) -> None:
        """Take a post from the search and the lookup; the counts keep it."""
        self._gone.add(int(number))

    def edit(self, number: str, text: str) -> str:
        """Publish the next version of a post, in its place in the search, and return its id, which is another one."""
        old = next(tweet for tweet in self._tweets if tweet.number == int(number))
        new = old.number + (1 << 22) + 1
        history = [*old.body["edit_history_tweet_ids"], str(new)]
        body = {**old.body, "id": str(new), "text": text, "edit_history_tweet_ids": history}
        self._tweets.append(replace(old, number=new, body=body))
        self._newer[old.number] = new
        return str(new)

    def publish(
        self,
        *,
        text: str,
        at: datetime,
        author: str = "ann",
        visible_at: datetime | None = None,
        author_name: str = "",
        matches: str = "",
        **fields: Any,
    ) -> str:
        """Publish a post of the moment `at`, which the search finds from `visible_at` on, and return its id.

        One with an `author_name` is found by queries with "from:" that name alone, one with `matches` by queries that
        hold these words alone, one with both by either.
        """
        number = id_at(at) + len(self._tweets) % (1 << 22)
        body = {
            "id": str(number),
            "author_id": author if author.isdigit() else str(zlib.crc32(author.encode()) + 1),
            "conversation_id": str(number),
            "created_at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "edit_history_tweet_ids": [str(number)],
            "lang": "en",
            "text": text,
        }
        self._tweets.append(Tweet(number, at, visible_at or at, {**body, **fields}, author_name, matches))
        return str(number)

    def _respond(self, request: Request) -> Answer:
        route = self.routes.get(request.path)
        if route is None:
            return self._refusals()["404"]()
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._refusals()["401"]()
        try:
            return route(request)
        except MalformedError as error:
            return as_json(error.problem, status=400, headers=self._window())

    def _searched(self, request: Request) -> Answer:
        return self._with_posts(self._search(request.params))

    def _counted(self, request: Request) -> Answer:
        page = self.page_of_counts
        tweets = [tweet for tweet in self._tweets if tweet.number not in self._newer]
        found = x_counts.counted(request.params, tweets, now=self.clock(), word=self.word, page=page)
        return as_json(found, headers=self._window())

    def _looked_up(self, request: Request) -> Answer:
        there = {str(tweet.number): tweet for tweet in self._tweets if tweet.number not in self._gone}
        return self._with_posts(x_counts.looked_up(request.params, there, self.suspended))

    def _with_posts(self, found: Any) -> Answer:
        return as_json(found, headers=self._window(), ids=[tweet["id"] for tweet in found.get("data", ())])

    def _search(self, params: Mapping[str, str]) -> Any:
        query = query_of(params)
        size = int(params.get("max_results", "10"))
        if not 10 <= size <= 100:
            raise MalformedError("max_results", str(size), "The `max_results` query parameter value is not valid")
        least, most = self._span(params)
        now = self.clock()
        found = [
            tweet
            for tweet in self._tweets
            if least <= tweet.number < most and tweet.visible_at <= now and tweet.is_found_by(query)
        ]
        hidden = {*self._gone, *self._newer, *map(int, self.suspended)}
        found = sorted((tweet for tweet in found if tweet.number not in hidden), key=lambda tweet: -tweet.number)
        page = found[:size]
        if not page:
            return {"meta": {"result_count": 0}}
        meta = {"newest_id": str(page[0].number), "oldest_id": str(page[-1].number), "result_count": len(page)}
        if len(found) > size:
            meta["next_token"] = f"b26v89c19zqg8o3f{page[-1].number:x}"
        return {"data": [tweet.body for tweet in page], "meta": meta}

    def _span(self, params: Mapping[str, str]) -> tuple[int, int]:
        """Return the ids between which is searched, the lower one included."""
        without_start = {name: value for name, value in params.items() if name != "start_time"}
        start, end = times_of(without_start if "since_id" in params else params, self.clock())
        least, most = id_at(start), id_at(end)
        if "since_id" in params:
            least = int(params["since_id"]) + 1
            horizon = self.clock() - REACH
            if least <= id_at(horizon):
                why = f"Please use a 'since_id' that is larger than {id_at(horizon)}"
                message = f"'since_id' must be a tweet id created after {horizon:%Y-%m-%dT%H:%MZ}. {why}"
                raise MalformedError("since_id", params["since_id"], message)
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
