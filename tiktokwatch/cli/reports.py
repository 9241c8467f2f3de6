"""`summary`, `outages`, `digest`: what is known, from the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options
from tiktokwatch.errors import UserError

if TYPE_CHECKING:
    from tiktokwatch.collect.budget import Limits
    from tiktokwatch.report.digest import Digest
    from tiktokwatch.store.reader import Reader


class Span(click.ParamType[timedelta]):
    """A span of time such as 90s, 15m, 24h, 30d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read the span, or fail with the spelling that is understood."""
        from tiktokwatch.settings import duration  # noqa: PLC0415 - pydantic takes a while to import

        try:
            span = duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        assert isinstance(span, timedelta)  # noqa: S101 - for the type checker
        return span


SPAN = Span()
EARLIEST, LATEST = 2010, 2100


@click.command(epilog=examples("tiktokwatch summary", "tiktokwatch summary --since 6h", "tiktokwatch summary --json"))
@click.option("--since", type=SPAN, default="24h", show_default=True, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print data only.")
@click.pass_obj
def summary(options: Options, *, since: timedelta, as_json: bool) -> None:
    """Sum up the present chatter: is TikTok down, for whom, and what to do about it."""
    from tiktokwatch.report.summary import summarise  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.report.summary_views import summary_json, summary_text  # noqa: PLC0415 - the same

    app = options.app
    with app.reader() as reader, reader.snapshot():
        config = app.config
        made = summarise(
            reader,
            now=app.now(),
            since=since,
            zone=config.timezone,
            stale_after=config.stale_after,
            limits=limits(options),
        )
    click.echo(dumped(summary_json(made)) if as_json else summary_text(made, look=options.look), nl=as_json)


@click.command(
    epilog=examples("tiktokwatch outages", "tiktokwatch outages 3", "tiktokwatch outages --since 90d --json")
)
@click.argument("number", metavar="[ID]", type=int, required=False)
@click.option("--since", type=SPAN, default="30d", show_default=True, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print data only.")
@click.pass_obj
def outages(options: Options, *, number: int | None, since: timedelta, as_json: bool) -> None:
    """List outages, or show one with all that happened in it."""
    with options.app.reader() as reader, reader.snapshot():
        if number is None:
            click.echo(_listed(options, reader, since=since, as_json=as_json), nl=False)
        else:
            click.echo(_shown(options, reader, number, as_json=as_json), nl=False)


def _listed(options: Options, reader: Reader, *, since: timedelta, as_json: bool) -> str:
    from tiktokwatch.report import official, outages  # noqa: PLC0415 - not needed for --help

    app, now = options.app, options.app.now()
    found = reader.outages(since=now - since)
    said = official.of_outages(reader, found)
    if as_json:
        return dumped(outages.outages_json(found, official=said)) + "\n"
    return outages.outages_text(found, official=said, zone=app.config.timezone, now=now, look=options.look)


def _shown(options: Options, reader: Reader, number: int, *, as_json: bool) -> str:
    from tiktokwatch.report import official, outages, quotes, series  # noqa: PLC0415 - not needed for --help

    app, now = options.app, options.app.now()
    one = reader.outage(number)
    if one is None:
        raise UserError(f"There is no outage {number} in {app.database}; `tiktokwatch outages` lists them.")
    until = one.ended_at or max(one.signalled_at, min(now, reader.settled() or now))
    happened = reader.transitions(number)
    said = official.of_outages(reader, [one])[number]
    sample = series.read(reader, since=one.onset, until=until).cell(one.onset, until).sample
    if as_json:
        return dumped(outages.outage_detail_json(one, transitions=happened, official=said, sample=sample)) + "\n"
    return outages.outage_text(
        one,
        transitions=happened,
        quotes=quotes.over(reader, since=one.onset, until=until),
        official=said,
        sample=sample,
        zone=app.config.timezone,
        now=now,
        look=options.look,
    )


@click.command(
    epilog=examples("tiktokwatch digest", "tiktokwatch digest --date 2026-03-04 --format html --out digest.html")
)
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day; yesterday if none is named.")
@click.option("--format", "form", type=click.Choice(["text", "md", "html", "json"]), default="text", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file to write to, instead of stdout.")
@click.pass_obj
def digest(options: Options, *, day: datetime | None, form: str, out: Path | None) -> None:
    """Sum up a day in words and figures."""
    from tiktokwatch.report.digest import digest as of_day  # noqa: PLC0415 - not needed for --help

    app = options.app
    zone, now = app.config.timezone, app.now()
    if day is not None and not EARLIEST <= day.year < LATEST:
        raise UserError(f"{day:%Y-%m-%d}: nobody could have watched TikTok on that day; name another one.")
    wanted: date = (now.astimezone(zone) - timedelta(days=1)).date() if day is None else day.date()
    with app.reader() as reader, reader.snapshot():
        made = of_day(reader, day=wanted, zone=zone, now=now, limits=limits(options))
    text = digest_forms(options)[form](made)
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    write_text(out, text)


def limits(options: Options) -> Mapping[str, Limits]:
    """Return what the sources that cost money may cost."""
    from tiktokwatch.collect.budget import Limits  # noqa: PLC0415 - not needed for --help

    return {"x": Limits(**dict(options.app.config.x.budget))}


def digest_forms(options: Options) -> Mapping[str, Callable[[Digest], str]]:
    """Return how to print a digest, by the name of the format."""
    from tiktokwatch.report import digest_views as views  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.report.digest_page import digest_html  # noqa: PLC0415 - jinja2 takes a while to import

    return {
        "text": lambda made: views.digest_text(made, look=options.look),
        "md": views.digest_markdown,
        "html": digest_html,
        "json": lambda made: dumped(views.digest_json(made)),
    }


def write_text(file: Path, text: str) -> None:
    """Write a file. Raises UserError where that cannot be done."""
    try:
        file.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}).") from None


def dumped(data: Mapping[str, Any]) -> str:
    """Return data as JSON for people and programs alike."""
    return json.dumps(data, ensure_ascii=True, indent=2)
