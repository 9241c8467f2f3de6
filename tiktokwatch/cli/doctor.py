"""`doctor`: will it work, here and now, with these keys; and if not, why not."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import click

from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options
from tiktokwatch.errors import StoreError

if TYPE_CHECKING:
    from tiktokwatch.app import App
    from tiktokwatch.collect.probes import Finding
    from tiktokwatch.records import Expense
    from tiktokwatch.report.terminal import Look

    Check: TypeAlias = Callable[[], Iterable[Finding]]

STYLES = {"ok": ("green",), "warn": ("yellow", "bold"), "fail": ("red", "bold"), "off": ("dim",)}
LISTEN = 20.0  # seconds, in which Bluesky sends thousands of events
SUBJECTS = 10


@click.command(
    epilog=examples("tiktokwatch doctor", "tiktokwatch doctor --json", "tiktokwatch -c /etc/tiktokwatch.toml doctor")
)
@click.option("--json", "as_json", is_flag=True, help="Print data only.")
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Check that it will work, here and now, with these keys; say what to do where it will not.

    Each source that is set up is asked once, which costs nothing, on X either. Exit 0 if nothing failed, else 1.
    """
    options: Options = ctx.obj
    log = logging.getLogger("tiktokwatch")
    if log.level > logging.DEBUG:
        # What a client remarks on its way is said below, in other words.
        log.setLevel(logging.WARNING)
    found: list[Finding] = []
    for subject, check in _plan(options):
        if not as_json and sys.stdout.isatty():
            # Whoever waits sees for what; the line is written over by what was found.
            click.echo(f"...   {subject}\r", nl=False)
        for finding in check():
            found.append(finding)
            if not as_json:
                click.echo(_lines(finding, options.look), nl=False)
    if as_json:
        _print_json(found)
    else:
        click.echo(options.look.page(["", *options.look.wrap(_next(found))]), nl=False)
    ctx.exit(1 if any(finding.status == "fail" for finding in found) else 0)


def _print_json(found: Sequence[Finding]) -> None:
    from dataclasses import asdict  # noqa: PLC0415 - with what follows

    from tiktokwatch.cli.reports import dumped  # noqa: PLC0415 - not needed for --help

    click.echo(dumped({"schema_version": 1, "checks": [asdict(finding) for finding in found]}))


def _lines(finding: Finding, look: Look) -> str:
    mark, width = look.paint(f"{finding.status:<4}", *STYLES[finding.status]), SUBJECTS
    head = f"{mark}  {finding.subject:<{width}}  "
    indent = 4 + 2 + width + 2
    first, *others = look.wrap(finding.detail, indent=indent)
    lines = [head + first[indent:], *others]
    if finding.advice:
        lines += look.wrap(f"-> {finding.advice}", indent=indent)
    return look.page(lines)


def _next(found: Sequence[Finding]) -> str:
    """Return the one line that says what to do now."""
    failed = [finding.subject for finding in found if finding.status == "fail"]
    warned = [finding.subject for finding in found if finding.status == "warn"]
    if failed:
        return f"Failed: {', '.join(failed)}. Put that right from the top down, then again: tiktokwatch doctor"
    is_running = any(finding.subject == "watch" and finding.status != "off" for finding in found)
    then = "Next: tiktokwatch summary" if is_running else "Next: tiktokwatch run"
    first = f"Nothing failed, but look at: {', '.join(warned)}." if warned else "All is well."
    return f"{first} {then}"


def _plan(options: Options) -> Iterator[tuple[str, Check]]:
    """Yield what is checked, in order, with how; the checks of this machine come first. Raises ConfigError."""
    from tiktokwatch.cli import local_checks as local  # noqa: PLC0415 - not needed for --help

    app = options.app
    config, path = app.config, app.database
    yield "config", lambda: [local.config_file(options.config)]
    yield "database", lambda: local.database(path, now=app.now(), stale_after=config.stale_after)
    yield "disk", lambda: [local.disk(path)]
    yield "model", lambda: [local.model(app)]
    yield "packages", lambda: [local.packages(bluesky_is_wanted=config.bluesky.enabled)]
    yield from _sources(app)


def _sources(app: App) -> Iterator[tuple[str, Check]]:
    from tiktokwatch import sources  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.collect.probes import Finding  # noqa: PLC0415 - the same

    missing = sources.configured(app.config)
    for source, key in missing.items():
        off = Finding(source, "off", f"not watched; to watch it, set {key}")
        yield source, partial(_ASK[source], app) if not key else partial(list, [off])
    if all(missing.values()):
        advice = "`tiktokwatch init` writes a config.toml that runs without keys, on Bluesky and Hacker News."
        yield "sources", partial(list, [Finding("sources", "fail", "there is nothing to watch", advice)])


