"""A store of lists, and days to put into it: a calm one, one with an outage, one with holes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import cos, exp, pi

from tiktokwatch.records import (
    MINUTE,
    Bucket,
    Evidence,
    Expense,
    Gap,
    Judged,
    Mark,
    Outage,
    Post,
    State,
    Transition,
    Verdict,
)

ASPECTS = ("feed", "login", "app", "upload", "counts")
PLACES = ("United States", "New York", "United Kingdom", "Germany")
SAID = (
    "is anyone else's fyp just grey? pulled to refresh ten times and nothing",
    "tiktok logged me out and says no internet connection, my wifi is fine",
    "my upload has been stuck at 0% for half an hour, thanks tiktok",
    "no puedo entrar a tiktok, alguien más?",
    "every video says couldn't load, tap to try again. server problems again?",
    "tiktok down in new york or is it just me",
    "0 views on everything since noon, something is broken over there",
    "TikTok ist schon wieder weg, nur noch ein schwarzer Bildschirm",
    "reinstalled the app twice and it still cannot connect to the server",
    "comments won't load and the inbox is empty, what is going on",
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@dataclass
class FakeReading:
    settled_at: datetime | None = None
    present: State = "calm"
    all_outages: list[Outage] = field(default_factory=list)
    all_transitions: list[Transition] = field(default_factory=list)
    all_marks: list[Mark] = field(default_factory=list)
    all_buckets: list[Bucket] = field(default_factory=list)
    all_evidence: list[Evidence] = field(default_factory=list)
    all_judged: list[Judged] = field(default_factory=list)
    all_gaps: list[Gap] = field(default_factory=list)
    all_expenses: list[Expense] = field(default_factory=list)
    all_official: list[Post] = field(default_factory=list)

    def settled(self) -> datetime | None:
        return self.settled_at

    def state(self) -> tuple[State, Transition | None]:
        return self.present, self.all_transitions[-1] if self.all_transitions else None

    def outages(self, *, since: datetime | None = None) -> list[Outage]:
        return [o for o in self.all_outages if since is None or o.ended_at is None or o.ended_at >= since]

    def marks(self) -> list[Mark]:
        return self.all_marks

    def buckets(self, *, since: datetime, until: datetime, source: str | None = None) -> list[Bucket]:
        return [b for b in self.all_buckets if since <= b.at < until and source in {None, b.source}]

    def evidence(self, *, since: datetime, until: datetime) -> list[Evidence]:
        return [e for e in self.all_evidence if since <= e.at < until]

    def samples(self, *, since: datetime, until: datetime, limit: int, standing: str = "counted") -> list[Judged]:
        found = [j for j in self.all_judged if since <= j.post.at < until and j.standing == standing]
        return sorted(found, key=lambda j: (j.post.at, j.post.id), reverse=True)[:limit]

    def people(self, *, since: datetime, until: datetime) -> int:
        return len({(j.post.source, j.post.author) for j in self.samples(since=since, until=until, limit=10**9)})

    def tallies(self, *, since: datetime, until: datetime) -> Counter[str]:
        counts = Counter()
        for bucket in self.buckets(since=since, until=until):
            counts["complaint"] += bucket.complaints
            counts["meme"] += bucket.memes
            counts["policy"] += bucket.policy
            counts["recovery"] += bucket.recovery
            counts["elsewhere"] += bucket.elsewhere
            counts["posts"] += bucket.posts
        return counts

    def expenses(self, *, since: datetime | None = None) -> list[Expense]:
        return [e for e in self.all_expenses if since is None or e.at >= since]

    def official_words(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Post]:
        return [p for p in self.all_official if (since is None or p.at >= since) and (until is None or p.at < until)]

    def gaps(self, *, since: datetime, until: datetime) -> list[Gap]:
        return [g for g in self.all_gaps if g.start < until and g.end > since]


def judged(
    text: str, at: datetime, *, author: str = "ann", source: str = "x", url: str = "", **verdict: object
) -> Judged:
    number = int(at.timestamp())
    post = Post(f"{source}:{number}", source, at, author, text, url=url or f"https://x.com/{author}/status/{number}")
    scores = {"complaint": 0.9, "meme": 0.0, "policy": 0.0, "recovery": 0.0, "about_tiktok": True}
    return Judged(post, Verdict(**(scores | {"labels": ("complaint",)} | verdict)), "counted")


def usual_at(at: datetime) -> float:
    """A calm minute's complaints: most in the evening, fewest before dawn."""
    hour = at.hour + at.minute / 60
    return 0.12 * (1.2 + cos((hour - 20) * pi / 12))


def rate_at(at: datetime, outages: Iterable[Outage]) -> float:
    rate = usual_at(at)
    for outage in outages:
        minutes = (at - outage.onset) / MINUTE
        end = ((outage.ended_at or outage.onset + timedelta(hours=9)) - outage.onset) / MINUTE
        if 0 <= minutes < end:
            rate += outage.peak_per_minute * (1 - exp(-minutes / 9)) * exp(-3.2 * max(0.0, minutes / end - 0.12))
    return rate


