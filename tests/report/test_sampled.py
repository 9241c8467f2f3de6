"""Posts that a source counted and nobody read, in every form of a report."""

import json
import random
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report.fake_reading import FakeReading, added_up, an_outage, counted_only, utc, watch
from tests.watches import Watch, at, crowd
from tiktokwatch.records import MINUTE, Batch, Bucket, Count, Evidence, Step, Tick, Transition
from tiktokwatch.report import series
from tiktokwatch.report.digest import Digest, digest
from tiktokwatch.report.digest_page import digest_html
from tiktokwatch.report.digest_views import digest_json, digest_markdown, digest_text
from tiktokwatch.report.live import LiveChart
from tiktokwatch.report.outages import outage_detail_json, outage_text
from tiktokwatch.report.sampled import Sample
from tiktokwatch.report.summary import Summary, summarise
from tiktokwatch.report.summary_views import summary_json, summary_text
from tiktokwatch.report.terminal import Look
from tiktokwatch.trend.sample import likely

BERLIN = ZoneInfo("Europe/Berlin")
START = utc(2026, 11, 22, 12)
OUTAGE = an_outage(utc(2026, 11, 22, 13, 5), utc(2026, 11, 22, 15, 46))


def of_minutes(*minutes: tuple[int, int, int]) -> FakeReading:
    """Return minutes of X from `START` on: complaints, posts read, posts counted."""
    found = FakeReading(settled_at=START + len(minutes) * MINUTE)
    for n, (complaints, read, volume) in enumerate(minutes):
        at = START + n * MINUTE
        found.all_buckets.append(Bucket("x", at, covered=True, posts=read, complaints=complaints, volume=volume))
        found.all_evidence.append(Evidence(at + MINUTE, "quiet", "calm", usual=0.5))
    return found


def summary_of(reading: FakeReading) -> Summary:
    return summarise(reading, now=reading.settled_at, since=timedelta(hours=1), zone=BERLIN)


def plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def test_unread_posts_are_like_those_read_in_the_quarter_of_an_hour_up_to_them() -> None:
    rng = random.Random(4)
    minutes = [(rng.randrange(5), rng.randrange(5, 9), rng.randrange(5, 60)) for _ in range(40)]
    found = of_minutes(*minutes)
    seen = series.read(found, since=START + 5 * MINUTE, until=START + 40 * MINUTE)
    for n in range(5, 40):
        cell = seen.cell(START + n * MINUTE, START + (n + 1) * MINUTE)
        assert cell.likely == pytest.approx(likely(found.all_buckets[max(0, n - 14) : n + 1]))
        assert (cell.complaints, cell.sample.read) == minutes[n][:2]
        assert cell.sample.counted == max(minutes[n][1:])
        assert cell.level == cell.likely


def test_the_peak_is_the_minute_with_the_most_likely_complaints() -> None:
    seen = series.read(of_minutes((8, 8, 0), (6, 10, 100), (9, 9, 9)), since=START, until=START + 3 * MINUTE)
    peak = seen.peak(START, START + 3 * MINUTE)
    assert (peak.at, peak.complaints) == (START + MINUTE, 6)
    assert peak.likely > 50


def test_where_next_to_nothing_was_read_calm_speaks_for_it() -> None:
    trickle = [(1, 10, 10), *[(0, 0, 0)] * 20, *[(0, 0, 30)] * 15]
    seen = series.read(of_minutes(*trickle), since=START, until=START + 36 * MINUTE)
    cell = seen.cell(START + 21 * MINUTE, START + 36 * MINUTE)
    assert (cell.sample.read, cell.sample.counted, cell.sample.guessed) == (0, 450, 450)
    assert cell.likely == pytest.approx(450 * 0.1)
    assert cell.sample.is_thin
    none = series.read(of_minutes((0, 30, 30), *trickle), since=START, until=START + 37 * MINUTE)
    assert none.cell(START + 22 * MINUTE, START + 37 * MINUTE).likely == pytest.approx(450 * 2 / 50)


def test_an_outage_does_not_teach_what_calm_is_like() -> None:
    found = of_minutes(*[(9, 10, 10)] * 10, *[(0, 0, 0)] * 80, *[(0, 0, 30)] * 5)
    outage = an_outage(START, START + 10 * MINUTE)
    apart, mixed_up = (series.read(found, since=START, until=found.settled_at, outages=o) for o in ([outage], []))
    last = START + 90 * MINUTE, found.settled_at
    assert apart.cell(*last).likely == pytest.approx(150 * 0.1)
    assert mixed_up.cell(*last).likely > 100


def test_the_summary_says_that_it_rests_on_a_sample() -> None:
    found = summary_of(of_minutes(*[(2, 4, 60)] * 15))
    assert (found.recent.complaints, found.recent.sample.read, found.recent.sample.counted) == (30, 60, 900)
    likely_people = round(found.recent.likely)
    assert 350 < likely_people < 450
    text = plain(summary_text(found, look=Look(100)))
    assert (
        f"About {likely_people} people, by a sample of 60 of 900 posts, complained in the 15 min to 13:15 CET" in text
    )
    assert f"(×{likely_people / 7.5:.0f})" in text  # noqa: RUF001
    assert "peak about " in text
    data = json.loads(json.dumps(summary_json(found)))["last_15_min"]
    assert (data["complaints"], data["read"], data["counted"]) == (30, 60, 900)
    assert data["likely"] == pytest.approx(found.recent.likely, abs=0.05)
    assert data["ratio"] == pytest.approx(found.recent.likely / 7.5, abs=0.01)


