"""Text out of the HTML in which some networks keep what their people write."""

from __future__ import annotations

import re

from tiktokwatch.collect.plain_text import LONGEST, resolve, sound

# Each of these scans a text once, whatever is in it.
_PARAGRAPH = re.compile(r"</?(?:p|div|pre|blockquote|ul|ol|h[1-6])\b[^<>]*>", re.IGNORECASE)
_LINE = re.compile(r"<(?:br|li)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_SPACE = re.compile(r"[^\S\n]+")
_BLANK = re.compile(r"\n(?:[^\S\n]*\n)+")


def plain(html: object) -> str:
    """Return the text in a piece of HTML, a blank line between its paragraphs; "" where it is no text at all.

    Raises ValueError for what is longer than any post.
    """
    if not isinstance(html, str):
        return ""
    if len(html) > LONGEST:
        raise ValueError("a text longer than any post")
    spaced = _LINE.sub("\n", _PARAGRAPH.sub("\n\n", html))
    text = _SPACE.sub(" ", resolve(_TAG.sub("", spaced)))
    lines = "\n".join(line.strip() for line in text.split("\n"))
    return sound(_BLANK.sub("\n\n", lines).strip())
