"""Who writes: made-up people, each with a number and a name."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tiktokwatch.demo.texts import words

_REGULARS = 1500
_COME_BACK = 0.04


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    number: int
    name: str


class Crowd:
    """Everybody who can write; nobody in it has the number or the name of another."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._numbers: set[int] = set()
        self._names: set[str] = set()
        self._regulars = [self.stranger() for _ in range(_REGULARS)]
        self._lately: list[Person] = []

    def regular(self) -> Person:
        """Return one of those who write again and again."""
        return self._rng.choice(self._regulars)

    def somebody(self) -> Person:
        """Return a stranger, now and then one who came before."""
        if self._lately and self._rng.random() < _COME_BACK:
            return self._rng.choice(self._lately[-200:])
        self._lately.append(self.stranger())
        return self._lately[-1]

    def stranger(self) -> Person:
        """Return somebody who was never here."""
        while True:
            number = self._rng.randrange(10**9, 10**10)
            adjective, noun = self._rng.choice(words("adjective")), self._rng.choice(words("noun"))
            name = f"{adjective}_{noun}{self._rng.randrange(100, 10_000)}"
            if number not in self._numbers and name not in self._names:
                self._numbers.add(number)
                self._names.add(name)
                return Person(number, name)