def _x(app: App) -> Iterator[Finding]:
    from tiktokwatch.collect.probes_x import x  # noqa: PLC0415 - tweepy takes half a second

    settings = app.config.x
    token = settings.bearer_token.get_secret_value() if settings.bearer_token else ""
    yield from x(bearer_token=token, base_url=settings.base_url, timeout=settings.timeout.total_seconds(), now=app.now)
    yield _budget(app)


def _budget(app: App) -> Finding:
    """Return what X has cost, as it was booked, beside its limits."""
    from tiktokwatch import sources  # noqa: PLC0415 - not needed for --help
    from tiktokwatch.cli.costs import misfit, money  # noqa: PLC0415 - the same
    from tiktokwatch.collect.probes import Finding  # noqa: PLC0415 - the same

    spent = sources.budget(app.config, _Booked(app)).state(app.now())
    limits = spent.limits
    detail = (
        f"{money(spent.dollars_today)} of {money(limits.dollars_per_day)} spent today,"
        f" {money(spent.dollars_this_month)} of {money(limits.dollars_per_month)} this month"
    )
    if advice := misfit(app.config):
        return Finding("x budget", "warn", detail, f"{advice[0].upper()}{advice[1:]}.")
    for key, used, limit in (
        ("dollars_per_day", spent.dollars_today, limits.dollars_per_day),
        ("dollars_per_month", spent.dollars_this_month, limits.dollars_per_month),
        ("posts_per_day", spent.posts_today, limits.posts_per_day),
        ("posts_per_month", spent.posts_this_month, limits.posts_per_month),
    ):
        if used >= limit:
            advice = f"x.budget.{key} is used up: raise it, or wait for the next UTC {key.rsplit('_', 1)[1]}."
            return Finding("x budget", "warn", detail, advice)
    return Finding("x budget", "ok", detail)


class _Booked:
    """What is booked in the database, if there is one, for reading; structurally `protocols.Expenses`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def expenses(self, *, source: str, since: datetime) -> Sequence[Expense]:
        """Return what was booked; nothing where the database cannot be read, which is another check's matter."""
        try:
            with self._app.reader() as reader:
                return reader.expenses(source=source, since=since)
        except StoreError:
            return ()

    def book(self, expense: Expense) -> None:
        """Refuse: nothing is bought here."""
        raise StoreError(f"{self._app.database} is only read here; nothing is booked ({expense.kind}).")


def _reddit(app: App) -> Iterator[Finding]:
    from tiktokwatch.collect.probes import reddit  # noqa: PLC0415 - not needed for --help

    settings = app.config.reddit
    yield reddit(
        client_id=settings.client_id.get_secret_value() if settings.client_id else "",
        client_secret=settings.client_secret.get_secret_value() if settings.client_secret else "",
        user_agent=settings.user_agent,
        subreddits=settings.subreddits,
        reddit_url=settings.base_url,
        oauth_url=settings.oauth_url,
        timeout=settings.timeout.total_seconds(),
        now=app.now,
    )


def _bluesky(app: App) -> Iterator[Finding]:
    from tiktokwatch.collect.probes_bluesky import bluesky  # noqa: PLC0415 - not needed for --help

    yield bluesky(hosts=app.config.bluesky.hosts, timeout=LISTEN, now=app.now)


def _hackernews(app: App) -> Iterator[Finding]:
    from tiktokwatch.collect.probes import hackernews  # noqa: PLC0415 - not needed for --help

    settings = app.config.hackernews
    timeout = settings.timeout.total_seconds()
    yield hackernews(query=settings.query, base_url=settings.base_url, timeout=timeout, now=app.now)


def _mastodon(app: App) -> Iterator[Finding]:
    from tiktokwatch.collect.probes import mastodon  # noqa: PLC0415 - not needed for --help

    settings = app.config.mastodon
    timeout = settings.timeout.total_seconds()
    yield mastodon(hashtags=settings.hashtags, base_url=settings.base_url, timeout=timeout, now=app.now)


_ASK: Mapping[str, Callable[[App], Iterator[Finding]]] = {
    "x": _x,
    "reddit": _reddit,
    "bluesky": _bluesky,
    "hackernews": _hackernews,
    "mastodon": _mastodon,
}
