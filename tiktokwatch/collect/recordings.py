"""Recorded posts out of files, whoever wrote them: the door through which a replay reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tiktokwatch.collect import json_lines, shapes, unpack
from tiktokwatch.errors import UserError
from tiktokwatch.records import Post, Tick

# So many lines without any JSON, and the file is something else.
_PROBE = 20

_ACCEPTED = (
    "accepted are lines (or an array) of JSON in UTF-8, plain or packed with gzip, zstd, bzip2 or xz: responses, "
    "stream lines or flattened posts of the X API v2 as twarc2 writes them, Reddit dumps and API listings, "
    "and ticks written by tiktokwatch"
)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line, by its number from 1, that holds no post, or something in it that is none, and why in plain words."""

    line: int
    reason: str


def read(path: Path) -> Iterator[Post | Tick | BadLine]:
    """Yield everything that a recording holds, in the order of the file.

    Packing and format are told by content, line by line; posts of several networks and ticks may be mixed. What
    cannot be read is a BadLine, a stream that breaks off too. Memory does not grow with the file, only with its longest
    line or its longest pretty-printed value. Raises UserError where the file cannot be opened, or where nothing in
    it looks like JSON.
    """
    strange: list[BadLine] = []
    recognised = False
    for number, value in json_lines.values(unpack.lines(path)):
        if not recognised and not _is_json(value):
            strange.append(BadLine(number, _reason(value)))
            if len(strange) == _PROBE:
                break
            continue
        recognised = True
        yield from strange
        strange.clear()
        if isinstance(value, json_lines.Broken):
            yield BadLine(number, value.reason)
            continue
        for found in shapes.find(value):
            yield BadLine(number, found) if isinstance(found, str) else found
    if strange:
        raise UserError(f"{path}: no recording of posts; {_ACCEPTED}")


def _is_json(value: object) -> bool:
    return value.is_json if isinstance(value, json_lines.Broken) else isinstance(value, list | dict)


def _reason(value: object) -> str:
    return value.reason if isinstance(value, json_lines.Broken) else "no JSON object"
