from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.collect.x_stream_stage import NOON, Stage, Waiting, staged, until
from tests.fakes.x_stream import DISCONNECTED, KILL, RULES, STREAM, USED_UP
from tiktokwatch.collect.x_connection import Ending
from tiktokwatch.collect.x_supervisor import MOST_CONNECTS, WINDOW, BackOff
from tiktokwatch.errors import CollectError


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def after(back_off: BackOff, cause: str, *, healthy: float = 0, retry_after: float | None = None) -> float:
    return back_off.after(Ending(cause, CollectError("x", retry_after=retry_after)), healthy=healthy)


def test_back_off_follows_the_rules_of_x() -> None:
    network, refused, limited = BackOff(), BackOff(), BackOff()

    assert [after(network, "broken") for _ in range(70)] == [min(0.25 * n, 16) for n in range(1, 71)]
    assert [after(refused, "refused") for _ in range(8)] == [5, 10, 20, 40, 80, 160, 320, 320]
    assert [after(limited, "limited") for _ in range(6)] == [60, 120, 240, 480, 900, 900]
    assert after(limited, "limited", retry_after=77) == 78
    assert after(refused, "refused", retry_after=500) == 500
    assert [after(BackOff(), cause, retry_after=43_200) for cause in ("fatal", "used-up")] == [900, 43_200]


def test_only_a_connection_that_held_lets_trouble_be_forgotten() -> None:
    back_off = BackOff()
    for _ in range(9):
        after(back_off, "broken")

    assert after(back_off, "broken", healthy=59.9) == 2.5
    assert after(back_off, "broken", healthy=60) == 0.25


@pytest.mark.parametrize(
    ("kind", "pause", "words"),
    [
        ("429", 901, "429, too many requests"),
        ("429-no-reset", 60, "429, too many requests"),
        ("401", 900, "401, the bearer token was refused: check x.bearer_token"),
        ("403", 900, "403, this app may not use the stream: check its project and plan in the developer console"),
        ("402", 43_200, "402, there is no credit left; connecting again after midnight UTC"),
        ("usage-cap", 43_200, "429, the cap on posts of this plan is reached"),
        ("409", 5, "409, the stream has no rules yet"),
        ("too-many", 5, "429, another connection is open"),
        ("400", 5, "400, the request was refused: Reference to invalid operator 'min_faves'."),
        ("404", 5, "404, there is no stream at this address: check base_url"),
        ("500", 5, "500, the server has a fault of its own"),
        ("503", 5, "503, the server has a fault of its own"),
        ("html", 5, "the answer is not a stream: a web page, perhaps"),
        ("accept-and-close", 0.25, "X closed the connection"),
    ],
)
def test_each_refusal_has_its_sentence_and_its_time(
    stage: Stage, caplog: pytest.LogCaptureFixture, *, kind: str, pause: float, words: str
) -> None:
    caplog.set_level(logging.INFO)
    stage.routes.refuse(kind)
    stage.poll()
    stage.connected()

    assert stage.waiting.pauses == [pause]
    (line,) = [record for record in caplog.records if "connecting again in" in record.message]
    assert line.message == f"x: stream: {words}; connecting again in {pause:.3g} s, meanwhile by search"
    assert line.levelno == (logging.WARNING if kind in ("401", "403", "402", "usage-cap") else logging.INFO)
    assert len(stage.routes.connects) == 2
    assert stage.stream._supervisor.trouble is None


@pytest.mark.parametrize("kind", ["slow", "reset", "close", "truncated", "empty", "list", "redirect", "drip"])
@pytest.mark.parametrize("path", [STREAM, RULES])
def test_whatever_a_server_does_it_is_tried_again(stage: Stage, *, kind: str, path: str) -> None:
    stage.make(timeout=0.3, stall=0.3)
    stage.server.fail(kind, 1, on=path)
    stage.poll()
    until(lambda: stage.stream._supervisor.trouble or stage.waiting.pauses)
    stage.connected()

    assert stage.waiting.pauses[0] in (0.25, 5)


