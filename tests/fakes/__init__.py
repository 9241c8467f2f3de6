"""Stand-ins for the networks: servers that answer as X and Reddit do, and a collector that follows a script.

`python -m tests.fakes all --chatter` starts them by hand, for a tiktokwatch without keys.
"""

from tests.fakes.collector import ScriptedCollector
from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer

__all__ = ["RedditServer", "ScriptedCollector", "XServer"]
