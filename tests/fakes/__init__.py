"""Stand-ins for the networks: servers that answer as X and Reddit do, and a collector that follows a script.

`python -m tests.fakes x --port 8001` starts one by hand; every line typed is published as a post.
"""

from tests.fakes.collector import ScriptedCollector
from tests.fakes.reddit import RedditServer
from tests.fakes.x import XServer

__all__ = ["RedditServer", "ScriptedCollector", "XServer"]
