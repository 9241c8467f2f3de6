"""Text from the network, made harmless before anybody sees it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

# A string command (OSC, DCS, SOS, PM, APC) up to its end, a control sequence (CSI), or any other escape.
_ANSI = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_MENTION = re.compile(r"<[@!#][^>\s]*>|[@\uff20\ufe6b][\w.-]*\w|\bu/[\w-]+")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)[^\s)\]>\"]+", re.IGNORECASE)
_X_POST = re.compile(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/\w+/status/(\d+)\S*", re.IGNORECASE)
_JOINERS = "\u200c\u200d"
_MOST_MARKS = 3


def printable(text: str) -> str:
    """Return `text` on one line, without anything that moves a cursor, turns the reading direction or hides.

    Escape sequences, control and format characters (but for the joiners that Persian and emoji are spelled with),
    surrogates and unassigned code points go; so do all but three marks on one letter; white space becomes one space.
    """
    kept: list[str] = []
    marks = 0
    for char in _ANSI.sub("", text):
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if kind in {"Zl", "Zp"} or char in "\t\n\v\f\r\x85":
            kept.append(" ")
        elif (kind[0] != "C" or char in _JOINERS) and marks <= _MOST_MARKS:
            kept.append(char)
    return " ".join("".join(kept).split())


def excerpt(text: str, *, limit: int) -> str:
    """Return what somebody wrote, to be quoted: printable, nobody mentioned, no address, at most `limit` characters."""
    text = _MENTION.sub("@…", _ADDRESS.sub("(link)", printable(text)))
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > limit // 2 else head).rstrip(" ,.;:-") + "…"


def address(url: str) -> str:
    """Return the address of a post, or "" where it is not one of the web.

    It holds no character that could end an attribute or a link; posts of X are addressed without the author's name.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.username is not None:
        return ""
    if found := _X_POST.fullmatch(url):
        return f"https://x.com/i/status/{found[1]}"
    return quote(parts.geturl(), safe="/:?#@!$&*+,;=%~-._")
