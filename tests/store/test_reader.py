from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.steps import MINUTE, SECOND, START, numbered
from tiktokwatch.records import Bucket, Evidence, Gap, Judged, Outage, Post, Standing, Step, Tick, Transition, Verdict
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

TIMES = [START + number * MINUTE for number in range(10)]
IDLE = Tick(START)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "watch.db") as store:
        yield store


@pytest.fixture
def reader(store: Store, tmp_path: Path) -> Iterator[Reader]:
    assert store
    with Reader.open(tmp_path / "watch.db") as reader:
        yield reader


def said(
    number: int,
    *labels: str,
    author: str = "ann",
    source: str = "x",
    standing: Standing | None = "counted",
    about: bool = True,
) -> Judged:
    post = Post(f"{source}:{number}", source, START + number * SECOND, author, f"words {number}")
    return Judged(post, Verdict(0, 0, 0, 0, about_tiktok=about, labels=labels), standing)


def test_an_empty_database(reader: Reader) -> None:
    assert reader.settled() is None
    assert reader.looked_at() is None
    assert reader.state() == ("unknown", None)
    assert reader.people() == 0
    assert reader.tallies() == dict.fromkeys(("posts", "complaint", "meme", "policy", "recovery", "elsewhere"), 0)
    assert reader.outage(1) is None
    assert reader.post("x:1") is None
    assert list(reader.ticks()) == []
    assert reader.marks() == reader.outages() == reader.buckets() == reader.evidence() == reader.gaps() == []


def test_the_state_is_that_of_the_last_minute(store: Store, reader: Reader) -> None:
    early, late = (Evidence(at, "high", state) for at, state in ((TIMES[1], "pending"), (TIMES[2], "outage")))
    moves = (
        Transition(TIMES[2], "pending", "outage", None, "", late),
        Transition(TIMES[1], "calm", "pending", None, "", early),
    )
    store.save(Step(IDLE, evidence=(late, early), transitions=moves))
    assert reader.state() == ("outage", moves[0])


def test_transitions_of_an_outage_and_of_a_span(store: Store, reader: Reader) -> None:
    for number in range(31):
        store.save(numbered(number))
    moved = [step.transitions[0] for step in map(numbered, (0, 10, 20, 30))]
    assert reader.transitions() == reader.transitions(1) == moved
    assert reader.transitions(2) == []
    assert reader.transitions(since=moved[2].at) == reader.transitions(1, since=moved[2].at) == moved[2:]
    assert reader.last_transitions(2) == moved[-2:]


def test_outages_that_reach_into_a_span(store: Store, reader: Reader) -> None:
    over = Outage(1, "app", "calm", "technical", TIMES[0], TIMES[1], ended_at=TIMES[3])
    still = replace(over, id=2, onset=TIMES[4], ended_at=None)
    store.save(Step(IDLE, outages=(still, over)))
    assert reader.outages() == reader.outages(since=TIMES[3]) == [over, still]
    assert reader.outages(since=TIMES[5]) == [still]
    assert reader.outage(1) == over


def test_an_outage_grows(store: Store, reader: Reader) -> None:
    outage = Outage(1, "app", "outage", "technical", TIMES[0], TIMES[1])
    store.save(Step(IDLE, outages=(outage,)))
    store.save(Step(IDLE, outages=(replace(outage, state="calm", ended_at=TIMES[9], complaints=7),)))
    assert reader.outages() == [replace(outage, state="calm", ended_at=TIMES[9], complaints=7)]


def test_minutes_of_a_span_and_of_a_source(store: Store, reader: Reader) -> None:
    buckets = [Bucket(source, at, covered=True) for at in TIMES for source in ("reddit", "x")]
    store.save(Step(IDLE, buckets=tuple(reversed(buckets))))
    assert reader.buckets() == buckets
    assert reader.buckets(since=TIMES[2], until=TIMES[4]) == buckets[4:8]
    assert reader.buckets(since=TIMES[2], until=TIMES[4], source="x") == [buckets[5], buckets[7]]


