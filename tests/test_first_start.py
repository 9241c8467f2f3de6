"""The first start with nothing but X's counts: what is usual is known after one request."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner
from pydantic import SecretStr

from tests.fakes.x import COUNTS, XServer
from tests.virtual import CHATTER, COMPLAINTS, VirtualClock
from tiktokwatch.app import App
from tiktokwatch.cli.main import cli
from tiktokwatch.settings import Config, X

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def settings(x: XServer) -> Config:
    return Config(
        x=X(bearer_token=SecretStr(x.token), base_url=x.url, official=(), timeout=timedelta(seconds=5)),
    )


def publish(x: XServer, *, start: datetime, end: datetime, rate: float, complaining: float, seed: int) -> None:
    dice = random.Random(seed)
    at = start
    while (at := at + timedelta(minutes=dice.expovariate(rate))) < end:
        said = COMPLAINTS if dice.random() < complaining else CHATTER
        text = f"{dice.choice(said)} {dice.choice(('', 'ugh', 'lol', 'hm', 'ok'))} {dice.randrange(1000)}"
        x.publish(text=text, at=at.replace(microsecond=0), author=f"u{dice.randrange(10**6)}")


def summary(database: Path) -> dict[str, object]:
    result = CliRunner().invoke(cli, ["--db", str(database), "summary", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_one_request_of_counts_is_a_baseline_and_an_outage_is_seen_on_it(tmp_path: Path) -> None:
    with XServer() as x:
        publish(x, start=NOW - WEEK, end=NOW + 60 * MINUTE, rate=0.5, complaining=0.08, seed=1)
        publish(x, start=NOW + 30 * MINUTE, end=NOW + 60 * MINUTE, rate=8.0, complaining=0.9, seed=2)
        clock = VirtualClock(NOW, NOW + 60 * MINUTE)
        x.clock = clock.now
        app = App(settings(x), tmp_path / "watch.db")

        app.watch(clock=clock, once=True)
        asked = [request for request in x.requests if request.path == COUNTS]
        with app.reader() as reader:
            minutes = [bucket for bucket in reader.buckets() if bucket.covered]
            usual = reader.evidence()[-1].usual
        assert len(asked) == 1
        assert len(minutes) > 10_000
        assert sum(bucket.volume for bucket in minutes) > 0.9 * 0.5 * len(minutes)
        assert 0.02 < usual < 0.1

        app.watch(clock=clock)
        with app.reader() as reader:
            (outage,) = reader.outages()
            spent = sum(expense.dollars for expense in reader.expenses())
        assert abs(outage.onset - (NOW + 30 * MINUTE)) <= 5 * MINUTE
        assert outage.signalled_at <= NOW + 45 * MINUTE
        assert "of" in outage.reason
        assert 0 < spent < 5.0


def test_a_calm_day_costs_less_than_a_dollar_fifty(tmp_path: Path) -> None:
    with XServer() as x:
        publish(x, start=NOW - WEEK, end=NOW + timedelta(days=1), rate=0.5, complaining=0.08, seed=3)
        start = NOW.replace(hour=0)
        clock = VirtualClock(start, start + timedelta(days=1) - MINUTE)
        x.clock = clock.now
        app = App(settings(x), tmp_path / "watch.db")
        app.watch(clock=clock)
        with app.reader() as reader:
            spent = sum(expense.dollars for expense in reader.expenses())
            assert reader.outages() == []
        served = 0.005 * (len(x.post_reads) + sum(request.path == COUNTS for request in x.requests))
    assert abs(spent - served) < 1e-9
    assert 1.0 < spent < 1.5
