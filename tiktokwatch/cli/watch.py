"""`run`: the daemon."""

from __future__ import annotations

import click

from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options


@click.command(epilog=examples("tiktokwatch run", "tiktokwatch -c /etc/tiktokwatch.toml run", "tiktokwatch run --once"))
@click.option("--once", is_flag=True, help="Poll every source once, then end (for cron).")
@click.pass_obj
def run(options: Options, *, once: bool) -> None:
    """Watch the sources until told to stop.

    SIGTERM or Ctrl-C ends it cleanly. After a crash or a kill, start it again: it goes on where it was. Exit 78 means
    that the configuration is at fault, so that a supervisor need not try again.
    """
    options.app.watch(once=once)
