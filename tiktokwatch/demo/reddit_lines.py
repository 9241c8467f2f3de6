"""Drafts as the monthly dumps of Reddit have them: a submission or a comment a line, in order of time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from html import escape
from random import Random
from typing import Any

from tiktokwatch.demo.moments import START
from tiktokwatch.demo.scenes import Draft

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIRST_SUBMISSION = int("1rj0000", 36)
_FIRST_COMMENT = int("o850000", 36)

# Threads from before the recording, for comments that come before the first submission of their subreddit.
_OLD_THREADS = {"TikTok": "1rha41c", "TikTokHelp": "1rh7k2p", "Instagram": "1rhc9e0", "politics": "1rhd3zz"}
_OLD_THREAD = "1rh00qa"

_SUBREDDIT_IDS = {
    "TikTok": "t5_3eyjp",
    "TikTokHelp": "t5_2bn4k1",
    "Instagram": "t5_2u1if",
    "politics": "t5_2cneq",
    "technology": "t5_2qh16",
}

# A comment that was removed before it was dumped: the recording has the line, and nobody's words.
_REMOVED = START + timedelta(hours=40)


def lines(drafts: Sequence[Draft], rng: Random) -> Iterator[str]:
    """Yield the lines of the recording, given its drafts in order of time."""
    threads = dict(_OLD_THREADS)
    removed = False
    submission, comment = _FIRST_SUBMISSION, _FIRST_COMMENT
    for draft in drafts:
        if draft.form == "comment":
            comment += rng.randrange(1, 4000)
            thing = _comment(draft, _base36(comment), threads.get(draft.subreddit, _OLD_THREAD))
        else:
            submission += rng.randrange(1, 1500)
            threads[draft.subreddit] = _base36(submission)
            thing = _submission(draft, _base36(submission))
        if draft.at > _REMOVED and draft.form == "comment" and not removed:
            removed = True
            comment += 1
            gone = {"id": _base36(comment), "name": f"t1_{_base36(comment)}", "body": "[removed]"}
            yield json.dumps(thing | gone | {"author": "[deleted]", "author_fullname": None}, ensure_ascii=False)
        yield json.dumps(thing, ensure_ascii=False)


def _common(draft: Draft, name: str, permalink: str) -> dict[str, Any]:
    seconds = int(draft.at.timestamp())
    return {
        "author": draft.author.name,
        "author_fullname": f"t2_{_base36(draft.author.number)}",
        "created_utc": seconds,
        "edited": False,
        "id": name[3:],
        "name": name,
        "permalink": permalink,
        "retrieved_on": seconds + 17,
        "score": 1,
        "stickied": False,
        "subreddit": draft.subreddit,
        "subreddit_id": _SUBREDDIT_IDS[draft.subreddit],
    }


def _submission(draft: Draft, number: str) -> dict[str, Any]:
    slug = re.sub(r"[^a-z0-9]+", "_", draft.text.lower()).strip("_")[:50]
    permalink = f"/r/{draft.subreddit}/comments/{number}/{slug}/"
    more: dict[str, Any] = {
        "domain": draft.link.split("/")[2] if draft.link else f"self.{draft.subreddit}",
        "is_self": not draft.link,
        "num_comments": 0,
        "over_18": False,
        "removed_by_category": None,
        "selftext": escape(draft.body, quote=False),
        "title": escape(draft.text, quote=False),
        "url": draft.link or f"https://www.reddit.com{permalink}",
    }
    return _common(draft, f"t3_{number}", permalink) | more


def _comment(draft: Draft, number: str, thread: str) -> dict[str, Any]:
    permalink = f"/r/{draft.subreddit}/comments/{thread}/_/{number}/"
    more = {"body": escape(draft.text, quote=False), "link_id": f"t3_{thread}", "parent_id": f"t3_{thread}"}
    return _common(draft, f"t1_{number}", permalink) | more


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
