"""Lines for a terminal, a file or a pipe: as wide as it is, in colour or not, in ASCII where nothing else is spoken."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tiktokwatch.report.words import GLUE, glued

NARROWEST = 40
WIDEST = 100
LABELS = 13
NARROW = 60

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "magenta": 35, "cyan": 36, "bold": 1, "dim": 2}
_SPELLING = str.maketrans(
    {
        "×": "x",  # noqa: RUF001 - the multiplication sign
        "·": "-",
        "…": "...",
        "–": "-",  # noqa: RUF001 - the dash between numbers
        "—": "-",
        "‘": "'",  # noqa: RUF001 - as people type it
        "’": "'",  # noqa: RUF001 - as people type it
        "“": '"',
        "”": '"',
        "→": "->",
    }
)


def speaks_blocks(encoding: str | None) -> bool:
    """Return whether an output with this encoding can show block characters."""
    try:
        "▁█●×…".encode(encoding or "ascii")  # noqa: RUF001 - the multiplication sign
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Look:
    """How text is laid out: `width` in columns, colours or none, ASCII alone or all of Unicode."""

    width: int = 80
    colour: bool = False
    ascii_only: bool = False

    @property
    def columns(self) -> int:
        """Return the width that is used: not too narrow to hold a figure, nor too wide to read."""
        return min(WIDEST, max(NARROWEST, self.width))

    def paint(self, text: str, *styles: str) -> str:
        """Return `text` in a colour where there are colours."""
        if not self.colour or not styles or not text:
            return text
        return f"\x1b[{';'.join(str(_COLOURS[style]) for style in styles)}m{text}\x1b[0m"

    def page(self, lines: Sequence[str]) -> str:
        """Return the lines as one text that ends with a line break."""
        return self.spell("\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n")

    def spell(self, text: str) -> str:
        """Return `text` as it can be shown."""
        return folded(text) if self.ascii_only else text

    def wrap(self, text: str, *, indent: int = 0) -> list[str]:
        """Break `text` into lines that fit, each indented."""
        return [" " * indent + line for line in wrapped(self.spell(text), self.columns - indent)]

    def row(self, label: str, text: str, *styles: str) -> list[str]:
        """Return a label with its text beside it, or above it where it is narrow."""
        return self._rows(label, wrapped(self.spell(text), self.row_width), styles)

    def whole(self, label: str, text: str, *styles: str) -> list[str]:
        """Return a label with a text that must not be broken, such as an address, however wide it is."""
        return self._rows(label, [self.spell(text)], styles)

    def _rows(self, label: str, lines: Sequence[str], styles: Sequence[str]) -> list[str]:
        painted = [self.paint(line, *styles) for line in lines]
        if self.columns < NARROW:
            return [*([self.paint(label, "dim")] if label else []), *(f"  {line}" for line in painted)]
        heads = [f"{label:<{LABELS}}"] + [" " * LABELS] * (len(lines) - 1)
        return [f"  {self.paint(head, 'dim')}{line}" for head, line in zip(heads, painted, strict=True)]

    @property
    def row_width(self) -> int:
        """Return how many columns the text of a row has."""
        return self.columns - 2 - (0 if self.columns < NARROW else LABELS)


def folded(text: str) -> str:
    """Return `text` in ASCII: typography spelled out, accents dropped, anything else a question mark."""
    spelled = unicodedata.normalize("NFKD", text.translate(_SPELLING))
    bare = "".join(char for char in spelled if not unicodedata.combining(char))
    return bare.encode("ascii", "replace").decode("ascii")


def wrapped(text: str, width: int) -> list[str]:
    """Break `text` between words into lines of at most `width` columns; words that are longer are cut."""
    from rich.cells import cell_len, chop_cells  # noqa: PLC0415 - only a terminal needs it

    lines: list[str] = []
    line = ""
    for word in filter(None, glued(text).split(" ")):
        if line and cell_len(f"{line} {word}") <= width:
            line = f"{line} {word}"
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) or [word]
        lines += full
    return [found.replace(GLUE, " ") for found in (*lines, line)]


def table(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Return rows as lines whose columns stand under each other; those in `right` are flush right."""
    from rich.cells import cell_len  # noqa: PLC0415 - only a terminal needs it

    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        pads = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        lines.append(
            "  ".join(
                pad + cell if n in right else cell + pad for n, (cell, pad) in enumerate(zip(row, pads, strict=True))
            )
        )
    return lines
