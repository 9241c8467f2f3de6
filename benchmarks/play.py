"""A scenario on the stage: weeks of calm as counts, then the days themselves as posts, through the real pipeline."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from zlib import crc32

import numpy as np
import numpy.typing as npt

from benchmarks import texts
from benchmarks.scenario import Background, Scenario, Talk
from tiktokwatch.outage.board import Board, hold
from tiktokwatch.pipeline import Pipeline, run
from tiktokwatch.records import MINUTE, Batch, Bucket, Gap, Mark, Memory, Outage, Post, Step, Tick, Verdict
from tiktokwatch.trend.rivals import DETECTORS

COMES_BACK = 0.04
RECENTLY = 200
MILLISECOND = timedelta(milliseconds=1)
FIELDS = ("complaints", "memes", "policy", "recovery", "elsewhere")

Counts = npt.NDArray[np.int64]
Rates = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Habit:
    """What the classifier makes of one kind of text on average: a mean for each of `FIELDS`, aspects by frequency."""

    means: Mapping[str, float]
    aspects: tuple[tuple[str, ...], ...]


class Stage:
    """One scenario with one seed: the same posts every time, whatever watches them."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self._dice = random.Random(f"{scenario.name}/{seed}")
        self._rng = np.random.default_rng([crc32(scenario.name.encode()), seed])
        self._warm = scenario.background.days * 1440
        self._length = (scenario.end - scenario.start) // MINUTE
        self._usual = {source: mean * self._rhythm() for source, mean in scenario.sources.items()}
        total = sum(scenario.background.shares.values())
        self._shares = {says: share / total for says, share in scenario.background.shares.items()}
        self._people = 0
        self._posts: list[dict[str, list[Post]]] = [{} for _ in range(self._length)]
        self._write()

    def memory(self) -> Memory:
        """Return what a store would remember of the calm weeks before the scenario."""
        start = self.scenario.start
        begin = start - self._warm * MINUTE
        by_source = [list(self._calm(source)) for source in sorted(self.scenario.sources)]
        return Memory(
            settled=start,
            marks=tuple(Mark(name, name, begin, start, start) for name in sorted(self.scenario.sources)),
            buckets=tuple(bucket for minute in zip(*by_source, strict=True) for bucket in minute),
        )

    def ticks(self) -> list[Tick]:
        """Return a tick a minute; a source that is dead leaves a gap."""
        made = []
        for number, posts in enumerate(self._posts):
            start = self.scenario.start + number * MINUTE
            end = start + MINUTE
            dead = {one.source for one in self.scenario.dead if one.start <= start < one.end}
            alive = sorted(set(self.scenario.sources) - dead)
            batches = tuple(Batch(name, name, start, end, tuple(posts.get(name, ()))) for name in alive)
            made.append(Tick(end, batches, tuple(Gap(name, name, start, end, "dead") for name in sorted(dead))))
        return made

    def _rhythm(self) -> Rates:
        """Return the factor of every minute of the calm weeks and of the days that are played."""
        background = self.scenario.background
        hours = -(-(self._warm + self._length) // 60)
        begin = self.scenario.start - self._warm * MINUTE
        local = [(begin + timedelta(hours=hour)).astimezone(background.zone) for hour in range(hours)]
        minutes = np.arange(hours * 60)
        clock = np.repeat([at.hour + at.minute / 60 for at in local], 60) + minutes % 60 / 60
        swing = 1 + background.swing * np.cos(2 * np.pi * (clock - background.top_hour) / 24)
        weekend = np.repeat([background.weekend if at.weekday() >= 5 else 1.0 for at in local], 60)
        grown = background.growth ** ((minutes - self._warm) / (7 * 1440))
        stray = np.repeat(self._stray(background, hours), 60)
        factors: Rates = (swing * weekend * grown * stray)[: self._warm + self._length]
        return factors

    def _stray(self, background: Background, hours: int) -> Rates:
        if not background.stray:
            return np.ones(hours)
        return self._rng.gamma(1 / background.stray, background.stray, hours)

    def _calm(self, source: str) -> Iterator[Bucket]:
        habits = {says: habit(says) for says in self._shares}
        rates = self._usual[source][: self._warm]
        drawn = {
            name: self._rng.poisson(rates * sum(self._shares[says] * one.means[name] for says, one in habits.items()))
            for name in FIELDS
        }
        named = [(aspects, says) for says, one in habits.items() for aspects in one.aspects]
        shares = [
            self._shares[says] * habits[says].means["complaints"] / len(habits[says].aspects) for _, says in named
        ]
        heights = list(accumulate(shares))
        posts = self._rng.poisson(rates)
        begin = self.scenario.start - self._warm * MINUTE
        columns = zip(posts.tolist(), *(drawn[name].tolist() for name in FIELDS), strict=True)
        for number, (written, *counts) in enumerate(columns):
            aspects: dict[str, int] = {}
            for group, _ in self._dice.choices(named, cum_weights=heights, k=counts[0]) if counts[0] else ():
                for aspect in group:
                    aspects[aspect] = aspects.get(aspect, 0) + 1
            yield Bucket(
                source, begin + number * MINUTE, True, written, *counts, max(0, written - counts[0]), aspects=aspects
            )

    def _write(self) -> None:
        for source in sorted(self.scenario.sources):
            for says, share in sorted(self._shares.items()):
                counts = self._rng.poisson(self._usual[source][self._warm :] * share)
                self._scatter(source, counts, Talk(says, self.scenario.start, ()))
        for talk in self.scenario.talk:
            weights = talk.sources or self.scenario.sources
            for source in sorted(weights):
                level = self._level(talk) * weights[source] / sum(weights.values())
                self._scatter(source, self._rng.poisson(level), talk)

    def _level(self, talk: Talk) -> Rates:
        minutes = np.arange(self._length) - (talk.start - self.scenario.start) / MINUTE + 0.5
        at, share = zip(*talk.curve, strict=True)
        level: Rates = self.scenario.peak * talk.share * np.interp(minutes, at, share, left=0.0, right=0.0)
        return level

    def _scatter(self, source: str, counts: Counts, talk: Talk) -> None:
        """Write so many posts into each minute."""
        pools, weights = _pools(talk)
        heights = list(accumulate(weights))
        only = self._one_text(pools) if talk.one_text else ""
        crowd = [self._stranger() for _ in range(talk.accounts)]
        lately: list[str] = []
        for minute in np.flatnonzero(counts):
            here = self._posts[minute].setdefault(source, [])
            for _ in range(counts[minute]):
                text = self._copy(only, talk) if only else self._text(pools, heights, talk)
                author = self._dice.choice(crowd) if crowd else self._somebody(lately)
                here.append(self._post(source, int(minute), author, text, talk.kind))

    def _text(self, pools: Sequence[texts.Pool], heights: Sequence[float], talk: Talk) -> str:
        pool = self._dice.choices(pools, cum_weights=heights)[0] if len(pools) > 1 else pools[0]
        return texts.draw(self._dice, pool, link=talk.link)

    def _copy(self, text: str, talk: Talk) -> str:
        return text if talk.kind == "repost" else texts.near_copy(self._dice, text)

    def _post(self, source: str, minute: int, author: str, text: str, kind: str) -> Post:
        at = self.scenario.start + minute * MINUTE + self._dice.randrange(60_000) * MILLISECOND
        number = self._dice.getrandbits(60)
        return Post(f"{source}:{number}", source, at, author, text, kind=kind)  # type: ignore[arg-type]

    def _one_text(self, pools: Iterable[texts.Pool]) -> str:
        """Return a text that counts as a complaint, and whose near-copies can be told."""
        choice = [text for english, _ in pools for text in english]
        self._dice.shuffle(choice)
        verdicts = zip(choice, texts.classifier().classify(choice), strict=True)
        return next(text for text, verdict in verdicts if "complaint" in verdict.labels and verdict.fingerprint)

    def _somebody(self, lately: list[str]) -> str:
        if lately and self._dice.random() < COMES_BACK:
            return self._dice.choice(lately[-RECENTLY:])
        lately.append(self._stranger())
        return lately[-1]

    def _stranger(self) -> str:
        self._people += 1
        return f"u{self._people}"


class Play:
    """A stage with its posts, to be watched by one detector after the other."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        stage = Stage(scenario, seed)
        self._memory, self._ticks = stage.memory(), stage.ticks()

    def watch(self, detector: str) -> Board:
        """Run everything through the pipeline, and return what came of it."""
        found: dict[int, Outage] = {}

        def note(step: Step) -> None:
            found.update((outage.id, outage) for outage in step.outages)

        pipeline = Pipeline(
            classifier=texts.classifier(),
            detector=DETECTORS[detector](),
            collectors={source: source for source in self.scenario.sources},
            memory=self._memory,
        )
        run(pipeline, self._ticks, note)
        expected = [one for one in self.scenario.outage if one.start < self.scenario.end]
        return hold(found.values(), expected, start=self.scenario.start, end=self.scenario.end)


def habit(says: str) -> Habit:
    """Return what the classifier makes of the texts that say this, in the mixture in which they are drawn."""
    english, foreign = texts.pool(says)
    parts = [(part, weight) for part, weight in ((english, texts.ENGLISH), (foreign, 1 - texts.ENGLISH)) if part]
    whole = sum(weight for _, weight in parts)
    means = dict.fromkeys(FIELDS, 0.0)
    aspects: list[tuple[str, ...]] = []
    for part, weight in parts:
        for verdict in texts.classifier().classify(part):
            for name, value in zip(FIELDS, _counts(verdict), strict=True):
                means[name] += value * weight / whole / len(part)
            if "complaint" in verdict.labels:
                aspects.append(verdict.aspects)
    return Habit(means, tuple(aspects))


def _counts(verdict: Verdict) -> tuple[bool, ...]:
    labels = ("complaint", "meme", "policy", "recovery")
    return (*(label in verdict.labels for label in labels), not verdict.about_tiktok)


def _pools(talk: Talk) -> tuple[list[texts.Pool], list[float]]:
    themes = tuple(talk.themes)
    if not talk.aspects:
        return [texts.pool(talk.says, themes=themes)], [1.0]
    pools = [texts.pool(talk.says, aspect=aspect, themes=themes) for aspect in talk.aspects]
    return pools, list(talk.aspects.values())
