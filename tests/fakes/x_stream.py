"""X's filtered stream with its rules and connections, beside the search of an `XServer`."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from tests.fakes.web import STALL, Answer, Outlet, Request, Streaming, as_json
from tests.fakes.x import XServer
from tests.fakes.x_parts import PROBLEMS, Tweet
from tiktokwatch.collect.x_stream import XStream

STREAM = "/2/tweets/search/stream"
RULES = "/2/tweets/search/stream/rules"
CONNECTIONS = "/2/connections"
KILL = "/2/connections/filtered_stream"
TICK = 0.005

DISCONNECTED = {
    "errors": [
        {
            "title": "operational-disconnect",
            "disconnect_type": "UpstreamOperationalDisconnect",
            "detail": "This stream has been disconnected upstream for operational reasons.",
            "type": f"{PROBLEMS}/operational-disconnect",
        }
    ]
}
USED_UP = {
    "errors": [{"title": "UsageCapExceeded", "detail": "Usage cap exceeded", "type": f"{PROBLEMS}/usage-capped"}]
}
TOO_MANY = {
    "title": "ConnectionException",
    "detail": "This stream is currently at the maximum allowed connection limit.",
    "connection_issue": "TooManyConnections",
    "type": f"{PROBLEMS}/streaming-connection",
}


class StreamRoutes:
    """Plugs into a server: every post that is published there and becomes visible flows into the open streams.

    `connects` are the times (`time.monotonic`) of all requests for the stream,
    `sent` the ids of the posts sent over it; those in `withheld` never are, if they are there when it is opened. A
    keep-alive comes every `keep_alive` seconds, unless `is_silent`; nothing at all comes while `is_stuck`.
    """

    def __init__(self, server: XServer, *, keep_alive: float = 0.02) -> None:
        self.rules: dict[str, dict[str, str]] = {}
        self.connects: list[float] = []
        self.opened = 0
        self.kills = 0
        self.sent: list[str] = []
        self.withheld: set[str] = set()
        self.is_silent = False
        self.is_stuck = False
        self.invalid = ""
        self._server = server
        self._keep_alive = keep_alive
        self._refusals: list[str] = []
        self._streams: list[tuple[SimpleQueue[str | bytes], set[int]]] = []
        self._last_rule = 1_800_000_000_000_000_000
        server.routes |= {STREAM: self._stream, RULES: self._rules, CONNECTIONS: self._listed, KILL: self._kill}

    @property
    def open(self) -> int:
        return len(self._streams)

    @property
    def is_flushed(self) -> bool:
        """Return whether the open streams have sent everything that is visible."""
        now = self._server.clock()
        visible = {tweet.number for tweet in self._server._tweets if tweet.visible_at <= now}
        return all(visible <= passed for _, passed in tuple(self._streams))

    def refuse(self, *kinds: str) -> None:
        """Refuse the next connections, each for the reason of its place; "accept" lets one through in between."""
        self._refusals += kinds

    def say(self, value: Any, *, end: bytes = b"\r\n") -> None:
        """Send a line over the open streams: bytes as they are, anything else as JSON."""
        line = value if isinstance(value, bytes) else json.dumps(value).encode()
        for commands, _ in tuple(self._streams):
            commands.put(line + end)

    def do(self, command: str) -> None:
        """Let the open streams "end", "close" without an end, "reset" or send "half" a post and reset."""
        for commands, _ in tuple(self._streams):
            commands.put(command)

    def body(self, tweet: Tweet) -> dict[str, Any]:
        """Return what is sent for a post; a rule without a tag is named without one."""
        found = {number: rule for number, rule in self.rules.items() if tweet.is_found_by(rule["value"])}
        tags = {number: {"tag": rule["tag"]} if "tag" in rule else {} for number, rule in found.items()}
        return {"data": dict(tweet.body), "matching_rules": [{"id": number, **tag} for number, tag in tags.items()]}

    def _stream(self, _request: Request) -> Answer:
        self.connects.append(time.monotonic())
        kind = self._refusals.pop(0) if self._refusals else "accept"
        if kind == "accept" and not self.rules:
            kind = "409"
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if kind == "accept":
            return Streaming(200, b"", headers, play=self._play)
        if kind == "slow":
            self._server.web._stopping.wait(STALL)
        if kind in ("slow", "accept-and-close"):
            return Streaming(200, b"", headers)
        if kind == "409":
            return as_json({"title": "ConnectionException", "connection_issue": "RuleConfigurationIssue"}, status=409)
        if kind == "too-many":
            return as_json(TOO_MANY, status=429, headers=self._server._window())
        if kind == "html":
            return Answer(200, b"<html><body>\r\n\r\nLog in\r\n</body></html>", {"Content-Type": "text/html"})
        return self._server._refusals()[kind]()

    def _play(self, outlet: Outlet) -> None:
        commands: SimpleQueue[str | bytes] = SimpleQueue()
        opened_at = self._server.clock()
        passed = {tweet.number for tweet in self._server._tweets if tweet.visible_at < opened_at}
        last = time.monotonic()
        passed |= {int(number) for number in self.withheld}
        self.opened += 1
        self._streams.append((commands, passed))
        try:
            while not outlet.stopping.wait(TICK):
                if self.is_stuck:
                    continue
                if not self._obey(commands, outlet):
                    return
                now = self._server.clock()
                for tweet in tuple(self._server._tweets):
                    if tweet.number not in passed and tweet.visible_at <= now:
                        body = self.body(tweet)
                        if body["matching_rules"]:
                            self.sent.append(str(tweet.number))
                            outlet.chunk(json.dumps(body).encode() + b"\r\n")
                        passed.add(tweet.number)
                if not self.is_silent and time.monotonic() - last >= self._keep_alive:
                    last = time.monotonic()
                    outlet.chunk(b"\r\n")
        finally:
            self._streams.remove((commands, passed))

    def _obey(self, commands: SimpleQueue[str | bytes], outlet: Outlet) -> bool:
        """Do what was asked for, and return False once the stream is over."""
        with suppress(Empty):
            while True:
                command = commands.get_nowait()
                if isinstance(command, bytes):
                    outlet.chunk(command)
                    continue
                if command == "half":
                    outlet.chunk(b'{"data": {"id": "1')
                if command in ("half", "reset"):
                    outlet.reset()
                elif command == "end":
                    outlet.end()
                return False
        return True

    def _rules(self, request: Request) -> Answer:
        if request.method == "GET":
            data = [{"id": number, **rule} for number, rule in self.rules.items()]
            return as_json({**({"data": data} if data else {}), "meta": {"result_count": len(data)}})
        asked = json.loads(request.body)
        dry = request.params.get("dry_run")
        if dry not in (None, "true", "false"):
            return as_json({"title": "Invalid Request", "detail": "dry_run is true or false"}, status=400)
        if "delete" in asked:
            for number in asked["delete"]["ids"]:
                self.rules.pop(number)
            return as_json({"meta": {"summary": {"deleted": len(asked["delete"]["ids"]), "not_deleted": 0}}})
        return self._add(asked["add"], is_dry=dry == "true")

    def _add(self, rules: list[dict[str, str]], *, is_dry: bool) -> Answer:
        present = {rule["value"]: number for number, rule in self.rules.items()}
        data: list[dict[str, str]] = []
        errors: list[dict[str, Any]] = []
        for rule in rules:
            if rule["value"] in present:
                twin = {"value": rule["value"], "id": present[rule["value"]]}
                errors.append({**twin, "title": "DuplicateRule", "type": f"{PROBLEMS}/duplicate-rules"})
            elif self.invalid and self.invalid in rule["value"]:
                why = {"title": "UnprocessableEntity", "details": [f"Reference to invalid operator '{self.invalid}'."]}
                errors.append({"value": rule["value"], **why, "type": f"{PROBLEMS}/invalid-rules"})
            else:
                self._last_rule += 1
                data.append({"id": str(self._last_rule), **rule})
        if not is_dry and not any(error["title"] == "UnprocessableEntity" for error in errors):
            self.rules |= {rule["id"]: {k: v for k, v in rule.items() if k != "id"} for rule in data}
        meta = {"summary": {"created": len(data), "not_created": len(errors)}}
        answer = {"meta": meta, **({"data": data} if data else {}), **({"errors": errors} if errors else {})}
        return as_json(answer, status=200 if is_dry else 201)

    def _listed(self, _request: Request) -> Answer:
        data = [{"id": str(number), "endpoint_name": "filtered_stream"} for number in range(self.open)]
        return as_json({"data": data, "meta": {"result_count": len(data)}})

    def _kill(self, request: Request) -> Answer:
        if request.method != "DELETE":
            return as_json({"title": "Method Not Allowed"}, status=405)
        self.kills += 1
        killed = self.open
        self.do("close")
        return as_json({"data": {"successful_kills": killed, "failed_kills": 0}})


class StreamlessXServer(XServer):
    """A server for a collector whose stream X refuses, and which goes on by the search: every fault is the search's."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        StreamRoutes(self).refuse(*["403"] * 100)
        self.fail = partial(self.web.fail, on="/2/tweets/search/recent")

    def collector(self, **options: Any) -> XStream:
        """Return a stream with its search that ask this server."""
        return XStream(
            bearer_token=self.token,
            rules={"outage": "tiktok"},
            search=super().collector(**options),
            base_url=self.url,
        )
