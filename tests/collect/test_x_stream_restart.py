"""X counts connections whoever makes them: a process that was killed and started again has not more of them."""

from __future__ import annotations

import json

import pytest

from tests.collect.x_stream_stage import NOON, Stage, staged, until
from tiktokwatch.collect.x_stream_cursor import Cursor, read
from tiktokwatch.collect.x_supervisor import MOST_CONNECTS


def stormy(stage: Stage) -> None:
    stage.routes.refuse(*["accept-and-close"] * 500)


def test_connections_of_an_earlier_process_count() -> None:
    with staged() as stage:
        stormy(stage)
        stage.poll()
        until(lambda: len(stage.routes.connects) == 30)
        stage.stream.close()
        made = len(stage.routes.connects)
        cursor = Cursor(connects=stage.stream._supervisor.connects).text()
        assert len(read(cursor).connects) == made
        stage.waiting.last = len(stage.waiting.pauses) + 200
        stage.make()
        stage.cursor = cursor
        stage.poll()
        until(lambda: max(stage.waiting.pauses[-3:]) > 60)
        assert len(stage.routes.connects) <= MOST_CONNECTS


def test_the_cursor_that_is_handed_on_names_them() -> None:
    with staged() as stage:
        stage.poll()
        stage.connected()
        place = read(stage.poll().cursor)
        assert len(place.connects) == 1
        assert abs((place.connects[0] - stage.now).total_seconds()) <= 1


@pytest.mark.parametrize("text", ["", "[]", '{"newest_id": "5"}', '{"search": 1, "connects": []}', "[" * 100_000])
def test_what_is_no_cursor_of_ours_is_the_search_s(text: str) -> None:
    assert read(text) == Cursor(text)


@pytest.mark.parametrize("connects", ["5", [-1], [1.5], ["1"], [10**12], None])
def test_moments_that_are_none_are_not_believed(connects: object) -> None:
    text = json.dumps({"search": "s", "connects": connects})
    assert read(text) == Cursor(text)


def test_it_reads_what_it_wrote() -> None:
    place = read(Cursor("s", [NOON]).text())
    assert place.search == "s"
    assert list(place.connects) == [NOON]