def test_evidence_of_a_span(store: Store, reader: Reader) -> None:
    evidence = [Evidence(at, "quiet", "calm") for at in TIMES]
    store.save(Step(IDLE, evidence=tuple(evidence)))
    assert reader.evidence(since=TIMES[2], until=TIMES[4]) == evidence[2:4]


def test_gaps_that_overlap_a_span(store: Store, reader: Reader) -> None:
    gaps = [Gap("a", "x", TIMES[number], TIMES[number + 2], str(number)) for number in range(8)]
    store.save(Step(Tick(START, gaps=tuple(reversed(gaps)))))
    assert reader.gaps(since=TIMES[2], until=TIMES[4]) == gaps[1:4]
    assert reader.gaps() == gaps


def test_samples_are_counted_complaints_newest_first(store: Store, reader: Reader) -> None:
    judged = [said(number, "complaint", source="x" if number % 3 else "reddit") for number in range(12)]
    others = [said(20, standing="other"), said(21, "complaint", standing="copy"), said(22, "complaint", standing=None)]
    silent = said(23, "complaint")
    others.append(replace(silent, post=replace(silent.post, text="")))
    store.save(Step(IDLE, judged=(*judged, *others)))
    assert reader.samples(limit=3) == judged[:-4:-1]
    assert reader.samples(limit=99) == judged[::-1]
    assert reader.samples(limit=0) == []
    assert reader.samples(limit=9, since=START + 2 * SECOND, until=START + 4 * SECOND) == [judged[3], judged[2]]
    assert reader.samples(limit=9, standing="copy") == [others[1]]
    assert [each.post.id for each in reader.samples(limit=9, per_source=2)] == ["x:11", "x:10", "reddit:9", "reddit:6"]


def test_people_are_distinct_authors_of_complaints(store: Store, reader: Reader) -> None:
    judged = (
        said(1, "complaint"),
        said(2, "complaint", standing="repeat"),
        said(3, "complaint", source="reddit"),
        said(4, "complaint", author=""),
        said(5, "complaint", author=""),
        said(6, "complaint", author="bob", standing="copy"),
        said(7, "meme", author="eve", standing="other"),
        said(8, "complaint", author="dan"),
    )
    store.save(Step(IDLE, judged=judged))
    assert reader.people() == 5
    assert reader.people(source="x") == 4
    assert reader.people(since=START + 2 * SECOND, until=START + 8 * SECOND) == 4


def test_people_whose_names_were_dropped_still_count(store: Store, reader: Reader) -> None:
    repeated = said(3, "complaint", author="bob", standing="repeat")
    store.save(Step(IDLE, judged=(said(1, "complaint"), said(2, "complaint", author="bob"), repeated)))
    store.prune(before_text=START + timedelta(days=1))
    assert reader.people() == 2


def test_official_words_stay_events(store: Store, reader: Reader) -> None:
    official = [replace(said(number, author="7"), standing="official") for number in range(4)]
    official = [replace(each, post=replace(each.post, kind="official")) for each in official]
    store.save(Step(IDLE, judged=(said(9), *reversed(official))))
    assert reader.official_words() == [each.post for each in official]
    assert reader.official_words(since=START + SECOND, until=START + 3 * SECOND) == [
        each.post for each in official[1:3]
    ]
    store.prune(before_text=START + 2 * SECOND)
    assert [post.text for post in reader.official_words()] == ["", "", "words 2", "words 3"]
    assert reader.people() == 1


def test_the_volume_of_hours(store: Store) -> None:
    minutes = tuple(Bucket("x", at, covered=True, volume=number) for number, at in enumerate(TIMES))
    store.save(Step(IDLE, buckets=minutes))
    assert [row["volume"] for row in store._db.query("SELECT volume FROM hours")] == [45]


