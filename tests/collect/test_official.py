from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import ScriptedCollector, XServer
from tiktokwatch.collect import queries
from tiktokwatch.collect.official import WithOfficial
from tiktokwatch.errors import CollectError
from tiktokwatch.protocols import Collector
from tiktokwatch.records import Batch, Count, Post

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SINCE = NOON - 10 * MINUTE


class Accounts(ScriptedCollector):
    """The official accounts: what was asked of them, and posts with ids of their own."""

    def __init__(self) -> None:
        super().__init__(name="official")
        self.asked: list[tuple[datetime, str]] = []

    def publish(self, *, text: str, at: datetime, author: str = "42", visible_at: datetime | None = None) -> str:
        number = super().publish(text=text, at=at, author=author, visible_at=visible_at)
        last = self._posts[-1]
        self._posts[-1] = Post(f"x:9{number}", last.source, last.at, last.author, last.text)
        return f"9{number}"

    def collect(self, *, since: datetime, cursor: str, now: datetime) -> Batch:
        self.asked.append((since, cursor))
        return super().collect(since=since, cursor=cursor, now=now)


@pytest.fixture
def main() -> ScriptedCollector:
    return ScriptedCollector(name="x", lag=10)


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def poll(collector: Collector, *, since: datetime = SINCE, cursor: str = "", now: datetime = NOON) -> Batch:
    return collector.collect(since=since, cursor=cursor, now=now)


def kinds(batch: Batch) -> dict[str, str]:
    return {post.text: post.kind for post in batch.posts}


def test_it_stands_for_the_main_collector(main: ScriptedCollector, accounts: Accounts) -> None:
    main.publish(text="tiktok down", at=NOON - MINUTE)
    both: Collector = WithOfficial(main, accounts)

    batch = poll(both)

    assert (both.name, both.source) == ("x", "x")
    assert (batch.collector, batch.source) == ("x", "x")
    assert (batch.since, batch.through) == (SINCE, NOON - timedelta(seconds=10))
    assert kinds(batch) == {"tiktok down": "post"}


def test_official_words_of_the_last_day_are_read_at_the_first_poll(main: ScriptedCollector, accounts: Accounts) -> None:
    accounts.publish(text="too old", at=NOON - timedelta(hours=25))
    accounts.publish(text="we are looking into it", at=NOON - timedelta(hours=23))
    main.publish(text="tiktok down", at=NOON - MINUTE)

    batch = poll(WithOfficial(main, accounts))

    assert kinds(batch) == {"tiktok down": "post", "we are looking into it": "official"}
    assert (batch.since, batch.through) == (SINCE, NOON - timedelta(seconds=10))


def test_the_accounts_are_asked_less_often_and_go_on_where_they_were(
    main: ScriptedCollector, accounts: Accounts
) -> None:
    cursor, found = "", []
    for minutes in range(11):
        now = NOON + minutes * MINUTE
        accounts.publish(text=f"word {minutes}", at=now - timedelta(seconds=30))
        # A restart at every poll: all that counts is in the cursor.
        batch = poll(WithOfficial(main, accounts), since=now - MINUTE, cursor=cursor, now=now)
        cursor = batch.cursor
        found += [post.text for post in batch.posts]

    assert [since for since, _ in accounts.asked] == [NOON - timedelta(hours=24), NOON, NOON + 5 * MINUTE]
    assert [text for _, text in accounts.asked] == ["", NOON.isoformat(), (NOON + 5 * MINUTE).isoformat()]
    assert found == [f"word {minutes}" for minutes in range(11)]


