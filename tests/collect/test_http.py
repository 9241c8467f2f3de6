from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from tests.fakes.web import Answer, Web
from tiktokwatch.collect.http import Wire
from tiktokwatch.errors import CollectError

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)


def accept(_answer: requests.Response, _now: datetime) -> None:
    return


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web(lambda request: Answer(200, request.path.encode() * 20), {})
    web.start()
    yield web
    web.stop()


@pytest.fixture
def deaf() -> Iterator[str]:
    """Yield the address of a port that takes no more connections, and does not say so."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def wire(*, timeout: float = 10, **options: object) -> Wire:
    wire = Wire(name="wire", timeout=timeout, check=accept, **options)
    wire.start(NOON)
    return wire


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "wire-request"]


def test_urls_that_a_library_has_built_in_are_moved(web: Web) -> None:
    line = wire(moved={"https://api.example.com": web.url})

    moved = line.request("GET", "https://api.example.com/path")
    kept = line.request("GET", f"{web.url}/other")
    line.close()

    assert (moved.text, kept.text) == ("/path" * 20, "/other" * 20)


def test_connections_are_kept_and_used_again(web: Web) -> None:
    line = wire()
    for _ in range(3):
        line.request("GET", web.url)
    pools = line._line.poolmanager.pools
    counts = [pools[key].num_connections for key in pools.keys()]  # noqa: SIM118 - this container does not iterate
    line.close()

    assert counts == [1]


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_nobody_is_left_behind_after_a_timeout(web: Web, kind: str) -> None:
    line = wire(timeout=0.3)
    web.fail(kind)

    with pytest.raises(CollectError, match="no answer in time"):
        line.request("GET", f"{web.url}/path")
    for thread in workers():
        thread.join(10)
    line._timeout = 10
    line.start(NOON)
    again = line.request("GET", f"{web.url}/path")
    line.close()

    assert workers() == []
    assert again.status_code == 200


def test_a_port_that_does_not_answer_takes_no_longer_than_one_that_does(deaf: str) -> None:
    line = wire(timeout=0.3)

    with pytest.raises(CollectError, match="no answer in time"):
        line.request("GET", deaf)
    line.close()


def test_close_ends_the_wait_for_a_connection(deaf: str) -> None:
    line = wire(timeout=1000)
    timer = threading.Timer(0.1, line.close)
    timer.start()

    with pytest.raises(CollectError, match="closed"):
        line.request("GET", deaf)
    timer.join()


def test_what_the_check_raises_comes_through(web: Web) -> None:
    def refuse(answer: requests.Response, now: datetime) -> None:
        raise LookupError(answer.status_code, now)

    line = Wire(name="wire", timeout=1, check=refuse)
    line.start(NOON)

    with pytest.raises(LookupError) as caught:
        line.request("GET", web.url)
    line.close()

    assert caught.value.args == (200, NOON)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "127.0.0.1", "http://[::1/"])
def test_an_address_that_is_none_has_its_sentence(url: str) -> None:
    line = wire()

    with pytest.raises(CollectError, match="cannot be made as it is configured"):
        line.request("GET", url)
    line.close()


def test_a_fault_of_our_own_is_not_hidden(web: Web) -> None:
    line = wire()

    with pytest.raises(TypeError):
        line.request("GET", web.url, no_such_option=True)
    line.close()


@pytest.mark.parametrize(
    ("date", "refused"),
    [
        ("Sun, 20 Sep 2026 11:00:00 GMT", True),
        ("Sun, 20 Sep 2026 11:57:30 -0000", True),
        ("Sun, 20 Sep 2026 11:59:00 GMT", False),
        ("Sun, 20 Sep 2026 15:00:00 GMT", False),
        ("yesterday", False),
        ("", False),
    ],
)
def test_a_clock_that_is_ahead_vouches_for_nothing(*, date: str, refused: bool) -> None:
    server = Web(lambda _: Answer(200, b"{}", {"Date": date}), {})
    server.start()
    line = wire()
    try:
        if refused:
            with pytest.raises(CollectError, match=r"clock is \d+ min ahead of the server's: set it"):
                line.request("GET", server.url)
        else:
            assert line.request("GET", server.url).status_code == 200
    finally:
        line.close()
        server.stop()
