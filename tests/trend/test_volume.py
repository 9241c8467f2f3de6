from __future__ import annotations

import csv
import math
import random
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tiktokwatch.trend.volume import ALARM, VolumeDetector, level

ROOT = Path(__file__).resolve().parents[2]
SERIES = ROOT.parent / "shared" / "data" / "nab_realtweets" / "series"
START = datetime(2026, 1, 5, tzinfo=UTC)
SLOT = timedelta(minutes=5)
DAY = 288


def scores(counts: Iterable[int | None], *, slot: timedelta = SLOT) -> list[float]:
    """Score a series in which None is a slot that was never seen."""
    detector = VolumeDetector(slot=slot)
    return [0.0 if n is None else detector.score(START + i * slot, n) for i, n in enumerate(counts)]


def poisson(rng: random.Random, mean: float) -> int:
    limit, count, chance = math.exp(-mean), 0, rng.random()
    while chance > limit:
        count += 1
        chance *= rng.random()
    return count


def rhythm(days: int, *, seed: int = 1, mean: float = 20.0) -> list[int]:
    rng = random.Random(seed)
    return [poisson(rng, mean * (1 + 0.8 * math.sin(2 * math.pi * i / DAY))) for i in range(days * DAY)]


def alarms(found: list[float]) -> list[int]:
    return [i for i, score in enumerate(found) if score >= level()]


def size_of(thing: object) -> int:
    """Count the values that a detector holds, however deep."""
    if isinstance(thing, (list, deque, tuple)):
        return sum(size_of(part) for part in thing)
    return sum(size_of(part) for part in vars(thing).values()) if hasattr(thing, "__dict__") else 1


def test_a_score_rests_on_nothing_later() -> None:
    counts = rhythm(6)
    counts[5 * DAY : 5 * DAY + 30] = [300] * 30
    whole = scores(counts)
    for cut in (1, DAY + 1, 5 * DAY + 1, 5 * DAY + 4, 5 * DAY + 40):
        assert scores(counts[:cut]) == whole[:cut]
    assert alarms(whole)


def test_scores_are_finite_and_below_one() -> None:
    for counts in (rhythm(3), [0] * 900, [0] * 900 + [10**9] * 50, [10**9, 0] * 450):
        assert all(math.isfinite(score) and 0 <= score < 1 for score in scores(counts))


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_a_constant_series_never_crests(count: int) -> None:
    assert max(scores([count] * (4 * DAY))) < 1e-9


@pytest.mark.parametrize("mean", [0.2, 3.0, 40.0])
def test_three_quiet_weeks_do_not_alarm(mean: float) -> None:
    assert alarms(scores(rhythm(21, mean=mean))) == []


def test_one_post_after_silence_does_not_alarm_and_ten_do() -> None:
    silence = [0] * (5 * DAY)
    assert alarms(scores([*silence, 1, *[0] * 20])) == []
    assert len(alarms(scores([*silence, 10, *[0] * 20]))) == 1


def test_a_step_alarms_once() -> None:
    counts = rhythm(8)
    step = 6 * DAY + 100
    counts[step:] = [3 * count + 60 for count in counts[step:]]
    found = alarms(scores(counts))
    assert len(found) == 1
    assert step < found[0] <= step + 40


def test_a_climbing_wave_is_reported_once_at_its_crest() -> None:
    counts = rhythm(8)
    peak = 6 * DAY + 100
    for i in range(-24, 25):
        counts[peak + i] += 40 * (24 - abs(i))
    found = alarms(scores(counts))
    assert len(found) == 1
    assert peak - 21 <= found[0] <= peak + 12


def test_the_surprise_does_not_wait_for_the_crest() -> None:
    detector = VolumeDetector()
    for i, count in enumerate(rhythm(6)):
        detector.score(START + i * SLOT, count)
    assert detector.score(START + 6 * DAY * SLOT, 400) == 0.0
    assert detector.surprise > ALARM
    waited = [detector.score(START + (6 * DAY + i) * SLOT, 20) for i in (1, 2, 3)]
    assert waited[:2] == [0.0, 0.0]
    assert waited[2] >= level()


def test_a_slow_burn_of_half_a_day_alarms_where_no_slot_stands_out() -> None:
    calm = rhythm(11)
    bursts = random.Random(3)
    for i in bursts.sample(range(11 * DAY), 60):
        calm[i] += 150
    burning = calm[: 10 * DAY] + [round(1.8 * count) for count in calm[10 * DAY :]]
    assert [i for i in alarms(scores(burning)) if i >= 10 * DAY]


