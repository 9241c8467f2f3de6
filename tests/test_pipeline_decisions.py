"""When an outage is signalled, when it ends, and what is told of it."""

from __future__ import annotations

from datetime import timedelta

from tests.watches import Watch, at, crowd, post, steadily, tick
from tests.worlds import ScriptedClassifier
from tiktokwatch.outage.evidence import Sensitivity
from tiktokwatch.pipeline import Pipeline
from tiktokwatch.records import MINUTE
from tiktokwatch.trend.baseline import SeasonalBaseline


def test_the_hour_s_window_does_not_keep_an_outage_open() -> None:
    watch = Watch()
    loud = [post for minute in range(100, 110) for post in crowd(minute, 20)]
    watch.take(tick(0, 300, loud))
    (outage,) = watch.decisions.outages.values()
    assert outage.ended_at < at(110 + 15 + 15 + 30)
    assert {each.window for each in watch.decisions.evidence if outage.signalled_at < each.at} <= {1, 5, 15}


def test_the_all_clear_is_not_followed_by_an_echo() -> None:
    watch = Watch()
    loud = [post for minute in range(1500, 1510) for post in crowd(minute, 20)]
    watch.take(tick(0, 1700, [*steadily(0, 1500, step=20), *loud]))
    assert watch.states() == ["calm", "pending", "outage", "recovering", "calm"]


def test_the_hour_s_window_comes_back_when_it_holds_nothing_of_the_outage() -> None:
    watch = Watch()
    loud = [post for minute in range(100, 110) for post in crowd(minute, 20)]
    watch.take(tick(0, 300, loud))
    (outage,) = watch.decisions.outages.values()
    asked = watch.lessons.asked
    assert asked[outage.signalled_at - MINUTE] == {1, 5, 15, 60}
    assert asked[outage.signalled_at] == asked[outage.ended_at + 59 * MINUTE] == {1, 5, 15}
    assert asked[outage.ended_at + 60 * MINUTE] == {1, 5, 15, 60}


def test_a_slow_burn_needs_the_hour_s_window() -> None:
    watch = Watch()
    watch.take(tick(0, 1500, [*steadily(0, 1440, step=20), *steadily(1440, 1500, step=3)]))
    pending = [each for each in watch.decisions.evidence if each.signal == "high"]
    assert pending
    assert {each.window for each in pending} == {60}


def test_the_threshold_is_the_user_s() -> None:
    loud = tick(0, 130, [post for minute in (120, 121) for post in crowd(minute, 3)])
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


def test_outages_are_numbered() -> None:
    watch = Watch()
    loud = [post for minute in (*range(100, 110), *range(400, 410)) for post in crowd(minute, 20)]
    watch.take(tick(0, 600, loud))
    assert sorted(watch.decisions.outages) == [1, 2]
    assert [each.outage_id for each in watch.decisions.transitions] == [None, None, 1, 1, 1, None, 2, 2, 2]


def test_jokes_and_policy_stand_beside_the_complaints() -> None:
    watch = Watch()
    loud = [*crowd(100, 20), *crowd(101, 20), *crowd(100, 7, "meme"), *crowd(101, 3, "policy")]
    watch.take(tick(0, 110, [*loud, *crowd(101, 2, "elsewhere"), *crowd(101, 1, "recovery")]))
    told = watch.evidence(101)
    assert (told.memes, told.policy, told.elsewhere, told.recovery) == (7, 3, 2, 1)
    assert "beside them 7 jokes, 3 policy, 1 recovery" in watch.decisions.transitions[2].reason


def test_an_outage_tells_who_and_what_and_where() -> None:
    watch = Watch(("reddit", "x"))
    loud = [*crowd(100, 20, "complaint login Ohio"), *crowd(101, 20, "complaint login", source="reddit")]
    again = [post(103 + number, "complaint login", author="ann") for number in range(3)]
    watch.take(tick(0, 110, [*loud, *again], sources=("reddit", "x")))
    (outage,) = watch.decisions.outages.values()
    assert (outage.aspect, outage.verdict, outage.sources) == ("login", "partial", ("x", "reddit"))
    assert (outage.complaints, outage.authors, outage.peak_per_minute) == (43, 41, 20)
    assert (outage.aspects, outage.places) == ({"login": 41}, {"Ohio": 20})


def test_recovery_is_read_from_what_people_say() -> None:
    loud = [each for minute in range(100, 160) for each in crowd(minute, 6)]
    back = [each for minute in range(125, 160) for each in crowd(minute, 9, "recovery")]
    states = []
    for said in (loud, loud + back):
        watch = Watch()
        watch.take(tick(0, 160, said))
        states.append(watch.states()[-1])
    assert states == ["outage", "recovering"]


def test_talk_of_recovery_keeps_no_outage_from_being_signalled() -> None:
    watch = Watch()
    watch.take(tick(0, 110, [each for m in range(100, 110) for each in (*crowd(m, 6), *crowd(m, 9, "recovery"))]))
    assert "outage" in watch.states()


def test_so_many_accounts_does_an_attacker_need_and_not_one_less() -> None:
    raised = {}
    for missing in (0, 1):
        watch = Watch()
        watch.take(tick(0, 1500, steadily(0, 1490, step=20)))
        needed = watch.pipeline.accounts_to_signal("x", at(1500))
        watch.take(tick(1500, 1515, crowd(1500, (needed or 0) - missing)))
        raised[missing] = "outage" in watch.states()
        assert needed is not None
        assert 5 <= needed <= 12
    assert raised == {0: True, 1: False}


def test_accounts_that_all_say_the_same_are_one() -> None:
    watch = Watch()
    watch.take(tick(0, 1500, steadily(0, 1490, step=20)))
    watch.take(tick(1500, 1515, crowd(1500, 500, "complaint #7")))
    assert "pending" not in watch.states()


def test_one_account_is_one_however_much_it_says() -> None:
    watch = Watch()
    watch.take(tick(0, 1500, steadily(0, 1490, step=20)))
    watch.take(tick(1500, 1515, [post(1500, f"complaint #{n}", author="ann", number=n) for n in range(500)]))
    assert "pending" not in watch.states()
