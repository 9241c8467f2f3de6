"""Do events come from Bluesky? Listened for until the first one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from tiktokwatch.collect.bluesky import INSTALL
from tiktokwatch.collect.bluesky_posts import Reader
from tiktokwatch.collect.probes import Finding, beside_clock
from tiktokwatch.records import EPOCH

_SLICE = 0.05
_MICROSECOND = timedelta(microseconds=1)
# Jetstream sends what happens from now on where the cursor lies in the future.
_FUTURE = timedelta(days=1)


def bluesky(*, hosts: Sequence[str], timeout: float, now: Callable[[], datetime]) -> Finding:
    """Listen to one host after the other until an event comes, each for its part of `timeout`, in seconds."""
    troubles: list[str] = []
    for host in hosts:
        parts = urlsplit(host)
        name = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        try:
            ahead = _seconds_ahead(host, timeout=timeout / len(hosts), now=now)
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] != "websockets":
                raise
            return Finding("bluesky", "fail", "the package websockets is missing", f"Install it: {INSTALL}")
        except _NothingHeardError as error:
            troubles.append(f"{name}: {error}")
            continue
        said = "; ".join([*troubles, f"{name} sends events, no key is needed"])
        advice = "A watch goes on with the other host by itself. If it stays so, change bluesky.hosts."
        found = Finding("bluesky", "warn", said, advice) if troubles else Finding("bluesky", "ok", said)
        return beside_clock(found, ahead)
    advice = (
        "A watch that is running tries again by itself. If it stays so, check the network from here, and bluesky.hosts."
    )
    return Finding("bluesky", "fail", "; ".join(troubles), advice)


def _seconds_ahead(host: str, *, timeout: float, now: Callable[[], datetime]) -> float:
    """Return how far our clock is ahead of the first event of a host. Raises _NothingHeardError."""
    from tiktokwatch.collect.jetstream import Jetstream  # noqa: PLC0415 - its package is an extra

    reader = Reader(keywords=(), honest=timedelta(0))
    events: SimpleQueue[float] = SimpleQueue()

    def take(frame: bytes) -> bool:
        try:
            event = reader.read(frame)
        except ValueError:
            return False
        events.put((now() - EPOCH - event.time_us * _MICROSECOND).total_seconds())
        return True

    def cursor() -> int:
        return (now() + _FUTURE - EPOCH) // _MICROSECOND

    until = time.monotonic() + timeout
    stream = Jetstream(name="bluesky", base_urls=[host], take=take, cursor=cursor, stall=timeout)
    try:
        while not stream.troubles and time.monotonic() < until:
            try:
                return events.get(timeout=_SLICE)
            except Empty:
                if stream.bug is not None:
                    raise stream.bug from None
        raise _NothingHeardError(stream.trouble or f"no event for {timeout:g} s")
    finally:
        stream.close()


class _NothingHeardError(Exception):
    """A host sent no event; the text says why."""
