"""What becomes of single minutes; that cuts, overlaps and kills do not matter is held in properties/."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.worlds import START, Decisions, ScriptedClassifier
from tiktokwatch.outage.account import span_of
from tiktokwatch.outage.evidence import Sensitivity
from tiktokwatch.pipeline import Pipeline, run
from tiktokwatch.records import MINUTE, Batch, Bucket, Gap, Post, Score, Step, Tick
from tiktokwatch.trend.baseline import SeasonalBaseline

HOUR = timedelta(hours=1)
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
    """The baseline, and what it was taught."""

    taught: list[Bucket] = field(default_factory=list)
    baseline: SeasonalBaseline = field(default_factory=SeasonalBaseline)

    def learn(self, bucket: Bucket) -> None:
        self.taught.append(bucket)
        self.baseline.learn(bucket)

    def expected(self, source: str, at: datetime) -> float:
        return self.baseline.expected(source, at)

    def score(self, source: str, minutes: Sequence[Bucket]) -> Score:
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

    def evidence(self, minute: int):  # noqa: ANN202  # the evidence of the minute that starts there
        return next(each for each in self.decisions.evidence if each.at == at(minute + 1))


def steadily(start: int, end: int, *, step: int = 2, source: str = "x") -> list[Post]:
    """One person complains every `step` minutes."""
    return [post(minute, source=source) for minute in range(start, end, step)]


class TestSettling:
    def test_nothing_is_settled_until_everybody_was_heard(self) -> None:
        watch = Watch(("reddit", "x"))
        assert watch.take(tick(0, 10, steadily(0, 10))).settled is None
        step = watch.take(tick(4, 8, sources=["reddit"]))
        assert step.settled == at(8)
        assert [(bucket.at, bucket.source) for bucket in step.buckets] == [
            *((at(minute), "x") for minute in range(4)),
            *((at(minute), source) for minute in range(4, 8) for source in ("reddit", "x")),
        ]

    def test_half_a_minute_waits(self) -> None:
        watch = Watch()
        assert watch.take(tick(0, 4.5, [post(4.2)])).settled == at(4)
        step = watch.take(tick(4.5, 6))
        assert (step.settled, step.buckets[0].complaints) == (at(6), 1)

    def test_a_watch_begins_with_a_whole_minute(self) -> None:
        step = Watch().take(tick(0.5, 3, [post(0.7), post(1.2)]))
        assert [bucket.at for bucket in step.buckets] == [at(1), at(2)]
        assert sorted(step.standings.values()) == ["counted", "late"]

    def test_everything_is_dated_by_the_end_of_its_minute(self) -> None:
        watch = Watch()
        watch.take(Tick(at(500), tick(0, 30, crowd(20, 30) + crowd(21, 30)).batches))
        assert [(each.at, each.before, each.after) for each in watch.decisions.transitions] == [
            (at(1), "unknown", "calm"),
            (at(21), "calm", "pending"),
            (at(22), "pending", "outage"),
        ]
        assert watch.decisions.outages[1].signalled_at == at(22)
        assert watch.decisions.outages[1].onset == at(20)

    def test_sinks_are_called_in_order_after_each_tick(self) -> None:
        told: list[tuple[str, datetime | None]] = []
        run(
            Watch().pipeline,
            [tick(0, 1), tick(1, 2)],
            lambda step: told.append(("first", step.settled)),
            lambda step: told.append(("second", step.settled)),
        )
        assert told == [("first", at(1)), ("second", at(1)), ("first", at(2)), ("second", at(2))]


class TestPeople:
    def test_a_hundred_bots_with_one_text_are_one_voice(self) -> None:
        watch = Watch()
        bots = [post(150 + number / 100, "complaint feed #7", author=f"bot{number}") for number in range(100)]
        watch.take(tick(0, 180, bots))
        assert watch.states() == ["calm"]
        assert max(each.observed for each in watch.decisions.evidence) == 1
        assert sorted(watch.decisions.standings.values()) == ["copy"] * 99 + ["counted"]

    def test_one_author_is_one_voice(self) -> None:
        watch = Watch()
        watch.take(tick(0, 180, [post(150 + number / 10, author="ann") for number in range(100)]))
        assert watch.states() == ["calm"]
        assert sorted(watch.decisions.standings.values()) == ["counted"] + ["repeat"] * 99

    def test_as_many_people_are_an_outage(self) -> None:
        watch = Watch()
        watch.take(tick(0, 180, [post(150 + number / 10, author=f"u{number}") for number in range(100)]))
        assert watch.states()[:3] == ["calm", "pending", "outage"]

    def test_a_post_that_comes_again_is_a_duplicate(self) -> None:
        watch = Watch()
        watch.take(tick(0, 5, [post(1), post(3)]))
        step = watch.take(tick(2, 8, [post(3), post(3), post(6)]))
        assert (len(step.judged), step.duplicates) == (1, 2)


class TestLatePosts:
    def test_they_are_kept_and_counted_nowhere(self) -> None:
        watch = Watch()
        watch.take(tick(0, 100))
        step = watch.take(tick(100, 101, crowd(60, 50)))
        assert {judged.standing for judged in step.judged} == {"late"}
        assert (step.buckets[0].posts, step.standings) == (0, {})
        assert watch.states() == ["calm"]

    def test_they_are_known_when_they_come_again(self) -> None:
        watch = Watch()
        watch.take(tick(0, 100), tick(100, 101, [post(60)]))
        step = watch.take(tick(101, 102, [post(60)]))
        assert (step.judged, step.duplicates) == ((), 1)

    def test_their_words_and_authors_are_not_held_against_others(self) -> None:
        watch = Watch()
        watch.take(tick(0, 100), tick(100, 101, [post(99, "complaint #1", author="ann")]))
        watch.take(tick(101, 102, [post(101, "complaint #1", author="bob"), post(101.5, author="ann")]))
        assert [bucket.complaints for bucket in watch.steps[-1].buckets] == [2]

    def test_a_post_of_the_minute_that_is_next_is_not_late(self) -> None:
        watch = Watch()
        watch.take(tick(0, 100))
        assert watch.take(tick(99, 101, [post(100)])).buckets[0].complaints == 1


class TestUncoveredMinutes:
    def test_they_move_no_state_and_raise_nothing(self) -> None:
        watch = Watch()
        loud = [post for minute in range(60, 80) for post in crowd(minute, 20)]
        watch.take(tick(0, 60), Tick(at(90), tick(60, 90, loud).batches, blind(60, 80).gaps))
        assert watch.states() == ["calm", "unknown", "calm"]
        assert watch.decisions.outages == {}
        assert [each.at for each in watch.decisions.transitions] == [at(1), at(61), at(81)]

    def test_their_counts_are_kept_as_a_lower_bound(self) -> None:
        watch = Watch()
        watch.take(tick(0, 60), Tick(at(90), tick(60, 90, crowd(70, 20)).batches, blind(60, 80).gaps))
        (bucket,) = (bucket for bucket in watch.decisions.buckets if not bucket.covered)
        assert (bucket.at, bucket.complaints) == (at(70), 20)

    def test_they_are_in_no_window(self) -> None:
        watch = Watch()
        watch.take(tick(0, 60), Tick(at(90), tick(60, 90, crowd(70, 200)).batches, blind(60, 80).gaps))
        after = watch.evidence(80)
        assert (after.observed, after.signal) == (0, "quiet")
        assert watch.evidence(82).scores[0].window in {3, 5, 15, 40, 41, 42, 43}
        assert all(each.observed == 0 for each in watch.decisions.evidence)

    def test_they_teach_nobody(self) -> None:
        watch = Watch()
        watch.take(tick(0, 60), Tick(at(90), tick(60, 90, crowd(70, 20)).batches, blind(60, 80).gaps))
        watch.take(tick(90, 300))
        taught = [(bucket.at - START) // MINUTE for bucket in watch.lessons.taught]
        assert taught == [*range(60), *range(80, 180)]

    def test_an_outage_lasts_through_them(self) -> None:
        watch = Watch()
        loud = [post for minute in range(60, 66) for post in crowd(minute, 20)]
        watch.take(tick(0, 66, loud), blind(66, 1000), tick(1000, 1070))
        assert watch.states() == ["calm", "pending", "outage", "unknown", "outage", "recovering", "calm"]
        (outage,) = watch.decisions.outages.values()
        assert outage.ended_at == at(1000 + 15 + 30 - 1)

    def test_one_evidence_says_that_nobody_looks(self) -> None:
        watch = Watch()
        watch.take(tick(0, 60), blind(60, 70), blind(70, 5000))
        assert [each.signal for each in watch.decisions.evidence][-2:] == ["quiet", "blind"]
        assert watch.decisions.evidence[-1].at == at(61)
        assert watch.steps[-1].settled == at(5000)

    def test_the_source_that_is_covered_speaks_alone(self) -> None:
        watch = Watch(("reddit", "x"))
        both = ("reddit", "x")
        watch.take(tick(0, 60, sources=both), Tick(at(60), gaps=blind(60, 80, source="reddit").gaps))
        loud = crowd(62, 20) + crowd(63, 20) + crowd(62, 90, source="reddit")
        watch.take(tick(60, 80, loud), tick(80, 81, sources=both))
        assert watch.states()[:3] == ["calm", "pending", "outage"]
        first = watch.evidence(62)
        assert [(score.source, score.observed) for score in first.scores] == [("x", 20)]
        assert first.usual < watch.evidence(59).usual
        assert watch.decisions.outages[1].authors == 130


class TestLearning:
    def test_a_minute_teaches_two_hours_later(self) -> None:
        watch = Watch()
        watch.take(tick(0, 121))
        assert [bucket.at for bucket in watch.lessons.taught] == [at(0)]
        watch.take(tick(121, 200, sources=["x"]))
        assert [bucket.at for bucket in watch.lessons.taught] == [at(minute) for minute in range(80)]

    def test_the_usual_follows_what_was_learned(self) -> None:
        watch = Watch(("reddit", "x"))
        days = 2
        posts = [*steadily(0, days * 1440), *steadily(0, days * 1440, step=10, source="reddit")]
        watch.take(tick(0, days * 1440, posts, sources=("reddit", "x")))
        usual = [watch.evidence(minute).usual for minute in (0, 12 * 60, days * 1440 - 1)]
        assert usual[0] == pytest.approx(0.4)
        assert usual[1:] == [pytest.approx(0.6, rel=0.05), pytest.approx(0.6, rel=0.02)]
        end = at(days * 1440 - 1)
        assert usual[2] == sum(watch.lessons.expected(source, end) for source in ("reddit", "x"))

    def test_an_outage_never_becomes_the_baseline(self) -> None:
        watch = Watch()
        began, ended, done = 3 * 1440, 3 * 1440 + 720, 3 * 1440 + 720 + 300
        watch.take(tick(0, began, steadily(0, began)))
        before = watch.evidence(began - 1).usual
        loud = [post for minute in range(began, ended) for post in crowd(minute, 4)]
        watch.take(tick(began, done, [*loud, *steadily(ended, done)]))
        assert watch.states() == ["calm", "pending", "outage", "recovering", "calm"]
        assert before == pytest.approx(0.5, rel=0.05)
        assert watch.evidence(ended - 1).usual == pytest.approx(before, rel=0.03)
        assert watch.evidence(done - 1).usual == pytest.approx(before, rel=0.03)
        (outage,) = watch.decisions.outages.values()
        start, end = span_of(outage)
        assert (start, end) == (at(began - 30), outage.ended_at + HOUR)
        taught = [bucket.at for bucket in watch.lessons.taught]
        assert [moment for moment in taught if start <= moment < end] == []
        assert [moment for moment in taught if moment >= end] == [
            moment for moment in map(at, range(done)) if end <= moment < at(done) - 2 * HOUR
        ]

    def test_a_pending_that_came_to_nothing_is_part_of_calm(self) -> None:
        watch = Watch()
        watch.take(tick(0, 400, crowd(100, 9)))
        assert set(watch.states()) == {"calm", "pending"}
        assert at(100) in [bucket.at for bucket in watch.lessons.taught]


class TestDeciding:
    def test_the_hour_s_window_does_not_keep_an_outage_open(self) -> None:
        watch = Watch()
        loud = [post for minute in range(100, 110) for post in crowd(minute, 20)]
        watch.take(tick(0, 300, loud))
        windows = {each.window for each in watch.decisions.evidence if each.state in {"outage", "recovering"}}
        assert windows <= {5, 15, 60}
        open_ = [each for each in watch.decisions.evidence if each.state in {"outage", "recovering"}]
        assert {each.window for each in open_[1:]} <= {5, 15}
        (outage,) = watch.decisions.outages.values()
        assert outage.ended_at < at(110 + 15 + 15 + 30)

    def test_a_slow_burn_needs_the_hour_s_window(self) -> None:
        watch = Watch()
        watch.take(tick(0, 1500, [*steadily(0, 1440, step=20), *steadily(1440, 1500, step=3)]))
        pending = [each for each in watch.decisions.evidence if each.signal == "high"]
        assert pending
        assert {each.window for each in pending} == {60}

    def test_the_threshold_is_the_user_s(self) -> None:
        loud = tick(0, 130, [post for minute in (120, 121) for post in crowd(minute, 6)])
        signals = []
        for days in (1, 10**6):
            pipeline = Pipeline(
                classifier=ScriptedClassifier(),
                detector=SeasonalBaseline(),
                collectors={"x": "x"},
                sensitivity=Sensitivity(false_alarm_every=timedelta(days=days)),
            )
            signals.append("high" in [each.signal for each in pipeline.step(loud).evidence])
        assert signals == [True, False]

    def test_outages_are_numbered(self) -> None:
        watch = Watch()
        loud = [post for minute in (*range(100, 110), *range(400, 410)) for post in crowd(minute, 20)]
        watch.take(tick(0, 600, loud))
        assert sorted(watch.decisions.outages) == [1, 2]
        assert [each.outage_id for each in watch.decisions.transitions] == [None, None, 1, 1, 1, None, 2, 2, 2]

    def test_jokes_and_policy_stand_beside_the_complaints(self) -> None:
        watch = Watch()
        loud = [*crowd(100, 20), *crowd(101, 20), *crowd(100, 7, "meme"), *crowd(101, 3, "policy")]
        watch.take(tick(0, 110, [*loud, *crowd(101, 2, "elsewhere"), *crowd(101, 1, "recovery")]))
        told = watch.evidence(101)
        assert (told.memes, told.policy, told.elsewhere, told.recovery) == (7, 3, 2, 1)
        assert "beside them 7 jokes, 3 policy, 1 recovery" in watch.decisions.transitions[2].reason

    def test_an_outage_tells_who_and_what_and_where(self) -> None:
        watch = Watch(("reddit", "x"))
        loud = [*crowd(100, 20, "complaint login Ohio"), *crowd(101, 20, "complaint login", source="reddit")]
        again = [post(103 + number, "complaint login", author="ann") for number in range(3)]
        watch.take(tick(0, 110, [*loud, *again], sources=("reddit", "x")))
        (outage,) = watch.decisions.outages.values()
        assert (outage.aspect, outage.verdict, outage.sources) == ("login", "partial", ("x", "reddit"))
        assert (outage.complaints, outage.authors, outage.peak_per_minute) == (43, 41, 20)
        assert (outage.aspects, outage.places) == ({"login": 41}, {"Ohio": 20})
