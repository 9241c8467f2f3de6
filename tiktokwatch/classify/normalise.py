"""Texts as the classifier sees them: one spelling for what people write in many ways.

Marks stand between angle brackets that no text keeps: ⟨url⟩, ⟨user⟩, ⟨n⟩ (a number), ⟨haha⟩ (laughter in any language).
Whatever changes here changes the meaning of trained weights, so it changes `VERSION` too.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from itertools import chain

VERSION = 2

MAX_CHARS = 2000
URL, USER, NUMBER, LAUGH = "⟨url⟩", "⟨user⟩", "⟨n⟩", "⟨haha⟩"

# Scripts written without spaces are read letter by letter; vowel signs belong to the letter before them.
UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff"
_SIGNS = "\u0300-\u036f\u0900-\u0963\u0966-\u0dff"
_LETTERS = f"(?:[^\\W_{UNSPACED}]++|[{_SIGNS}])++"

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u27e8\u27e9]"
)
_PART = re.compile(
    r"https?://\S+|www\.\S+|@\w+|\d+(?:[.,:/]\d+)*"
    f"|[{UNSPACED}]|{_LETTERS}(?:'{_LETTERS})*"
    r"|[^\w\s.,]+"
)
# The same for plain ASCII, where letters are found without asking for each of them what it is.
_PLAIN_PART = re.compile(r"https?://\S+|www\.\S+|@\w+|\d+(?:[.,:/]\d+)*|[a-z0-9]+(?:'[a-z0-9]+)*|[^\w\s.,]+", re.ASCII)
_CURLY = re.compile("[\u2018\u2019\u02bc`\u00b4\u2032]")
_APART = re.compile(r"\bt[iy]c?k[ _-]to(?:ck|k|c)(?=\W|s\b|$)")
_SPELLED = re.compile(r"^t[iy]c?k?to(?:ck|k|c)(?=s?$)")
_JOINED = re.compile(r"(?<=.)tiktok|tiktok(?=.)(?!e?rs?$|s$)")
_FIGURE = re.compile(r"\d+")
_LAUGHTER = re.compile(
    "^(?:a?(?:ha){2,}h?|a?(?:he){2,}h?|(?:hi){2,}|(?:ja){2,}j?|(?:je){2,}|(?:wk){2,}w?|(?:rs){2,}|k{3,}|w{3,}"
    "|(?:\u0445\u0430){2,}\u0445?|(?:\u0430\u0445){2,}\u0430?|\u0647{3,})$"
)
_STRETCH = re.compile(r"(.)\1{2,}")
_TELLING = frozenset({"0", "404", "500", "502", "503", "504"})


def tokens(text: str) -> list[str]:
    """Return the words, marks, emoji and telling punctuation of a raw text, in lower case and one spelling.

    Only the first 2,000 characters count. Full stops, commas, control characters and broken surrogates are dropped.
    """
    text = legible(text).casefold()
    is_ascii = text.isascii()
    if not is_ascii and _CURLY.search(text):
        text = _CURLY.sub("'", text)
    if "k t" in text or "k-t" in text or "k_t" in text or "ic t" in text:
        text = _APART.sub("tiktok", text)
    return list(chain.from_iterable(map(_spell, (_PLAIN_PART if is_ascii else _PART).findall(text))))


def normalise(text: str) -> str:
    """Return the tokens of a raw text in one line."""
    return " ".join(tokens(text))


def legible(text: str) -> str:
    """Return the beginning of a text with entities resolved, compatible forms made one, and the unseen removed."""
    text = text[: 2 * MAX_CHARS]
    if "&" in text:
        text = html.unescape(text)
    if text.isascii() and text.isprintable():
        return text[:MAX_CHARS]
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))[:MAX_CHARS]


@lru_cache(maxsize=1 << 16)
def _spell(part: str) -> tuple[str, ...]:
    """Return the one spelling of a part: mostly one token, more for joined words and runs of signs."""
    first = part[0]
    if first == "@" and len(part) > 1:
        return (USER,)
    if part.startswith(("http://", "https://", "www.")):
        return (URL,)
    if first.isdigit():
        return (part,) if part in _TELLING else (NUMBER,)
    if not first.isalnum() and not unicodedata.category(first).startswith("M"):
        return tuple(dict.fromkeys(part))
    part = part.replace("'", "")
    if _LAUGHTER.match(part):
        return (LAUGH,)
    part = _FIGURE.sub(NUMBER, _STRETCH.sub(r"\1", part))
    return tuple(_JOINED.sub(" tiktok ", _SPELLED.sub("tiktok", part)).split())
