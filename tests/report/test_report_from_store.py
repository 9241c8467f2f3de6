"""The same days, read from a real file: the fake of these tests must not know better than the store."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.report.fake_reading import FakeReading, a_change, an_outage, utc, watch
from tiktokwatch.records import Batch, Step, Tick
from tiktokwatch.report.digest import digest
from tiktokwatch.report.digest_page import digest_html
from tiktokwatch.report.digest_views import digest_json
from tiktokwatch.report.summary import summarise
from tiktokwatch.report.summary_views import summary_json
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2026, 11, 22, 22, 1)


def stored(reading: FakeReading, path: Path) -> Reader:
    posts = tuple(judged.post for judged in reading.all_judged)
    batch = Batch("x", "x", since=reading.all_buckets[0].at, through=NOW, posts=posts)
    step = Step(
        tick=Tick(NOW, batches=(batch,), gaps=tuple(reading.all_gaps)),
        settled=reading.settled_at,
        judged=tuple(reading.all_judged),
        buckets=tuple(reading.all_buckets),
        evidence=tuple(reading.all_evidence),
        outages=tuple(reading.all_outages),
        transitions=tuple(reading.all_transitions),
        marks=tuple(reading.all_marks),
    )
    with Store.open(path) as store:
        store.save(step)
    return Reader.open(path)


def test_reports_from_a_file_are_those_from_lists(tmp_path: Path) -> None:
    lists = watch(
        utc(2026, 11, 21, 12),
        utc(2026, 11, 22, 22),
        outages=[an_outage(utc(2026, 11, 22, 13, 5), utc(2026, 11, 22, 15, 46))],
        holes=[(utc(2026, 11, 22, 4), utc(2026, 11, 22, 5))],
    )
    lists.all_transitions = [a_change(utc(2026, 11, 22, 15, 46), "recovering", "calm")]
    with stored(lists, tmp_path / "watch.db") as reader:
        for reading in (lists, reader):
            found = summarise(reading, now=NOW, since=timedelta(hours=24), zone=BERLIN)
            assert found.state == "calm"
        one, other = (
            [
                summary_json(summarise(reading, now=NOW, since=timedelta(hours=24), zone=BERLIN)),
                digest_json(digest(reading, day=date(2026, 11, 22), zone=BERLIN, now=NOW)),
            ]
            for reading in (lists, reader)
        )
        for report in (*one, *other):
            report.pop("posts")  # the fake tallies buckets, the store posts
        assert one == other
        assert "Outage: 14:05 to 16:46 CET" in digest_html(
            digest(reader, day=date(2026, 11, 22), zone=BERLIN, now=NOW)
        ).replace("\N{NO-BREAK SPACE}", " ")


def test_an_empty_file_is_unknown_and_no_data(tmp_path: Path) -> None:
    Store.open(tmp_path / "watch.db").close()
    with Reader.open(tmp_path / "watch.db") as reader:
        assert summarise(reader, now=NOW, since=timedelta(hours=24), zone=BERLIN).cause == "never"
        assert digest(reader, day=date(2026, 11, 21), zone=BERLIN, now=NOW).subject.endswith("no data")