def test_posts_that_nobody_read_are_no_reason_to_boast() -> None:
    text = plain(summary_text(summary_of(of_minutes(*[(0, 0, 60)] * 15)), look=Look(100)))
    assert "About 90 people complained in the 15 min to 13:15 CET, if the 900 posts that nobody read are like" in text
    assert "×" not in text  # noqa: RUF001


def test_what_was_read_whole_is_told_as_ever() -> None:
    found = summary_of(of_minutes(*[(2, 4, 4)] * 15))
    assert "30 complaints in the 15 min to 13:15 CET" in found.reason
    assert "peak 2/min" in summary_text(found, look=Look(100))
    data = summary_json(found)
    assert (data["last_15_min"]["likely"], data["last_15_min"]["complaints"]) == (30, 30)
    assert all(cell["likely"] == cell["complaints"] for cell in data["series"])


@pytest.fixture(scope="module")
def sunday() -> Digest:
    reading = watch(utc(2026, 11, 21, 20), utc(2026, 11, 23, 1), outages=[OUTAGE])
    counted_only(reading, trickle=10)
    reading.all_outages = [added_up(reading, OUTAGE)]
    return digest(reading, day=date(2026, 11, 22), zone=BERLIN, now=utc(2026, 11, 23, 7))


def test_the_digest_says_in_all_its_forms_where_it_rests_on_a_sample(sunday: Digest) -> None:
    total = f"{round(sunday.likely):,}"
    assert round(sunday.likely) > 2 * sunday.complaints
    assert "peak about " in sunday.subject
    for text in map(plain, (digest_text(sunday, look=Look(100)), digest_markdown(sunday))):
        assert f"of {sunday.source_coverage[1].sample.counted:,} posts that X counted" in text.lower().replace(
            "x counted", "X counted"
        )
        assert "“about”" in text
        assert f"in the {sunday.outages[0].sample} that were read" in text
    assert f"About {total} complaints on Sunday" in plain(digest_markdown(sunday))
    page = plain(digest_html(sunday))
    assert f'<span class="about">about</span> {total}</dd>' in page
    assert "complaints, by samples" in page
    assert page.count("<td>about ") > 20


def test_the_digest_keeps_what_its_figures_meant(sunday: Digest) -> None:
    data = json.loads(json.dumps(digest_json(sunday), allow_nan=False))
    assert data["complaints"] == sum(cell["complaints"] for cell in data["series"])
    assert data["likely"] == pytest.approx(sum(cell["likely"] for cell in data["series"]), abs=5)
    assert (data["read"], data["counted"]) == (sunday.sample.read, sunday.sample.counted)
    watcher = data["watcher"]
    assert sum(watcher["counted_by_source"].values()) == data["counted"] > sum(watcher["read_by_source"].values())
    assert watcher["read_by_source"]["reddit"] == watcher["counted_by_source"]["reddit"]
    assert data["peak"]["likely"] > data["peak"]["complaints"]


def test_one_outage_says_how_many_posts_its_figures_speak_of() -> None:
    sample = Sample(read=20, counted=300, carried=90.0)
    text = plain(outage_text(OUTAGE, transitions=[], sample=sample, zone=BERLIN, now=START, look=Look(100)))
    assert "1,204 with 1,480 complaints, in the 20 of 300 posts that were read" in text
    assert "about 31 a minute" in text
    detail = outage_detail_json(OUTAGE, transitions=[], sample=sample)
    assert (detail["read"], detail["counted"]) == (20, 300)


def test_the_growing_chart_counts_unread_posts_as_well() -> None:
    chart = LiveChart(start=START, end=START + 34 * MINUTE, zone=BERLIN, look=Look(40))
    buckets = of_minutes(*[(5, 10, 10)] * 17, *[(5, 10, 110)] * 17).all_buckets
    for bucket in buckets:
        chart(Step(Tick(bucket.at + MINUTE), settled=bucket.at + MINUTE, buckets=(bucket,)))
    top = max(likely(buckets[max(0, n - 14) : n + 1]) for n in range(len(buckets)))
    lines = chart.lines()
    assert lines[0].split()[0] == f"{top:.0f}"
    assert lines[-1].endswith("0 posts, 1,700 more counted")


def test_a_watch_and_its_report_agree_on_the_peak() -> None:
    week = 7 * 24 * 60
    counts = [Count("x", at(minute), 60 if minute >= week else 6) for minute in range(week + 30)]
    seen = Watch()
    seen.take(Tick(at(week + 1), (Batch("x", "x", at(0), at(week), counts=tuple(counts[:week])),)))
    for start in range(week, week + 30):
        posts = (*crowd(start, 8), *crowd(start, 2, "chatter"))
        batch = Batch("x", "x", at(start), at(start + 1), posts, counts=(counts[start],))
        seen.take(Tick(at(start + 2), (batch,)))
    outage = [one for step in seen.steps for one in step.outages][-1]
    reading = FakeReading(all_buckets=[bucket for step in seen.steps for bucket in step.buckets])
    found = series.read(reading, since=at(week), until=at(week + 30), outages=[outage])
    assert found.peak(at(week), at(week + 30)).likely == outage.peak_per_minute > 30


def test_reasons_with_doubts_and_samples_are_shown_as_they_are() -> None:
    reason = (
        "34 people in 5 min, 0.4 of them perhaps mistaken, where 0.4 are usual"
        " (surprise 24.1, threshold 4.6; reddit 6, x 34 at least, by 20 of 300 posts)"
    )
    change = Transition(START, "pending", "outage", 1, reason, Evidence(START, "high", "outage"))
    text = outage_text(OUTAGE, transitions=[change], zone=BERLIN, now=START, look=Look(80))
    assert reason in plain(text)
