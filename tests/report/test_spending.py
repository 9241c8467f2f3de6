"""What reading X costs, by days and months of UTC."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report.fake_reading import FakeReading, utc, watch
from tiktokwatch.collect.budget import Limits
from tiktokwatch.records import Expense
from tiktokwatch.report.digest import digest
from tiktokwatch.report.digest_page import digest_html
from tiktokwatch.report.digest_views import digest_json, digest_markdown, digest_text
from tiktokwatch.report.spending import money, now_words, spending, spending_json, warnings
from tiktokwatch.report.summary import summarise
from tiktokwatch.report.summary_views import summary_json, summary_text
from tiktokwatch.report.terminal import Look

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 11, 22)
NOW = utc(2026, 11, 22, 13, 1)
LIMITS = Limits(dollars_per_day=5.0, dollars_per_month=60.0, posts_per_day=1000, posts_per_month=20000)
BOOKED = [
    Expense("x", utc(2026, 10, 31, 23), "post", 900, 4.5),
    Expense("x", utc(2026, 11, 1), "post", 4000, 20.0),
    Expense("x", utc(2026, 11, 21, 23), "request", 92, 0.46),
    Expense("x", utc(2026, 11, 22), "post", 100, 0.3),
    Expense("x", utc(2026, 11, 22, 9), "post", 30, 0.06),
    Expense("x", utc(2026, 11, 22, 9), "request", 96, 0.48),
    Expense("x", utc(2026, 11, 23), "post", 7, 0.035),
]
LINE = (
    "X costs: $0.84 today, $21.30 this month (limits $5.00 and $60.00); 130 posts and 96 requests today"
    " (days and months of UTC, as it bills)"
)


def plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def reading(*expenses: Expense) -> FakeReading:
    found = watch(utc(2026, 11, 22, 10), utc(2026, 11, 22, 13))
    found.all_expenses = list(expenses or BOOKED)
    return found


def summary(found: FakeReading, *, now: datetime = NOW) -> tuple[str, dict[str, object]]:
    made = summarise(found, now=now, since=timedelta(hours=2), zone=BERLIN, limits={"x": LIMITS})
    return plain(summary_text(made, look=Look(100))), summary_json(made)


def test_days_and_months_are_those_of_utc() -> None:
    (spent,) = spending(reading(), day=DAY, limits={"x": LIMITS})
    assert now_words(spent) == LINE
    assert (spent.dollars_today, spent.dollars_this_month) == (pytest.approx(0.84), pytest.approx(21.3))
    assert (spent.posts_this_month, spent.requests_this_month) == (4130, 188)
    (before,) = spending(reading(), day=date(2026, 10, 31))
    assert (before.dollars_today, before.limits, before.near) == (4.5, None, ())
    assert "limits" not in now_words(before)
    assert spending(reading(), day=date(2026, 9, 30)) == ()


def test_the_summary_has_a_line_where_anything_was_booked() -> None:
    text, data = summary(reading())
    assert LINE in text
    (spent,) = json.loads(json.dumps(data))["spending"]
    assert (spent["source"], spent["day"], spent["zone"]) == ("x", "2026-11-22", "UTC")
    assert (spent["dollars_today"], spent["dollars_this_month"]) == (0.84, 21.3)
    assert spent["limits"]["posts_per_month"] == 20000
    assert spent["near"] == []


def test_the_summary_has_none_where_nothing_was() -> None:
    text, data = summary(reading(BOOKED[0]))
    assert "costs" not in text
    assert data["spending"] == []


def test_late_evening_in_the_zone_is_another_day_in_utc() -> None:
    text, _ = summary(reading(), now=utc(2026, 11, 22, 23, 30))
    assert "X costs: $0.84 today" in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"dollars_per_day": 1.0}, "84 % of the day's budget for X is used: $0.84 of $1.00."),
        ({"dollars_per_month": 25.0}, "85 % of the month's budget for X is used: $21.30 of $25.00."),
        ({"posts_per_day": 130}, "All of the day's posts from X are used: 130 of 130."),
        ({"posts_per_month": 5000}, "83 % of the month's posts from X are used: 4,130 of 5,000."),
        ({"dollars_per_day": 0.0}, "All of the day's budget for X is used: $0.84 of $0.00."),
        ({"dollars_per_day": 1.05}, ""),
    ],
)
def test_a_limit_that_is_nearly_used_up_is_a_warning(change: dict[str, float], sentence: str) -> None:
    (spent,) = spending(reading(), day=DAY, limits={"x": replace(LIMITS, **change)})
    assert warnings(spent) == ((sentence,) if sentence else ())
    assert spending_json(spent)["near"] == (list(change) if sentence else [])


def test_warnings_stand_in_the_summary_and_in_the_digest() -> None:
    limits = {"x": replace(LIMITS, dollars_per_day=1.0)}
    made = summarise(reading(), now=utc(2026, 11, 22, 13, 1), since=timedelta(hours=2), zone=BERLIN, limits=limits)
    assert "84 % of the day's budget" in plain(summary_text(made, look=Look(80)))
    day = digest(reading(), day=DAY, zone=BERLIN, now=utc(2026, 11, 23, 7), limits=limits)
    assert "84 % of the day's budget" in plain(digest_text(day, look=Look(80)))


def test_the_digest_has_a_line_at_its_foot() -> None:
    made = digest(reading(), day=DAY, zone=BERLIN, now=utc(2026, 11, 23, 7), limits={"x": LIMITS})
    line = (
        "X cost $0.84 on Sun 22 Nov for 130 posts and 96 requests, and $21.30 from 1 to 22 Nov"
        " (limits $5.00 and $60.00); days and months are those of UTC here, as it bills."
    )
    for text in (digest_text(made, look=Look(90)), digest_markdown(made).replace("\\", ""), digest_html(made)):
        assert line in plain(text)
    assert digest_json(made)["spending"][0]["dollars_today"] == 0.84
    so_far = digest(reading(), day=DAY, zone=BERLIN, now=utc(2026, 11, 22, 23, 30))
    assert "X cost $0.84 so far on Sun 22 Nov" in plain(digest_text(so_far, look=Look(90)))
    nothing = digest(reading(BOOKED[-1]), day=DAY, zone=BERLIN, now=utc(2026, 11, 23, 7))
    assert "cost" not in digest_text(nothing, look=Look(90))
    assert digest_json(nothing)["spending"] == []


def test_the_first_of_a_month_is_no_span() -> None:
    made = digest(reading(), day=date(2026, 11, 1), zone=BERLIN, now=utc(2026, 11, 23, 7))
    assert "X cost $20.00 on Sun 1 Nov for 4,000 posts and 0 requests; days" in plain(digest_text(made, look=Look(90)))


def test_a_trace_of_money_is_not_nothing() -> None:
    assert [money(value) for value in (0.0, 0.004, 0.005, 1234.5)] == ["$0.00", "under $0.01", "$0.01", "$1,234.50"]