def test_tallies_are_of_posts(store: Store, reader: Reader) -> None:
    judged = (
        said(1, "complaint", "meme"),
        said(2, "complaint", standing="copy"),
        said(3, "policy"),
        said(4, "recovery", source="reddit"),
        said(5, about=False),
    )
    store.save(Step(IDLE, judged=judged))
    expected = {"posts": 5, "complaint": 2, "meme": 1, "policy": 1, "recovery": 1, "elsewhere": 1}
    assert reader.tallies() == expected
    assert reader.tallies(source="reddit")["posts"] == reader.tallies(source="reddit")["recovery"] == 1
    assert reader.tallies(until=START + 3 * SECOND) == dict.fromkeys(expected, 0) | {
        "posts": 2,
        "complaint": 2,
        "meme": 1,
    }


def test_totals(store: Store, reader: Reader) -> None:
    for number in range(4):
        store.save(numbered(number))
    totals = reader.totals()
    assert totals.pop("bytes") > 10_000
    assert totals == {"posts": 12, "texts": 12, "minutes": 8, "ticks": 4, "outages": 1}


def test_a_snapshot_stays_while_the_writer_goes_on(store: Store, reader: Reader) -> None:
    store.save(numbered(0))
    with reader.snapshot():
        before = reader.settled()
        store.save(numbered(1))
        assert reader.settled() == before
        assert len(reader.buckets()) == 2
    assert reader.settled() == numbered(1).settled


def test_the_views_read_like_tables(store: Store) -> None:
    store.save(numbered(0))
    store.save(numbered(70))
    assert list(store._db.query("SELECT hour, source, minutes, covered, posts, complaints, volume FROM hours")) == [
        {
            "hour": f"2026-03-02T{hour}:00:00.000000Z",
            "source": source,
            "minutes": 1,
            "covered": 1,
            "posts": n,
            "complaints": n,
            "volume": 0,
        }
        for hour in (12, 13)
        for source, n in (("reddit", 0), ("x", 3))
    ]
    rows = list(store._db.query("SELECT author, text, probability FROM complaints ORDER BY at"))
    assert len(rows) == 6
    assert rows[0] == {"author": "user0", "text": "tiktok is down, 0", "probability": 0.9}


def test_no_read_scans_what_grows_with_the_years(store: Store) -> None:
    said: list[str] = []
    store.save(numbered(0))
    reader = store._read
    reader._connection.set_trace_callback(said.append)
    for span in ({"since": START}, {"since": START, "until": START + MINUTE}):
        for read in (reader.buckets, reader.evidence, reader.gaps, reader.judged, reader.people, reader.tallies):
            read(**span)
        reader.samples(limit=5, **span)
        reader.buckets(source="x", **span)
        reader.official_words(**span)
        reader.counts(since=START)
        list(reader.ticks(**span))
    reader.state()
    reader.post("x:1")
    store.memory()
    reader.expenses(since=START)
    reader.expenses(source="x", since=START)
    reader.posts_to_check(source="x", written_before=START, limit=5)
    store.note_checked(["x:0-0"], START)
    store.prune(before_text=START, before_posts=START, before_ticks=START, before_evidence=START)
    store.prune(before_unchecked={"x": START})
    store.forget("@somebody")
    store.forget_all(["@somebody", "x:0-0"], source="x")
    reader._connection.set_trace_callback(None)
    reads = {sql for sql in said if sql.split()[0] in ("SELECT", "UPDATE", "DELETE")}
    assert len(reads) > 20
    small = (
        "SCAN outages",
        "SCAN progress",
        "SCAN stand_ins",
        "SCAN cursors",
        "SCAN (subquery",
        "SCAN verdicts USING INDEX verdicts_waiting",
    )
    for sql in reads:
        plan = [row[3] for row in store._db.execute(f"EXPLAIN QUERY PLAN {sql}")]
        # In the order of an index, a scan ends with the last row that is wanted.
        ordered = " LIMIT " in sql and "USE TEMP B-TREE FOR ORDER BY" not in plan
        assert all(step.startswith(small) or ordered for step in plan if step.startswith("SCAN")), (sql, plan)
