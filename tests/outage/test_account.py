from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.worlds import START
from tiktokwatch.outage.account import (
    Account,
    Minute,
    leading_aspect,
    raised,
    ranked,
    reason,
    resumed,
    severity,
    span_of,
)
from tiktokwatch.records import MINUTE, Bucket, Evidence, Outage, Score, State

HOUR = timedelta(hours=1)


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def minute(number: int, *buckets: Bucket, authors: Sequence[str] = (), complaints: int = 0) -> Minute:
    placed = tuple(replace(bucket, at=at(number)) for bucket in buckets)
    people = sum(bucket.complaints for bucket in placed)
    return Minute(at(number), placed, complaints, frozenset(authors), 0.1, people)


def bucket(source: str = "x", **counts: object) -> Bucket:
    return Bucket(source, START, covered=True, **counts)  # type: ignore[arg-type]


def evidence(minutes: int, *, state: State = "outage") -> Evidence:
    scores = (Score("reddit", 5, 4, 0.25, 3.0), Score("x", 5, 30, 0.5, 9.5))
    return Evidence(
        at(minutes), "high", state, 11.5, 4.64, 0.123456, 5, 34, 0.75, memes=3, policy=2, recovery=1, scores=scores
    )


def opened(*, policy: float = 0.0, elsewhere: float = 0.0) -> Account:
    outage = Outage(1, "app", "outage", "technical", onset=at(0), signalled_at=at(2))
    return Account(outage, {"policy": policy, "elsewhere": elsewhere})


class TestTheLeadingAspect:
    @pytest.mark.parametrize(
        ("aspects", "leading"),
        [
            ({}, "app"),
            ({"app": 9}, "app"),
            ({"login": 1}, "login"),
            ({"login": 5, "upload": 5}, "login"),
            ({"upload": 6, "login": 5}, "upload"),
            ({"login": 9, "upload": 6, "feed": 5}, "login"),
            ({"login": 8, "upload": 6, "feed": 5}, "app"),  # nothing in common
            ({"app": 20, "login": 9}, "login"),  # many say no more than that it fails
            ({"app": 21, "login": 9}, "app"),  # most mean the whole
        ],
    )
    def test_it_stands_out_among_those_named(self, aspects: dict[str, int], leading: str) -> None:
        assert leading_aspect(Counter(aspects)) == leading


class TestTheVerdict:
    @pytest.mark.parametrize(
        ("counts", "verdict"),
        [
            ({"complaints": 10}, "technical"),
            ({"complaints": 10, "aspects": {"login": 9}}, "partial"),
            ({"complaints": 10, "aspects": {"publishing": 9}}, "partial"),
            ({"complaints": 10, "aspects": {"feed": 9}}, "technical"),  # the feed is what most people mean by the app
            ({"complaints": 10, "aspects": {"web": 9}}, "technical"),
            ({"complaints": 10, "policy": 10}, "technical"),
            ({"complaints": 10, "policy": 11}, "both"),
            ({"complaints": 10, "policy": 100}, "both"),
            ({"complaints": 10, "policy": 101}, "policy"),
            ({"complaints": 10, "elsewhere": 20}, "technical"),
            ({"complaints": 10, "elsewhere": 21}, "spill-over"),
            ({"complaints": 10, "elsewhere": 21, "policy": 99}, "spill-over"),
        ],
    )
    def test_it_follows_from_what_people_talk_about(self, counts: dict[str, object], verdict: str) -> None:
        account = opened()
        account.add(minute(0, bucket(**counts)))
        assert account.verdict() == account.outage.verdict == verdict

    def test_what_is_talked_about_anyhow_does_not_matter(self) -> None:
        account = opened(policy=3.0, elsewhere=8.0)
        for number in range(10):
            account.add(minute(number, bucket(complaints=1, policy=3, elsewhere=8)))
        assert account.verdict() == "technical"
        account.add(minute(10, bucket(policy=15)))
        assert account.verdict() == "both"


def test_an_outage_adds_up() -> None:
    account = opened()
    account.add(
        minute(
            0,
            bucket(complaints=2, aspects={"login": 2}, places={"Ohio": 1}),
            bucket("reddit", complaints=1, aspects={"login": 1}),
            authors=["x:a", "x:b", "reddit:a"],
            complaints=4,
        )
    )
    account.add(minute(1, bucket("reddit", complaints=4, places={"Boston": 2}), authors=["x:a"], complaints=5))
    assert account.outage == Outage(
        1,
        "login",
        "outage",
        "partial",
        onset=at(0),
        signalled_at=at(2),
        complaints=9,
        authors=3,
        peak_per_minute=4,
        sources=("reddit", "x"),
        aspects={"login": 3},
        places={"Boston": 2, "Ohio": 1},
        severity="minor",
    )


