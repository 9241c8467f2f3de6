import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report import hostile
from tests.report.fake_reading import FakeReading, a_change, an_outage, judged, utc, watch
from tiktokwatch.records import Bucket, Mark
from tiktokwatch.report.outages import outage_json
from tiktokwatch.report.summary import Summary, summarise
from tiktokwatch.report.summary_views import summary_json, summary_text
from tiktokwatch.report.terminal import Look, speaks_blocks

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(hours=24)
END = utc(2026, 11, 22, 13, 43)
NOW = END + timedelta(seconds=70)
ONSET = utc(2026, 11, 22, 13, 5)
QUIET_SPAN = (utc(2026, 11, 21, 13), END)


def in_outage(**changes: object) -> FakeReading:
    reading = watch(*QUIET_SPAN, outages=[an_outage(ONSET, None, **changes)])
    reading.present = "outage"
    reading.all_transitions = [a_change(ONSET + timedelta(minutes=4), "pending", "outage")]
    return reading


def of(reading: FakeReading, *, now: datetime = NOW, since: timedelta = DAY) -> Summary:
    return summarise(reading, now=now, since=since, zone=BERLIN)


@pytest.fixture(scope="module")
def outage() -> Summary:
    return of(in_outage())


@pytest.fixture(scope="module")
def calm() -> Summary:
    reading = watch(
        *QUIET_SPAN,
        outages=[an_outage(utc(2026, 11, 21, 17), utc(2026, 11, 21, 18, 30))],
        holes=[(utc(2026, 11, 22, 2), utc(2026, 11, 22, 3))],
    )
    return of(reading)


def test_an_outage_is_told_with_its_figures(outage: Summary) -> None:
    recent = outage.recent
    assert (outage.state, outage.cause, outage.began) == ("outage", "technical", ONSET)
    assert (recent.start, recent.end) == (END - timedelta(minutes=15), END)
    assert recent.complaints > 100
    assert recent.ratio == pytest.approx(recent.complaints / recent.usual)
    assert 0 < recent.people <= recent.complaints
    text = summary_text(outage, look=Look(100))
    assert text.startswith("TikTok: OUTAGE ● since 14:05 CET (39 min)\n")
    assert f"{recent.complaints} complaints by {recent.people} people in the 15 min to 14:43 CET" in text
    assert "usual on a Sunday at this hour: " in text
    assert "It is TikTok, not you: reinstalling will not help." in text
    assert "the feed" in text
    assert "United States" in text
    assert "https://x.com/i/status/" in text


def test_calm_sends_people_to_look_elsewhere(calm: Summary) -> None:
    text = summary_text(calm, look=Look(100))
    assert calm.state == "calm"
    assert text.startswith("TikTok: CALM ○\n")
    assert "Nobody else complains: try another network, another device, or tiktok.com in a browser." in text
    assert "outage, 1 h 30 min, from Sat 21 Nov 18:00 CET; more: tiktokwatch outages 1" in text
    assert "not about TikTok" in text


def test_hours_that_nobody_saw_are_shown_as_such(calm: Summary) -> None:
    holes = [cell for cell in calm.cells if cell.complaints is None]
    assert [cell.start for cell in holes] == [utc(2026, 11, 22, 1, 58) + n * timedelta(minutes=15) for n in (1, 2, 3)]
    text = summary_text(calm, look=Look(100))
    assert "·" in next(line for line in text.splitlines() if "24 h" in line)
    assert "· no data" in text


def test_old_data_are_not_taken_for_calm() -> None:
    reading = watch(*QUIET_SPAN)
    reading.all_transitions = [a_change(utc(2026, 11, 20, 1), "unknown", "calm")]
    assert of(reading, now=END + timedelta(minutes=15)).state == "calm"
    stale = of(reading, now=END + timedelta(minutes=47))
    assert (stale.state, stale.cause, stale.held, stale.began) == ("unknown", "stale", "calm", END)
    text = summary_text(stale, look=Look(100))
    assert text.startswith("TikTok: UNKNOWN ? since 14:43 CET (47 min)\n")
    assert "No data for 47 min; last known: calm at 14:43 CET." in text
    assert "tiktokwatch run" in text
    assert "Nobody else complains" not in text
    assert summary_json(stale)["state"] == "unknown"


def test_an_outage_that_nobody_watches_any_more_is_unknown() -> None:
    stale = of(in_outage(), now=END + timedelta(hours=3))
    assert "last known: outage at 14:43 CET" in stale.reason
    assert "reinstalling" not in stale.advice


def test_nothing_watched_yet_says_how_to_begin() -> None:
    never = of(FakeReading(present="unknown"))
    text = summary_text(never, look=Look(80))
    assert (never.state, never.cause, never.settled) == ("unknown", "never", None)
    assert "Nothing has been watched yet." in text
    assert "tiktokwatch run" in text
    assert "24 h" not in text
    assert not text.endswith("\n\n")
    assert summary_json(never)["settled"] is None


def test_sources_that_cannot_be_read_make_it_unknown() -> None:
    reading = watch(*QUIET_SPAN)
    reading.present = "unknown"
    reading.all_transitions = [a_change(utc(2026, 11, 22, 13, 30), "calm", "unknown", number=None)]
    reading.all_marks = [
        Mark(
            "x", "x", through=END - timedelta(minutes=41), fault="X answered 429", retry_at=NOW + timedelta(minutes=4)
        ),
        Mark("reddit", "reddit", through=END - timedelta(minutes=41), fault="Reddit refused the password"),
    ]
    blind = of(reading)
    assert (blind.state, blind.cause) == ("unknown", "blind")
    text = summary_text(blind, look=Look(100))
    assert "Nobody can vouch for what is said since 14:30 CET." in text
    assert "X not ok, last data 42 min ago (X answered 429: tries again at 14:48 CET)" in text
    assert "Reddit refused the password: given up" in text


