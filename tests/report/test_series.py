from collections.abc import Collection
from datetime import timedelta

import pytest

from tests.report.fake_reading import FakeReading, an_outage, utc
from tiktokwatch.records import MINUTE, Bucket, Evidence
from tiktokwatch.report import series

START = utc(2026, 11, 22, 12)


def reading(*, minutes: int = 30, skip: Collection[int] = (), usual: float = 0.5) -> FakeReading:
    found = FakeReading()
    for n in range(minutes):
        at = START + n * MINUTE
        if n not in skip:
            found.all_buckets.append(Bucket("x", at, covered=True, complaints=n % 3))
            found.all_evidence.append(Evidence(at + MINUTE, "quiet", "calm", usual=usual))
    return found


def test_cells_add_up_minutes_and_what_is_usual_in_them() -> None:
    seen = series.read(reading(), since=START, until=START + 30 * MINUTE)
    cells = seen.cells(START, START + 30 * MINUTE)
    assert [(cell.complaints, cell.usual, cell.minutes) for cell in cells] == [(15, 7.5, 15), (15, 7.5, 15)]
    assert seen.blanks(START, START + 30 * MINUTE) == ()


def test_missing_is_not_zero() -> None:
    seen = series.read(reading(skip=range(15, 30)), since=START, until=START + 30 * MINUTE)
    first, second = seen.cells(START, START + 30 * MINUTE)
    assert (first.complaints, second.complaints, second.usual, second.level) == (15, None, None, None)
    assert seen.blanks(START, START + 30 * MINUTE) == ((START + 15 * MINUTE, START + 30 * MINUTE),)


def test_a_cell_that_is_half_known_is_compared_with_half_the_usual() -> None:
    seen = series.read(reading(skip=range(5, 15)), since=START, until=START + 15 * MINUTE)
    (cell,) = seen.cells(START, START + 15 * MINUTE)
    assert (cell.complaints, cell.usual, cell.minutes) == (4, 2.5, 5)
    assert cell.level == pytest.approx(12)
    assert cell.usual_level == pytest.approx(7.5)


def test_too_little_of_a_cell_says_nothing_of_the_whole() -> None:
    seen = series.read(reading(skip=range(2, 15)), since=START, until=START + 15 * MINUTE)
    (cell,) = seen.cells(START, START + 15 * MINUTE)
    assert (cell.complaints, cell.level) == (1, None)


def test_what_nobody_vouches_for_is_left_out() -> None:
    found = reading(minutes=5)
    found.all_buckets.append(Bucket("reddit", START, covered=False, complaints=40))
    found.all_buckets.append(Bucket("reddit", START + 7 * MINUTE, covered=False, complaints=40))
    found.all_evidence.append(Evidence(START + 8 * MINUTE, "blind", "unknown"))
    seen = series.read(found, since=START, until=START + 10 * MINUTE)
    assert sum(seen.complaints.values()) == 4
    assert seen.covered(START, START + 10 * MINUTE) == 5


def test_minutes_at_the_edges_belong_to_the_span_in_which_they_start() -> None:
    seen = series.read(reading(), since=START + 5 * MINUTE, until=START + 10 * MINUTE)
    assert sorted(seen.usual) == [START + n * MINUTE for n in range(5, 10)]
    assert sorted(seen.complaints) == sorted(seen.usual)


def test_an_outage_stands_in_for_a_usual_that_is_not_kept() -> None:
    found = reading()
    found.all_evidence.clear()
    outage = an_outage(START + 10 * MINUTE, START + 20 * MINUTE, usual_per_minute=0.25)
    seen = series.read(found, since=START, until=START + 30 * MINUTE, outages=[outage])
    assert sum(seen.usual.values()) == pytest.approx(2.5)
    assert seen.cell(START, START + 10 * MINUTE).usual is None


def test_the_peak_is_the_first_of_the_busiest_minutes() -> None:
    seen = series.read(reading(), since=START, until=START + 30 * MINUTE)
    assert seen.peak(START, START + 30 * MINUTE) == series.Peak(START + 2 * MINUTE, 2)
    assert seen.peak(START, START + MINUTE) is None


def test_cells_are_as_wide_as_their_span_asks_for() -> None:
    widths = [series.fitting_width(timedelta(hours=hours)) for hours in (1, 24, 24 * 7, 24 * 30)]
    assert widths == [MINUTE, 15 * MINUTE, 180 * MINUTE, 1440 * MINUTE]
