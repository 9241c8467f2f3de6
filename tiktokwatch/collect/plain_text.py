"""Text as its author wrote it, out of what a network's JSON holds."""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5

# No post of any network is that long (X: 25,000, Reddit: 40,000 characters); what is would only cost time and memory.
LONGEST = 100_000

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
_SURROGATE = re.compile("[\ud800-\udfff]")


def resolve(text: str) -> str:
    """Return `text` with its HTML entities resolved once.

    Only entities that end in a semicolon count: "?a=1&copy=2" is an address, not a sign of copyright.
    """
    return _ENTITY.sub(_character, text) if "&" in text else text


def sound(text: str) -> str:
    """Return `text` with U+FFFD for every surrogate, so that it can be written anywhere.

    Half an emoji comes from tools that cut texts at a number of UTF-16 units.
    """
    return _SURROGATE.sub("\ufffd", text)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    return unescape(match[0]) if name is None or f"{name};" in html5 else match[0]
