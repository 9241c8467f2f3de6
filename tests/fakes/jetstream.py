"""Bluesky's Jetstream (v1), as far as a subscriber can tell: history from a cursor, then events as they happen."""

from __future__ import annotations

import json
import logging
import re
import socket
import struct
from bisect import insort
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tiktokwatch.collect.bluesky import Bluesky
from tiktokwatch.records import EPOCH

BEAT = timedelta(seconds=1)
TICK = 0.003
MICROSECOND = timedelta(microseconds=1)
COLLECTION = "app.bsky.feed.post"

_quiet = logging.getLogger("tests.jetstream")
_quiet.setLevel(logging.CRITICAL)


@dataclass(order=True, frozen=True)
class _Sent:
    time_us: int
    frame: bytes = field(compare=False)
    name: str = field(compare=False, default="")


@dataclass
class _Fault:
    kind: str
    times: int | None


class JetstreamServer:
    """Sends what was published, in order of `visible_at`, and something of no interest every second.

    What lies further back than `retention` is not sent any more. `doubles` sends everything twice, `disorder` every
    two events the wrong way round, and `junk` are frames that are sent among the others. `subscriptions` are the
    queries that were accepted, `served` the names of the posts that were sent.
    """

    kinds = ("slow", "close", "reset", "403", "429", "503", "html", "1000", "1008", "1011", "garbage", "binary")
    credentials = "no key is needed"

    def __init__(self, *, port: int = 0, retention: timedelta = timedelta(hours=36)) -> None:
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.retention = retention
        self.doubles = False
        self.disorder = False
        self.junk: list[bytes | str] = []
        self.subscriptions: list[dict[str, str]] = []
        self.served: list[str] = []
        self.connects = 0
        self._events: list[_Sent] = []
        self._published = 0
        self._faults: list[_Fault] = []
        self._broken = 0
        self._lock = Lock()
        self._stopping = Event()
        self._server = serve(
            self._handle,
            "127.0.0.1",
            port,
            process_request=self._admit,
            ping_interval=None,
            close_timeout=0.5,
            logger=_quiet,
        )
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()

    def collector(self, *, timeout: float = 10, **options: Any) -> Bluesky:
        """Return a collector that listens to this server, and waits for what should have come for `timeout`."""
        common = {"base_urls": (self.url,), "patience": timeout, "stall": timeout, "back_off": (0.01, 0.05)}
        return Bluesky(**{**common, **options})

    def publish(
        self,
        *,
        text: str,
        at: datetime,
        author: str = "ann",
        visible_at: datetime | None = None,
        **record: Any,
    ) -> str:
        """Publish a post that a client dates `at`, which is sent at `visible_at`, and return its name, did/rkey."""
        self._published += 1
        rkey = f"3l{self._published:011d}"
        created = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        body = {"$type": COLLECTION, "createdAt": created, "langs": ["en"], "text": text, **record}
        commit = {"rev": rkey, "operation": "create", "collection": COLLECTION, "rkey": rkey, "record": body}
        name = f"{did(author)}/{rkey}"
        self.send(
            {"kind": "commit", "commit": {**commit, "cid": "bafyrei"}}, author=author, at=visible_at or at, name=name
        )
        return name

    def delete(self, name: str, *, at: datetime | None = None, operation: str = "delete") -> None:
        """Take a post back, as its author would."""
        author, rkey = name.removeprefix("did:plc:").split("/")
        commit = {"rev": rkey, "operation": operation, "collection": COLLECTION, "rkey": rkey}
        if operation == "update":
            commit["record"] = {"$type": COLLECTION, "text": "tiktok, but otherwise"}  # type: ignore[assignment]
        self.send({"kind": "commit", "commit": commit}, author=author, at=at or self.clock())

    def close_account(self, author: str, *, at: datetime | None = None, status: str = "deleted") -> None:
        account = {"active": False, "did": did(author), "seq": 1, "time": "", "status": status}
        self.send({"kind": "account", "account": account}, author=author, at=at or self.clock())

    def send(self, event: dict[str, Any], *, author: str = "ann", at: datetime, name: str = "") -> None:
        """Send any event at a moment; Jetstream gives it a time of its own."""
        time_us = (at - EPOCH) // MICROSECOND
        with self._lock:
            taken = {sent.time_us for sent in self._events}
            while time_us in taken:
                time_us += 1
            frame = json.dumps(
                {"did": did(author), "time_us": time_us, **event}, separators=(",", ":"), ensure_ascii=False
            )
            insort(self._events, _Sent(time_us, frame.encode(), name))

    def fail(self, kind: str, times: int | None = 1) -> None:
        """Break what is connected, and let the next connections fail; with times=None all, until `heal`."""
        if kind not in self.kinds:
            raise ValueError(f"no fault is called {kind!r}; there are {', '.join(self.kinds)}")
        with self._lock:
            self._faults.append(_Fault(kind, times))
            self._broken += 1

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()
            self._broken += 1

    def _due(self) -> str:
        with self._lock:
            for fault in self._faults:
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                return fault.kind
        return ""

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.connects += 1
        connection.fault = kind = self._due()  # type: ignore[attr-defined]
        if kind in ("403", "429", "503"):
            return Response(int(kind), "No", Headers({"Content-Length": "0", "Connection": "close"}))
        if kind == "html":
            page = b"<html><body>Just a moment...</body></html>"
            return Response(200, "OK", Headers({"Content-Length": str(len(page)), "Connection": "close"}), page)
        if urlsplit(request.path).path != "/subscribe":
            return Response(404, "Not Found", Headers({"Content-Length": "0", "Connection": "close"}))
        return None

    def _handle(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed, OSError):
            self._serve(connection, connection.fault)  # type: ignore[attr-defined]

    def _serve(self, connection: ServerConnection, kind: str) -> None:
        epoch = self._broken
        query = {key: values[-1] for key, values in parse_qs(urlsplit(connection.request.path).query).items()}
        self.subscriptions.append(query)
        position = min(EPOCH + int(query.get("cursor", 1 << 50)) * MICROSECOND, self.clock())
        while not self._stopping.is_set():
            if epoch != self._broken and not kind:
                with self._lock:
                    kind = next((fault.kind for fault in self._faults), "")
                    epoch = self._broken
            if kind:
                self._break(connection, kind)
                return
            now = self.clock()
            position = max(position, now - self.retention)
            if position < now:
                for sent in self._between(position, now):
                    self._send(connection, sent)
                position = now
            self._stopping.wait(TICK)

    def _between(self, start: datetime, end: datetime) -> Iterator[_Sent]:
        """Yield the events from after one moment up to another, the last of them at the latter."""
        first, last = ((moment - EPOCH) // MICROSECOND for moment in (start, end))
        with self._lock:
            events = [sent for sent in self._events if first < sent.time_us <= last]
        beat = BEAT // MICROSECOND
        taken = {sent.time_us for sent in events}
        beats = [*range((first // beat + 1) * beat, last, beat), last]
        events = sorted([*events, *(_Sent(time_us, _filler(time_us)) for time_us in beats if time_us not in taken)])
        if self.disorder:
            # The newest stays where it is, or the stream would end a moment early.
            for number in range(0, len(events) - 2, 2):
                if events[number + 1].time_us - events[number].time_us < beat:
                    events[number], events[number + 1] = events[number + 1], events[number]
        for sent in events:
            yield from (sent, sent) if self.doubles else (sent,)

    def _send(self, connection: ServerConnection, sent: _Sent) -> None:
        for frame in self.junk:
            connection.send(frame)
        connection.send(sent.frame, text=True)
        if sent.name:
            self.served.append(sent.name)

    def _break(self, connection: ServerConnection, kind: str) -> None:
        epoch = self._broken
        if kind == "slow":
            while not self._stopping.wait(TICK) and self._broken == epoch:
                pass
        elif kind in ("garbage", "binary"):
            while not self._stopping.wait(TICK) and self._broken == epoch:
                connection.send("[not json" if kind == "garbage" else b"\x28\xb5\x2f\xfd\x00")
        elif kind.startswith("1"):
            connection.close(int(kind), "because")
        else:
            if kind == "reset":
                # No lingering: the close sends RST and drops what is still on its way.
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close_socket()


def did(author: str) -> str:
    return "did:plc:" + re.sub(r"[^A-Za-z0-9._%-]", "-", author)


def _filler(time_us: int) -> bytes:
    body = {"$type": COLLECTION, "createdAt": "2026-01-01T00:00:00Z", "langs": ["en"], "text": "good morning"}
    commit = {"rev": "a", "operation": "create", "collection": COLLECTION, "rkey": f"3f{time_us}", "record": body}
    event = {"did": "did:plc:somebody", "time_us": time_us, "kind": "commit", "commit": commit}
    return json.dumps(event, separators=(",", ":")).encode()
