"""Start fakes by hand, and print the config.toml that points a tiktokwatch at them.

    python -m tests.fakes all --chatter > fakes.toml &
    tiktokwatch -c fakes.toml doctor && tiktokwatch -c fakes.toml run

What is typed, line by line, is published on all of them; Ctrl-C ends them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

from tests.fakes.chatter import Chatter
from tests.fakes.hackernews import HackerNewsServer
from tests.fakes.jetstream import JetstreamServer
from tests.fakes.mastodon import MastodonServer
from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer
from tests.fakes.x_stream import StreamRoutes

SERVERS: Mapping[str, Callable[..., Any]] = {
    "x": XServer,
    "reddit": RedditServer,
    "bluesky": JetstreamServer,
    "hackernews": HackerNewsServer,
    "mastodon": MastodonServer,
}
TICK = 1.0


def main() -> None:
    options = _options()
    names = list(SERVERS) if "all" in options.networks else list(dict.fromkeys(options.networks))
    stop = Event()
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(SERVERS[name](port=options.port + number if options.port else 0))
            for number, name in enumerate(names)
        }
        for server in servers.values():
            _as_real(server)
        print("\n".join(_config(servers, look_back="4h" if options.chatter else "1h")), flush=True)
        Thread(target=_publish_lines, args=(servers,), daemon=True).start()
        try:
            if options.chatter:
                _chat(servers, options, stop)
            stop.wait()
        except KeyboardInterrupt:
            _say("ended")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fakes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="+", choices=[*SERVERS, "all"], metavar="NETWORK", help=", ".join(SERVERS))
    parser.add_argument("--port", type=int, default=0, help="of the first; the others follow (default: any free ones)")
    parser.add_argument("--chatter", action="store_true", help="publish made-up posts, four hours of them in advance")
    parser.add_argument("--per-minute", type=float, default=4, help="posts on each network in calm (default: 4)")
    parser.add_argument("--outage-after", type=float, default=5, help="minutes until an outage begins (default: 5)")
    parser.add_argument("--outage-lasts", type=float, default=20, help="minutes until it ends (default: 20)")
    return parser.parse_args()


def _as_real(server: Any) -> None:
    """Let a server say what time it is, as real ones do, and let X stream as well."""
    if not isinstance(server, JetstreamServer):
        server.web.date = lambda: datetime.now(UTC)
    if isinstance(server, XServer):
        StreamRoutes(server, keep_alive=10)


def _config(servers: Mapping[str, Any], *, look_back: str) -> Iterator[str]:
    yield f"# {', '.join(servers)} as fakes on this machine, made by python -m tests.fakes"
    for name, server in servers.items():
        yield f"\n[{name}]"
        yield from _lines(name, server)
        yield f'every = "{"1m" if name == "x" else "5s"}"\nlook_back = "{look_back}"'
    yield "# end"


def _lines(name: str, server: Any) -> Iterator[str]:
    if name == "x":
        yield f'bearer_token = "{server.token}"'
    elif name == "reddit":
        yield f'client_id = "{server.client_id}"\nclient_secret = "{server.client_secret}"\noauth_url = "{server.url}"'
    else:
        yield "enabled = true"
    yield f'hosts = ["{server.url}"]' if name == "bluesky" else f'base_url = "{server.url}"'


def _publish_lines(servers: Mapping[str, Any]) -> None:
    for line in sys.stdin:
        for name, server in servers.items():
            if line.strip():
                _say(f"{name}: {server.publish(text=line.strip(), at=datetime.now(UTC))}")


def _chat(servers: Mapping[str, Any], options: argparse.Namespace, stop: Event) -> None:
    start = datetime.now(UTC)
    begin = start + timedelta(minutes=options.outage_after)
    end = begin + timedelta(minutes=options.outage_lasts)
    chatter = Chatter(per_minute=options.per_minute, outage=(begin, end))
    for name, server in servers.items():
        chatter.publish(name, server, since=start - timedelta(hours=4), until=start)
    _say(f"four hours of chatter are there; an outage from {begin:%H:%M:%S} to {end:%H:%M:%S} UTC")
    while not stop.wait(TICK):
        now = datetime.now(UTC)
        for name, server in servers.items():
            chatter.publish(name, server, since=start, until=now)
        if start < begin <= now:
            _say("the outage has begun")
        if start < end <= now:
            _say("the outage has ended")
        start = now


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
