from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from tests.collect.x_counts_stage import NOON, Stage, figures, held, staged
from tests.fakes.web import as_json
from tests.fakes.x import COUNTS, SEARCH
from tiktokwatch.collect.x_counts import XCounts
from tiktokwatch.errors import CollectError
from tiktokwatch.records import MINUTE

WEEK = timedelta(days=7)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense", "null", "[]", "{}", "[" * 100_000, '{"newest_id": "Infinity"}', '{"newest_id": Infinity}',
        '{"counted": 5, "read": [], "newest_id": {}, "odd": 1, "usual": [1]}',
        '{"counted": "2030-01-01T00:00:00+00:00", "read": "2030-01-01", "newest_id": "9000000000000000000"}',
    ],
)  # fmt: skip
def test_a_cursor_of_somebody_else_is_no_trouble(stage: Stage, cursor: str) -> None:
    stage.cursor = cursor
    names = stage.publish(3, ago=600)

    batch = stage.poll()

    assert held(batch) == set(names)
    assert sum(figures(batch).values()) == 3


def test_the_server_does_not_know_a_post_so_old(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.server.clock = lambda: NOON + WEEK - MINUTE
    stage.server.routes[COUNTS] = lambda _: as_json(
        {"data": [{"start": "2026-09-20T11:58:00.000Z", "tweet_count": 3}], "meta": {}}
    )
    names = stage.publish(3, ago=100, over=20)
    stage.cursor = json.dumps({"newest_id": names[0]})
    stage.since = NOON - 2 * MINUTE

    batch = stage.poll()

    assert (figures(batch), batch.posts) == ({NOON - 2 * MINUTE: 3}, ())
    assert "no posts read" in caplog.text


def test_minutes_that_x_leaves_out_are_not_vouched_for(stage: Stage) -> None:
    minutes = [NOON - MINUTE * back for back in (60, 59, 10, 9, 8)]
    data = [{"start": f"{at:%Y-%m-%dT%H:%M:%S.000Z}", "tweet_count": 2} for at in minutes]
    stage.server.routes[COUNTS] = lambda _: as_json(
        {
            "data": [*data, "?", {"start": 5}, {"start": "x", "post_count": 1}, {**data[0], "tweet_count": "many"}],
            "meta": {},
        }
    )

    batch = stage.poll()

    assert (batch.since, batch.through) == (NOON - 10 * MINUTE, NOON - 7 * MINUTE)
    assert batch.note == "x: X has not counted all minutes since 20 Sep 10:00:00"
    assert sorted(figures(batch)) == minutes[2:]


@pytest.mark.parametrize("answer", [{}, {"data": [], "meta": None}, {"meta": {}}, {"data": {}, "meta": {}}])
def test_json_that_is_no_answer_about_counts_is_not_silence(stage: Stage, answer: object) -> None:
    stage.server.routes[COUNTS] = lambda _: as_json(answer)

    assert stage.refused().reason == "x: the answer is JSON, but not that of a count"


def test_no_minute_at_all_is_not_silence_either(stage: Stage) -> None:
    stage.server.routes[COUNTS] = lambda _: as_json({"data": [], "meta": {"total_tweet_count": 0}})

    assert stage.refused().reason == "x: X has counted none of the minutes that it was asked for"


def test_posts_that_cannot_be_read_do_not_lose_the_counts(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    names = stage.publish(3, ago=600)
    for kind in stage.server.kinds:
        stage.cursor, stage.since = "", NOON - timedelta(hours=2)
        stage.server.fail(kind, on=SEARCH)
        batch = stage.poll(timeout=0.4 if kind in ("slow", "drip") else 10)
        assert (sum(figures(batch).values()), batch.posts, batch.note) == (3, (), ""), kind
        assert json.loads(batch.cursor)["read"] is None
    assert len(caplog.records) == len(stage.server.kinds)
    assert stage.server.token not in caplog.text

    assert held(stage.later(6)) == set()
    stage.cursor, stage.since = "", NOON - timedelta(hours=2)
    assert held(stage.poll()) == set(names)


def test_counts_that_fail_are_a_collect_error_and_lose_nothing(stage: Stage) -> None:
    stage.publish(3, ago=600)
    for kind in stage.server.kinds:
        stage.server.fail(kind, on=COUNTS)
        error = stage.refused(timeout=0.4 if kind in ("slow", "drip") else 10)
        assert error.reason.startswith("x: "), kind
        assert "{" not in error.reason
    assert stage.server.asked(SEARCH) == 0

    assert sum(figures(stage.poll()).values()) == 3


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("400", "x: 400, the count was refused: Reference to invalid operator 'min_faves'."),
        ("402", "x: 402, there is no credit left; asking again after midnight UTC"),
        ("403", "x: 403, this app may not count: check its project and plan in the developer console"),
        ("404", "x: 404, there is no count at this address: check base_url"),
        ("usage-cap", "x: 429, the monthly cap on posts is reached, back on 1 Oct"),
    ],
)
def test_each_refusal_speaks_of_counts(stage: Stage, kind: str, reason: str) -> None:
    stage.server.fail(kind)

    assert stage.refused().reason == reason


