"""JSON values out of lines: one a line as it should be, spread over lines by a pretty-printer, or in an array."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from tiktokwatch.collect.unpack import LONGEST_LINE, Line

_BEGINS_JSON = re.compile(r"[\[{]\s*(?:[\"{\[\]}]|$)")
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"')
_GOES_ON = frozenset("{[,:")
_CUT_OFF = "cut off mid-way"


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that is no JSON value; `is_json` where it looks as if it was meant to be one."""

    reason: str
    is_json: bool = True


def values(lines: Iterable[Line]) -> Iterator[tuple[int, Any]]:
    """Yield every value with the number of the line where it starts, and a `Broken` in place of what is none.

    Blank lines are passed over, and so are the brackets and commas of an array that has an element a line.
    """
    reader = _Reader()
    for line in lines:
        text = line.data.strip().decode(errors="replace")
        if line.trouble:
            yield from reader.give_up()
            yield line.number, Broken(line.trouble, is_json=not text or bool(_BEGINS_JSON.match(text)))
        elif text:
            yield from reader.take(line, text)
    yield from reader.end()


def parse(text: str) -> Any:
    """Return the JSON value that `text` is, or a `Broken` that says why it is none."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        return Broken("nested too deeply")
    except json.JSONDecodeError as error:
        is_json = bool(_BEGINS_JSON.match(text))
        if is_json and (error.pos >= len(text) or error.msg.startswith("Unterminated string")):
            return Broken(_CUT_OFF)
        return Broken("no valid JSON", is_json=is_json)
    except ValueError as error:
        # int() refuses thousands of digits, and we refuse NaN.
        return Broken("a number that JSON does not know" if str(error) == _NO_NUMBER else "a number that is too long")


class _Reader:
    """What is left over from the lines before: an open value, or an open array."""

    def __init__(self) -> None:
        self._start = 0
        self._parts: list[str] = []
        self._depth = 0
        self._length = 0
        self._array = 0

    def take(self, line: Line, text: str) -> Iterator[tuple[int, Any]]:
        """Take a line, and yield what it completes."""
        if self._parts:
            if not _stands_alone(line, text):
                yield from self._add(text)
                return
            yield from self.give_up()
        yield from self._one_line(line, text)

    def give_up(self) -> Iterator[tuple[int, Any]]:
        """Yield that the open value, if there is one, was cut off."""
        if self._parts:
            self._parts = []
            yield self._start, Broken(_CUT_OFF)

    def end(self) -> Iterator[tuple[int, Any]]:
        """Yield what is still open when there are no more lines."""
        yield from self.give_up()
        if self._array:
            yield self._array, Broken("an array whose end is missing")

    def _one_line(self, line: Line, text: str) -> Iterator[tuple[int, Any]]:
        value = _parse_bytes(line, text)
        if isinstance(value, Broken) and (text[0] == "[" or text[-1] in ",]"):
            bare = text.rstrip(" \t,").removesuffix("]").removeprefix("[").strip(" \t,")
            element = parse(bare) if bare else None
            if not isinstance(element, Broken):
                self._note_brackets(line, text)
                if not bare:
                    return
                value = element
        if isinstance(value, Broken) and value.reason == _CUT_OFF and text[-1] in _GOES_ON:
            self._start, self._depth, self._length = line.number, 0, 0
            yield from self._add(text)
        else:
            yield line.number, value

    def _note_brackets(self, line: Line, text: str) -> None:
        if text[0] == "[":
            self._array = line.number
        elif text[-1] == "]":
            self._array = 0

    def _add(self, text: str) -> Iterator[tuple[int, Any]]:
        self._parts.append(text)
        self._length += len(text)
        self._depth += _depth(text)
        if self._length > LONGEST_LINE:
            self._parts = []
            yield self._start, Broken(f"longer than {LONGEST_LINE >> 20} MiB")
        elif self._depth <= 0:
            document, self._parts = "\n".join(self._parts), []
            yield self._start, parse(document.rstrip(","))


def _stands_alone(line: Line, text: str) -> bool:
    """Say whether a line can be no part of a pretty-printed value: it is an object of its own, and not indented."""
    if not line.data.startswith(b'{"') or not text.endswith("}"):
        return False
    return isinstance(parse(text), dict)


def _parse_bytes(line: Line, text: str) -> Any:
    if "\ufffd" in text:
        try:
            line.data.decode()
        except UnicodeDecodeError:
            return Broken("no UTF-8 text", is_json=bool(_BEGINS_JSON.match(text)))
    return parse(text)


def _depth(text: str) -> int:
    """Return by how many brackets a line opens more than it closes, outside of strings."""
    bare = _STRING.sub("", text)
    return bare.count("{") + bare.count("[") - bare.count("}") - bare.count("]")


_NO_NUMBER = "NaN or infinite"


def _refuse(_: str) -> NoReturn:
    raise ValueError(_NO_NUMBER)


_DECODER = json.JSONDecoder(parse_constant=_refuse)
