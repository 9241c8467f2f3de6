"""A Mastodon instance's timelines of hashtags, as far as a collector can tell."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import unquote

from tests.fakes.web import Answer, Request, Web, as_json
from tiktokwatch.collect.mastodon import Mastodon

TIMELINE = re.compile(r"/api/v1/timelines/tag/([^/]+)")


@dataclass(frozen=True)
class _Status:
    number: int
    visible_at: datetime
    hashtag: str
    body: Mapping[str, Any]


class MastodonServer:
    """Answers GET /api/v1/timelines/tag/TAG with what was published, newest first; no more than `quota` requests."""

    credentials = "no key is needed"

    def __init__(self, *, port: int = 0) -> None:
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.quota = 300
        self._statuses: list[_Status] = []
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

    def collector(self, **options: Any) -> Mastodon:
        """Return a collector that asks this server for one hashtag."""
        return Mastodon(**{"base_url": self.url, "timeout": 10, "hashtags": ("tiktok",), **options})

    def publish(
        self,
        *,
        text: str,
        at: datetime,
        author: str = "ann",
        hashtag: str = "tiktok",
        visible_at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """Publish a status of the moment `at`, shown from `visible_at` on, and return its URI."""
        milliseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        number = (milliseconds << 16) + len(self._statuses) % (1 << 16)
        uri = f"https://elsewhere.example/users/{author}/statuses/{number}"
        body = {
            "id": str(number),
            "created_at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "in_reply_to_id": None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": "en",
            "uri": uri,
            "url": f"https://elsewhere.example/@{author}/{number}",
            "content": "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n")),
            "reblog": None,
            "account": {"id": "1", "username": author, "acct": f"{author}@elsewhere.example"},
            "tags": [{"name": hashtag}],
        }
        self._statuses.append(_Status(number, visible_at or at, hashtag, {**body, **fields}))
        return uri

    def delete(self, uri: str) -> None:
        """Take a status back, as its author would."""
        self._statuses = [status for status in self._statuses if status.body["uri"] != uri]

    def _respond(self, request: Request) -> Answer:
        timeline = TIMELINE.fullmatch(request.path)
        if timeline is None:
            return self._refusals()["404"]()
        if self.quota <= 0:
            return self._refusals()["429"]()
        self.quota -= 1
        now, params = self.clock(), request.params
        least, most = int(params.get("since_id", 0)), int(params.get("max_id", 1 << 80))
        found = sorted(
            (
                status
                for status in self._statuses
                if status.visible_at <= now and status.hashtag == unquote(timeline[1]) and least < status.number < most
            ),
            key=lambda status: status.number,
            reverse=True,
        )
        page = [status.body for status in found[: min(int(params.get("limit", "20")), 40)]]
        return as_json(page, ids=[status["uri"] for status in page], headers=self._window())

    def _window(self) -> Mapping[str, str]:
        reset = (self.clock() + timedelta(seconds=45)).astimezone(UTC)
        return {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": str(self.quota),
            "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        }

    def _refusals(self) -> Mapping[str, Callable[[], Answer]]:
        def broken(status: int) -> Callable[[], Answer]:
            return lambda: Answer(status, b"<html>error</html>", {"Content-Type": "text/html"})

        def told(status: int, error: str) -> Callable[[], Answer]:
            return lambda: as_json({"error": error}, status=status, headers=self._window())

        return {
            "401": told(401, "The access token is invalid"),
            "403": told(403, "This action is not allowed"),
            "404": told(404, "Record not found"),
            "422": told(422, "This method requires an authenticated user"),
            "429": told(429, "Too many requests"),
            "object": lambda: as_json({"error": "none"}),
            "strangers": lambda: as_json([{"text": "no status"}]),
            **{str(status): broken(status) for status in (500, 502, 503, 504)},
        }
