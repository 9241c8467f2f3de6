"""A pipeline under observation, fed minute by minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.worlds import START, Decisions, ScriptedClassifier
from tiktokwatch.pipeline import Pipeline, run
from tiktokwatch.records import MINUTE, Batch, Bucket, Evidence, Gap, Post, Score, Step, Tick
from tiktokwatch.trend.baseline import SeasonalBaseline

SECOND = timedelta(seconds=1)


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def post(minute: float, text: str = "complaint", *, author: str = "", source: str = "x", number: int = 0) -> Post:
    moment = at(minute) + number * timedelta(milliseconds=1)
    return Post(f"{source}:{minute}:{text}:{author}:{number}", source, moment, author, text)


def crowd(minute: float, people: int, text: str = "complaint", *, source: str = "x") -> list[Post]:
    return [post(minute, text, source=source, number=number) for number in range(people)]


def tick(start: float, end: float, posts: Iterable[Post] = (), *, sources: Sequence[str] = ("x",)) -> Tick:
    posts = list(posts)
    batches = [
        Batch(source, source, at(start), at(end), tuple(post for post in posts if post.source == source))
        for source in sources
    ]
    return Tick(at(end) + 7 * SECOND, tuple(batches))


def blind(start: float, end: float, *, source: str = "x") -> Tick:
    return Tick(at(end), gaps=(Gap(source, source, at(start), at(end), "down"),))


@dataclass
class Lessons:
    """The baseline, what it was taught, and over how many minutes it was asked, by the last of them."""

    taught: list[Bucket] = field(default_factory=list)
    asked: dict[datetime, set[int]] = field(default_factory=dict)
    baseline: SeasonalBaseline = field(default_factory=SeasonalBaseline)

    def learn(self, bucket: Bucket) -> None:
        self.taught.append(bucket)
        self.baseline.learn(bucket)

    def expected(self, source: str, at: datetime) -> float:
        return self.baseline.expected(source, at)

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
        self.asked.setdefault(minutes[-1].at, set()).add(len(minutes))
        return self.baseline.score(source, minutes)


@dataclass
class Watch:
    """A pipeline with what it decided and taught so far."""

    sources: Sequence[str] = ("x",)
    lessons: Lessons = field(default_factory=Lessons)
    decisions: Decisions = field(default_factory=Decisions)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(
            classifier=ScriptedClassifier(), detector=self.lessons, collectors={name: name for name in self.sources}
        )

    def take(self, *ticks: Tick) -> Step:
        run(self.pipeline, ticks, self.decisions, self.steps.append)
        return self.steps[-1]

    def states(self) -> list[str]:
        return [transition.after for transition in self.decisions.transitions]

    def evidence(self, minute: int) -> Evidence:
        """Return the evidence of the minute that starts there."""
        return next(each for each in self.decisions.evidence if each.at == at(minute + 1))


def steadily(start: int, end: int, *, step: int = 2, source: str = "x") -> list[Post]:
    """One person complains every `step` minutes."""
    return [post(minute, source=source) for minute in range(start, end, step)]
