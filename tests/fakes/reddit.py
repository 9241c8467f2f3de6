"""Reddit's token endpoint, its listings, its search and its look-up by name, as far as a collector can tell."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from tests.fakes.web import Answer, Request, Web, as_json
from tiktokwatch.collect.reddit import RedditNew
from tiktokwatch.collect.reddit_checker import RedditChecker

CAP = 1000
INFO = 100
LISTING = re.compile(r"/r/([\w+]+)/(new|comments)/?")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class _Thing:
    at: datetime
    visible_at: datetime
    kind: str
    data: Mapping[str, Any]
    is_listed: bool = True


class RedditServer:
    """Answers POST /api/v1/access_token, and GET of listings, searches and names, with what was published.

    That is /r/a+b/new, /r/a+b/comments/, /r/all/search/ and /api/info/. `exists` names the subreddits that there are;
    None: all. `remaining` is what is left of the request quota. The search finds what is visible for `indexing`.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.client_id = "reddit-id"
        self.client_secret = "reddit-hush"
        self.credentials = f"the client id is {self.client_id}, its secret {self.client_secret}"
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.exists: set[str] | None = None
        self.remaining = 600.0
        self.indexing = timedelta(0)
        self.tokens: list[str] = []
        self._revoked: set[str] = set()
        self._things: list[_Thing] = []
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

    def collector(self, **options: Any) -> RedditNew:
        """Return a collector that asks this server for r/TikTok and r/TikTokHelp."""
        return RedditNew(**{**self._common(), "subreddits": ("TikTok", "TikTokHelp"), **options})

    def checker(self, **options: Any) -> RedditChecker:
        """Return a checker that asks this server."""
        return RedditChecker(**{**self._common(), **options})

    def _common(self) -> dict[str, Any]:
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "user_agent": "linux:tiktokwatch:0 (by /u/nobody)",
            "reddit_url": self.url,
            "oauth_url": self.url,
            "timeout": 10,
        }

    def publish(
        self,
        *,
        text: str,
        at: datetime,
        author: str | None = "ann",
        kind: str = "post",
        subreddit: str = "TikTok",
        visible_at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """Publish a "post" or "comment" of the moment `at`, listed from `visible_at` on, and return its fullname."""
        number = _base36(1_600_000_000 + len(self._things))
        name = f"{'t3' if kind == 'post' else 't1'}_{number}"
        data = {
            "id": number,
            "name": name,
            "author": author,
            "subreddit": subreddit,
            "created_utc": float(int(at.timestamp())),
            "edited": False,
            "score": 1,
        }
        data |= _submission(number, text, subreddit) if kind == "post" else _comment(number, text, subreddit)
        self._things.append(_Thing(at, visible_at or at, kind, {**data, **fields}))
        return name

    def delete(self, fullname: str, *, is_listed: bool = False) -> None:
        """Blank something, as its author would; Reddit lists it still only where others have answered."""
        blank = {"author": "[deleted]", "removed_by_category": "deleted"}
        self._change(fullname, "[deleted]", fields=blank, is_listed=is_listed)

    def remove(self, fullname: str, *, is_listed: bool = False) -> None:
        """Blank something, as a moderator would."""
        self._change(fullname, "[removed]", fields={"removed_by_category": "moderator"}, is_listed=is_listed)

    def edit(self, fullname: str, text: str) -> None:
        """Give something another text, now."""
        self._change(fullname, text, fields={"edited": self.clock().timestamp()})

    def leave(self, author: str) -> None:
        """Close an account: what was written stays, without a name."""
        for thing in [thing for thing in self._things if thing.data["author"] == author]:
            self._replace(thing, {"author": None})

    def _change(self, fullname: str, text: str, *, fields: Mapping[str, Any], is_listed: bool = True) -> None:
        thing = next(thing for thing in self._things if thing.data["name"] == fullname)
        if thing.kind == "comment":
            self._replace(thing, {**fields, "body": text}, is_listed=is_listed)
            return
        title, _, body = text.partition("\n\n")
        words = {"selftext": text} if text in ("[deleted]", "[removed]") else {"title": title, "selftext": body}
        self._replace(thing, {**fields, **words}, is_listed=is_listed)

    def _replace(self, thing: _Thing, fields: Mapping[str, Any], *, is_listed: bool = True) -> None:
        known = {name: value for name, value in fields.items() if name in thing.data}
        self._things[self._things.index(thing)] = replace(thing, data={**thing.data, **known}, is_listed=is_listed)

    def revoke(self) -> None:
        """Forget all tokens given so far."""
        self._revoked.update(self.tokens)

    def _respond(self, request: Request) -> Answer:
        if request.path == "/api/v1/access_token":
            return self._token(request)
        token = request.headers.get("Authorization", "").removeprefix("bearer ")
        if token not in self.tokens or token in self._revoked:
            problem = {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}
            return as_json({"message": "Unauthorized", "error": 401}, status=401, headers=problem)
        if request.path == "/r/all/search/":
            return self._answer(self._found(request.params), request.params)
        if request.path == "/api/info/":
            names = request.params.get("id", "").split(",")[:INFO]
            return self._answer([thing for thing in self._things if thing.data["name"] in names], {"limit": str(INFO)})
        listing = LISTING.fullmatch(request.path)
        return self._refusals()["404"]() if listing is None else self._newest(listing, request.params)

    def _newest(self, listing: re.Match[str], params: Mapping[str, str]) -> Answer:
        wanted = set(listing[1].split("+"))
        if self.exists is not None and not wanted <= self.exists:
            return Answer(302, b"", {"Location": f"{self.url}/subreddits/search?q={listing[1]}"})
        kind = "post" if listing[2] == "new" else "comment"
        things = [thing for thing in self._visible(timedelta(0)) if thing.kind == kind]
        return self._answer([thing for thing in things if thing.data["subreddit"] in wanted], params)

    def _token(self, request: Request) -> Answer:
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return self._refusals()["401"]()
        self.tokens.append(f"reddit-token-hush-{len(self.tokens)}")
        return as_json({"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": 86400, "scope": "*"})

    def _visible(self, after: timedelta) -> list[_Thing]:
        now = self.clock()
        return [thing for thing in self._things if thing.is_listed and thing.visible_at + after <= now]

    def _found(self, params: Mapping[str, str]) -> list[_Thing]:
        """Return the submissions of the last day that hold every word of a query."""
        words = params["q"].casefold().split()
        since = self.clock() - timedelta(days=1)
        submissions = [thing for thing in self._visible(self.indexing) if thing.kind == "post" and thing.at >= since]
        texts = {thing.data["name"]: f"{thing.data['title']} {thing.data['selftext']}" for thing in submissions}
        return [thing for thing in submissions if all(word in texts[thing.data["name"]].casefold() for word in words)]

    def _answer(self, things: Iterable[_Thing], params: Mapping[str, str]) -> Answer:
        # Equal times in the order of ids, newest first.
        ordered = sorted(things, key=lambda thing: (thing.at, thing.data["name"]), reverse=True)[:CAP]
        found = _listing(ordered, params)
        ids = [child["data"]["name"] for child in found["data"]["children"]]
        return as_json(found, headers=self._quota(), ids=ids)

    def _quota(self) -> Mapping[str, str]:
        self.remaining = max(self.remaining - 1, 0)
        return {
            "x-ratelimit-remaining": f"{self.remaining:.1f}",
            "x-ratelimit-used": f"{600 - self.remaining:.0f}",
            "x-ratelimit-reset": "59.5",
        }

    def _refusals(self) -> Mapping[str, Callable[[], Answer]]:
        def plain(status: int, message: str, **headers: str) -> Callable[[], Answer]:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return lambda: as_json({"message": message, "error": status}, status=status, headers=named)

        def broken(status: int) -> Callable[[], Answer]:
            return lambda: Answer(status, b"<html>Our CDN was unable to reach our servers</html>")

        return {
            "400": plain(400, "Bad Request"),
            "401": plain(401, "Unauthorized"),
            "402": plain(402, "Payment Required"),
            "403": plain(403, "Forbidden", x_reason="private"),
            "404": plain(404, "Not Found"),
            "429": plain(
                429, "Too Many Requests", x_ratelimit_remaining="0", x_ratelimit_used="601", x_ratelimit_reset="42"
            ),
            "429-no-reset": plain(429, "Too Many Requests"),
            "500": broken(500),
            "503": broken(503),
        }


def _listing(things: Sequence[_Thing], params: Mapping[str, str]) -> Any:
    names = [thing.data["name"] for thing in things]
    start = names.index(params["after"]) + 1 if params.get("after") in names else 0
    stop = names.index(params["before"]) if params.get("before") in names else len(things)
    page = things[start:stop][: int(params.get("limit", "25"))]
    ended = start + len(page) >= len(things)
    return {
        "kind": "Listing",
        "data": {
            "after": None if ended or not page else page[-1].data["name"],
            "dist": len(page),
            "modhash": None,
            "geo_filter": "",
            "children": [{"kind": thing.data["name"][:2], "data": thing.data} for thing in page],
            "before": None,
        },
    }


def _submission(number: str, text: str, subreddit: str) -> dict[str, Any]:
    title, _, body = text.partition("\n\n")
    permalink = f"/r/{subreddit}/comments/{number}/untitled/"
    return {
        "title": title,
        "selftext": body,
        "is_self": True,
        "num_comments": 0,
        "over_18": False,
        "permalink": permalink,
        "removed_by_category": None,
        "url": f"https://www.reddit.com{permalink}",
    }


def _comment(number: str, text: str, subreddit: str) -> dict[str, Any]:
    return {
        "body": text,
        "link_id": "t3_zz",
        "link_title": "Daily thread",
        "parent_id": "t3_zz",
        "permalink": f"/r/{subreddit}/comments/zz/daily_thread/{number}/",
    }


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits
