"""The search that Algolia runs for Hacker News, as far as a collector can tell."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from tests.fakes.web import Answer, Request, Web, as_json
from tiktokwatch.collect.hackernews import HackerNews

CAP = 1000
BOUND = re.compile(r"created_at_i(>=|<=|>|<)(\d+)")
COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    ">=": int.__ge__,
    "<=": int.__le__,
    ">": int.__gt__,
    "<": int.__lt__,
}


@dataclass(frozen=True)
class _Item:
    at: datetime
    visible_at: datetime
    hit: Mapping[str, Any]


class HackerNewsServer:
    """Answers GET /api/v1/search_by_date with what was published, newest first; everything matches any query."""

    credentials = "no key is needed"

    def __init__(self, *, port: int = 0) -> None:
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._items: list[_Item] = []
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

    def collector(self, **options: Any) -> HackerNews:
        """Return a collector that asks this server, whose index is faster than the real one."""
        return HackerNews(**{"base_url": self.url, "timeout": 10, "lag": 30, **options})

    def publish(
        self,
        *,
        text: str,
        at: datetime,
        author: str = "ann",
        kind: str = "comment",
        visible_at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """Publish a "comment" or a "story" (the first line is its title), found from `visible_at` on; return its id."""
        number = str(41_000_000 + len(self._items))
        hit: dict[str, Any] = {
            "_tags": [kind, f"author_{author}"],
            "author": author,
            "created_at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "created_at_i": int(at.timestamp()),
            "objectID": number,
            "story_id": int(number),
        }
        if kind == "story":
            title, _, body = text.partition("\n")
            hit |= {"title": title, "points": 1, "num_comments": 0, "story_text": _markup(body) if body else None}
        else:
            hit |= {"comment_text": _markup(text), "parent_id": 40_999_999, "story_title": "Something else"}
        self._items.append(_Item(at, visible_at or at, {**hit, **fields}))
        return number

    def delete(self, number: str) -> None:
        """Take something out of the index."""
        self._items = [item for item in self._items if item.hit["objectID"] != number]

    def _respond(self, request: Request) -> Answer:
        if request.path != "/api/v1/search_by_date":
            return self._refusals()["404"]()
        now = self.clock()
        bounds = [(COMPARE[sign], int(number)) for sign, number in BOUND.findall(request.params["numericFilters"])]
        found = sorted(
            (item for item in self._items if item.visible_at <= now and _within(item.hit["created_at_i"], bounds)),
            key=lambda item: item.hit["created_at_i"],
            reverse=True,
        )
        size, page = min(int(request.params["hitsPerPage"]), CAP), int(request.params["page"])
        hits = [dict(item.hit) for item in found[:CAP][page * size :][:size]]
        pages = -(-min(len(found), CAP) // size)
        body = {"hits": hits, "nbHits": len(found), "nbPages": pages, "page": page, "hitsPerPage": size}
        return as_json({**body, "query": request.params["query"]}, ids=[hit["objectID"] for hit in hits])

    def _refusals(self) -> Mapping[str, Callable[[], Answer]]:
        def broken(status: int) -> Callable[[], Answer]:
            return lambda: Answer(status, b"<html>error</html>", {"Content-Type": "text/html"})

        return {
            "400": lambda: as_json({"message": "invalid numeric attribute", "status": 400}, status=400),
            "403": lambda: as_json({"message": "Forbidden", "status": 403}, status=403),
            "404": lambda: as_json({"message": "Not found", "status": 404}, status=404),
            "429": lambda: as_json({"message": "Too many requests"}, status=429, headers={"Retry-After": "60"}),
            "object": lambda: as_json({"message": "fine"}),
            **{str(status): broken(status) for status in (500, 502, 503, 504)},
        }


def _within(seconds: int, bounds: list[tuple[Callable[[int, int], bool], int]]) -> bool:
    return all(compare(seconds, bound) for compare, bound in bounds)


def _markup(text: str) -> str:
    return "<p>".join(html.escape(part).replace("/", "&#x2F;") for part in text.split("\n\n"))
