import json
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report import hostile
from tests.report.fake_reading import FakeReading, an_outage, utc, watch
from tiktokwatch.records import Gap, Mark
from tiktokwatch.report.digest import Digest, digest
from tiktokwatch.report.digest_views import digest_json, digest_markdown, digest_text
from tiktokwatch.report.terminal import Look

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2026, 11, 23, 7)
OUTAGE = an_outage(utc(2026, 11, 22, 13, 5), utc(2026, 11, 22, 15, 46), number=2)
EARLIER = an_outage(utc(2026, 11, 19, 2, 5), utc(2026, 11, 19, 3, 30))


@pytest.fixture(scope="module")
def reading() -> FakeReading:
    return watch(
        utc(2026, 11, 17),
        utc(2026, 11, 23, 6, 59),
        outages=[EARLIER, OUTAGE],
        holes=[(utc(2026, 11, 22, 4), utc(2026, 11, 22, 5)), (utc(2026, 11, 18, 4), utc(2026, 11, 18, 12))],
    )


def of(reading: FakeReading, day: int, *, now: datetime = NOW) -> Digest:
    return digest(reading, day=date(2026, 11, day), zone=BERLIN, now=now)


@pytest.fixture(scope="module")
def sunday(reading: FakeReading) -> Digest:
    return of(reading, 22)


def test_a_day_with_an_outage_says_so_in_its_subject(reading: FakeReading, sunday: Digest) -> None:
    outage = reading.outages()[-1]
    assert sunday.subject == f"TikTok, Sun 22 Nov: 1 outage (2 h 41 min, peak {outage.peak_per_minute}/min)"
    assert "from 14:05 to 16:46 CET (2 h 41 min)" in sunday.sentence
    assert f"{outage.authors:,} people complained" in sunday.sentence


def test_a_quiet_day_says_so_with_its_figures(reading: FakeReading) -> None:
    friday = of(reading, 20)
    assert friday.subject.startswith(f"TikTok, Fri 20 Nov: quiet ({friday.complaints} complaints, usual ")
    assert friday.complaints == sum(cell.complaints for cell in friday.cells)
    assert friday.usual == pytest.approx(sum(cell.usual for cell in friday.cells))
    assert friday.outages == ()
    assert "No outage was seen." in digest_text(friday, look=Look(72))


def test_a_day_of_which_a_part_was_not_watched_is_not_simply_quiet(reading: FakeReading) -> None:
    wednesday = of(reading, 18)
    assert "quiet as far as seen" in wednesday.subject
    assert "67 % watched" in wednesday.subject
    assert "would have been missed" in wednesday.sentence
    assert wednesday.blanks == ((utc(2026, 11, 18, 4), utc(2026, 11, 18, 12)),)


def test_a_day_without_data_says_so_plainly(reading: FakeReading) -> None:
    for found in (of(reading, 10), of(FakeReading(), 22)):
        assert found.subject.endswith(": no data")
        assert "Nobody watched on this day" in found.sentence
        assert "quiet" not in digest_text(found, look=Look(72)).split("Seven days")[0]
        assert digest_json(found)["complaints"] is None
        assert "no data" in digest_markdown(found)
        assert found.coverage == 0


def test_a_day_that_has_not_begun_says_so(reading: FakeReading) -> None:
    found = of(reading, 25)
    assert found.sentence == "This day has not begun yet."
    assert found.cells == ()
    digest_text(found, look=Look(72))
    digest_markdown(found)


def test_a_day_that_is_not_over_says_so_far(reading: FakeReading) -> None:
    found = of(reading, 23)
    assert found.subject.startswith("TikTok, Mon 23 Nov so far: quiet (")
    assert (found.over, found.through) == (False, utc(2026, 11, 23, 6, 59))
    assert len(found.cells) == 32
    assert found.coverage == 1
    assert found.blanks == ()
    assert digest_json(found)["over"] is False


