"""A collector without a network, for whoever tests what is done with batches."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event

from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch, Post


class ScriptedCollector:
    """Hands over what was published up to `lag` seconds ago, and fails as often as it was told to."""

    def __init__(self, *, name: str = "scripted", source: str = "x", lag: float = 0) -> None:
        self.name = name
        self.source = source
        self.polls = 0
        self._lag = timedelta(seconds=lag)
        self._posts: list[Post] = []
        self._errors: list[CollectError] = []
        self._hangs = False
        self._closed = Event()

    def publish(self, *, text: str, at: datetime, author: str = "ann", visible_at: datetime | None = None) -> str:
        """Publish a post of the moment `at`, and return its id, bare as a network would give it."""
        del visible_at  # nothing is late here: the next poll finds it
        number = str(len(self._posts) + 1)
        self._posts.append(Post(id=f"{self.source}:{number}", source=self.source, at=at, author=author, text=text))
        return number

    def fail(self, *errors: CollectError) -> None:
        """Let the next polls fail, each with one of `errors`."""
        self._errors += errors

    def hang(self) -> None:
        """Let the next poll hang until it is closed."""
        self._hangs = True

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        self.polls += 1
        if self._hangs:
            self._closed.wait()
        if self._closed.is_set():
            raise CollectError(f"{self.name}: closed")
        if self._errors:
            raise self._errors.pop(0)
        through = now - self._lag
        if since >= through:
            return Batch(self.name, self.source, since, since, cursor=cursor)
        posts = tuple(post for post in self._posts if since <= post.at < through)
        return Batch(self.name, self.source, since, through, posts, cursor=through.isoformat())

    def close(self) -> None:
        self._closed.set()