@pytest.mark.parametrize("trouble", ["end", "reset", "half", "close", "disconnect", "stall", "used-up"])
def test_a_stream_that_breaks_is_taken_up_and_its_hole_is_searched(trouble: str) -> None:
    with staged(stall=0.2 if trouble == "stall" else 22.0) as stage:
        stage.poll()
        stage.connected()
        before = len(stage.routes.connects)
        if trouble == "disconnect":
            stage.routes.say(DISCONNECTED)
        elif trouble == "used-up":
            stage.later(3600)
            stage.routes.say(USED_UP)
        elif trouble == "stall":
            stage.routes.is_silent = True
            until(lambda: len(stage.routes.connects) > before)
            stage.routes.is_silent = False
        else:
            stage.routes.do(trouble)
        until(lambda: len(stage.routes.connects) > before)
        stage.connected()
        stage.later(60)
        name = stage.publish(ago=40)
        searches = stage.searches()

        batch = stage.poll()

        assert name in {post.id for post in batch.posts}
        assert stage.searches() == searches + 1
        assert stage.waiting.pauses[0] == (39_600 if trouble == "used-up" else 0.25)


def test_a_line_that_cannot_be_read_ends_nothing_but_may_have_been_a_post(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.take_over()
    searches = stage.searches()
    for line in (b"{SECRET", b"[]", b"[" * 100_000, b"\xff\xfe", b"null"):
        stage.routes.say(line)
    until(lambda: stage.stream._intake.unreadable == 5)
    stage.publish("after it")
    stage.later(30)
    stage.settled()
    stage.poll()

    assert len(stage.routes.connects) == 1
    assert stage.searches() == searches + 1
    assert "SECRET" not in caplog.text
    assert caplog.text.count("an unreadable line") == 5
    stage.later(60)
    stage.settled()
    stage.poll()
    stage.later(60)
    stage.settled()
    stage.poll()
    assert stage.searches() == searches + 2


def test_errors_that_end_nothing_end_nothing(stage: Stage) -> None:
    stage.take_over()
    stage.routes.say({"errors": [{"title": "Not Found Error", "type": "about:blank", "status": 404}]})
    stage.routes.say({"errors": "nonsense"})
    stage.routes.say({"errors": [None, 5, {}]})
    stage.publish("still here")
    stage.settled()

    assert [post.text for post in stage.poll().posts] == ["still here"]
    assert len(stage.routes.connects) == 1


@pytest.mark.parametrize("kind", ["accept-and-close", "reset", "401", "503", "html"])
def test_no_server_is_asked_more_often_than_x_allows(kind: str) -> None:
    with staged() as stage:
        stage.stream.close()
        stage.waiting = Waiting(last=200)
        stage.make()
        times: list[float] = []
        stream = stage.server.routes[STREAM]

        def timed(*args: object) -> object:
            times.append(stage.waiting.time)
            return stream(*args)

        stage.server.routes[STREAM] = timed
        if kind == "reset":
            stage.server.fail("reset", None, on=STREAM)
        else:
            stage.routes.refuse(*[kind] * 1000)
        stage.poll()
        until(lambda: len(stage.waiting.pauses) >= 200)

        if kind == "accept-and-close":
            assert len(times) > MOST_CONNECTS
        starts = stage.stream._supervisor._connects
        assert all(sum(begin <= other < begin + WINDOW for other in times) <= MOST_CONNECTS for begin in times)
        assert len(starts) <= MOST_CONNECTS


def test_too_many_connections_are_cleared(stage: Stage) -> None:
    stage.routes.refuse("too-many", "too-many")
    stage.server.fail("503", 1, on=KILL)
    stage.poll()
    stage.connected()

    kills = [request.method for request in stage.server.requests if request.path == KILL]
    assert kills == ["DELETE", "DELETE"]
    assert stage.routes.kills == 1
    assert stage.waiting.pauses == [5, 10]


def test_rules_that_somebody_deletes_come_back(stage: Stage) -> None:
    stage.poll()
    stage.connected()
    stage.routes.rules.clear()
    stage.routes.do("end")
    until(lambda: len(stage.routes.connects) == 2)
    stage.connected()

    assert [rule["tag"] for rule in stage.routes.rules.values()] == ["tiktokwatch:outage"]


def test_a_query_that_x_refuses_is_told_and_the_search_goes_on(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.routes.invalid = "min_faves"
    stage.make(rules={"bad": "tiktok min_faves:5"})
    stage.publish(ago=60)
    assert len(stage.poll().posts) == 1
    until(lambda: stage.stream._supervisor.trouble)

    assert stage.stream._supervisor.trouble.permanent
    assert "x: stream: a rule was refused: Reference to invalid operator 'min_faves'." in caplog.text
    assert stage.routes.connects == []


def test_bytes_without_lines_do_not_hold_a_connection_for_ever(stage: Stage) -> None:
    stage.poll()
    stage.connected()
    stage.routes.is_silent = True
    stage.routes.say(b"a line that never ends", end=b"")
    stage.later(30)
    stage.poll()
    assert len(stage.routes.connects) == 1
    stage.waiting.time += 45
    stage.poll()

    until(lambda: len(stage.routes.connects) == 2)


class Purse:
    """A budget of so many posts."""

    def __init__(self, posts: int) -> None:
        self.left = posts

    def grant(self, kind: str, units: int, *, now: object) -> int:
        assert (kind, now is None) == ("post", False)
        granted = min(units, self.left)
        self.left -= granted
        return granted

    def give_back(self, kind: str, units: int, *, now: object) -> None:
        assert (kind, now is None) == ("post", False)
        assert units > 0
        self.left += units

    def why_not(self, now: object) -> CollectError:
        assert now
        return CollectError("x: the money is gone", retry_after=77)


def test_what_comes_is_paid_for_in_advance() -> None:
    purse = Purse(1000)
    with staged(budget=purse, allowance=20) as stage:
        stage.take_over()
        assert purse.left == 980
        for _ in range(7):
            stage.publish()
        stage.settled()
        stage.poll()
        assert purse.left == 973
        stage.poll()
        assert purse.left == 973


def test_a_surge_beyond_the_allowance_is_left_to_the_search() -> None:
    purse = Purse(1000)
    with staged(budget=purse, allowance=20) as stage:
        stage.take_over()
        stage.later(60)
        for number in range(50):
            stage.publish(f"TikTok down {number}", ago=40)
        until(lambda: stage.routes.open == 0)
        assert stage.stream._intake.received == 20
        assert len(stage.routes.connects) == 1
        stage.poll()
        stage.connected()

        assert len(stage.posts) == 50
        assert len(stage.routes.connects) == 2
        assert purse.left == 960


def test_without_money_there_is_no_stream_and_no_poll() -> None:
    with staged(budget=Purse(10), allowance=20) as stage:
        stage.take_over()
        for _ in range(10):
            stage.publish()
        until(lambda: stage.routes.open == 0)

        with pytest.raises(CollectError, match="the money is gone") as caught:
            stage.poll()
        assert caught.value.retry_after == 77
        assert len(stage.routes.connects) == 1
        stage.stream._budget.left = 100
        stage.poll()
        stage.connected()
        assert {post.id for post in stage.stream._handed.values()} == set(stage.published)


def test_what_a_dead_stream_does_not_need_is_given_back() -> None:
    purse = Purse(100)
    with staged(budget=purse, allowance=20) as stage:
        stage.waiting.last = 1
        stage.routes.refuse("403")
        stage.poll()
        assert purse.left == 80
        until(lambda: stage.stream._supervisor.is_idle)
        for _ in range(3):
            stage.poll()
            assert purse.left == 100
        stage.waiting.last = 1_000_000
        stage.waiting.ended.set()
        until(lambda: not stage.stream._supervisor.is_idle)
        assert len(stage.routes.connects) == 1
        stage.poll()
        stage.connected()
        assert purse.left == 80


def test_a_clock_that_is_set_back_vouches_for_nothing_new(stage: Stage) -> None:
    stage.take_over()
    reached = stage.since
    stage.later(-300)
    stage.settled()
    stage.now = NOON + timedelta(seconds=50)

    assert stage.stream.collect(since=reached, cursor="", now=reached).through == reached
