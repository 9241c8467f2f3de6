"""The texts of the made-up recording: hand-written lines, with words filled in and light variation."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

_FOLDER = Path(__file__).parent / "texts"
_SLOT = re.compile(r"\{(\w+?)2?\}")
_LONG_ENOUGH_TO_STAND_ALONE = 110

# Shares of people who type in one way or another.
_STAND_ALONE = 0.5
_NEVER_PRESS_SHIFT = 0.35
_SHOUT = 0.04
_DROP_THE_STOP = 0.4
_ADD_FEELING = 0.08
_ADD_EMOJI = 0.16


class Writer:
    """Writes texts out of pools; no line of a pool comes twice before all of them were used."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._decks: dict[str, list[str]] = {}

    def line(self, pool: str, *, places: str = "place") -> str:
        """Return the next line of a pool ("jokes", "complaints/feed") with its words filled in, `places` by name."""
        deck = self._decks.setdefault(pool, [])
        if not deck:
            deck.extend(pools()[pool])
            self._rng.shuffle(deck)
        return self.filled(deck.pop(), places=places)

    def filled(self, text: str, *, places: str = "place") -> str:
        """Return `text` with a word for each pair of braces."""
        slots = _toml("slots")

        def word(match: re.Match[str]) -> str:
            name = match[1]
            return str(self._rng.choice(slots[places if name == "place" else name]))

        return _SLOT.sub(word, text)

    def complaint(self, aspect: str, *, places: str = "place") -> str:
        """Return a complaint from the pool, half of the time with a sentence about its circumstances."""
        text = self.line(f"complaints/{aspect}", places=places)
        if len(text) > _LONG_ENOUGH_TO_STAND_ALONE or self._rng.random() < _STAND_ALONE:
            return text
        mark = "" if text[-1] in ".?!" else self._rng.choice((".", ",", "..."))
        return f"{text}{mark} {self.line('contexts', places=places)}"

    def short_complaint(self, aspect: str, *, places: str = "place") -> str:
        """Return a complaint of a few words that is put together from parts."""
        parts = _toml("parts")
        names = ("openings", "apps", aspect, "endings")
        opening, app, what, ending = (str(self._rng.choice(parts[name])) for name in names)
        gap = "" if ending.startswith("?") else " "
        return self.filled(f"{opening} {app} {what}{gap}{ending}".strip(), places=places)

    def varied(self, text: str) -> str:
        """Return `text` as somebody in a hurry might have typed it."""
        chance = self._rng.random
        if chance() < _NEVER_PRESS_SHIFT:
            text = text.lower()
        elif chance() < _SHOUT:
            text = text.upper()
        if chance() < _DROP_THE_STOP:
            text = text.rstrip(".")
        if chance() < _ADD_FEELING and text[-1] not in ".?!":
            text += self._rng.choice(("!", "!!", "...", "??", " lol", " smh"))
        if chance() < _ADD_EMOJI:
            text += f" {self._rng.choice(words('emoji'))}"
        return text


@cache
def pools() -> Mapping[str, Sequence[str]]:
    """Return all pools by name; a file with "# section" lines holds one for each."""
    found: dict[str, list[str]] = {}
    for path in sorted(_FOLDER.glob("*.txt")):
        name = path.stem
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                name = f"{path.stem}/{line[2:]}"
            else:
                found.setdefault(name, []).append(line)
    return MappingProxyType(found)


def words(name: str) -> Sequence[str]:
    """Return the words that may stand in for `name`."""
    return list(_toml("slots")[name])


@cache
def _toml(name: str) -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
