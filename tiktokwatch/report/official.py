"""What TikTok's own accounts wrote about the time of an outage, and how long that took them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tiktokwatch.records import Outage, Post, Step
from tiktokwatch.report import words
from tiktokwatch.report.phrases import source_words
from tiktokwatch.report.printable import address, excerpt, printable
from tiktokwatch.report.quotes import LONGEST
from tiktokwatch.report.reading import Reading

AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Word:
    """One official post, fit to be shown: `author`, `url` and `text` are "" where they are unknown or were dropped."""

    at: datetime
    source: str
    author: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Official:
    """The official posts from the onset of an outage until a day after its end, oldest first.

    `is_watched` says whether official accounts are read at all: otherwise their silence means nothing.
    """

    said: tuple[Word, ...] = ()
    is_watched: bool = False


NOTHING = Official()


class OfficialPosts:
    """The sink that keeps the official posts of a run that is not stored."""

    def __init__(self) -> None:
        self.posts: list[Post] = []

    def __call__(self, step: Step) -> None:
        """Take what one tick brought."""
        self.posts += [judged.post for judged in step.judged if judged.post.kind == "official"]


def of_outages(reading: Reading, outages: Sequence[Outage]) -> Mapping[int, Official]:
    """Return the official word on each outage, by its number."""
    if not outages:
        return {}
    posts = reading.official_words(since=min(outage.onset for outage in outages))
    return among(posts, outages, is_watched=bool(posts) or bool(reading.official_words()))


def among(posts: Iterable[Post], outages: Iterable[Outage], *, is_watched: bool = True) -> Mapping[int, Official]:
    """Return those of `posts` that fall to each outage, by its number."""
    posts = sorted(posts, key=lambda post: (post.at, post.id))
    found = {}
    for outage in outages:
        said = tuple(word(post) for post in posts if _falls_to(outage, post.at))
        found[outage.id] = Official(said, is_watched=is_watched)
    return found


def _falls_to(outage: Outage, at: datetime) -> bool:
    return outage.onset <= at and (outage.ended_at is None or at < outage.ended_at + AFTER)


def word(post: Post) -> Word:
    """Make an official post fit to be shown; whoever took the account over may have written it."""
    return Word(post.at, post.source, printable(post.author), address(post.url), excerpt(post.text, limit=LONGEST))


def delay_words(outage: Outage, official: Official) -> str:
    """Return how long TikTok's first word took: "official word after 52 min"; "" where there is nothing to say."""
    if official.said:
        return f"official word after {words.duration(official.said[0].at - outage.onset)}"
    return "no official word so far" if official.is_watched and outage.ended_at is None else ""


def first_words(outage: Outage, official: Official, *, zone: ZoneInfo, now: datetime) -> str:
    """Return the same with where it was, when, and what it says."""
    said = delay_words(outage, official)
    if not official.said:
        return said
    first = official.said[0]
    quote = f": “{first.text}”" if first.text else ""
    return f"{said} ({source_words(first.source)}, {words.moment(first.at, zone, now=now)}){quote}"


def official_json(official: Official) -> list[dict[str, Any]]:
    """Return official posts for machines; `author` and `text` are left out where they are not known."""
    return [
        {
            "at": words.stamp(one.at),
            "source": one.source,
            **({"author": one.author} if one.author else {}),
            "url": one.url or None,
            **({"text": one.text} if one.text else {}),
        }
        for one in official.said
    ]
