"""`demo`: the whole watch on a made-up recording, in virtual time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options
from tiktokwatch.cli.reports import write_text

if TYPE_CHECKING:
    from tiktokwatch.app import App
    from tiktokwatch.pipeline import Sink
    from tiktokwatch.records import Step
    from tiktokwatch.report.live import LiveChart
    from tiktokwatch.report.terminal import Look

BANNER = "DEMO: three days of made-up posts, in the shapes of X and Reddit, through the real pipeline."
FRAMES_A_SECOND = 12


@click.command(epilog=examples("tiktokwatch demo", "tiktokwatch demo --out /tmp/demo"))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="demo-out", show_default=True)
@click.pass_obj
def demo(options: Options, *, out: Path) -> None:
    """See it work, without keys or network.

    Replays a bundled recording of three days, with one outage and much that only looks like one, into a database
    that is thrown away; writes the digest of the last day, and exits 1 if it did not find just what is in there.
    """
    from tiktokwatch.app import App  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.demo import expected  # noqa: PLC0415 - the same
    from tiktokwatch.report.live import LiveChart  # noqa: PLC0415 - the same
    from tiktokwatch.settings import Config  # noqa: PLC0415 - the same

    look = options.look
    click.echo(look.paint(BANNER, "bold") + "\n")
    with TemporaryDirectory(prefix="tiktokwatch-demo-") as scratch:
        app = App(Config(), Path(scratch) / "demo.db")
        chart = LiveChart(start=expected.START, end=expected.END, zone=app.config.timezone, look=look)
        with _shown(chart, look) as show:
            replayed = app.replay(expected.FILES, sinks=[chart, show], database=app.database)
        _report(app, look, out)
    click.echo(f"\nRead {replayed.read} posts; {len(replayed.bad)} lines were unusable, as in real recordings.")
    click.echo(f"The digest of the last day: {out / 'digest.html'} and {out / 'digest.md'}")
    wrong = expected.differences(replayed.outages)
    for sentence in wrong:
        click.echo(f"NOT AS EXPECTED: {sentence}", err=True)
    if wrong:
        sys.exit(1)
    click.echo("Found just the outage that the recording holds, and none of the decoys.")
    click.echo("Next: tiktokwatch init")


def _report(app: App, look: Look, out: Path) -> None:
    from tiktokwatch.demo import expected  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.report.digest import digest  # noqa: PLC0415 - the same
    from tiktokwatch.report.digest_page import digest_html  # noqa: PLC0415 - the same
    from tiktokwatch.report.digest_views import digest_markdown  # noqa: PLC0415 - the same
    from tiktokwatch.report.summary import summarise  # noqa: PLC0415 - the same
    from tiktokwatch.report.summary_views import summary_text  # noqa: PLC0415 - the same

    zone = app.config.timezone
    with app.reader() as reader:
        made = summarise(reader, now=expected.END, since=timedelta(hours=24), zone=zone)
        click.echo("\n" + summary_text(made, look=look), nl=False)
        day = digest(reader, day=expected.OUTAGE_DAY, zone=zone, now=expected.END)
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "digest.html", digest_html(day))
    write_text(out / "digest.md", digest_markdown(day))


@contextmanager
def _shown(chart: LiveChart, look: Look) -> Iterator[Sink]:
    """Show the chart as it grows on a terminal, and once where standard output is something else."""
    if not sys.stdout.isatty():
        yield lambda _step: None
        click.echo("\n".join(chart.lines()))
        return
    from rich.console import Console  # noqa: PLC0415 - takes a while to import
    from rich.live import Live  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    with Live(console=Console(no_color=not look.colour, highlight=False), auto_refresh=False) as live:
        drawn = 0.0

        def draw() -> None:
            live.update(Text.from_ansi("\n".join(chart.lines())), refresh=True)

        def sink(_step: Step) -> None:
            nonlocal drawn
            if time.monotonic() - drawn > 1 / FRAMES_A_SECOND:
                drawn = time.monotonic()
                draw()

        yield sink
        draw()
