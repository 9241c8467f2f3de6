"""Which texts a query of X matches: words, phrases, tags and the ways to join them, as X describes them."""

from __future__ import annotations

import re
import unicodedata

from tiktokwatch.collect.query_syntax import All, Either, Node, parse

# Where words are not parted by spaces, X looks for them in between.
UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]")
WORD = re.compile(r"\w+")


def matches(query: str, text: str) -> bool:
    """Say whether X would find a text; it is taken for an original post in no particular language."""
    return _holds(parse(query), text)


def _holds(node: Node, text: str) -> bool:
    if isinstance(node, All):
        return all(_holds(part, text) for part in node.parts)
    if isinstance(node, Either):
        return any(_holds(part, text) for part in node.parts)
    return _says(node.text, text) != node.is_negated


def _says(term: str, text: str) -> bool:
    if re.match(r"(is|has|lang):", term):
        return False
    if term.startswith("#"):
        return _plain(term) in re.findall(r"#\w+", _plain(text))
    if UNSPACED.search(term):
        return _plain(term.strip('"')) in _plain(text)
    # Scripts meet without a space: "TikTok落ちた" has the word tiktok in it.
    words = WORD.findall(UNSPACED.sub(" ", _plain(text)))
    wanted = WORD.findall(_plain(term))
    return any(words[start : start + len(wanted)] == wanted for start in range(len(words)))


def _plain(text: str) -> str:
    """Return a text without case and accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in folded if not unicodedata.combining(sign))
