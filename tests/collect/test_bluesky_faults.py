from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from tests.collect.bluesky_stage import NOON, SINCE, STEP, Stage, ago, staged, threads, until
from tests.fakes.jetstream import JetstreamServer, did
from tiktokwatch.collect.bluesky import Bluesky
from tiktokwatch.errors import CollectError, ConfigError


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("slow", "no event for"),
        ("garbage", "no event for"),
        ("binary", "no event for"),
        ("close", "the connection broke off"),
        ("reset", "the connection broke off"),
        ("403", "403, the server refused the connection"),
        ("503", "503, the server refused the connection"),
        ("html", "what answers there is no Jetstream"),
        ("1000", "the server closed the connection (1000)"),
        ("1008", "the server closed the connection (1008)"),
        ("1011", "the server closed the connection (1011)"),
    ],
)
def test_faults_are_told_in_plain_words_and_cost_nothing(stage: Stage, kind: str, reason: str) -> None:
    stage.replace(stall=1 if reason == "no event for" else 10)
    stage.server.publish(text="tiktok", at=ago(60))
    stage.poll()
    stage.server.fail(kind, None)
    for _ in range(3):
        stage.server.publish(text="tiktok", at=stage.now + timedelta(seconds=5))
        error = stage.refused()
    stage.server.heal()

    assert error.reason.startswith(f"bluesky: {reason}")
    assert not error.permanent
    assert stage.on().note == ""
    assert set(stage.seen) == {f"bluesky:{name}" for name in stage.server.served}
    assert len(stage.seen) == 4


def test_a_fault_that_comes_once_is_not_even_told(stage: Stage) -> None:
    stage.poll()
    for kind in ("reset", "503", "1011"):
        before = stage.collector._stream.troubles
        stage.server.fail(kind)
        until(lambda before=before: stage.collector._stream.troubles > before)
        until(lambda: stage.collector._stream.trouble == "")
        assert stage.on().note == ""


def test_when_the_next_try_is_told(stage: Stage) -> None:
    stage.server.fail("503", None)
    stage.replace(back_off=(30, 60))

    retry_after = stage.refused().retry_after

    assert retry_after is not None
    assert 20 < retry_after <= 30


def test_nobody_at_the_address_is_told(stage: Stage) -> None:
    with JetstreamServer() as other:
        address = other.url
    stage.replace(base_urls=(address,))

    assert stage.refused().reason == "bluesky: no connection could be made"


def test_disorder_doubles_and_junk_change_nothing(stage: Stage) -> None:
    names = [stage.server.publish(text="tiktok", at=ago(300 - number / 3)) for number in range(300)]
    stage.server.disorder = stage.server.doubles = True
    stage.server.junk = [b"\x00\xff", "[" * 10_000, "{}", "null", '{"did":"did:plc:ann","time_us":true}', "tiktok"]

    batch = stage.poll()

    assert sorted(stage.seen) == sorted(f"bluesky:{name}" for name in names)
    assert [post.at for post in batch.posts] == sorted(post.at for post in batch.posts)
    assert stage.collector._reading.skipped > 1000


def test_a_frame_beyond_all_bounds_ends_a_connection_and_no_more(stage: Stage) -> None:
    stage.poll()
    stage.server.junk = ["x" * (2**23 + 1)]
    reason = stage.refused().reason
    stage.server.junk = []

    assert reason == "bluesky: the connection broke off"
    until(lambda: stage.server.connects > 1)
    assert stage.on().note == ""


def test_a_server_far_in_the_future_is_not_believed(stage: Stage) -> None:
    stage.server.clock = lambda: NOON + timedelta(hours=2)
    reasons: list[str] = []

    def is_refused() -> bool:
        try:
            stage.on(timedelta(seconds=1))
        except CollectError as error:
            reasons.append(error.reason)
        return bool(reasons)

    until(is_refused)
    assert reasons == ["bluesky: the clock of the server is far ahead of ours"]
    stage.server.clock = lambda: stage.now
    assert stage.on().note == ""


