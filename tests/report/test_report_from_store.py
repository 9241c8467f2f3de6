"""The same days, read from a real file: the fake of these tests must not know better than the store."""

import json
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine
from click.testing import CliRunner

from tests.report.fake_reading import FakeReading, a_change, an_official_word, an_outage, counted_only, utc, watch
from tiktokwatch.cli.main import cli
from tiktokwatch.records import Batch, Expense, Judged, Step, Tick, Verdict
from tiktokwatch.report.digest import digest
from tiktokwatch.report.digest_page import digest_html
from tiktokwatch.report.digest_views import digest_json
from tiktokwatch.report.official import of_outages
from tiktokwatch.report.summary import summarise
from tiktokwatch.report.summary_views import summary_json
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2026, 11, 22, 22, 1)


def stored(reading: FakeReading, path: Path) -> Reader:
    verdict = Verdict(0.0, 0.0, 0.0, 0.0, about_tiktok=True)
    official = [Judged(post, verdict, "official") for post in reading.all_official]
    posts = tuple(judged.post for judged in (*reading.all_judged, *official))
    batch = Batch("x", "x", since=reading.all_buckets[0].at, through=NOW, posts=posts)
    step = Step(
        tick=Tick(NOW, batches=(batch,), gaps=tuple(reading.all_gaps)),
        settled=reading.settled_at,
        judged=(*reading.all_judged, *official),
        buckets=tuple(reading.all_buckets),
        evidence=tuple(reading.all_evidence),
        outages=tuple(reading.all_outages),
        transitions=tuple(reading.all_transitions),
        marks=tuple(reading.all_marks),
    )
    with Store.open(path) as store:
        store.save(step)
        for expense in reading.all_expenses:
            store.book(expense)
    return Reader.open(path)


def test_reports_from_a_file_are_those_from_lists(tmp_path: Path) -> None:
    lists = watch(
        utc(2026, 11, 21, 12),
        utc(2026, 11, 22, 22),
        outages=[an_outage(utc(2026, 11, 22, 13, 5), utc(2026, 11, 22, 15, 46))],
        holes=[(utc(2026, 11, 22, 4), utc(2026, 11, 22, 5))],
    )
    lists.all_transitions = [a_change(utc(2026, 11, 22, 15, 46), "recovering", "calm")]
    counted_only(lists, times=1, trickle=10)
    lists.all_official = [an_official_word(utc(2026, 11, 22, 13, 57))]
    lists.all_expenses = [
        Expense("x", utc(2026, 11, 1), "post", 4000, 20.0),
        Expense("x", utc(2026, 11, 22, 9), "post", 130, 0.65),
    ]
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
        summary, day = other
        assert summary["spending"] == day["spending"]
        assert summary["spending"][0]["dollars_this_month"] == 20.65
        assert summary["last_outage"]["official"][0]["at"] == "2026-11-22T13:57:00Z"
        assert day["counted"] > day["read"]
        outages = reader.outages()
        assert of_outages(reader, outages) == of_outages(lists, outages)
        assert "Outage: 14:05 to 16:46 CET" in digest_html(
            digest(reader, day=date(2026, 11, 22), zone=BERLIN, now=NOW)
        ).replace("\N{NO-BREAK SPACE}", " ")


def test_an_empty_file_is_unknown_and_no_data(tmp_path: Path) -> None:
    Store.open(tmp_path / "watch.db").close()
    with Reader.open(tmp_path / "watch.db") as reader:
        assert summarise(reader, now=NOW, since=timedelta(hours=24), zone=BERLIN).cause == "never"
        assert digest(reader, day=date(2026, 11, 21), zone=BERLIN, now=NOW).subject.endswith("no data")


def tiktokwatch(path: Path, *words: str) -> str:
    config = path.parent / "config.toml"
    config.write_text("[x.budget]\ndollars_per_day = 0.7\n", encoding="utf-8")
    command = ["-c", str(config), "--db", str(path), *words]
    with time_machine.travel(NOW, tick=False):
        result = CliRunner().invoke(cli, command, prog_name="tiktokwatch")
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_the_commands_tell_of_costs_samples_and_official_words(tmp_path: Path) -> None:
    lists = watch(
        utc(2026, 11, 22, 6),
        utc(2026, 11, 22, 22),
        outages=[an_outage(utc(2026, 11, 22, 13, 5), utc(2026, 11, 22, 15, 46))],
    )
    counted_only(lists)
    lists.all_official = [an_official_word(utc(2026, 11, 22, 13, 57))]
    lists.all_expenses = [Expense("x", utc(2026, 11, 22, 9), "post", 130, 0.65)]
    path = tmp_path / "watch.db"
    stored(lists, path).close()
    summary = tiktokwatch(path, "summary")
    assert "X costs: $0.65 today, $0.65 this month (limits $0.70 and $60.00); 130 posts and 0 requests" in summary
    assert "93 % of the day's budget for X is used: $0.65 of $0.70." in summary
    assert json.loads(tiktokwatch(path, "summary", "--json"))["spending"][0]["near"] == ["dollars_per_day"]
    assert "official word after 52 min" in tiktokwatch(path, "outages")
    one = tiktokwatch(path, "outages", "1")
    assert "official word after 52 min" in one
    assert "13:57 TikTok on X: “We are aware" in one
    assert "posts that were read" in one
    listed, shown = (
        json.loads(tiktokwatch(path, *words)) for words in (("outages", "--json"), ("outages", "1", "--json"))
    )
    assert listed["outages"] == [shown["outage"]]
    assert shown["counted"] > shown["read"] > 0
    digest_of_day = tiktokwatch(path, "digest", "--date", "2026-11-22", "--format", "md")
    assert "X cost \\$0.65 so far on Sun 22 Nov" in digest_of_day
    assert "official word after 52 min" in digest_of_day
