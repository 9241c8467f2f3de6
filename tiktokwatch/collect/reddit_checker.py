"""Which posts of Reddit are still there: what was deleted or removed since it was read must be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tiktokwatch.collect import reddit_posts
from tiktokwatch.errors import CollectError

_PAGE = 100
_ID = re.compile(r"reddit:(t[13]_[0-9a-z]{1,13})")

# Of so many posts some are always left; where none is, something else is wrong, and forgetting is for good.
_UNLIKELY = 20


class RedditChecker:
    """Looks posts up by their names, a hundred a request; `timeout` bounds a request, in seconds."""

    source = "reddit"

    def __init__(
        self,
        *,
        name: str = "reddit-checker",
        client_id: str,
        client_secret: str,
        user_agent: str,
        reddit_url: str = "https://www.reddit.com",
        oauth_url: str = "https://oauth.reddit.com",
        timeout: float = 20,
    ) -> None:
        from tiktokwatch.collect.reddit_client import RedditClient  # noqa: PLC0415 - praw takes half a second

        self.name = name
        self._client = RedditClient(
            name=name,
            client_id=client_id,
            client_secret=client_secret,
            user_agent=user_agent,
            reddit_url=reddit_url,
            oauth_url=oauth_url,
            timeout=timeout,
        )

    def gone(self, ids: Sequence[str], *, now: datetime) -> frozenset[str]:
        """Return those of `ids` that Reddit no longer has, has blanked, or whose author it no longer names.

        Ids that are none of Reddit's are passed over. Raises CollectError, and then nothing is known of any.
        """
        names = [match[1] for match in map(_ID.fullmatch, dict.fromkeys(ids)) if match]
        there: set[str] = set()
        for start in range(0, len(names), _PAGE):
            # Each request has its own time: many of them may take longer than a poll.
            self._client.start(now)
            page = names[start : start + _PAGE]
            children = self._client.info(page)["children"]
            if not children and len(page) >= _UNLIKELY:
                raise CollectError(f"{self.name}: none of {len(page)} posts is there, which is hard to believe")
            there.update(self._there(children))
        return frozenset(f"reddit:{name}" for name in names if name not in there)

    def close(self) -> None:
        """Let go of connections; a `gone` under way in another thread ends with CollectError."""
        self._client.close()

    def _there(self, children: Sequence[Any]) -> Iterator[str]:
        for child in children:
            thing = child.get("data") if isinstance(child, dict) else None
            name = thing.get("name") if isinstance(thing, Mapping) else None
            if not isinstance(thing, Mapping) or not isinstance(name, str):
                # To take it for a deletion would be for good.
                raise CollectError(f"{self.name}: the answer holds something that is neither submission nor comment")
            if reddit_posts.has_author(thing) and not reddit_posts.is_taken_back(thing):
                yield name
