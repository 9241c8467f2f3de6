"""Counting X within a budget: calm gets what it needs, oddness what is left, and what was bought is what was booked."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.collect.budgets import PRICES, budget
from tests.collect.x_counts_stage import NOON, Stage, figures, staged
from tests.fakes.expenses import Ledger
from tests.fakes.x import COUNTS, SEARCH
from tiktokwatch.collect.budget import Budget, Limits
from tiktokwatch.collect.x_counts import calm_day, calm_day_cost
from tiktokwatch.errors import CollectError
from tiktokwatch.records import MINUTE


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def test_a_count_is_paid_by_the_request_and_a_sample_by_the_post(stage: Stage) -> None:
    ledger = Ledger()
    stage.publish(7, ago=600)

    stage.poll(budget=budget(ledger))

    assert (ledger.booked("request"), ledger.booked("post")) == (1, 7)


def test_each_page_of_counts_is_paid_for(stage: Stage) -> None:
    ledger = Ledger()
    stage.server.page_of_counts = timedelta(minutes=50)

    stage.poll(budget=budget(ledger))

    assert ledger.booked("request") == stage.server.asked(COUNTS) == 3


def test_pages_of_counts_beyond_the_budget_are_not_vouched_for(stage: Stage) -> None:
    stage.server.page_of_counts = timedelta(minutes=50)

    batch = stage.poll(budget=budget(Ledger(), dollars=2 * 0.005))

    assert (batch.through - batch.since, len(batch.counts)) == (timedelta(minutes=100), 100)
    assert batch.note == "x: X has not counted all minutes since 20 Sep 10:00:00"


def test_with_nothing_left_for_counts_the_poll_fails(stage: Stage) -> None:
    purse = budget(Ledger(), dollars=0.25)
    purse.grant("post", 50, now=NOON, essential=True)

    error = stage.refused(budget=purse)

    assert error.reason == "x: the budget of the day ($0.25) is spent, back at 00:00 UTC"
    assert error.retry_after == 12 * 3600
    assert stage.server.requests == []


def test_with_nothing_left_for_posts_it_counts(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ledger = Ledger()
    stage.publish(7, ago=600)

    batch = stage.poll(budget=budget(ledger, posts=9))

    assert (sum(figures(batch).values()), batch.posts, batch.note) == (7, (), "")
    assert (stage.server.asked(SEARCH), ledger.booked("post"), caplog.text) == (0, 0, "")
    assert json.loads(batch.cursor)["read"] is None


def test_oddness_may_not_take_what_calm_needs(stage: Stage) -> None:
    # Noon: 120 counts and 20 posts are still needed, and there is money for no more.
    ledger = Ledger()
    stage.options["budget"] = budget(ledger, dollars=140 * 0.005, essential=calm_day())
    stage.publish(600, ago=3600, over=7200)
    stage.poll()
    stage.attention = 1.0
    # An essential count and ten essential posts came first, and a new trickle is not due: so nothing odd is paid for.
    for _ in range(5):
        batch = stage.later()
        assert batch.since == batch.through
    batch = stage.later()

    assert (stage.server.asked(COUNTS), len(batch.counts), batch.posts) == (2, 6, ())
    assert stage.server.asked(SEARCH) == 1


def test_what_is_left_for_oddness_makes_a_smaller_page(stage: Stage) -> None:
    ledger = Ledger()
    stage.options["budget"] = budget(ledger, posts=90)
    stage.attention = 1.0
    stage.publish(600, ago=3600, over=7200)

    sizes = [len(stage.poll().posts), *(len(stage.later().posts) for _ in range(3))]

    # An hour may use half of what is left: of 90, and then of what is left of these.
    assert sizes == [45, 0, 0, 0]
    assert [request.params["max_results"] for request in stage.server.requests if request.path == SEARCH] == ["45"]


def test_counts_that_fail_are_free(stage: Stage) -> None:
    ledger = Ledger()
    for kind in stage.server.kinds:
        stage.server.fail(kind)
        stage.refused(budget=budget(ledger), timeout=0.3 if kind in ("slow", "drip") else 10)
        assert ledger.booked("request") == ledger.booked("post") == 0, kind


def test_a_sample_that_fails_is_free_and_the_counts_are_not(stage: Stage) -> None:
    ledger = Ledger()
    stage.server.fail("503", on=SEARCH)

    stage.poll(budget=budget(ledger))

    assert (ledger.booked("request"), ledger.booked("post")) == (1, 0)


@pytest.mark.parametrize("seed", range(3))
def test_days_with_an_outage_and_faults_stay_within_the_limits_to_the_post(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    ledger = Ledger()
    calm = calm_day_cost(prices=PRICES)
    limits = Limits(dollars_per_day=calm + 1, dollars_per_month=100, posts_per_day=200, posts_per_month=1000)
    purse = Budget(source="x", limits=limits, prices=PRICES, essential=calm_day(), expenses=ledger)
    stage.now = NOON.replace(hour=0)
    stage.since = stage.now - timedelta(hours=2)
    stage.publish(2 * 1440, ago=7200, over=2 * 86400)
    stage.publish(3000, ago=-3600, over=7200)
    collector = stage.server.counter(budget=purse)
    counts, reasons, by_hour = [], [], {}
    for minute in range(1440):
        if chance.random() < 0.02:
            stage.server.fail(chance.choice(["503", "429", "reset", "html", "truncated", "close", "usage-cap"]))
        before = ledger.booked("post")
        try:
            batch = collector.collect(since=stage.since, cursor=stage.cursor, now=stage.now)
        except CollectError as error:
            reasons.append(error.reason)
        else:
            assert batch.since == stage.since
            counts += batch.counts
            stage.since, stage.cursor = batch.through, batch.cursor
        by_hour[minute // 60] = by_hour.get(minute // 60, 0) + ledger.booked("post") - before
        stage.now += MINUTE
        if minute == 700:
            stage.publish(3000, ago=0, over=7200)
    collector.close()

    assert reasons
    assert not [reason for reason in reasons if "budget" in reason or "cap of" in reason]
    assert len({count.at for count in counts}) == len(counts)
    assert ledger.booked("post") == len(stage.server.post_reads) == len(set(stage.server.post_reads)) <= 200
    assert 240 * 0.9 < ledger.booked("request") <= stage.server.asked(COUNTS)
    assert ledger.booked("request") * 0.005 + ledger.booked("post") * 0.005 <= calm + 1
    # Both outages were read: the one of one o'clock left enough for the one of noon.
    assert by_hour[1] + by_hour[2] > 40
    assert by_hour[11] + by_hour[12] > 10