def test_posts_that_were_handed_over_are_told_to_be_deleted(stage: Stage) -> None:
    mine, edited = (stage.server.publish(text="tiktok", at=ago(60 + number)) for number in range(2))
    other = stage.server.publish(text="good morning", at=ago(60))
    short_lived = stage.server.publish(text="tiktok", at=ago(5))
    stage.server.publish(text="tiktok", at=ago(70), author="bob")
    stage.server.delete(short_lived, at=ago(2))
    assert stage.poll().deleted == ()
    for name in (mine, other):
        stage.server.delete(name, at=NOON + timedelta(seconds=1))
    stage.server.delete(edited, at=NOON + timedelta(seconds=2), operation="update")
    stage.server.close_account("bob", at=NOON + timedelta(seconds=3))
    stage.server.close_account("carol", at=NOON + timedelta(seconds=3))

    batch = stage.on()

    assert batch.deleted == (f"bluesky:{mine}", f"bluesky:{edited}", f"@{did('bob')}")
    assert f"bluesky:{short_lived}" not in stage.seen
    assert stage.on().deleted == ()


def test_others_may_know_of_posts_that_were_handed_over_before_the_start(stage: Stage) -> None:
    asked: list[list[str]] = []
    names = [f"bluesky:{did('ann')}/3l{number:04d}" for number in range(700)]

    def is_known(some: Sequence[str]) -> set[str]:
        asked.append(list(some))
        return {names[5], names[600]} & set(some)

    stage.replace(is_known=is_known)
    for name in names:
        stage.server.delete(name.removeprefix("bluesky:"), at=ago(30))

    assert stage.poll().deleted == (names[5], names[600])
    assert [name for some in asked for name in some] == names
    assert max(map(len, asked)) <= 500


def test_nothing_is_left_after_closing(stage: Stage) -> None:
    stage.poll()
    stage.collector.close()
    until(lambda: not threads())
    # Imports and the server's own connections are through.
    before = open_files()
    for kind in ("", "slow", "503", "reset", "1000"):
        stage.server.heal()
        if kind:
            stage.server.fail(kind, None)
        stage.replace(timeout=0.1 if kind else 10)
        stage.now += STEP
        with pytest.raises(CollectError) if kind else memoryview(b""):
            stage.poll()
        stage.collector.close()
        stage.collector.close()
        until(lambda: not threads())

    until(lambda: open_files() <= before)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - what counts is their number


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts in /proc")
def test_the_files_are_counted() -> None:
    before = open_files()
    with open(os.devnull):  # noqa: PTH123 - nothing but a descriptor
        assert open_files() == before + 1


def test_closed_before_the_first_poll_it_never_starts(stage: Stage) -> None:
    stage.collector.close()

    assert stage.refused().reason == "bluesky: closed"
    assert not threads()
    assert stage.server.connects == 0


def test_a_fault_of_our_own_reaches_whoever_polls(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    stage.poll()
    monkeypatch.setattr(stage.collector._reader, "read", broken)

    with pytest.raises(ZeroDivisionError):
        stage.on()


def test_the_first_poll_of_the_daemon_does_not_wait_nor_complain(stage: Stage) -> None:
    stage.replace(patience=0, timeout=0, stall=25)
    stage.server.fail("slow", None)

    batch = stage.poll()

    assert (batch.since, batch.through, batch.posts) == (SINCE, SINCE, ())


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "websockets"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "tiktokwatch.collect.jetstream", raising=False)
    monkeypatch.delattr("tiktokwatch.collect.jetstream", raising=False)
    monkeypatch.setitem(sys.modules, "websockets", None)

    with pytest.raises(ConfigError) as caught:
        Bluesky()

    assert str(caught.value) == "Bluesky needs the package websockets: pip install 'tiktokwatch[bluesky]'."
