"""How well the watcher watches."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report.fake_reading import FakeReading, utc, watch
from tiktokwatch.records import Mark
from tiktokwatch.report import health
from tiktokwatch.report.digest import digest
from tiktokwatch.report.digest_facts import watching
from tiktokwatch.report.summary import summarise
from tiktokwatch.report.summary_views import summary_json, summary_text
from tiktokwatch.report.terminal import Look

BERLIN = ZoneInfo("Europe/Berlin")
END = utc(2026, 11, 22, 13, 43)
NOW = END + timedelta(seconds=70)
STALE_AFTER = timedelta(minutes=15)
HEARD = utc(2026, 11, 22, 13, 2)


def line(fault: str, retry_at: object, *, collector: str = "x") -> str:
    mark = Mark(collector, "x", through=HEARD, passed=END, fault=fault, retry_at=retry_at)
    (found,) = health.sources([mark], now=NOW, zone=BERLIN, stale_after=STALE_AFTER)
    return str(found)


def plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize(
    ("fault", "retry_at", "said"),
    [
        ("429, the monthly cap on posts is reached, back on 1 Dec", utc(2026, 12, 1), ""),
        ("the budget of the day ($5.00) is spent, back at 00:00 UTC", utc(2026, 11, 23), ""),
        ("429, the cap is reached; asking again after midnight UTC", utc(2026, 11, 23), ""),
        ("429, too many requests", NOW + timedelta(minutes=4), ": tries again at 14:48 CET"),
        ("402, no credit is left", utc(2026, 11, 23), ": tries again at Mon 23 Nov 01:00 CET"),
        ("the credentials were refused", None, ": given up; put it right, then start tiktokwatch run again"),
    ],
)
def test_a_fault_says_once_when_it_will_be_over(fault: str, retry_at: object, said: str) -> None:
    assert line(f"x: {fault}", retry_at) == f"X not ok, last data 42 min ago ({fault}{said})"


def test_the_collector_is_named_where_it_is_not_the_source() -> None:
    assert line("x-stream: broken", NOW, collector="x-stream").startswith(
        "X (x-stream) not ok, last data 42 min ago (b"
    )


def used(*marks: Mark) -> list[str]:
    return [mark.collector for mark in health.in_use(marks)]


def test_a_collector_that_nobody_polls_any_more_is_left_out() -> None:
    fresh = Mark("reddit", "reddit", through=END, passed=END)
    old = Mark("x", "x", through=END - timedelta(days=7, minutes=1), passed=END - timedelta(days=7, minutes=1))
    young = Mark("x", "x", through=END - timedelta(days=7), passed=END - timedelta(days=7))
    assert used(fresh, old) == ["reddit"]
    assert used(fresh, young) == ["reddit", "x"]


def test_one_that_is_polled_in_vain_stays_and_so_do_all_where_nobody_is_polled() -> None:
    fresh = Mark("reddit", "reddit", through=END, passed=END)
    in_vain = Mark("x", "x", through=END - timedelta(days=20), passed=END - timedelta(minutes=1), fault="429")
    never = Mark("bluesky", "bluesky", fault="refused")
    assert used(fresh, in_vain, never) == ["reddit", "x", "bluesky"]
    assert used(Mark("x", "x", through=END - timedelta(days=90)), Mark("bluesky", "bluesky")) == ["x", "bluesky"]


def test_the_list_is_the_same_in_the_digest() -> None:
    reading = watching_with(Mark("mastodon", "mastodon", through=END - timedelta(days=30), fault="503"))
    made = digest(reading, day=END.date(), zone=BERLIN, now=NOW)
    assert [one.collector for one in made.sources] == ["reddit", "x"]
    assert not [said for said in watching(made) if "Mastodon" in said]


def watching_with(*marks: Mark) -> FakeReading:
    reading = watch(utc(2026, 11, 22, 12), END)
    others = {mark.collector for mark in marks}
    reading.all_marks = [*(mark for mark in reading.all_marks if mark.collector not in others), *marks]
    return reading


def test_a_source_that_is_dead_is_named_beside_the_state_that_others_vouch_for() -> None:
    dead = Mark("x", "x", through=HEARD, passed=END, fault="x: 503, a fault of its own", retry_at=NOW)
    reading = watching_with(dead, Mark("bluesky", "bluesky", through=END), Mark("hackernews", "hackernews"))
    made = summarise(reading, now=NOW, since=timedelta(hours=1), zone=BERLIN)
    assert made.state == "calm"
    text = plain(summary_text(made, look=Look(100)))
    assert text.startswith(
        "TikTok: CALM ○, by Bluesky and Reddit; Hacker News not heard yet and X not heard since 14:02 CET"
    )
    data = summary_json(made)
    assert data["heard"] == ["bluesky", "reddit"]
    assert data["not_heard"] == [
        {"source": "hackernews", "since": None},
        {"source": "x", "since": "2026-11-22T13:02:00Z"},
    ]


def test_a_source_with_two_collectors_is_heard_by_one_of_them() -> None:
    made = summarise(
        watching_with(Mark("x-stream", "x", through=HEARD, passed=END)),
        now=NOW,
        since=timedelta(hours=1),
        zone=BERLIN,
    )
    assert made.heard == health.Heard(("reddit", "x"))
    assert summary_text(made, look=Look(100)).startswith("TikTok: CALM ○\n")


def test_nobody_is_named_where_nothing_is_known() -> None:
    reading = watching_with(Mark("x", "x", through=HEARD, passed=END))
    stale = summarise(reading, now=NOW + timedelta(hours=1), since=timedelta(hours=1), zone=BERLIN)
    assert stale.state == "unknown"
    assert "not heard" not in summary_text(stale, look=Look(100))


def test_all_sources_have_names() -> None:
    marks = [Mark(name, name, through=END) for name in ("bluesky", "hackernews", "mastodon", "reddit", "x")]
    found = health.sources(marks, now=NOW, zone=BERLIN, stale_after=STALE_AFTER)
    assert [one.name for one in found] == ["Bluesky", "Hacker News", "Mastodon", "Reddit", "X"]
