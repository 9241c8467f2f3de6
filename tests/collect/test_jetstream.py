from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest

from tests.fakes.jetstream import JetstreamServer
from tiktokwatch.collect import jetstream
from tiktokwatch.collect.jetstream import Jetstream

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)


class Ear:
    """Counts what it hears, and takes everything but junk for an event."""

    def __init__(self) -> None:
        self.heard = 0

    def take(self, frame: bytes) -> bool:
        self.heard += 1
        return frame.startswith(b"{")

    def cursor(self) -> int:
        return int((NOON - timedelta(seconds=5)).timestamp() * 1e6)


@pytest.fixture
def server() -> Iterator[JetstreamServer]:
    with JetstreamServer() as server:
        server.clock = lambda: NOON
        yield server


@pytest.fixture
def listen() -> Iterator[Callable[..., tuple[Jetstream, Ear]]]:
    streams: list[Jetstream] = []

    def start(*urls: str, **options: object) -> tuple[Jetstream, Ear]:
        ear = Ear()
        common = {"stall": 10, "back_off": (0.01, 0.02)}
        streams.append(Jetstream(name="ear", base_urls=urls, take=ear.take, cursor=ear.cursor, **{**common, **options}))
        return streams[-1], ear

    yield start
    for stream in streams:
        stream.close()
        until(lambda stream=stream: not stream._thread.is_alive())


def until(is_so: Callable[[], bool]) -> None:
    end = monotonic() + 10
    while not is_so():
        assert monotonic() < end
        sleep(0.002)


Listen = Callable[..., tuple[Jetstream, Ear]]


def test_it_hears_what_is_sent(server: JetstreamServer, listen: Listen) -> None:
    stream, ear = listen(server.url + "/")

    until(lambda: ear.heard >= 5)
    assert (stream.trouble, stream.troubles, stream.retry_in) == ("", 0, None)


def test_when_one_host_fails_it_goes_to_the_next(server: JetstreamServer, listen: Listen) -> None:
    with JetstreamServer() as other:
        other.clock = lambda: NOON
        other.fail("503", None)
        stream, ear = listen(other.url, server.url)
        until(lambda: ear.heard >= 5)
        assert (other.connects, server.connects) == (1, 1)

        other.heal()
        server.fail("1008")
        until(lambda: len(other.subscriptions) == 1)
        until(lambda: stream.trouble == "")

    until(lambda: stream.troubles >= 3)
    until(lambda: server.connects >= 2)


def test_a_connection_that_says_nothing_is_given_up(server: JetstreamServer, listen: Listen) -> None:
    server.fail("slow", 1)
    stream, ear = listen(server.url, stall=0.1)
    until(lambda: ear.heard >= 5)

    assert stream.troubles >= 1
    assert server.connects >= 2


def test_junk_does_not_count_as_an_event(server: JetstreamServer, listen: Listen) -> None:
    server.fail("garbage", 1)
    stream, ear = listen(server.url, stall=0.2)
    until(lambda: len(server.subscriptions) >= 2)

    assert stream.troubles >= 1
    assert ear.heard > 5


def test_pauses_grow_up_to_a_bound(server: JetstreamServer, listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    server.fail("503", None)
    waits: list[float] = []

    class Wake:
        def __init__(self) -> None:
            self.over = False

        def get(self, timeout: float) -> None:
            waits.append(timeout)
            while self.over is False and len(waits) >= 9:
                sleep(0.01)

        def put(self, _: None) -> None:
            self.over = True

    monkeypatch.setattr(jetstream, "SimpleQueue", Wake)
    listen(server.url, back_off=(1, 60))
    until(lambda: len(waits) >= 9)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_good_connection_makes_the_next_pause_short(
    server: JetstreamServer, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jetstream, "_GOOD", 0.1)
    server.fail("503", 4)
    stream, ear = listen(server.url, back_off=(0.02, 60))
    until(lambda: ear.heard >= 5)
    started = monotonic()
    until(lambda: monotonic() > started + 0.15)
    before = stream.troubles
    server.fail("1000")
    until(lambda: stream.troubles > before)

    retry_in = stream.retry_in or 0.0
    assert retry_in <= 0.02


def test_close_wakes_a_pause_a_handshake_and_a_silence(server: JetstreamServer, listen: Listen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        handshaking, _ = listen(f"ws://127.0.0.1:{deaf.getsockname()[1]}")
        until(lambda: handshaking._connection is not None)
        server.fail("slow", 1)
        silent, _ = listen(server.url, stall=1000)
        until(lambda: server.connects == 1)
        server.heal()
        server.fail("503", 1)
        pausing, _ = listen(server.url, back_off=(1000, 1000))
        until(lambda: pausing.troubles == 1)
        for stream in (handshaking, silent, pausing):
            stream.close()
            # Each would have gone on for longer than this waits, but the handshake.
            until(lambda stream=stream: not stream._thread.is_alive())


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("http://127.0.0.1:1", "this is no address of a WebSocket: check base_urls"),
        ("nonsense", "this is no address of a WebSocket: check base_urls"),
        ("ws://name.invalid", "no connection could be made"),
    ],
)
def test_addresses_that_are_none(listen: Listen, url: str, trouble: str) -> None:
    stream, _ = listen(url)

    until(lambda: stream.troubles > 0)
    assert stream.trouble == trouble


def test_a_server_without_tls_is_not_spoken_to_in_tls(server: JetstreamServer, listen: Listen) -> None:
    stream, _ = listen(server.url.replace("ws://", "wss://"))

    until(lambda: stream.troubles > 0)
    assert stream.trouble == "the TLS certificate or handshake is not in order"


def test_nothing_that_was_sent_is_logged(
    server: JetstreamServer, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, ear = listen(server.url)
    until(lambda: ear.heard >= 5)
    server.fail("1000")
    until(lambda: ear.heard >= 8)

    assert "good morning" not in caplog.text
    assert "trying again in" in caplog.text
