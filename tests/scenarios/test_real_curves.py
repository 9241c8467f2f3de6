"""Curves of real events, where their data lies beside the checkout."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.real_curves import BASES, DENSE, blackout_delay, companies, dense_day

SERIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "series"
LOUDEST = 12

pytestmark = pytest.mark.skipif(not SERIES.is_dir(), reason="the series are not beside this checkout")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    ("part", "within"),
    [
        (1, 5),
        pytest.param(
            50, 15, marks=pytest.mark.xfail(reason="a fiftieth is five posts in its first 15 minutes: it takes 30")
        ),
    ],
)
def test_a_real_blackout_is_signalled_in_time_whole_and_at_a_fiftieth(base: str, part: int, within: int) -> None:
    delay = blackout_delay(SERIES, base=base, part=part, seed=1)
    assert delay is not None
    assert timedelta(0) < delay <= timedelta(minutes=within)


def test_ordinary_days_of_real_complaints_raise_no_signal() -> None:
    every = companies(SERIES)
    loudest = sorted(every, key=lambda name: -sum(every[name].values()))[:LOUDEST]
    found = {
        f"{name} {day:%d %b}": [outage.reason for outage in dense_day(every[name], day, known=True, seed=1)]
        for name in loudest
        for day in DENSE
    }
    assert {name: reasons for name, reasons in found.items() if reasons} == {}
