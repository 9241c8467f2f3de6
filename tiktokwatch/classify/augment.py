"""Variants of training posts that carry the same meaning in another dress.

Links, handles, hashtags, emoji, capitals and full stops say little about what a post means, and a corpus written by a
few hands has them in other shares than the world. So each post is also shown dressed at random, and half of the time
together with a second post of the same labels, because real posts are longer.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from tiktokwatch.classify.corpus import Example

# How often each thing is done; the last five are upper bounds of one draw.
_JOINED, _ADDRESSED, _LINKED, _TAGGED, _MOVED, _NAMED = 0.5, 0.35, 0.3, 0.25, 0.3, 0.25
_CAPITAL, _LOWER, _SHOUTED = 0.3, 0.4, 0.44
_UNSTOPPED, _STOPPED = 0.2, 0.45

_EMOJI_WORDS = """
    😭 😂 💀 🙏 🤔 😅 🙄 😩 🥲 👀 😡 🤷 ❤️ 🔥 😐 🫠 🚨 😎 👍 🤣 🥺 🙃
"""
_EMOJI = _EMOJI_WORDS.split()
_TAGS_WORDS = """
    #tiktok #tiktokdown #TikTokDown #fyp #TikTok #outage #foryou #tiktokban #viral #news #trending
"""
_TAGS = _TAGS_WORDS.split()
_JOINTS = (". ", " ", "! ", ", ", "\n")
_STOPS = (".", "!", "...", "!!")
_LETTERS = "abcdefghijkmnpqrstuvwxyz0123456789"
_APP = re.compile(r"\b(?:the app|this app|my app|app)\b", re.IGNORECASE)


def variants(examples: Sequence[Example], *, seed: int) -> list[Example]:
    """Return one dressed variant of each example, in order; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311  reproducible noise, no secret
    alike: dict[object, list[Example]] = defaultdict(list)
    for example in examples:
        alike[_kind(example)].append(example)
    made = []
    for example in examples:
        text = example.text
        if rng.random() < _JOINED:
            text += rng.choice(_JOINTS) + rng.choice(alike[_kind(example)]).text
        made.append(replace(example, text=dressed(text, rng, about=example.labels["about_tiktok"] is True)))
    return made


def dressed(text: str, rng: random.Random, *, about: bool) -> str:
    """Return the text with handles, a link, hashtags, emoji, other capitals or another ending, each now and then."""
    if rng.random() < _ADDRESSED:
        text = "@user " * rng.choice((1, 1, 1, 2, 3)) + text
    if rng.random() < _LINKED:
        text += " https://t.co/" + "".join(rng.choices(_LETTERS, k=8))
    if rng.random() < _TAGGED:
        tags = _TAGS if about else [tag for tag in _TAGS if "tiktok" not in tag.lower()]
        text += " " + " ".join(rng.sample(tags, rng.choice((1, 1, 2))))
    if rng.random() < _MOVED:
        text += " " + rng.choice(_EMOJI) * rng.choice((1, 1, 2, 3))
    text = _ended(_cased(text, rng.random()), rng)
    if about and rng.random() < _NAMED:
        text = _APP.sub("tiktok", text, count=1)
    return text


def _kind(example: Example) -> object:
    return example.lang, tuple(sorted(example.labels.items()))


def _cased(text: str, chance: float) -> str:
    if chance < _CAPITAL:
        return text[:1].upper() + text[1:]
    if chance < _LOWER:
        return text.lower()
    if chance < _SHOUTED:
        return text.upper()
    return text


def _ended(text: str, rng: random.Random) -> str:
    chance = rng.random()
    if chance < _UNSTOPPED:
        return text.rstrip(".!")
    if chance < _STOPPED:
        return text + rng.choice(_STOPS)
    return text
