"""Writes the made-up recording: `python -m tiktokwatch.demo.generate [DIR]`, by default over the bundled one.

Nothing in it was written by users of X or Reddit; the shapes are those that twarc2 and the dumps of Reddit have.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from tiktokwatch.demo import reddit_lines, x_lines
from tiktokwatch.demo.scenes import ONSET, OUTAGE_END, Stage

RECORDING = Path(__file__).parent / "recording"
SEED = "three days in March"


def write(folder: Path) -> None:
    """Write x.jsonl.gz, reddit.jsonl.gz and expected.json into `folder`; the same bytes every time."""
    drafts = Stage(SEED).play()
    rng = Random(f"{SEED}/lines")  # noqa: S311  # no secret: it has to be the same every time
    folder.mkdir(parents=True, exist_ok=True)
    _pack(folder / "x.jsonl.gz", x_lines.lines([draft for draft in drafts if draft.network == "x"], rng))
    _pack(folder / "reddit.jsonl.gz", reddit_lines.lines([draft for draft in drafts if draft.network == "reddit"], rng))
    outage = {
        "onset": ONSET.isoformat(),
        "end": OUTAGE_END.isoformat(),
        "aspects": ["feed", "login"],
        "verdict": "technical",
    }
    expected = json.dumps({"outages": [outage]}, indent=2)
    (folder / "expected.json").write_text(f"{expected}\n", encoding="utf-8")


def _pack(path: Path, lines: Iterable[str]) -> None:
    # Neither a name nor a time in the header, or no two runs would give the same bytes.
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        for line in lines:
            packed.write(f"{line}\n".encode())


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the recording into the folder that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tiktokwatch.demo.generate", description="Write the made-up recording."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=RECORDING, help="default: the bundled recording")
    write(parser.parse_args(arguments).folder)


if __name__ == "__main__":
    main()
