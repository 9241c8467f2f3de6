"""`label`: a person's own labels for the posts that the model is least sure of."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from tiktokwatch.cli.classify import MODEL
from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options
from tiktokwatch.errors import UserError
from tiktokwatch.records import LABELS, Post
from tiktokwatch.report.printable import printable

if TYPE_CHECKING:
    from tiktokwatch.app import App
    from tiktokwatch.classify.uncertain import Candidate

KEYS = {label[0]: label for label in LABELS}
_ABOUT, _SKIP, _UNDO, _QUIT, _ENTER = "t", "s", "u", "q", "\r\n"
_ESCAPE = "\x1b"
_HELP = "c complaint  m meme  p policy  r recovery  t about TikTok  Enter saves  s skips  u undoes  q quits"
_DAY = timedelta(days=1)
_CUT = 2000


@click.command(
    epilog=examples(
        "tiktokwatch label", "tiktokwatch label --label recovery --limit 50", "tiktokwatch label --out own.jsonl"
    )
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many posts to show.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where to put the labels.")
@click.option(
    "--label", "doubted", type=click.Choice(LABELS), default=LABELS[0], show_default=True, help="The label in doubt."
)
@MODEL
@click.pass_obj
def label(options: Options, *, limit: int, out: Path | None, doubted: str, model: Path | None) -> None:
    """Label the posts of your database that the model is least sure of, for a model of your own.

    c, m, p and r give or take a label, t says whether a post is about TikTok, Enter saves, s skips, u undoes, q quits.
    Where the input is no terminal, each line holds the keys for one post. Labels go to labelled.jsonl in the state
    directory, or to FILE, without authors and links; `tiktokwatch train --extra` takes them.
    """
    # In the state directory, also where the database is elsewhere.
    out = out or type(options.app.config)().database_path.with_name("labelled.jsonl")
    click.echo(
        f"What you label stays on this machine, in {out}, and is for your own model only: X and Reddit forbid training"
        " on their users' posts without permission, so nothing learns from it unless you ask for it with"
        " `train --extra`."
    )
    found, thresholds = _candidates(options.app, out, limit=limit, doubted=doubted, model=model)
    if not found:
        click.echo("There is nothing to label: no post of the database has a text that is not labelled yet.")
        return
    with _opened(out) as file:
        session = Session(found, thresholds, file)
        for key in _typed() if sys.stdin.isatty() else _lines():
            if not session.press(key):
                break
    count = len(session.sizes)
    click.echo(f"{count} post{'' if count == 1 else 's'} labelled: tiktokwatch train --extra {out} --out my-model")


def _candidates(
    app: App, out: Path, *, limit: int, doubted: str, model: Path | None
) -> tuple[list[Candidate], dict[str, float]]:
    from tiktokwatch.classify.corpus import read_examples  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.classify.linear import load  # noqa: PLC0415 - numpy takes a while to import
    from tiktokwatch.classify.uncertain import most_uncertain  # noqa: PLC0415 - not needed for --help

    known = [example.text for example in read_examples(out)] if out.exists() else []
    classifier = load(model)
    found = most_uncertain(_days(app), classifier, label=doubted, known=known, limit=limit)
    return found, classifier.thresholds


def _days(app: App) -> Iterator[Sequence[Post]]:
    """Yield the posts whose text should still be there, a day at a time."""
    with app.reader() as reader, reader.snapshot():
        end = reader.settled() or app.now()
        start = end - app.config.retention.text
        while start < end:
            until = start + _DAY if start + _DAY < end else None
            yield [judged.post for judged in reader.judged(since=start, until=until)]
            start += _DAY


def _opened(out: Path) -> BinaryIO:
    """Open a file to append to, which nobody else may read."""
    try:
        out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_RDWR | os.O_CREAT, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}).") from None
    return os.fdopen(descriptor, "r+b", buffering=0)


def _typed() -> Iterator[str]:
    """Yield keys as they are pressed, several at once where somebody is fast; Ctrl-C and Ctrl-D quit."""
    while True:
        try:
            pressed = click.getchar()
        except (KeyboardInterrupt, EOFError):
            pressed = _QUIT
        yield from (pressed,) if pressed.startswith(_ESCAPE) else pressed


def _lines() -> Iterator[str]:
    """Yield the keys of each line, and Enter at its end unless it skips, undoes or quits."""
    for line in sys.stdin:
        keys = line.strip()
        yield from keys
        if not set(keys) & {_SKIP, _UNDO, _QUIT}:
            yield _ENTER[0]


@dataclass
class Session:
    """The posts one after another, and what was said of each; answers go to the file one by one."""

    candidates: Sequence[Candidate]
    thresholds: dict[str, float]
    file: BinaryIO
    at: int = 0
    chosen: set[str] = field(default_factory=set)
    about: bool = True
    # For each post that was passed, how long the file was before it was saved; None where it was skipped.
    passed: list[int | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._show()

    @property
    def sizes(self) -> list[int]:
        """Return how long the file was before each post that is saved."""
        return [size for size in self.passed if size is not None]

    def press(self, key: str) -> bool:
        """Do what a key stands for; return False where that was the end."""
        if key == _QUIT:
            return False
        if key == _UNDO:
            self._undo()
        elif key == _SKIP:
            self._go_on(None)
        elif key and key in _ENTER:
            self._go_on(self._save())
        elif key in KEYS or key == _ABOUT:
            self._toggle(key)
        else:
            click.echo(f"  {_HELP}")
        return self.at < len(self.candidates)

    def _toggle(self, key: str) -> None:
        """Give or take a label; a complaint is about TikTok by definition."""
        if key == _ABOUT:
            self.about = not self.about
            if not self.about:
                self.chosen.discard(LABELS[0])
        else:
            self.chosen ^= {KEYS[key]}
            self.about |= LABELS[0] in self.chosen
        self._show_answer()

    def _save(self) -> int:
        from tiktokwatch.classify.uncertain import example_row  # noqa: PLC0415 - not needed for --help

        row = example_row(self.candidates[self.at], labels=self.chosen, about_tiktok=self.about)
        size = self.file.seek(0, os.SEEK_END)
        line = json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n"
        if size:
            self.file.seek(size - 1)
            line = line if self.file.read(1) == b"\n" else b"\n" + line
        self.file.write(line)
        return size

    def _go_on(self, size: int | None) -> None:
        self.passed.append(size)
        self.at += 1
        self._show()

    def _undo(self) -> None:
        if not self.passed:
            click.echo("  There is nothing to undo.")
            return
        size = self.passed.pop()
        if size is not None:
            self.file.truncate(size)
        self.at -= 1
        self._show()

    def _show(self) -> None:
        if self.at == len(self.candidates):
            return
        one = self.candidates[self.at]
        self.chosen, self.about = set(), one.verdict.about_tiktok
        scores = "  ".join(
            f"{label} {getattr(one.verdict, label):.2f} (from {self.thresholds[label]:.2f})" for label in LABELS
        )
        where = ", ".join(filter(None, (printable(one.source), printable(one.lang)[:8])))
        click.echo(
            f"\n[{self.at + 1}/{len(self.candidates)}] {where}\n  {printable(one.text)[:_CUT]}\n  {scores}\n  {_HELP}"
        )
        self._show_answer()

    def _show_answer(self) -> None:
        said = ", ".join(label for label in LABELS if label in self.chosen) or "none of the labels"
        click.echo(f"  > {said}; {'about TikTok' if self.about else 'not about TikTok'}")
