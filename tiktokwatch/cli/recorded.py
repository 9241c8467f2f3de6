"""`replay`, `export`, `forget`: what was recorded."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options
from tiktokwatch.cli.reports import dumped
from tiktokwatch.errors import UserError

if TYPE_CHECKING:
    from tiktokwatch.app import Replayed

BAD_LINES_SHOWN = 20


@click.command(
    epilog=examples(
        "tiktokwatch replay tweets.jsonl RC_2026-01.zst",
        "tiktokwatch replay --db january.db *.jsonl.gz",
        "tiktokwatch replay --json export.jsonl | jq .outages",
    )
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="Keep everything in this database.")
@click.option("--json", "as_json", is_flag=True, help="Print data only.")
@click.pass_obj
def replay(options: Options, *, files: tuple[Path, ...], db: Path | None, as_json: bool) -> None:
    """Run recorded posts through the pipeline, in the time in which they were written.

    FILES are twarc2 JSONL (pages, stream lines or flattened posts), Reddit dumps, or an export of tiktokwatch; plain
    or compressed with gzip, zstd, bzip2 or xz. A line that holds no post is reported on stderr and counted.
    """
    from tiktokwatch.report.official import OfficialPosts  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.report.outages import replay_json  # noqa: PLC0415 - the same

    official = OfficialPosts()
    replayed = options.app.replay(files, sinks=[official], database=db or options.db)
    _report_bad_lines(replayed)
    if as_json:
        times = {"start": replayed.start, "end": replayed.end}
        click.echo(dumped(replay_json(replayed.outages, posts=replayed.posts, official=official.posts, **times)))
        return
    _print(options, replayed)


def _print(options: Options, replayed: Replayed) -> None:
    from tiktokwatch.report import words  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.report.outages import outages_text  # noqa: PLC0415 - the same

    app = options.app
    bad = f", {words.plural(len(replayed.bad), 'unusable line')}" if replayed.bad else ""
    click.echo(f"{words.plural(replayed.read, 'post')} read, {replayed.duplicate} of them twice{bad}.")
    if replayed.start and replayed.end:
        now = app.now()
        start, end = (words.moment(at, app.config.timezone, now=now) for at in (replayed.start, replayed.end))
        click.echo(f"From {start} to {end}.")
    click.echo()
    click.echo(
        outages_text(replayed.outages, zone=app.config.timezone, now=replayed.end or app.now(), look=options.look),
        nl=False,
    )


def _report_bad_lines(replayed: Replayed) -> None:
    for file, line in replayed.bad[:BAD_LINES_SHOWN]:
        click.echo(f"{file}:{line.line}: {line.reason}", err=True)
    more = len(replayed.bad) - BAD_LINES_SHOWN
    if more > 0:
        click.echo(f"... and {more} more such lines", err=True)


@click.command(
    epilog=examples("tiktokwatch export --out january.jsonl", "tiktokwatch export | gzip > january.jsonl.gz")
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file to write to, instead of stdout.")
@click.pass_obj
def export(options: Options, *, out: Path | None) -> None:
    """Write out what was recorded, a tick a line: posts, how far each poll vouched, gaps and faults.

    A replay of it decides as the watch did. It holds the posts' texts: mind the terms of the networks.
    """
    from tiktokwatch.collect.ticklines import encode  # noqa: PLC0415 - not needed for --help

    try:
        target = nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}).") from None
    with options.app.reader() as reader, target as handle:
        for tick in reader.ticks():
            handle.write(encode(tick) + "\n")


@click.command(epilog=examples("tiktokwatch forget x:1849301", "tiktokwatch forget @somebody"))
@click.argument("who", metavar="ID|@AUTHOR")
@click.pass_obj
def forget(options: Options, *, who: str) -> None:
    """Remove text, author, link and verdict of a post, or of all posts of an author; counts stay."""
    from tiktokwatch.store.writer import Store  # noqa: PLC0415 - takes a while to import

    with Store.open(options.app.database, create=False) as store:
        count = store.forget(who)
    click.echo(f"{count} post{'' if count == 1 else 's'} forgotten.")
