"""What becomes of single minutes; that cuts, overlaps and kills do not matter is held in properties/."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.watches import START, Watch, at, blind, crowd, post, steadily, tick
from tiktokwatch.outage.account import span_of
from tiktokwatch.pipeline import run
from tiktokwatch.records import MINUTE, Tick

HOUR = timedelta(hours=1)


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
        watch.take(Tick(at(500), tick(0, 130, crowd(120, 30) + crowd(121, 30)).batches))
        assert [(each.at, each.before, each.after) for each in watch.decisions.transitions] == [
            (at(1), "unknown", "calm"),
            (at(121), "calm", "pending"),
            (at(122), "pending", "outage"),
        ]
        assert watch.decisions.outages[1].signalled_at == at(122)
        assert watch.decisions.outages[1].onset == at(120)

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
        assert watch.evidence(82).scores[0].window in {1, 3, 5, 15, 40, 41, 42, 43}
        assert all(each.observed == 0 for each in watch.decisions.evidence)

    def test_they_teach_nobody(self) -> None:
        watch = Watch()
        watch.take(tick(0, 60), Tick(at(90), tick(60, 90, crowd(70, 20)).batches, blind(60, 80).gaps))
        watch.take(tick(90, 300))
        taught = [(bucket.at - START) // MINUTE for bucket in watch.lessons.taught]
        assert taught == [*range(60), *range(80, 285)]

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
        watch.take(tick(60, 80, loud, sources=both))
        assert watch.states()[:3] == ["calm", "pending", "outage"]
        first = watch.evidence(62)
        assert [(score.source, score.observed) for score in first.scores] == [("x", 20)]
        assert first.usual < watch.evidence(59).usual
        assert watch.decisions.outages[1].authors == 130


class TestLearning:
    def test_a_minute_teaches_a_quarter_of_an_hour_later_on_the_first_day_and_two_hours_later_after_it(self) -> None:
        watch = Watch()
        watch.take(tick(0, 16))
        assert [bucket.at for bucket in watch.lessons.taught] == [at(0)]
        watch.take(tick(16, 1440 + 100))
        assert [bucket.at for bucket in watch.lessons.taught] == [at(minute) for minute in range(1440)]
        watch.take(tick(1440 + 100, 1440 + 200))
        assert [bucket.at for bucket in watch.lessons.taught] == [at(minute) for minute in range(1440 + 80)]

    def test_nothing_surprises_before_anything_was_learned(self) -> None:
        watch = Watch()
        watch.take(tick(0, 120, [post for minute in range(120) for post in crowd(minute, 10)]))
        assert watch.states() == ["calm"]
        assert watch.evidence(119).usual == pytest.approx(10, rel=0.2)

    def test_a_busy_source_is_soon_calm_enough_to_be_surprised(self) -> None:
        watch = Watch()
        loud = [post for minute in range(180, 200) for post in crowd(minute, 60)]
        watch.take(tick(0, 200, [*(post for minute in range(180) for post in crowd(minute, 10)), *loud]))
        assert watch.states() == ["calm", "pending", "outage"]

    def test_the_usual_follows_what_was_learned(self) -> None:
        watch = Watch(("reddit", "x"))
        posts = [*steadily(0, 1000), *steadily(0, 1000, step=10, source="reddit")]
        watch.take(tick(0, 1000, posts, sources=("reddit", "x")))
        usual = [watch.evidence(minute).usual for minute in (0, 400, 999)]
        assert usual[0] == pytest.approx(0.4)
        assert usual[1:] == [pytest.approx(0.6, rel=0.05), pytest.approx(0.6, rel=0.01)]
        told = sum(watch.lessons.expected(source, at(999)) for source in ("reddit", "x"))
        assert usual[2] == pytest.approx(told, rel=2e-3)  # since then one more minute was learned

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
        # Twice seven people are much for five minutes, but not for fifteen.
        watch.take(tick(0, 500, [*steadily(0, 500, step=4), *crowd(300, 7), *crowd(304, 7)]))
        assert watch.states() == ["calm", "pending", "calm"]
        assert at(304) in [bucket.at for bucket in watch.lessons.taught]
