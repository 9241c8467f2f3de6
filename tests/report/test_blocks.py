import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktokwatch.report.blocks import sparkline, squeezed, strip

values = st.lists(st.none() | st.integers(0, 10_000), max_size=200)


def test_a_sparkline_rises_with_its_values_and_shows_holes() -> None:
    assert sparkline([0, 1, 4, 8, None]) == "▁▂▅█·"
    assert sparkline([0, 1, 4, 8, None], ascii_only=True) == "_.=#?"
    assert sparkline([]) == ""


@given(values)
def test_nothing_is_told_from_something_and_from_no_data(numbers: list[int | None]) -> None:
    for ascii_only, lowest, missing in ((False, "▁", "·"), (True, "_", "?")):
        drawn = sparkline(numbers, ascii_only=ascii_only)
        assert len(drawn) == len(numbers)
        for value, char in zip(numbers, drawn, strict=True):
            assert (char == missing) == (value is None)
            assert (char == lowest) == (value == 0)
        assert not ascii_only or drawn.isascii()


@given(values, st.integers(1, 100))
def test_squeezing_loses_no_peak(numbers: list[int | None], width: int) -> None:
    drawn = squeezed(numbers, width)
    assert len(drawn) == min(width, len(numbers))
    assert max((v for v in drawn if v is not None), default=None) == max(
        (v for v in numbers if v is not None), default=None
    )


@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_strip_has_rows_and_columns_and_fills_the_highest(*, ascii_only: bool) -> None:
    rows = strip([0, 2, 8, 16, None], rows=4, ascii_only=ascii_only)
    full, missing = ("#", "?") if ascii_only else ("█", "·")
    assert [len(row) for row in rows] == [5] * 4
    assert [row[3] for row in rows] == [full] * 4
    assert [row[0] for row in rows] == [" "] * 4
    assert [row[4] for row in rows] == [" ", " ", " ", missing]
    heights = [sum(row[n] != " " for row in rows) for n in range(4)]
    assert heights == sorted(heights)


def test_a_strip_keeps_to_the_top_it_is_given() -> None:
    assert strip([5], rows=2, top=10) == [" ", "█"]
    assert strip([50], rows=2, top=10) == ["█", "█"]
    assert strip([0, None], rows=2) == ["  ", " ·"]
