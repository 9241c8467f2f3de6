"""`init` and `config`: where settings come from."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import click

from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options
from tiktokwatch.collect.bluesky import INSTALL
from tiktokwatch.errors import ConfigError, UserError

EXAMPLE = "config.example.toml"
BLUESKY = "\nenabled = true\n# hosts"


@click.command(epilog=examples("tiktokwatch init", "tiktokwatch init ~/.config/tiktokwatch/config.toml"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="config.toml")
def init(file: Path) -> None:
    """Write a config.toml to start from; a file that is there already is left alone."""
    here = Path(__file__).resolve().parent.parent
    template = next(path for path in (here / EXAMPLE, here.parent / EXAMPLE) if path.is_file())
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Keys will be written into it, so nobody else may read it from the first moment on.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UserError(f"{file}: is there already and was left as it is; name another file.") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}).") from None
    has_bluesky = find_spec("websockets") is not None
    text = template.read_text(encoding="utf-8")
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text if has_bluesky else text.replace(BLUESKY, BLUESKY.replace("true", "false")))
    keyless = "Bluesky and Hacker News" if has_bluesky else f"Hacker News (and Bluesky, once you did: {INSTALL})"
    click.echo(
        f"Wrote {file}. As it stands it watches {keyless}; with your keys in it, X and Reddit too.\n"
        "Next: tiktokwatch doctor && tiktokwatch run"
    )


@click.group(epilog=examples("tiktokwatch config check", "tiktokwatch -c other.toml config show"))
def config() -> None:
    """Check or show the configuration."""


@config.command(epilog=examples("tiktokwatch config check", "tiktokwatch -c other.toml config check"))
@click.pass_obj
def check(options: Options) -> None:
    """Check every key; name each fault with its file and line, and exit 78 if there is one.

    Says what will be watched, and what X is going to cost. Nobody is asked: `tiktokwatch doctor` does that.
    """
    from tiktokwatch import config as configuration  # noqa: PLC0415 - pydantic takes a while to import
    from tiktokwatch import sources  # noqa: PLC0415 - the same
    from tiktokwatch.cli.costs import estimate, misfit  # noqa: PLC0415 - the same

    app = options.app
    file = options.config or configuration.find_file()
    click.echo(f"{file or 'No file: everything is at its default'}{': no fault found.' if file else '.'}")
    missing = sources.configured(app.config)
    for source, key in missing.items():
        click.echo(f"{source:12}{f'will not be watched: set {key}' if key else 'will be watched'}")
    click.echo(f"{'database':12}{app.database}")
    if not missing["x"]:
        click.echo(estimate(app.config))
        if warning := misfit(app.config):
            click.echo(f"warning: {warning}")
    if not missing["bluesky"] and find_spec("websockets") is None:
        click.echo(f"warning: bluesky needs the package websockets: {INSTALL}")


@config.command(epilog=examples("tiktokwatch config show", "TIKTOKWATCH_X__EVERY=5m tiktokwatch config show"))
@click.pass_obj
def show(options: Options) -> None:
    """Show every setting as it is in force, and where it comes from; secrets are masked."""
    from tiktokwatch import config as configuration  # noqa: PLC0415 - pydantic takes a while to import

    if options.config is not None and not options.config.is_file():
        raise ConfigError(f"{options.config}: there is no such file; `tiktokwatch init` writes one.")
    for key, value, origin in configuration.shown(configuration.load(options.config)):
        click.echo(f"{key} = {value}  # {origin}")
