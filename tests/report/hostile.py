"""What somebody might write who wants to harm whoever reads a report."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.report.fake_reading import judged
from tiktokwatch.records import Judged

TEXTS = (
    "<script>alert(1)</script> tiktok is down for all of us",
    "tiktok \x1b[2J\x1b]0;owned\x07 broken \x9b31m again today",
    "\u202etxet desrever tiktok\u202c does not load \u2066here\u2069",
    "@everyone @here <!channel> tiktok crashed u/victim @some_person look",
    "[free coins](javascript:alert(1)) ![x](https://evil.example/x.png) login fails",
    "| tiktok | table | ``` `code` # heading > quote **bold** cannot upload",
    "tiktok\r\n\r\n# Injected\r\n<img src=x onerror=alert(1)> stopped working now",
    "{{ 7 * 7 }} {% raw %} %s {0} ${HOME} comments gone since noon",
    "visit https://evil.example/phish now to fix your fyp feed, www.evil.example too",
    "'\"><svg onload=alert(1)> search shows nothing at all",
)
URLS = (
    "javascript:alert(1)",
    'https://www.reddit.com/r/TikTok/"><script>alert(2)</script>',
    "https://x.com/some_person/status/1",
    "https://evil.example/)](x)\x1b[2J",
)


def posts(since: datetime, until: datetime) -> list[Judged]:
    """Return all of them, spread over a span."""
    step = (until - since) / len(TEXTS)
    return [
        judged(text, since + n * step + timedelta(seconds=7), author=f"some_person{n}", url=URLS[n % len(URLS)])
        for n, text in enumerate(TEXTS)
    ]
