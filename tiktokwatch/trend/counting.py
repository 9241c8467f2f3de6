"""Posts into the counts of minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tiktokwatch.records import Bucket, Count, Judged, Standing, minute_of
from tiktokwatch.trend.people import COMPLAINING, People, author_key

REMEMBER_IDS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Counted:
    """A settled minute: its buckets by source, how its posts stand, its complaint posts and who wrote them."""

    buckets: tuple[Bucket, ...]
    standings: dict[str, Standing]
    complaints: int
    authors: frozenset[str]


class Counting:
    """Holds judged posts until their minute is settled; the order in which they came does not matter."""

    def __init__(self, past: Iterable[Judged] = (), counts: Iterable[Count] = ()) -> None:
        self._people = People()
        self._waiting: dict[datetime, list[Judged]] = {}
        self._volumes: dict[datetime, dict[str, int]] = {}
        self._seen: dict[str, datetime] = {}
        self.take(counts)
        for judged in past:
            if judged.standing is None:
                self.add(judged)
            else:
                self._seen[judged.post.id] = judged.post.at
                self._people.recall([judged])

    def is_known(self, post_id: str) -> bool:
        """Say whether a post came before, within the last day."""
        return post_id in self._seen

    def note(self, judged: Judged) -> None:
        """Remember a post that is not to be counted, so that it is known when it comes again."""
        self._seen[judged.post.id] = judged.post.at

    def add(self, judged: Judged) -> None:
        """Take a post that is to be counted."""
        self.note(judged)
        self._waiting.setdefault(minute_of(judged.post.at), []).append(judged)

    def take(self, counts: Iterable[Count]) -> None:
        """Take what a source counted of minutes that are not settled; of two counts of a minute, the larger one."""
        for count in counts:
            volumes = self._volumes.setdefault(count.at, {})
            volumes[count.source] = max(count.posts, volumes.get(count.source, 0))

    def preview(self, source: str, *, recent: int) -> list[Bucket]:
        """Return the last `recent` minutes of a source that wait, counted as if nobody had complained before them."""
        minutes = sorted({*self._waiting, *self._volumes})[-recent:]
        return [self._preview(source, minute) for minute in minutes]

    def next_waiting(self, after: datetime) -> datetime | None:
        """Return the first minute after `after` for which a post waits."""
        return min((start for start in self._waiting if start > after), default=None)

    def drop_before(self, start: datetime) -> dict[str, Standing]:
        """Let go of posts from before the watch began, as late."""
        self._volumes = {minute: volumes for minute, volumes in self._volumes.items() if minute >= start}
        early = [minute for minute in self._waiting if minute < start]
        return {judged.post.id: "late" for minute in early for judged in self._waiting.pop(minute)}

    def settle(self, start: datetime, *, covered: Collection[str]) -> Counted:
        """Count the minute that begins at `start`, and let its posts go."""
        posts = sorted(self._waiting.pop(start, ()), key=lambda judged: (judged.post.at, judged.post.id))
        standings = {judged.post.id: self._people.standing(judged) for judged in posts}
        complaining = [judged for judged in posts if standings[judged.post.id] in COMPLAINING]
        volumes = self._volumes.pop(start, {})
        buckets = tuple(
            replace(_bucket(source, start, source in covered, posts, standings), volume=volumes.get(source, 0))
            for source in sorted({*covered, *(judged.post.source for judged in posts)})
        )
        return Counted(buckets, standings, len(complaining), frozenset(map(author_key, complaining)))

    def _preview(self, source: str, minute: datetime) -> Bucket:
        own = [judged for judged in self._waiting.get(minute, ()) if judged.post.source == source]
        complaining = [judged for judged in own if "complaint" in judged.verdict.labels]
        return Bucket(
            source,
            minute,
            covered=False,
            posts=len(own),
            complaints=len(set(map(author_key, complaining))),
            chatter=len(own) - len(complaining),
            volume=self._volumes.get(minute, {}).get(source, 0),
        )

    def forget_before(self, settled: datetime) -> None:
        """Drop what can no longer matter once `settled` is reached."""
        self._people.forget_before(settled)
        self._volumes = {minute: volumes for minute, volumes in self._volumes.items() if minute >= settled}
        horizon = settled - REMEMBER_IDS
        self._seen = {key: at for key, at in self._seen.items() if at >= horizon}


def _bucket(
    source: str,
    start: datetime,
    covered: bool,  # noqa: FBT001  # a field of the bucket, handed on
    posts: Iterable[Judged],
    standings: dict[str, Standing],
) -> Bucket:
    own = [judged for judged in posts if judged.post.source == source]
    if not own:
        return Bucket(source, start, covered)
    counted = [judged.verdict for judged in own if standings[judged.post.id] == "counted"]
    said = Counter(label for judged in own if judged.post.kind != "repost" for label in judged.verdict.labels)
    return Bucket(
        source,
        start,
        covered,
        posts=len(own),
        complaints=len(counted),
        memes=said["meme"],
        policy=said["policy"],
        recovery=said["recovery"],
        elsewhere=sum(not judged.verdict.about_tiktok for judged in own),
        chatter=sum(standings[judged.post.id] == "other" and judged.post.kind != "repost" for judged in own),
        aspects=dict(sorted(Counter(aspect for verdict in counted for aspect in verdict.aspects).items())),
        places=dict(sorted(Counter(place for verdict in counted for place in verdict.places).items())),
    )
