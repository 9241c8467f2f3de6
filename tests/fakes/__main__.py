"""Start a fake by hand: what is typed, line by line, is published."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from tests.fakes import RedditServer, XServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes", description=__doc__)
    parser.add_argument("network", choices=["x", "reddit"])
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    with XServer(port=options.port) if options.network == "x" else RedditServer(port=options.port) as server:
        print(f"{options.network} listens at {server.url}; {server.credentials}; each line is published", flush=True)
        for line in sys.stdin:
            print(server.publish(text=line.strip(), at=datetime.now(UTC)), flush=True)


if __name__ == "__main__":
    main()
