"""Drafts as a searching client of the X API v2 records them: a response page a line, newest post first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from random import Random
from typing import Any

from tiktokwatch.demo.moments import START
from tiktokwatch.demo.people import Person
from tiktokwatch.demo.scenes import Draft
from tiktokwatch.records import EPOCH

_PAGE = 100
_POLL = timedelta(minutes=30)

_URL = (
    "https://api.x.com/2/tweets/search/recent?query=%28tiktok%20OR%20%22tik%20tok%22%20OR%20instagram%20OR%20insta"
    "%20OR%20ig%29%20lang%3Aen&max_results=100&expansions=author_id%2Creferenced_tweets.id%2C"
    "referenced_tweets.id.author_id&tweet.fields=author_id%2Cconversation_id%2Ccreated_at%2Centities%2Cid%2C"
    "in_reply_to_user_id%2Clang%2Cpublic_metrics%2Creferenced_tweets%2Ctext&user.fields=id%2Cname%2Cusername"
)
_VERSION = "2.14.1"
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
_SUPPORT = "1051176352138330112"
_CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SHORT_TEXT = 140

# Shares of ordinary posts that answer or quote another one.
_REPLIES = 0.07
_QUOTES = 0.03
_TALKATIVE = ("ordinary", "jokes", "policy", "ban", "joke day", "outage", "outage jokes", "recovery", "instagram")

# A request that the API refused, and a page that was cut off when the recorder was stopped, and fetched again.
_REFUSED = START + timedelta(hours=12)
_CUT_OFF = START + timedelta(hours=30)


def lines(drafts: Sequence[Draft], rng: Random) -> Iterator[str]:
    """Yield the lines of the recording, given its drafts in order of time."""
    book = _Book(rng)
    refused = cut_off = False
    for until, page in _pages(drafts):
        line = json.dumps(_response(book, page, until), ensure_ascii=False)
        if until > _REFUSED and not refused:
            refused = True
            yield json.dumps(_refusal(until))
        if until > _CUT_OFF and not cut_off:
            cut_off = True
            yield line[: len(line) * 3 // 5]
        yield line


def _pages(drafts: Sequence[Draft]) -> Iterator[tuple[datetime, list[Draft]]]:
    """Yield what each poll finds, with its time: every half an hour, sooner where there is a page full."""
    page: list[Draft] = []
    until = START + _POLL
    for draft in drafts:
        while draft.at >= until or len(page) == _PAGE:
            if page:
                yield min(until, page[-1].at + timedelta(seconds=1)) if len(page) == _PAGE else until, page
            page = []
            if draft.at >= until:
                until += _POLL
        page.append(draft)
    yield until, page


class _Book:
    """The posts that were written down so far, by their drafts."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._known: dict[Draft, dict[str, Any]] = {}
        self._recent: list[Draft] = []

    def entry(self, draft: Draft) -> dict[str, Any]:
        if draft not in self._known:
            self._known[draft] = self._written(draft)
            if draft.form == "post":
                self._recent = [*self._recent[-40:], draft]
        return self._known[draft]

    def _written(self, draft: Draft) -> dict[str, Any]:
        number = self._number(draft.at)
        tweet: dict[str, Any] = {
            "id": number,
            "edit_history_tweet_ids": [number],
            "conversation_id": number,
            "author_id": str(draft.author.number),
            "created_at": f"{draft.at:%Y-%m-%dT%H:%M:%S}.000Z",
            "lang": "en",
            "text": escape(draft.text, quote=False),
            "public_metrics": self._metrics(draft),
        }
        if draft.of:
            self._repeat(tweet, draft.of)
        elif draft.text.startswith("@"):
            tweet["in_reply_to_user_id"] = _SUPPORT
        elif draft.scene in _TALKATIVE and self._recent:
            self._join_in(tweet, draft)
        if draft.link:
            self._link(tweet, draft.link)
        return tweet

    def _number(self, at: datetime) -> str:
        since = (at - EPOCH) // timedelta(milliseconds=1) - _SNOWFLAKE_EPOCH_MS
        return str(since << 22 | self._rng.randrange(1 << 22))

    def _metrics(self, draft: Draft) -> dict[str, int]:
        likes = 0 if draft.of else self._rng.choice((0, 0, 0, 0, 1, 1, 2, 3, 5, 11))
        return {"retweet_count": 0, "reply_count": likes // 4, "like_count": likes, "quote_count": 0}

    def _repeat(self, tweet: dict[str, Any], of: Draft) -> None:
        text = f"RT @{of.author.name}: {of.text}"
        tweet["text"] = escape(text if len(text) <= _SHORT_TEXT else f"{text[: _SHORT_TEXT - 1]}…", quote=False)
        tweet["referenced_tweets"] = [{"type": "retweeted", "id": self.entry(of)["id"]}]

    def _join_in(self, tweet: dict[str, Any], draft: Draft) -> None:
        chance, other = self._rng.random(), self._rng.choice(self._recent)
        if chance < _REPLIES and other.author != draft.author:
            tweet["text"] = f"@{other.author.name} {tweet['text']}"
            tweet["in_reply_to_user_id"] = str(other.author.number)
            tweet["conversation_id"] = self.entry(other)["conversation_id"]
            tweet["referenced_tweets"] = [{"type": "replied_to", "id": self.entry(other)["id"]}]
        elif chance > 1 - _QUOTES:
            number = self.entry(other)["id"]
            tweet["referenced_tweets"] = [{"type": "quoted", "id": number}]
            self._link(tweet, f"https://twitter.com/{other.author.name}/status/{number}")

    def _link(self, tweet: dict[str, Any], link: str) -> None:
        short = "https://t.co/" + "".join(self._rng.choice(_CODE) for _ in range(10))
        start = len(tweet["text"]) + 1
        tweet["text"] = f"{tweet['text']} {short}"
        shown = link.removeprefix("https://")
        url = {"start": start, "end": start + len(short), "url": short, "expanded_url": link, "display_url": shown}
        tweet["entities"] = {"urls": [url]}

    def referred(self, tweets: Sequence[Mapping[str, Any]]) -> list[Draft]:
        """Return the drafts that these posts refer to, each once."""
        numbers = {reference["id"] for tweet in tweets for reference in tweet.get("referenced_tweets", ())}
        return [draft for draft, tweet in self._known.items() if tweet["id"] in numbers]


def _response(book: _Book, page: Sequence[Draft], until: datetime) -> dict[str, Any]:
    tweets = [book.entry(draft) for draft in page][::-1]
    referred = book.referred(tweets)
    people = dict.fromkeys([*(draft.author for draft in reversed(page)), *(draft.author for draft in referred)])
    includes: dict[str, Any] = {"users": [_user(person) for person in people]}
    if referred:
        includes["tweets"] = [book.entry(draft) for draft in referred]
    numbers = sorted((tweet["id"] for tweet in tweets), key=int)
    return {
        "data": tweets,
        "includes": includes,
        "meta": {"newest_id": numbers[-1], "oldest_id": numbers[0], "result_count": len(tweets)},
        "__twarc": _stamp(until),
    }


def _user(person: Person) -> dict[str, str]:
    name = person.name.rstrip("0123456789").replace("_", " ").title()
    return {"id": str(person.number), "name": name, "username": person.name}


def _stamp(at: datetime) -> dict[str, str]:
    return {"url": _URL, "version": _VERSION, "retrieved_at": f"{at:%Y-%m-%dT%H:%M:%S}+00:00"}


def _refusal(at: datetime) -> dict[str, Any]:
    error = {
        "parameters": {"since_id": ["0"]},
        "title": "Invalid Request",
        "detail": "'since_id' must be a post id created after the start of the search window",
        "type": "https://api.x.com/2/problems/invalid-request",
    }
    return {"errors": [error], "__twarc": _stamp(at)}
