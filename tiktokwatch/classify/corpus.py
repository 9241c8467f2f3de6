"""The corpus: labelled posts, one JSON object a line, and how it is split."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiktokwatch.errors import UserError
from tiktokwatch.records import ASPECTS, LABELS

_PARTS = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text; `theme` (the line's `note`) names the voice and topic that it shares with a few others.

    A label is None where it is left open, and then neither trains nor counts.
    """

    text: str
    lang: str
    labels: Mapping[str, bool | None]
    aspects: tuple[str, ...] = ()
    theme: str = ""
    id: str = ""

    @property
    def held_out(self) -> bool:
        """Tell whether the theme belongs to the validation part: one theme in five, by its checksum."""
        return hashlib.sha256(self.theme.encode("utf-8", "replace")).digest()[0] % _PARTS == 0


def read_corpus(directory: Path) -> list[Example]:
    """Return the examples of all `*.jsonl` files of a directory, in the order of file names and lines."""
    paths = sorted(directory.glob("*.jsonl"))
    if not paths:
        raise UserError(f"There is no corpus in {directory}: no file there ends in .jsonl.")
    return [example for path in paths for example in read_examples(path)]


def read_examples(path: Path) -> list[Example]:
    """Return the examples of one file; UserError names the line that is not one.

    Two spellings are read: `labels` as a list with `about_tiktok`, or each label as true, false or null.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {type(error).__name__}.") from None
    return list(_examples(path, lines))


def corpus_hash(examples: Iterable[Example]) -> str:
    """Return a checksum over everything of the examples that training sees, in their order."""
    digest = hashlib.sha256()
    for example in examples:
        row = [example.text, example.lang, sorted(example.labels.items()), example.aspects, example.theme]
        digest.update(json.dumps(row).encode("ascii") + b"\n")
    return digest.hexdigest()


def _examples(path: Path, lines: Iterable[str]) -> Iterator[Example]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _example(json.loads(line), number)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path}:{number} is not a labelled post: {error}.") from None


def _example(row: Mapping[str, Any], number: int) -> Example:
    about = row["about_tiktok"]
    given = row.get("labels")
    labels = {label: row[label] if given is None else label in given for label in LABELS}
    unknown = set(given or ()) - set(LABELS) | set(row.get("aspects", ())) - set(ASPECTS)
    if unknown:
        raise ValueError(f"unknown label {min(unknown)!r}")
    if not isinstance(row["text"], str):
        raise TypeError("text is not a string")
    return Example(
        text=row["text"],
        lang=str(row.get("lang", "")),
        labels={**labels, "about_tiktok": about},
        aspects=tuple(row.get("aspects", ())),
        theme=str(row.get("note", row.get("set", ""))),
        id=str(row.get("id", number)),
    )