def watch(
    start: datetime, end: datetime, *, outages: Sequence[Outage] = (), holes: Sequence[tuple[datetime, datetime]] = ()
) -> FakeReading:
    """Return what a watcher of X and Reddit would have stored from `start` to `end`."""
    rng = random.Random(1)
    reading = FakeReading(settled_at=end)
    reading.all_outages = list(outages)
    for begin, stop in holes:
        reading.all_gaps += [Gap(name, name, begin, stop, "connection refused") for name in ("reddit", "x")]
    for n in range((end - start) // MINUTE):
        at = start + n * MINUTE
        if any(begin <= at < stop for begin, stop in holes):
            continue
        rate = rate_at(at, outages)
        for source, part in (("reddit", 0.25), ("x", 0.75)):
            mean = rate * part
            complaints = (
                max(0, round(rng.gauss(mean, mean**0.5)))
                if mean > 3
                else sum(rng.random() < mean / 6 for _ in range(6))
            )
            aspects = Counter(rng.choices(ASPECTS, (55, 20, 10, 9, 6), k=1)[0] for _ in range(complaints * 4 // 5))
            places = Counter(rng.choices(PLACES, (50, 12, 15, 8), k=1)[0] for _ in range(complaints // 4))
            noise = {"memes": int(rng.random() < 0.06), "policy": int(rng.random() < 0.1)}
            noise |= {"recovery": int(rate > 1 and rng.random() < 0.2), "elsewhere": int(rng.random() < 0.02)}
            posts = complaints + sum(noise.values()) + rng.randrange(3)
            reading.all_buckets.append(
                Bucket(
                    source,
                    at,
                    covered=True,
                    posts=posts,
                    complaints=complaints,
                    aspects=aspects,
                    places=places,
                    **noise,
                )
            )
            for k in range(complaints):
                text = rng.choice(SAID)
                moment = at + timedelta(seconds=(k * 7) % 60)
                url = "https://www.reddit.com/r/TikTok/comments/1abc/is_it_down/" if source == "reddit" else ""
                reading.all_judged.append(
                    judged(text, moment, author=f"u{rng.randrange(10**6)}", source=source, url=url)
                )
        reading.all_evidence.append(Evidence(at + MINUTE, "quiet", "calm", usual=usual_at(at)))
    reading.all_outages = [added_up(reading, outage) for outage in outages]
    reading.all_marks = [
        Mark(name, name, since=start, through=end + MINUTE, passed=end + MINUTE) for name in ("reddit", "x")
    ]
    return reading


def added_up(reading: FakeReading, outage: Outage) -> Outage:
    """Give an outage the figures that its minutes add up to."""
    until = outage.ended_at or reading.settled_at
    minutes, aspects, places = Counter(), Counter(), Counter()
    for bucket in reading.buckets(since=outage.onset, until=until):
        minutes[bucket.at] += bucket.complaints
        aspects.update(bucket.aspects)
        places.update(bucket.places)
    return replace(
        outage,
        complaints=minutes.total(),
        authors=reading.people(since=outage.onset, until=until),
        peak_per_minute=max(minutes.values(), default=0),
        usual_per_minute=usual_at(outage.onset),
        aspects=aspects,
        places=places,
    )


def an_outage(onset: datetime, ended_at: datetime | None, *, number: int = 1, **changes: object) -> Outage:
    figures = {
        "aspect": "feed",
        "state": "calm" if ended_at else "outage",
        "verdict": "technical",
        "signalled_at": onset + timedelta(minutes=4),
        "recovering_at": ended_at - timedelta(minutes=45) if ended_at else None,
        "complaints": 1480,
        "authors": 1204,
        "peak_per_minute": 31,
        "usual_per_minute": 0.08,
        "sources": ("x", "reddit"),
        "aspects": {"feed": 880, "login": 310, "upload": 130, "app": 90},
        "places": {"United States": 240, "New York": 71, "United Kingdom": 60},
        "reason": "31 people in 5 min where 0.4 are usual (surprise 24.1, threshold 4.6; reddit 6, x 25)",
    }
    return Outage(id=number, onset=onset, ended_at=ended_at, **(figures | changes))


def a_change(at: datetime, before: State, after: State, *, number: int | None = 1, reason: str = "") -> Transition:
    words = reason or "31 people in 5 min where 0.4 are usual"
    return Transition(at, before, after, number, words, Evidence(at, "high", after))


def counted_only(reading: FakeReading, *, source: str = "x", times: int = 4, page: int = 5, trickle: int = 0) -> None:
    """Let a source count `times` as many posts, of which a page was read in busy minutes, and a trickle in calm."""
    for n, bucket in enumerate(reading.all_buckets):
        if bucket.source != source:
            continue
        is_busy = bucket.complaints > page
        read = min(bucket.posts, page if is_busy else trickle if n % 360 == 0 else 0)
        complaints = round(bucket.complaints * read / bucket.posts) if bucket.posts else 0
        reading.all_buckets[n] = Bucket(
            source,
            bucket.at,
            covered=bucket.covered,
            posts=read,
            complaints=complaints,
            aspects={"feed": complaints} if complaints else {},
            volume=times * bucket.posts,
        )


def an_official_word(at: datetime, *, text: str = "We are aware of an issue and are working on it.") -> Post:
    number = int(at.timestamp())
    return Post(f"x:{number}", "x", at, "7118", text, url=f"https://x.com/i/status/{number}", kind="official")
