"""The command line: one lazy group, global options, and the way errors reach people."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiktokwatch import __version__
from tiktokwatch.errors import UserError

if TYPE_CHECKING:
    from tiktokwatch.app import App
    from tiktokwatch.report.terminal import Look

# Each command: the module that holds it, and its line in --help, so that --help imports none of them.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("demo", "See it work, without keys or network."),
    "init": ("configure", "Write a config.toml to start from."),
    "config": ("configure", "Check or show the configuration."),
    "doctor": ("doctor", "Check that it will work, here and now, with these keys."),
    "run": ("watch", "Watch the sources until told to stop."),
    "summary": ("reports", "Sum up the present chatter."),
    "outages": ("reports", "List outages, or show one."),
    "digest": ("reports", "Sum up a day."),
    "replay": ("recorded", "Run recorded posts through the pipeline."),
    "export": ("recorded", "Write out what was recorded, to be replayed."),
    "forget": ("recorded", "Remove the text of a post, or of an author."),
    "classify": ("classify", "Judge texts."),
    "explain": ("explain", "Show why a text was judged as it was."),
    "label": ("label", "Label posts that the model is unsure of, for a model of your own."),
    "evaluate": ("classify", "Hold a model, or a detector, against what is known."),
    "train": ("classify", "Train the model from its corpus."),
}


class Refusal(click.ClickException):
    """An error of the user's as click prints it: one sentence on stderr, and an exit code."""

    def show(self, file: Any = None) -> None:
        """Print the sentence."""
        click.echo(self.format_message(), file=file or sys.stderr)


class LazyGroup(click.Group):
    """Imports a command's module when the command is called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Import a command; None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"tiktokwatch.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the commands with their lines, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the user can put right becomes one sentence, a closed pipe ends it in silence."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            refusal = Refusal(str(error))
            refusal.exit_code = error.exit_code  # type: ignore[misc]  # click declares it on the class, and reads it here
            raise refusal from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)


@dataclass
class Options:
    """The options that stand before the command."""

    config: Path | None
    db: Path | None
    no_color: bool

    @cached_property
    def app(self) -> App:
        """Put the program together. Raises ConfigError."""
        from tiktokwatch.app import App  # noqa: PLC0415 - not needed for --help

        return App.load(file=self.config, database=self.db)

    @property
    def look(self) -> Look:
        """Return how to lay out text for the present standard output."""
        from tiktokwatch.report.terminal import Look, speaks_blocks  # noqa: PLC0415 - not needed for --help

        is_wanted = not self.no_color and not os.environ.get("NO_COLOR")
        return Look(
            width=shutil.get_terminal_size().columns if sys.stdout.isatty() else 80,
            colour=is_wanted and (sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))),
            ascii_only=not speaks_blocks(sys.stdout.encoding),
        )


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with: tiktokwatch demo",
)
@click.option("-c", "--config", type=click.Path(path_type=Path), metavar="FILE", help="The configuration to use.")
@click.option("--db", type=click.Path(path_type=Path), metavar="FILE", help="The database to use.")
@click.option("-v", "--verbose", is_flag=True, help="Log what is done, on stderr.")
@click.option("--no-color", is_flag=True, help="Print without colours.")
@click.version_option(__version__, prog_name="tiktokwatch")
@click.pass_context
def cli(ctx: click.Context, config: Path | None, db: Path | None, verbose: bool, no_color: bool) -> None:  # noqa: FBT001 - click's
    """Hear from its users, on X and Reddit, when TikTok breaks."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # Libraries log headers and bodies: only our own words are let through.
    logging.getLogger("tiktokwatch").setLevel(logging.DEBUG if verbose else logging.INFO)
    ctx.obj = Options(config, db, no_color)


def main() -> None:
    """Run the command line."""
    cli(prog_name="tiktokwatch")
