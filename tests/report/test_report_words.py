from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report.fake_reading import utc
from tiktokwatch.report import words

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (40, "40 s"),
        (59.6, "1 min"),
        (60 * 59 + 59, "59 min"),
        (3600, "1 h"),
        (9660, "2 h 41 min"),
        (47 * 3600, "47 h"),
        (76 * 3600, "3 d 4 h"),
        (72 * 3600, "3 d"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert words.duration(timedelta(seconds=seconds)) == said


def test_figures_are_as_exact_as_they_are_large() -> None:
    assert [words.figure(value) for value in (0, 0.04, 0.25, 3.0, 3.14, 9.96, 1234.5)] == [
        "0",
        "under 0.1",
        "0.2",
        "3",
        "3.1",
        "10",
        "1,234",
    ]
    assert words.ratio(71.3) == "×71"  # noqa: RUF001


def test_percentages_neither_lose_a_trace_nor_claim_the_whole() -> None:
    assert [words.percent(share) for share in (0, 0.001, 0.61, 0.996, 1)] == [
        "0 %",
        "under 1 %",
        "61 %",
        "over 99 %",
        "100 %",
    ]


def test_lists_and_counts_read_as_english() -> None:
    assert [words.joined(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert (words.plural(1, "outage"), words.plural(1200, "person", "people")) == ("1 outage", "1,200 people")


def test_moments_name_their_day_only_where_it_is_another() -> None:
    at = utc(2026, 11, 22, 13, 5)
    assert words.moment(at, BERLIN, now=utc(2026, 11, 22, 22)) == "14:05 CET"
    assert words.moment(at, BERLIN, now=utc(2026, 11, 23, 22)) == "Sun 22 Nov 14:05 CET"
    assert words.moment(at, BERLIN, now=utc(2027, 1, 1, 12)) == "Sun 22 Nov 2026 14:05 CET"
    assert words.clock(at, ZoneInfo("America/Sao_Paulo")) == "10:05 UTC-03"


def test_spans_say_what_they_share_once() -> None:
    now = utc(2026, 11, 22, 20)
    assert words.span(utc(2026, 11, 22, 13, 5), utc(2026, 11, 22, 15, 46), BERLIN, now=now) == "14:05 to 16:46 CET"
    assert (
        words.span(utc(2026, 11, 21, 13, 5), utc(2026, 11, 21, 15), BERLIN, now=now) == "Sat 21 Nov 14:05 to 16:00 CET"
    )
    assert words.span(utc(2026, 11, 21, 22), utc(2026, 11, 22, 1), BERLIN, now=now) == "Sat 21 Nov 23:00 to 02:00 CET"
    changing = words.span(utc(2026, 10, 24, 23, 30), utc(2026, 10, 25, 3), BERLIN, now=utc(2026, 10, 25, 12))
    assert changing == "01:30 CEST to 04:00 CET"


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 11, 22), "Europe/Berlin", 24),
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
        (date(2026, 4, 24), "Africa/Cairo", 23),  # midnight itself is skipped
    ],
)
def test_a_local_day_has_as_many_hours_as_its_zone_gives_it(day: date, zone: str, hours: float) -> None:
    start, end = words.day_span(day, ZoneInfo(zone))
    assert (end - start) == timedelta(hours=hours)
    following, _ = words.day_span(day + timedelta(days=1), ZoneInfo(zone))
    assert following == end
    assert start.utcoffset() == timedelta(0)


def test_machines_get_utc_to_the_second() -> None:
    assert words.stamp(utc(2026, 11, 22, 13, 5, 7, 999).astimezone(BERLIN)) == "2026-11-22T13:05:07Z"
    assert words.stamp(None) is None