def test_what_bursts_often_must_do_more_to_surprise() -> None:
    rare, often = rhythm(10), rhythm(10)
    for day in range(2, 9):
        often[day * DAY + 40 * day % DAY] += 150
    rare[9 * DAY] = often[9 * DAY] = 170
    assert scores(rare)[9 * DAY + 3] > scores(often)[9 * DAY + 3]


def test_a_daily_peak_is_not_news() -> None:
    def peaked(days: Callable[[int], bool]) -> list[int]:
        return [count + (100 if days(i // DAY) and i % DAY == 150 else 0) for i, count in enumerate(rhythm(12))]

    daily = [count + (60 if 144 <= i % DAY < 168 else 0) for i, count in enumerate(rhythm(12))]
    assert [i for i in alarms(scores(daily)) if i >= 3 * DAY] == []
    assert alarms(scores(peaked(lambda day: day == 10))) != []


def test_slots_that_were_not_seen_are_not_zero() -> None:
    counts: list[int | None] = list(rhythm(8))
    counts[5 * DAY : 5 * DAY + 60] = [None] * 60
    assert alarms(scores(counts)) == []


def test_after_a_gap_longer_than_its_memory_it_begins_anew() -> None:
    detector = VolumeDetector()
    for i, count in enumerate(rhythm(3)):
        detector.score(START + i * SLOT, count)
    later = START + timedelta(days=60)
    fresh = VolumeDetector()
    counts = rhythm(3, seed=2)
    assert [detector.score(later + i * SLOT, n) for i, n in enumerate(counts)] == [
        fresh.score(later + i * SLOT, n) for i, n in enumerate(counts)
    ]


def test_what_lies_beyond_its_memory_makes_no_difference() -> None:
    recent = rhythm(4)[: 40 * 24]
    pasts = ([7 * count for count in rhythm(2, seed=5)][: 20 * 24], [0] * (20 * 24))
    whole = [scores([*past, *recent], slot=timedelta(hours=1)) for past in pasts]
    assert whole[0][20 * 24 :] != whole[1][20 * 24 :]
    assert whole[0][-48:] == pytest.approx(whole[1][-48:], abs=1e-9)


def test_memory_is_bounded() -> None:
    hour = timedelta(hours=1)
    detector = VolumeDetector(slot=hour)
    sizes = []
    for i, count in enumerate(rhythm(5)):
        detector.score(START + i * hour, count)
        if i >= 22 * 24 and i % 24 == 0:
            sizes.append(size_of(detector))
    assert max(sizes) - min(sizes) <= 2 * 24 + 4


def test_minutes_are_scored_as_five_minutes_are() -> None:
    detector = VolumeDetector(slot=timedelta(minutes=1))
    rng = random.Random(4)
    found = []
    for i in range(3 * 1440):
        count = poisson(rng, 4.0) + (60 if 4000 <= i < 4020 else 0)
        found.append(detector.score(START + i * timedelta(minutes=1), count))
    assert len(alarms(found)) == 1
    assert 4000 < alarms(found)[0] <= 4040


def test_it_refuses_what_it_cannot_score() -> None:
    detector = VolumeDetector()
    detector.score(START, 3)
    with pytest.raises(ValueError, match="never negative"):
        detector.score(START + SLOT, -1)
    with pytest.raises(ValueError, match="is not later than"):
        detector.score(START, 3)
    with pytest.raises(ValueError, match="divides an hour"):
        VolumeDetector(slot=timedelta(minutes=7))


def test_the_benchmark_writes_a_score_for_each_row(tmp_path: Path) -> None:
    series, out = tmp_path / "series", tmp_path / "out"
    series.mkdir()
    counts = rhythm(3)
    counts[600] = 500
    times = [(START + i * SLOT).strftime("%Y-%m-%d %H:%M:%S") for i in range(len(counts))]
    with (series / "made_up.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("timestamp", "value"), *zip(times, counts, strict=True)])
    script = ROOT / "benchmarks" / "nab_realtweets.py"
    said = subprocess.run([sys.executable, script, series, out], check=True, capture_output=True, text=True)
    with (out / "made_up.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["timestamp"] for row in rows] == times
    assert [float(row["anomaly_score"]) for row in rows] == pytest.approx(scores(counts), abs=1e-6)
    assert "864 rows, 1 crests" in said.stdout


@pytest.mark.skipif(not SERIES.is_dir(), reason="the Numenta series do not lie beside this checkout")
def test_prefixes_of_a_real_series_score_the_same() -> None:
    with (SERIES / "Twitter_volume_UPS.csv").open(newline="", encoding="utf-8") as file:
        counts = [int(row["value"]) for _, row in zip(range(4000), csv.DictReader(file), strict=False)]
    whole = scores(counts)
    assert alarms(whole)
    for cut in (750, 1500, 4000 - DAY):
        assert scores(counts[:cut]) == whole[:cut]