def test_close_ends_it(stage: Stage) -> None:
    collector = stage.server.counter()
    collector.close()
    collector.close()

    with pytest.raises(CollectError, match="closed"):
        collector.collect(since=stage.since, cursor="", now=NOON)


@pytest.mark.parametrize("options", [{"lag": 9}, {"trickle": 9}, {"page": 101}])
def test_what_x_does_not_take_is_refused_at_once(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="X "):
        XCounts(bearer_token="x", query="tiktok", **options)


def test_a_lower_layer_never_tells_the_token(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stage.publish(3, ago=600)

    stage.poll()

    assert len(stage.server.requests) == 2
    assert stage.server.token not in caplog.text


def test_what_the_fake_counts_has_the_shape_of_what_x_counts(stage: Stage) -> None:
    recorded = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "x" / "twarc_csv" / "counts.jsonl"
    if not recorded.is_file():
        pytest.skip("no recorded answers beside the checkout")
    theirs = json.loads(recorded.read_text(encoding="utf-8").splitlines()[0])
    params = {"query": "dogs", "granularity": "hour", "start_time": "2026-09-20T08:21:34Z"}
    ours = requests.get(
        f"{stage.server.url}{COUNTS}",
        params=params,
        headers={"Authorization": f"Bearer {stage.server.token}"},
        timeout=5,
    ).json()

    assert set(ours["data"][0]) == set(theirs["data"][0])
    assert set(ours["meta"]) == set(theirs["meta"])
    assert [edge[14:] for edge in ours["data"][0].values() if isinstance(edge, str)] == ["21:34.000Z", "00:00.000Z"]
    assert [edge[14:] for edge in ours["data"][-1].values() if isinstance(edge, str)] == ["00:00.000Z", "59:30.000Z"]
    assert theirs["data"][0]["start"][14:] == "21:34.000Z"
    assert theirs["data"][-1]["end"][14:] == "21:34.000Z"


def test_the_fake_counts_between_ids_as_it_does_between_times(stage: Stage) -> None:
    ids = [stage.server.publish(text="TikTok down", at=NOON - timedelta(seconds=600 - number)) for number in range(9)]

    def counted(**bounds: str) -> int:
        params = {"query": "tiktok", "granularity": "minute", **bounds}
        headers = {"Authorization": f"Bearer {stage.server.token}"}
        answer = requests.get(f"{stage.server.url}{COUNTS}", params=params, headers=headers, timeout=10)
        return int(answer.json()["meta"]["total_tweet_count"])

    assert counted() == 9
    assert counted(since_id=ids[2]) == 6
    assert counted(until_id=ids[2]) == 2
    assert counted(since_id=ids[2], until_id=ids[7]) == 4