def test_a_watch_that_stopped_is_a_hole_up_to_now(reading: FakeReading) -> None:
    found = of(reading, 23, now=utc(2026, 11, 23, 11, 59, 30))
    assert found.through == utc(2026, 11, 23, 11, 59)
    assert found.blanks == ((utc(2026, 11, 23, 6, 59), utc(2026, 11, 23, 11, 59)),)
    assert found.coverage == pytest.approx(479 / 779)
    assert "quiet as far as seen" in found.subject


def test_a_day_that_has_just_ended_is_told_to_its_end() -> None:
    reading = watch(utc(2026, 11, 21, 22), utc(2026, 11, 22, 22, 57))
    found = of(reading, 22, now=utc(2026, 11, 22, 23, 0, 30))
    assert (found.over, found.through) == (True, utc(2026, 11, 22, 23))
    assert found.blanks == ((utc(2026, 11, 22, 22, 57), utc(2026, 11, 22, 23)),)


def test_an_outage_that_is_not_over_lasts_so_far(reading: FakeReading) -> None:
    begun = an_outage(utc(2026, 11, 23, 5), None, number=3, verdict="policy")
    found = of(watch(utc(2026, 11, 23), utc(2026, 11, 23, 6, 30), outages=[begun]), 23, now=utc(2026, 11, 23, 6, 32))
    assert "1 policy blackout (1 h 30 min so far, peak" in found.subject
    assert "There has been a policy blackout since 06:00 CET (1 h 30 min so far)" in found.sentence
    assert "not over" in digest_text(found, look=Look(72))
    assert reading.outages(since=begun.onset) == []


def test_an_outage_over_midnight_belongs_to_both_days() -> None:
    outage = an_outage(utc(2026, 11, 21, 22), utc(2026, 11, 22, 2))
    reading = watch(utc(2026, 11, 21, 12), utc(2026, 11, 22, 12), outages=[outage])
    saturday, sunday = of(reading, 21), of(reading, 22)
    assert [len(found.outages) for found in (saturday, sunday)] == [1, 1]
    assert [cell.down for cell in sunday.week[-2:]] == [timedelta(hours=1), timedelta(hours=3)]
    assert "Sat 21 Nov 23:00 to 03:00 CET" in sunday.sentence
    assert len(of(reading, 23).outages) == 0


def test_two_outages_are_counted_and_the_longest_named() -> None:
    outages = [
        an_outage(utc(2026, 11, 22, 2), utc(2026, 11, 22, 3)),
        an_outage(utc(2026, 11, 22, 12), utc(2026, 11, 22, 14), number=2),
    ]
    found = of(watch(utc(2026, 11, 21, 12), utc(2026, 11, 22, 23), outages=outages), 22)
    assert "2 outages (longest 2 h, peak" in found.subject
    assert "13:00 to 15:00 CET" in found.sentence
    assert "Outage 2: 13:00 to 15:00 CET" in digest_text(found, look=Look(72))


def test_what_is_known_of_an_outage(reading: FakeReading, sunday: Digest) -> None:
    (found,) = sunday.outages
    first = min(b.at for b in reading.all_buckets if b.at >= OUTAGE.onset and b.complaints)
    assert found.duration == timedelta(hours=2, minutes=41)
    assert found.first_heard_on == tuple(
        sorted(b.source for b in reading.all_buckets if b.at == first and b.complaints)
    )
    assert found.peak.complaints == reading.outages()[-1].peak_per_minute
    assert [share.key for share in found.aspects][:2] == ["feed", "login"]
    assert 3 <= len(found.quotes) <= 5
    assert len({quote.text for quote in found.quotes}) == len(found.quotes)
    times = [quote.at for quote in found.quotes]
    assert times == sorted(times)
    assert times[-1] - times[0] > timedelta(hours=1)


def test_the_week_has_a_cell_for_each_day(sunday: Digest) -> None:
    assert [cell.day.day for cell in sunday.week] == [16, 17, 18, 19, 20, 21, 22]
    text = digest_text(sunday, look=Look(72))
    for line in (
        "Mon 16 Nov   no data",
        "Tue 17 Nov   quiet, 96 % watched",
        "Wed 18 Nov   quiet, 67 % watched",
        "Thu 19 Nov   1 outage, 1 h 25 min",
        "Sun 22 Nov   1 outage, 2 h 41 min",
    ):
        if "96" not in line:
            assert line in text