def test_counts_are_ranked_by_size_and_then_by_name() -> None:
    assert list(ranked(Counter({"b": 2, "a": 2, "c": 3})).items()) == [("c", 3), ("a", 2), ("b", 2)]


CALM = [minute(number, bucket(policy=2, elsewhere=1)) for number in range(-118, 0)]
LOUD = [minute(number, bucket(complaints=6, policy=3), authors=[f"x:{number}"], complaints=6) for number in range(3)]


class TestRaising:
    def raised(self) -> Account:
        return raised(7, evidence=evidence(3), minutes=[*CALM, *LOUD])

    def test_it_holds_everything_since_the_onset(self) -> None:
        assert self.raised().outage == Outage(
            7,
            "app",
            "outage",
            "technical",
            onset=at(0),
            signalled_at=at(3),
            complaints=18,
            authors=3,
            peak_per_minute=6,
            usual_per_minute=0.1235,
            sources=("x",),
            reason=reason(evidence(3)),
            severity="minor",
            earliest_onset=at(0),
            latest_onset=at(0),
        )

    def test_what_is_usual_beside_it_is_the_mean_before_the_onset(self) -> None:
        account = self.raised()
        assert account.usual == {"policy": 2.0, "elsewhere": 1.0}
        assert account.mix == Counter(complaints=18, policy=9, minutes=3)

    def test_the_onset_lies_within_the_last_hour(self) -> None:
        loud = [minute(number, bucket(complaints=6)) for number in range(-100, 3)]
        assert raised(1, evidence=evidence(3), minutes=loud).outage.onset == at(-57)

    def test_without_anything_before_it_nothing_is_usual(self) -> None:
        assert raised(1, evidence=evidence(3), minutes=LOUD).usual == {"policy": 0.0, "elsewhere": 0.0}

    def test_a_restart_finds_the_same_account(self) -> None:
        unbroken = self.raised()
        minutes = [*CALM, *LOUD]
        too_old = [Bucket("x", at(-118) - MINUTE, covered=True, policy=500)]
        again = resumed(
            unbroken.outage,
            authors=unbroken.authors,
            buckets=[*too_old, *(bucket for each in minutes for bucket in each.buckets)],
        )
        assert again == unbroken
        following = minute(3, bucket("reddit", complaints=3, policy=50), authors=["reddit:q"], complaints=3)
        for account in (unbroken, again):
            account.add(following)
        assert again == unbroken
        assert again.outage.verdict == "both"


class TestMoving:
    def moved(self, *states: State) -> Outage:
        account = opened()
        for number, state in enumerate(states):
            account.move(state, at(10 * number))
        return account.outage

    def test_recovery_has_a_moment(self) -> None:
        assert self.moved("outage", "recovering").recovering_at == at(10)

    def test_a_relapse_takes_it_back(self) -> None:
        assert self.moved("recovering", "outage").recovering_at is None
        assert self.moved("recovering", "outage", "recovering").recovering_at == at(20)

    def test_calm_ends_it(self) -> None:
        ended = self.moved("outage", "recovering", "calm")
        assert (ended.state, ended.recovering_at, ended.ended_at) == ("calm", at(10), at(20))

    @pytest.mark.parametrize("held", ["outage", "recovering"])
    def test_blindness_shows_and_ends_nothing(self, held: State) -> None:
        blind = self.moved(held, "unknown")
        assert (blind.state, blind.ended_at) == ("unknown", None)

    def test_a_recovery_that_resumes_after_blindness_began_when_it_began(self) -> None:
        assert self.moved("recovering", "unknown", "recovering").recovering_at == at(0)


class TestTheReason:
    def test_it_is_made_of_numbers(self) -> None:
        assert reason(evidence(3)) == (
            "34 people in 5 min where 0.8 are usual (surprise 11.5, threshold 4.6; reddit 4, x 30;"
            " beside them 3 jokes, 2 policy, 1 recovery)"
        )

    def test_blindness_has_its_own(self) -> None:
        assert reason(Evidence(at(3), "blind", "unknown")) == "no source can be vouched for"


def test_minutes_around_an_outage_teach_nobody() -> None:
    outage = opened().outage
    assert span_of(outage) == (at(-30), None)
    assert span_of(replace(outage, ended_at=at(90))) == (at(-30), at(150))


@pytest.mark.parametrize(
    ("people", "peak", "usual", "expected"),
    [
        (5, 100, 0.1, "minor"),
        (29, 100, 0.1, "minor"),
        (30, 100, 0.1, "major"),
        (30, 9, 1.0, "minor"),
        (3000, 49, 1.0, "major"),
        (300, 50, 1.0, "severe"),
        (10**6, 10**4, 0.0, "severe"),
    ],
)
def test_severity_needs_both_people_and_a_peak(people: int, peak: int, usual: float, expected: str) -> None:
    assert severity(people=people, peak=peak, usual=usual) == expected
