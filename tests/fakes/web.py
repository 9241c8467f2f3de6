"""An HTTP server on the loopback that can be told to fail in every way in which servers fail."""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# Long against every timeout in the tests; it ends when the server stops.
STALL = 60.0
DRIP = 0.05


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True)
class Answer:
    """`ids` are those of the posts in it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: Sequence[str] = ()

    def raw(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Outlet:
    """The far end of an answer that goes on until its connection ends; `stopping` is set when the server stops."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopping: Event) -> None:
        self.stopping = stopping
        self._handler = handler

    def chunk(self, data: bytes) -> None:
        self._handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        self._handler.wfile.write(b"0\r\n\r\n")

    def reset(self) -> None:
        _tear(self._handler)


@dataclass(frozen=True)
class Streaming(Answer):
    """An answer in chunks: `play` sends them, and the connection is closed when it returns."""

    play: Callable[[Outlet], None] = Outlet.end

    def raw(self) -> bytes:
        head = super().raw().split(b"\r\n\r\n")[0]
        return head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"\r\n\r\n"


def as_json(
    value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None, ids: Sequence[str] = ()
) -> Answer:
    mime = {"Content-Type": "application/json; charset=UTF-8"}
    return Answer(status, json.dumps(value).encode(), {**mime, **(headers or {})}, ids)


@dataclass
class _Fault:
    kind: str
    times: int | None
    on: str


class Web:
    """Serves what `respond` returns, unless a fault is due.

    `refusals` are the faults that are answers of the network's own; the others are the same everywhere: "html",
    "truncated", "empty", "list", "slow", "drip", "reset", "close", "redirect". Every answer waits for `delay` seconds.
    `served` are the ids of the posts in whole answers, `answered` counts these by path. Answers are dated by
    `date`, if there is one.
    """

    def __init__(
        self,
        respond: Callable[[Request], Answer],
        refusals: Mapping[str, Callable[[], Answer]],
        *,
        port: int = 0,
    ) -> None:
        self.requests: list[Request] = []
        self.served: list[str] = []
        self.answered: Counter[str] = Counter()
        self.delay = 0.0
        self.date: Callable[[], datetime] | None = None
        self._respond = respond
        self._refusals = refusals
        self._faults: list[_Fault] = []
        self._lock = Lock()
        self._stopping = Event()
        self._unexpected: list[BaseException] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                web._serve(self)

            def do_DELETE(self) -> None:
                web._serve(self)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) == length:
                    web._serve(self, body.decode())
                else:
                    # The client has hung up in the middle of its question.
                    self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

            def handle_error(self, *_args: Any) -> None:
                error = sys.exc_info()[1]
                # Clients that hang up, or a connection that we have torn ourselves.
                if error is not None and not isinstance(error, OSError):
                    web._unexpected.append(error)

        self._server = Server(("127.0.0.1", port), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self._unexpected:
            raise self._unexpected[0]

    def fail(self, kind: str, times: int | None = 1, *, on: str = "") -> None:
        """Let the next requests whose path contains `on` fail; with times=None all, until `heal`."""
        if kind not in self.kinds:
            raise ValueError(f"no fault is called {kind!r}; there are {', '.join(self.kinds)}")
        with self._lock:
            self._faults.append(_Fault(kind, times, on))

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()

    @property
    def kinds(self) -> tuple[str, ...]:
        return (*self._refusals, *_CHANGED, *_BROKEN)

    def _due(self, path: str) -> str:
        with self._lock:
            for fault in self._faults:
                if fault.on in path:
                    if fault.times is not None:
                        fault.times -= 1
                        if not fault.times:
                            self._faults.remove(fault)
                    return fault.kind
        return ""

    def _serve(self, handler: BaseHTTPRequestHandler, body: str = "") -> None:
        parts = urlsplit(handler.path)
        request = Request(handler.command, parts.path, dict(parse_qsl(parts.query)), dict(handler.headers), body)
        with self._lock:
            self.requests.append(request)
        self._stopping.wait(self.delay)
        kind = self._due(parts.path)
        answer = self._refusals[kind]() if kind in self._refusals else self._respond(request)
        if kind in _CHANGED:
            answer = _CHANGED[kind](answer)
        if self.date is not None:
            date = format_datetime(self.date(), usegmt=True)
            answer = replace(answer, headers={**answer.headers, "Date": date})
        if handler.close_connection:
            # The client wants it closed; one that is not told so would use it again.
            answer = replace(answer, headers={**answer.headers, "Connection": "close"})
        if kind in _BROKEN:
            handler.close_connection = True
            _BROKEN[kind](handler, answer.raw(), self._stopping)
            return
        if not kind and answer.status == HTTPStatus.OK:
            self.served += answer.ids
            self.answered[parts.path] += 1
        handler.wfile.write(answer.raw())
        if isinstance(answer, Streaming):
            handler.close_connection = True
            answer.play(Outlet(handler, self._stopping))


_CHANGED: Mapping[str, Callable[[Answer], Answer]] = {
    "html": lambda _: Answer(200, b"<html><body>Just a moment...</body></html>", {"Content-Type": "text/html"}),
    "truncated": lambda answer: Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers),
    "empty": lambda answer: Answer(answer.status, b"", answer.headers),
    "list": lambda answer: Answer(answer.status, b"[]", answer.headers),
    "redirect": lambda _: Answer(302, b"", {"Location": "https://elsewhere.invalid/"}),
}


def _slow(_handler: BaseHTTPRequestHandler, _raw: bytes, stopping: Event) -> None:
    stopping.wait(STALL)


def _drip(handler: BaseHTTPRequestHandler, raw: bytes, stopping: Event) -> None:
    for byte in raw:
        if stopping.wait(DRIP):
            return
        handler.wfile.write(bytes([byte]))


def _reset(handler: BaseHTTPRequestHandler, raw: bytes, _stopping: Event) -> None:
    handler.wfile.write(raw[: len(raw) * 3 // 4])
    _tear(handler)


def _close(_handler: BaseHTTPRequestHandler, _raw: bytes, _stopping: Event) -> None:
    return


def _tear(handler: BaseHTTPRequestHandler) -> None:
    # No lingering: the close sends RST and drops what is still on its way.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


_BROKEN: Mapping[str, Callable[[BaseHTTPRequestHandler, bytes, Event], None]] = {
    "slow": _slow,
    "drip": _drip,
    "reset": _reset,
    "close": _close,
}