def test_a_failing_account_is_logged_once_and_made_up_for(
    main: ScriptedCollector, accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    both = WithOfficial(main, accounts)
    accounts.publish(text="we are looking into it", at=NOON - MINUTE)
    main.publish(text="tiktok down", at=NOON - MINUTE)
    accounts.fail(CollectError("official: 503"), CollectError("official: 503"))

    first = poll(both)
    at_once = poll(both, cursor=first.cursor, now=NOON + MINUTE)
    second = poll(both, cursor=at_once.cursor, now=NOON + 5 * MINUTE)
    third = poll(both, cursor=second.cursor, now=NOON + 10 * MINUTE)

    assert kinds(first) == {"tiktok down": "post"}
    assert accounts.polls == 3
    assert {since for since, _ in accounts.asked} == {NOON - timedelta(hours=24)}
    assert kinds(third)["we are looking into it"] == "official"
    assert caplog.messages == ["the official accounts could not be read, and are tried again: official: 503"]

    accounts.fail(CollectError("official: 500"))
    poll(both, cursor=third.cursor, now=NOON + 15 * MINUTE)

    assert len(caplog.messages) == 2


def test_a_server_that_wants_to_be_left_alone_is(main: ScriptedCollector, accounts: Accounts) -> None:
    both = WithOfficial(main, accounts)
    accounts.fail(CollectError("official: 429", retry_after=900))
    batch = poll(both)

    batch = poll(both, cursor=batch.cursor, now=NOON + 14 * MINUTE)
    assert accounts.polls == 1
    poll(both, cursor=batch.cursor, now=NOON + 15 * MINUTE)
    assert accounts.polls == 2


def test_where_the_main_collector_fails_its_error_is_told(main: ScriptedCollector, accounts: Accounts) -> None:
    main.fail(CollectError("x: 503"))

    with pytest.raises(CollectError, match="x: 503"):
        poll(WithOfficial(main, accounts))
    assert accounts.polls == 0


def test_posts_of_official_authors_among_the_others_are_official(main: ScriptedCollector, accounts: Accounts) -> None:
    accounts.publish(text="a fix is on its way", at=NOON - 2 * MINUTE, author="42")
    main.publish(text="sorry that tiktok is not working", at=NOON - MINUTE, author="42")
    main.publish(text="tiktok down", at=NOON - MINUTE, author="7")
    main.publish(text="by nobody", at=NOON - MINUTE, author="")
    first = poll(WithOfficial(main, accounts))
    main.publish(text="tiktok is back", at=NOON, author="42")

    second = poll(WithOfficial(main, accounts), since=first.through, cursor=first.cursor, now=NOON + MINUTE)

    assert kinds(first) == {
        "a fix is on its way": "official",
        "sorry that tiktok is not working": "official",
        "tiktok down": "post",
        "by nobody": "post",
    }
    assert kinds(second) == {"tiktok is back": "official"}


def test_only_so_many_authors_are_remembered(main: ScriptedCollector, accounts: Accounts) -> None:
    for number in range(200):
        accounts.publish(text="word", at=NOON - timedelta(seconds=300 - number), author=str(number))

    place = json.loads(poll(WithOfficial(main, accounts)).cursor)["official"]

    assert place["authors"] == [str(number) for number in range(199, 149, -1)]


def test_what_both_find_is_handed_over_once(main: ScriptedCollector, accounts: Accounts) -> None:
    accounts.publish(text="down, we know", at=NOON - MINUTE)
    main._posts.append(accounts._posts[0])

    batch = poll(WithOfficial(main, accounts))

    assert [post.kind for post in batch.posts] == ["official"]


def test_counts_and_deletions_are_kept(main: ScriptedCollector, accounts: Accounts) -> None:
    def counted(*, since: datetime, cursor: str, now: datetime) -> Batch:
        del cursor
        return Batch("x", "x", since, now, counts=(Count("x", NOON, 7),), deleted=("x:1",), note="late")

    def deleting(*, since: datetime, cursor: str, now: datetime) -> Batch:
        del cursor
        return Batch("official", "x", since, now, counts=(Count("x", NOON, 1),), deleted=("x:1", "x:2"))

    main.collect, accounts.collect = counted, deleting  # type: ignore[method-assign]

    batch = poll(WithOfficial(main, accounts))

    assert (batch.counts, batch.deleted, batch.note) == ((Count("x", NOON, 7),), ("x:1", "x:2"), "late")


@pytest.mark.parametrize(
    ("cursor", "main_cursor"),
    [
        ('{"newest_id": "1849"}', '{"newest_id": "1849"}'),
        ("nonsense", "nonsense"),
        ("[" * 100_000, "[" * 100_000),
        ('{"main": 7, "official": {}}', '{"main": 7, "official": {}}'),
        ('{"main": "m", "official": null}', "m"),
        ('{"main": "m", "official": {}}', "m"),
        ('{"main": "m", "official": {"cursor": "c", "authors": [], "since": 5}}', "m"),
        ('{"main": "m", "official": {"cursor": "c", "authors": [], "since": "soon"}}', "m"),
        ('{"main": "m", "official": {"cursor": "c", "authors": 5}}', "m"),
        ('{"main": "m", "official": {"cursor": "c", "authors": [], "due_at": "0001-01-01T00:00:00+14:00"}}', "m"),
    ],
)
def test_a_cursor_of_the_main_collector_alone_or_a_damaged_one_is_taken(
    main: ScriptedCollector, accounts: Accounts, cursor: str, main_cursor: str
) -> None:
    given: list[str] = []
    real = main.collect

    def noting(*, since: datetime, cursor: str, now: datetime) -> Batch:
        given.append(cursor)
        return real(since=since, cursor=cursor, now=now)

    main.collect = noting  # type: ignore[method-assign]

    poll(WithOfficial(main, accounts), cursor=cursor)

    assert given == [main_cursor]
    assert accounts.asked == [(NOON - timedelta(hours=24), "")]


def test_close_may_be_called_twice_and_closes_both(main: ScriptedCollector, accounts: Accounts) -> None:
    both = WithOfficial(main, accounts)
    both.close()
    both.close()

    with pytest.raises(CollectError, match="closed"):
        poll(both)
    with pytest.raises(CollectError, match="closed"):
        poll(accounts)


def test_to_be_closed_is_no_failure_of_the_accounts(
    main: ScriptedCollector, accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    both = WithOfficial(main, accounts)
    main.publish(text="tiktok down", at=NOON - MINUTE)
    accounts.hang()
    timer = threading.Timer(0.2, both.close)
    timer.start()

    batch = poll(both)
    timer.join()

    assert kinds(batch) == {"tiktok down": "post"}
    assert caplog.messages == []


def test_with_the_search_of_x() -> None:
    with XServer() as server:
        server.clock = lambda: NOON
        both = WithOfficial(server.collector(), server.collector(name="x-official", query=queries.OFFICIAL))
        word = server.publish(
            text="We know, and are on it.", at=NOON - timedelta(hours=20), author="99", author_name="TikTokSupport"
        )
        server.publish(text="sorry that tiktok is down", at=NOON - 2 * MINUTE, author="99")
        server.publish(text="tiktok down", at=NOON - 2 * MINUTE, author="7")

        first = poll(both)
        server.clock = lambda: NOON + MINUTE
        second = poll(both, since=first.through, cursor=first.cursor, now=NOON + MINUTE)
        both.close()

    assert kinds(first) == {
        "We know, and are on it.": "official",
        "sorry that tiktok is down": "official",
        "tiktok down": "post",
    }
    assert word in {post.id.removeprefix("x:") for post in first.posts}
    assert (first.collector, first.since) == ("x", SINCE)
    assert [request.params["query"] for request in server.requests] == ["tiktok", queries.OFFICIAL, "tiktok"]
    assert second.since == first.through < second.through
