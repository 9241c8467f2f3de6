from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import XServer
from tests.fakes.web import as_json
from tests.fakes.x import SNOWFLAKE_EPOCH_MS, USAGE
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
SINCE = NOON - timedelta(minutes=10)


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as server:
        server.clock = lambda: NOON
        yield server


def before_noon(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


def time_of(number: str) -> datetime:
    return datetime.fromtimestamp(((int(number) >> 22) + SNOWFLAKE_EPOCH_MS) / 1000, UTC)


def poll(
    server: XServer, *, since: datetime = SINCE, cursor: str = "", now: datetime = NOON, **options: object
) -> Batch:
    collector = server.collector(**options)
    try:
        return collector.collect(since=since, cursor=cursor, now=now)
    finally:
        collector.close()


def refused(server: XServer, **options: object) -> CollectError:
    with pytest.raises(CollectError) as caught:
        poll(server, **options)
    return caught.value


def test_it_asks_for_what_it_needs_and_for_no_users(server: XServer) -> None:
    poll(server, query="tiktok (down OR broken)")

    (request,) = server.requests
    fields = request.params.get("tweet.fields", "").split(",")
    assert request.params["query"] == "tiktok (down OR broken)"
    assert {"author_id", "created_at", "lang", "note_tweet", "referenced_tweets"} <= set(fields)
    assert request.params["max_results"] == "100"
    assert not {"expansions", "user.fields"} & set(request.params)


def test_the_first_poll_asks_by_time_and_the_next_from_the_newest_post_on(server: XServer) -> None:
    newest = server.publish(text="TikTok down", at=before_noon(300))
    first = poll(server)
    server.clock = lambda: NOON + timedelta(seconds=10)
    second = poll(server, since=first.through, cursor=first.cursor, now=server.clock())

    one, two = (request.params for request in server.requests)
    assert (one["start_time"], one["end_time"]) == ("2026-09-20T11:50:00Z", "2026-09-20T11:59:30Z")
    assert "start_time" not in two
    assert two["since_id"] == newest
    assert json.loads(first.cursor) == {"newest_id": newest}
    assert (first.through, second.through) == (before_noon(30), before_noon(20))


def test_where_much_is_written_it_goes_back_by_half_a_minute(server: XServer) -> None:
    newest = server.publish(text="TikTok down", at=before_noon(31))
    first = poll(server)
    server.clock = lambda: NOON + timedelta(seconds=10)
    poll(server, since=first.through, cursor=first.cursor, now=server.clock())

    since_id = server.requests[-1].params["since_id"]
    assert time_of(since_id) == first.through - timedelta(seconds=30) < time_of(newest)


def test_a_post_that_becomes_visible_late_is_found(server: XServer) -> None:
    server.publish(text="TikTok down", at=before_noon(300))
    late = server.publish(text="me too", at=before_noon(35), visible_at=NOON + timedelta(seconds=5))
    first = poll(server)
    server.clock = lambda: NOON + timedelta(seconds=10)

    second = poll(server, since=first.through, cursor=first.cursor, now=server.clock())

    assert late not in {post.id.removeprefix("x:") for post in first.posts}
    assert late in {post.id.removeprefix("x:") for post in second.posts}


def test_a_cursor_in_the_far_future_does_not_blind_it(server: XServer) -> None:
    name = server.publish(text="TikTok down", at=before_noon(100))

    batch = poll(server, cursor=json.dumps({"newest_id": str(9 * 10**18)}))

    assert [post.id for post in batch.posts] == [f"x:{name}"]


def test_more_than_seven_days_are_not_vouched_for(server: XServer) -> None:
    name = server.publish(text="TikTok down", at=NOON - timedelta(days=6, hours=23))
    since = NOON - timedelta(days=9)

    batch = poll(server, since=since, cursor=json.dumps({"newest_id": "1"}))

    assert NOON - timedelta(days=7) < batch.since < NOON - timedelta(days=6, hours=23, minutes=50)
    assert batch.note == "x: the search of X reaches back seven days only"
    assert [post.id for post in batch.posts] == [f"x:{name}"]
    assert len(server.requests) == 1


def test_an_id_that_x_finds_too_old_is_replaced_by_a_time(server: XServer) -> None:
    # The clock of the server runs ahead, so that its horizon is nearer than we think.
    server.clock = lambda: NOON + timedelta(hours=1)
    name = server.publish(text="TikTok down", at=before_noon(100))
    old = server.publish(text="TikTok down", at=NOON - timedelta(days=6, hours=23, minutes=30))

    batch = poll(server, cursor=json.dumps({"newest_id": old}))

    assert [sorted({"since_id", "start_time"} & set(request.params)) for request in server.requests] == [
        ["since_id"],
        ["start_time"],
    ]
    assert [post.id for post in batch.posts] == [f"x:{name}"]
    assert batch.since == SINCE


def test_what_the_pages_do_not_hold_is_not_vouched_for(server: XServer) -> None:
    published = {server.publish(text=f"TikTok down {n}", at=before_noon(40 + n / 3)): 40 + n / 3 for n in range(350)}

    batch = poll(server, max_pages=2)

    held = {post.id.removeprefix("x:") for post in batch.posts}
    vouched = {name for name, ago in published.items() if batch.since <= before_noon(ago) < batch.through}
    assert len(held) == 200
    assert len(server.requests) == 2
    assert 190 <= len(vouched) <= 200
    assert vouched <= held
    assert batch.note == "x: more than 200 posts since 20 Sep 11:50:00, older ones not read"


def test_as_many_posts_as_fit_are_vouched_for_whole(server: XServer) -> None:
    for number in range(200):
        server.publish(text=f"TikTok down {number}", at=before_noon(40 + number / 3))

    batch = poll(server, max_pages=2)

    assert (len(batch.posts), batch.since, batch.note) == (200, SINCE, "")


def test_the_text_of_a_long_post_is_read_to_its_end(server: XServer) -> None:
    text = "TikTok is down " * 40 + "since noon"
    server.publish(text=text[:280], at=before_noon(100), note_tweet={"text": text})

    assert [post.text for post in poll(server).posts] == [text]


def test_posts_that_are_none_spoil_no_page(server: XServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    name = server.publish(text="TikTok down", at=before_noon(100))
    server.publish(text="SECRET LOVE LETTER", at=before_noon(90), created_at="yesterday")
    server.publish(text="", at=before_noon(80))
    server.publish(text="no id", at=before_noon(70), id=["7"])

    batch = poll(server)

    assert [post.id for post in batch.posts] == [f"x:{name}"]
    assert caplog.text.count("skipped") == 3
    assert "LOVE" not in caplog.text


def test_the_last_ten_seconds_cannot_be_asked_for(server: XServer) -> None:
    with pytest.raises(ValueError, match="last 10 seconds"):
        server.collector(lag=9)
    server.publish(text="TikTok down", at=before_noon(20))

    assert len(poll(server, lag=12).posts) == 1


@pytest.mark.parametrize(
    ("kind", "reason", "retry_after", "permanent"),
    [
        ("400", "400, the search was refused: Reference to invalid operator 'min_faves'.", None, False),
        ("401", "401, the bearer token was refused: check x.bearer_token", None, True),
        ("402", "402, there is no credit left; asking again after midnight UTC", 43200, False),
        ("403", "403, this app may not search: check its project and plan in the developer console", None, True),
        ("404", "404, there is no search at this address: check base_url", None, False),
        ("429", "429, too many requests", 900, False),
        ("429-no-reset", "429, too many requests", None, False),
        ("500", "500, the server has a fault of its own", None, False),
        ("503", "503, the server has a fault of its own", None, False),
        ("html", "the answer is not a JSON object: a web page, or cut off", None, False),
        ("truncated", "the answer is not a JSON object: a web page, or cut off", None, False),
        ("empty", "the answer is not a JSON object: a web page, or cut off", None, False),
        ("list", "the answer is not a JSON object: a web page, or cut off", None, False),
        ("redirect", "302, the server sends us elsewhere, and we do not follow", None, False),
        ("slow", "no answer in time (0.4 s)", None, False),
        ("drip", "no answer in time (0.4 s)", None, False),
        ("reset", "the connection broke off in the middle of the answer", None, False),
        ("close", "the connection broke off before an answer came", None, False),
    ],
)
def test_each_fault_has_its_sentence(
    server: XServer, *, kind: str, reason: str, retry_after: float | None, permanent: bool
) -> None:
    for number in range(5):
        server.publish(text=f"TikTok down {number}", at=before_noon(100))
    server.fail(kind)

    error = refused(server, timeout=0.4 if kind in ("slow", "drip") else 10)

    assert (error.reason, error.retry_after, error.permanent) == (f"x: {reason}", retry_after, permanent)
    assert (len(server.requests), server.served) == (1, [])
    assert len(poll(server).posts) == len(server.served) == 5


@pytest.mark.parametrize(("reset_day", "date", "days"), [(1, "1 Oct", 11), (21, "21 Sep", 1), (31, "30 Sep", 10)])
def test_a_monthly_cap_says_when_it_ends(server: XServer, *, reset_day: int, date: str, days: int) -> None:
    server.reset_day = reset_day
    server.fail("usage-cap", on="/search/")

    error = refused(server)

    assert error.reason == f"x: 429, the monthly cap on posts is reached, back on {date}"
    assert error.retry_after == (days - 0.5) * 86400
    assert server.asked(USAGE) == 1


@pytest.mark.parametrize("reset_day", [0, 32, "soon", None, 20])
def test_a_cap_that_ends_nobody_knows_when_is_asked_about_every_day(server: XServer, reset_day: int) -> None:
    server.reset_day = reset_day
    server.fail("usage-cap", on="/search/")

    error = refused(server)

    assert error.reason == "x: 429, the monthly cap on posts is reached; asking again after midnight UTC"
    assert error.retry_after == 43200


@pytest.mark.parametrize("kind", ["usage-cap", "503", "html", "429", "402", "401"])
def test_a_cap_is_a_cap_if_the_usage_is_not_to_be_had(server: XServer, kind: str) -> None:
    server.fail("usage-cap", on="/search/")
    server.fail(kind, on="/usage/")

    error = refused(server)

    assert error.reason == "x: 429, the monthly cap on posts is reached; asking again after midnight UTC"
    assert (error.retry_after, error.permanent) == (43200, False)
    assert len(server.requests) == 2


def test_a_server_that_is_not_there_has_its_sentence() -> None:
    with XServer() as server:
        pass

    assert refused(server).reason == "x: no connection could be made"


def test_a_poll_of_many_slow_pages_ends(server: XServer) -> None:
    for number in range(1000):
        server.publish(text=f"TikTok down {number}", at=before_noon(40 + number / 10))
    server.web.delay = 0.2

    error = refused(server, timeout=0.3)

    assert error.reason.startswith(("x: the poll took longer than 0.9 s", "x: no answer in time"))
    assert len(server.requests) < 8


def test_json_that_is_no_answer_to_a_search_is_not_silence(server: XServer) -> None:
    server.publish(text="TikTok down", at=before_noon(100))
    server.web._respond = lambda _request: as_json({"data": []})

    assert refused(server).reason == "x: the answer is JSON, but not that of a search"


def test_what_x_says_about_a_query_is_made_safe_to_show(server: XServer) -> None:
    server.complaint = f"\x1b[31mno\n{server.token} " + "x" * 1000
    server.fail("400")

    reason = refused(server).reason

    assert reason.isprintable()
    assert server.token not in reason
    assert len(reason) < 300


def everything_about(error: BaseException | None) -> str:
    """Return all that a log tool could get out of an exception without looking into its frames."""
    text = ""
    while error is not None:
        text += "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        error = error.__cause__ or error.__context__
    return text


def test_the_token_is_never_told(server: XServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = ""
    poll(server)
    for kind in server.kinds:
        server.fail(kind)
        told += everything_about(refused(server, timeout=0.4 if kind in ("slow", "drip") else 10))
    told += everything_about(refused(server, base_url="ftp://nowhere"))
    told += everything_about(refused(server, bearer_token=f"{server.token}\n"))
    told += everything_about(refused(server, bearer_token=f"{server.token}\N{SNOWMAN}"))

    assert "Traceback" in told
    assert server.token not in told + caplog.text
    assert "authorization" not in caplog.text.lower()


def test_without_our_filter_tweepy_would_tell_it(server: XServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    collector = server.collector()
    logger = logging.getLogger("tweepy.client")
    for silencer in tuple(logger.filters):
        logger.removeFilter(silencer)

    collector.collect(since=SINCE, cursor="", now=NOON)
    collector.close()

    assert server.token in caplog.text