def test_the_watcher_is_honest_about_itself(sunday: Digest) -> None:
    text = digest_text(sunday, look=Look(100))
    assert "96 % of the day was watched by at least one source." in text
    assert "X missed 1 h, 05:00 to 06:00 CET: connection refused." in text
    assert len(sunday.holes) == 2


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_on_which_clocks_change_are_whole(day: date, hours: int) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(utc(2026, 1, 1).tzinfo)
    end = start + timedelta(hours=hours)
    reading = watch(start - timedelta(hours=2), end + timedelta(hours=2))
    found = digest(reading, day=day, zone=BERLIN, now=end + timedelta(hours=3))
    assert (found.start, found.end, len(found.cells)) == (start, end, 4 * hours)
    assert found.coverage == 1
    assert sum(cell.minutes for cell in found.cells) == 60 * hours
    assert f"({hours} h)" in digest_text(found, look=Look(100))


def test_json_is_json_with_utc_and_a_version(sunday: Digest) -> None:
    found = json.loads(json.dumps(digest_json(sunday), allow_nan=False))
    assert found["schema_version"] == 1
    assert (found["day"], found["zone"]) == ("2026-11-22", "Europe/Berlin")
    assert (found["from"], found["to"]) == ("2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z")
    assert found["no_data"] == [{"from": "2026-11-22T04:00:00Z", "to": "2026-11-22T05:00:00Z"}]
    assert [cell["complaints"] for cell in found["series"]].count(None) == 4
    assert found["outages"][0]["duration_seconds"] == 9660
    assert found["watcher"]["gaps"][0]["reason"] == "connection refused"
    assert len(found["week"]) == 7


@pytest.mark.parametrize("width", [40, 72, 100])
def test_the_text_fits_but_for_addresses(sunday: Digest, width: int) -> None:
    text = digest_text(sunday, look=Look(width, ascii_only=True))
    assert text.isascii()
    assert max(len(line) for line in text.splitlines() if "://" not in line) <= width


def test_markdown_tells_the_same(sunday: Digest) -> None:
    text = digest_markdown(sunday)
    assert text.startswith("# TikTok, Sun 22 Nov: 1 outage (2 h 41 min, peak ")
    assert "## Outage: 14:05 to 16:46 CET" in text
    assert "| Lasted | 2 h 41 min |" in text
    assert "([post](<https://" in text
    assert text.count("\n## ") == 5


def test_hostile_posts_change_nothing_in_text_or_markdown() -> None:
    outage = an_outage(utc(2026, 11, 22, 13), utc(2026, 11, 22, 14), places={"<b>": 4, "a|b": 3}, reason="\x1b[2J")
    texts = []
    for n in range(0, len(hostile.TEXTS), 5):
        reading = watch(utc(2026, 11, 22, 12), utc(2026, 11, 22, 15))
        reading.all_outages = [outage]
        reading.all_judged = hostile.posts(outage.onset, outage.ended_at)[n : n + 5]
        reading.all_gaps = [Gap("x", "x", utc(2026, 11, 22, 14), utc(2026, 11, 22, 15), "<i>\x1b[31m\nno|way</i>")]
        reading.all_marks = [Mark("x", "x", fault="`bad` \x1b[2J @everyone <script>")]
        found = of(reading, 22)
        assert len(found.outages[0].quotes) >= 3
        texts += [digest_text(found, look=Look(100)), digest_markdown(found)]
    for text in texts:
        assert not set(text) & set("\x1b\x9b\x07\r\u202e\u202c\u2066\u2069")
        for forbidden in ("@here", "channel", "victim", "some_person", "/phish", "x.png"):
            assert forbidden not in text
    for text in texts[1::2]:
        prose = re.sub(r"\\[^\w\s]", "", re.sub(r"\[post\]\(<https://[^<>\s]+>\)", "", text))
        assert "](" not in prose
        for mark in ("<script>", "<img", "<svg", "\n# Injected", "![", " `code`", "**bold", "<b>", "| a|b"):
            assert mark not in prose
        cells = [line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")]
        assert set(cells) == {3}
