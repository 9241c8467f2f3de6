"""X dies for an hour while TikTok is down: what is said meanwhile, who raises the signal, and how X comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.configs import stand_alone
from tests.soak.stage import HOUR, MINUTE, Networks, in_step, networks, settings
from tests.virtual import VirtualClock
from tiktokwatch.app import App
from tiktokwatch.cli.main import cli
from tiktokwatch.collect import bluesky
from tiktokwatch.settings import Budget
from tiktokwatch.store.reader import Reader

pytestmark = pytest.mark.timeout(300)

START = datetime(2026, 3, 3, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
DOWN, LASTS = START + 4 * HOUR, 130  # TikTok, in minutes
PLENTY = Budget(dollars_per_day=1000, dollars_per_month=9000, posts_per_day=100_000, posts_per_month=900_000)


@dataclass
class Watched:
    """A watch that is over, and what the summary said after 50 minutes without X, and after X had come back."""

    servers: Networks
    database: Path
    dies: datetime
    clock: VirtualClock
    data: list[dict[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def rises(self) -> datetime:
        return self.dies + HOUR

    def sum_up(self) -> None:
        for words, kept in ((["summary", "--json"], self.data), (["summary"], self.texts)):
            result = CliRunner().invoke(cli, ["--db", str(self.database), *words], catch_exceptions=False)
            assert result.exit_code == 0
            kept.append(json.loads(result.stdout) if "--json" in words else result.stdout)


# How X is read, and how many minutes after TikTok it dies: before there was a signal, or after it.
CASES = [("search", -5), ("search", 25), ("counts", 25)]


@pytest.fixture(scope="module", params=CASES, ids=[f"{read} {minutes:+}" for read, minutes in CASES])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("dead")
    read, minutes = request.param
    clock = VirtualClock(START, DOWN + 4 * HOUR)
    with pytest.MonkeyPatch.context() as patch, networks() as servers:
        stand_alone(folder, patch)
        patch.setattr(bluesky, "Bluesky", in_step())
        patch.setattr(App, "now", lambda _: clock.true())
        made = Watched(servers, folder / "watch.db", DOWN + minutes * MINUTE, clock)
        servers.tell_time(clock.true)
        servers.chatter(START - HOUR, 9 * 60)
        if read == "counts":
            # A week of it is counted at the start.
            servers.chatter(START - WEEK, int((WEEK - HOUR) / MINUTE), rates={"x": 1.0})
        servers.outage(DOWN, LASTS)
        clock.at(made.dies, partial(servers.x.fail, "503", times=None))
        clock.at(made.dies + 50 * MINUTE, made.sum_up)
        clock.at(made.rises, servers.x.heal)
        clock.at(made.rises + 20 * MINUTE, made.sum_up)
        App(settings(servers, read=read, budget=PLENTY), made.database).watch(clock=clock)
        yield made


def test_the_signal_comes_from_the_others_and_x_is_said_to_be_silent(watched: Watched) -> None:
    died_first = watched.dies < DOWN
    without, again = watched.data
    assert without["state"] == "outage"
    assert [silent["source"] for silent in without["not_heard"]] == ["x"]
    assert set(without["heard"]) == {"reddit", "bluesky", "hackernews"}
    (of_x,) = [source for source in without["sources"] if source["source"] == "x"]
    assert not of_x["ok"]
    assert "503" in of_x["fault"]
    assert without["outage"] is not None
    assert {"reddit", "bluesky"} <= set(without["outage"]["sources"])
    assert ("x" in without["outage"]["sources"]) != died_first
    assert "X" in watched.texts[0]
    assert "503" in watched.texts[0]
    assert again["state"] == "outage"
    assert again["not_heard"] == []
    assert "x" in again["outage"]["sources"]


def test_the_hour_is_a_gap_and_x_counts_again_after_it(watched: Watched) -> None:
    with Reader.open(watched.database) as reader:
        (outage,) = reader.outages()
        gaps = [gap for gap in reader.gaps(since=watched.dies - HOUR) if gap.source == "x"]
        others = {gap.source for gap in reader.gaps()} - {"x"}
        buckets = reader.buckets(source="x", since=watched.dies - 10 * MINUTE)
    assert others == set()
    assert abs(min(gap.start for gap in gaps) - watched.dies) <= 2 * MINUTE
    # What has failed for long is tried again every quarter of an hour, from where it was last given up.
    assert -2 * MINUTE <= max(gap.end for gap in gaps) - watched.rises <= 16 * MINUTE
    dead = [bucket for bucket in buckets if watched.dies + MINUTE <= bucket.at < watched.rises - 3 * MINUTE]
    assert not any(bucket.covered for bucket in dead)
    alive = [bucket for bucket in buckets if bucket.at >= watched.rises + 16 * MINUTE]
    assert all(bucket.covered for bucket in alive)
    assert sum(bucket.complaints for bucket in alive if bucket.at < DOWN + LASTS * MINUTE) > 0
    assert outage.signalled_at - DOWN <= 15 * MINUTE
    assert outage.ended_at is not None
