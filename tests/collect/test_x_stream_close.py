from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from types import FrameType

import pytest

from tests.collect.x_stream_stage import NOON, Stage, staged, until
from tests.fakes.x_stream import RULES as RULES_PATH
from tests.fakes.x_stream import STREAM
from tiktokwatch.errors import CollectError


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def workers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("x")}


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the folder is read, not kept


def test_nothing_is_left_after_close(stage: Stage) -> None:
    stage.stream.close()
    for thread in workers():
        thread.join(10)
    before = descriptors()
    for _ in range(3):
        stage.make()
        stage.since = NOON - timedelta(minutes=10)
        stage.poll()
        stage.connected()
        stage.routes.do("end")
        until(lambda: len(stage.routes.connects) % 2 == 0)
        stage.connected()
        stage.stream.close()
        stage.stream.close()
        assert not [thread for thread in workers() if thread.name == "x-stream"]
        until(lambda: stage.routes.open == 0)
        with pytest.raises(CollectError, match="x: closed"):
            stage.poll()
    until(lambda: not workers())
    until(lambda: descriptors() <= before)


@pytest.mark.parametrize("moment", ["rules", "headers", "reading", "backing off"])
def test_close_ends_the_thread_at_once_whatever_it_does(stage: Stage, moment: str) -> None:
    # With waiting that is as long as it says, and a server that says nothing for a minute.
    stage.waiting.ended.set()
    stage.make(timeout=1000, stall=1000, pause=None)
    if moment == "rules":
        stage.server.fail("slow", None, on=RULES_PATH)
    if moment == "headers":
        stage.routes.refuse("slow")
    if moment == "backing off":
        stage.routes.refuse(*["429"] * 9)
    stage.routes.is_silent = True
    stage.poll()
    path = RULES_PATH if moment == "rules" else STREAM
    until(lambda: any(request.path == path for request in stage.server.requests))
    if moment == "backing off":
        until(lambda: stage.stream._supervisor.trouble)

    stage.stream.close()

    assert not [thread for thread in workers() if thread.name == "x-stream"]


def test_close_from_a_signal_handler_ends_a_poll(stage: Stage) -> None:
    stage.make(search=stage.server.collector(timeout=1000))
    stage.server.fail("slow", None, on="/recent")

    def on_alarm(_number: int, _frame: FrameType | None) -> None:
        stage.stream.close()

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(CollectError, match="closed"):
            stage.poll()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not [thread for thread in workers() if thread.name == "x-stream"]