@pytest.mark.parametrize(
    ("verdict", "sentence", "advice"),
    [
        ("policy", "blocked rather than broken", "a decision, not a fault"),
        ("spill-over", "Another service is failing", "Look at the other service first"),
        ("partial", "One part of TikTok is failing for many people: uploading.", "the rest of the app may work"),
        ("both", "ban or a block", "It is not you"),
        ("chatter", "much talk", "try another network"),
    ],
)
def test_every_verdict_has_its_own_words(verdict: str, sentence: str, advice: str) -> None:
    found = of(in_outage(verdict=verdict, aspect="upload"))
    assert sentence in found.headline
    assert advice in found.advice


def test_recovering_and_pending_have_their_own_words() -> None:
    reading = in_outage(state="recovering", recovering_at=utc(2026, 11, 22, 13, 40))
    reading.present = "recovering"
    recovering = of(reading)
    assert (recovering.began, recovering.cause) == (utc(2026, 11, 22, 13, 40), "")
    assert "It was TikTok, not you" in recovering.advice
    reading = watch(*QUIET_SPAN)
    reading.present = "pending"
    reading.all_transitions = [a_change(utc(2026, 11, 22, 13, 42), "calm", "pending", number=None)]
    assert "may be the start of an outage" in of(reading).headline


def test_a_ratio_of_very_little_is_not_boasted_of() -> None:
    reading = watch(utc(2026, 11, 22, 4), utc(2026, 11, 22, 9))
    reading.all_buckets = [b for b in reading.all_buckets if not b.complaints]
    at = utc(2026, 11, 22, 8, 50)
    reading.all_buckets.append(Bucket("x", at, covered=True, complaints=3))
    reading.all_judged = [judged("tiktok is broken", at)]
    text = summary_text(of(reading, now=utc(2026, 11, 22, 9)), look=Look(100))
    assert "3 complaints by 1 person in the 15 min to 10:00 CET" in text
    assert "×" not in text  # noqa: RUF001


def test_json_is_json_with_utc_and_a_version(outage: Summary, calm: Summary) -> None:
    for summary in (outage, calm):
        found = json.loads(json.dumps(summary_json(summary), allow_nan=False))
        assert found["schema_version"] == 1
        assert found["now"] == "2026-11-22T13:44:10Z"
        assert len(found["series"]) == 96
        assert found["last_15_min"]["to"] == "2026-11-22T13:43:00Z"
        assert {source["collector"] for source in found["sources"]} == {"x", "reddit"}
        assert all(sample["url"].startswith("https://") for sample in found["samples"])
        assert "author" not in json.dumps(found["samples"])
    assert summary_json(outage)["outage"] == outage_json(outage.outage)
    assert summary_json(calm)["outage"] is None
    assert summary_json(calm)["last_outage"]["id"] == 1
    assert None in {cell["complaints"] for cell in summary_json(calm)["series"]}


@pytest.mark.parametrize("width", [1, 40, 59, 60, 80, 300])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_lines_fit_but_for_addresses(outage: Summary, calm: Summary, *, width: int, ascii_only: bool) -> None:
    for summary in (outage, calm):
        lines = summary_text(summary, look=Look(width, ascii_only=ascii_only)).splitlines()
        assert max(len(line) for line in lines if "://" not in line) <= min(100, max(40, width))


def test_colour_adds_nothing_but_colour(outage: Summary) -> None:
    plain, painted = (summary_text(outage, look=Look(80, colour=colour)) for colour in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[31;1mTikTok: OUTAGE" in painted
    for code in ("31;1", "33", "1", "2", "0"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert [line.rstrip() for line in painted.splitlines()] == plain.splitlines()


def test_an_ascii_output_gets_ascii(outage: Summary) -> None:
    text = summary_text(outage, look=Look(80, ascii_only=True))
    assert text.isascii()
    assert "TikTok: OUTAGE X since" in text
    assert "(x" in text
    assert "#" in text


def test_outputs_are_asked_whether_they_can_show_blocks() -> None:
    assert [speaks_blocks(encoding) for encoding in ("utf-8", "ascii", "latin-1", "cp1252", None, "no such")] == [
        True,
        False,
        False,
        False,
        False,
        False,
    ]


def test_hostile_posts_are_shown_tamed() -> None:
    for part in range(0, len(hostile.TEXTS), 3):
        reading = watch(*QUIET_SPAN)
        reading.all_judged = hostile.posts(END - DAY, END)[part : part + 3]
        reading.all_marks = [Mark("x", "x", through=END, fault="\x1b[2J\u202e<b>bad</b>\nline", retry_at=NOW)]
        text = summary_text(of(reading), look=Look(100))
        assert text.count("“") == min(3, len(hostile.TEXTS) - part)
        assert not set(text) & set("\x1b\x9b\x07\r\u202e\u202c\u2066\u2069")
        for forbidden in (
            "everyone",
            "channel",
            "victim",
            "some_person",
            "evil.example/phish",
            "javascript:alert(1)\n",
        ):
            assert forbidden not in text
        assert len([line for line in text.splitlines() if line.startswith("#")]) == 0


@pytest.mark.parametrize(("hours", "cells"), [(1, 60), (6, 72), (24, 96), (24 * 7, 56)])
def test_any_span_can_be_asked_for(hours: float, cells: int) -> None:
    reading = watch(utc(2026, 11, 22, 10), END)
    found = of(reading, since=timedelta(hours=hours))
    assert len(found.cells) == cells
    assert found.since == END - timedelta(hours=hours)
    summary_text(found, look=Look(80))
