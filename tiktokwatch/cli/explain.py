"""`explain`: why a text, or a post of the database, was judged as it was."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiktokwatch.cli.classify import AS_JSON, MODEL, SCHEMA_VERSION, verdict_line, verdict_row
from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options
from tiktokwatch.errors import UserError
from tiktokwatch.report.printable import printable

if TYPE_CHECKING:
    from tiktokwatch.classify.linear import Contribution
    from tiktokwatch.classify.rules import Findings
    from tiktokwatch.records import Judged, Verdict

_ID = re.compile(r"[a-z]{1,16}:(?!//)[\w.:/~-]+", re.ASCII)
_FEATURES = 15
_TEXT_ID = "1"


@click.command(
    epilog=examples(
        "tiktokwatch explain 'tiktok wont load, anyone else?'",
        "tiktokwatch explain x:1849301",
        "tiktokwatch --db january.db explain reddit:t3_1abc --json",
    )
)
@click.argument("text", metavar="TEXT|ID")
@MODEL
@AS_JSON
@click.pass_obj
def explain(options: Options, *, text: str, model: Path | None, as_json: bool) -> None:
    """Show which words and rules moved the scores of a TEXT, or of the post of the database that has this ID.

    Of a post, what was decided when it came in is shown as well: its standing in the count, and its verdict where the
    model of today has another one.
    """
    from tiktokwatch.classify.linear import load  # noqa: PLC0415 - numpy takes a while to import

    key, stored = _TEXT_ID, None
    if _ID.fullmatch(text):
        key, stored = text, _stored(options, text)
        text = stored.post.text
    classifier = load(model)
    [verdict] = classifier.classify([text])
    found = classifier.rules.find(text)
    moved = sorted(classifier.contributions(text), key=lambda one: -max(map(abs, one.logits)))
    if as_json:
        click.echo(json.dumps(_data(key, verdict, stored, found, moved), ensure_ascii=False))
        return
    click.echo(verdict_line(key, text, verdict))
    if stored is not None:
        _print_stored(stored, verdict)
    _print_features(moved)
    click.echo("\nIf it tells of a failure, the rules say:")
    for kind, names in asdict(found).items():
        click.echo(f"{kind:>14}   {', '.join(map(printable, names)) or '-'}")


def _stored(options: Options, post_id: str) -> Judged:
    """Return a post with a text. Raises UserError where there is none."""
    app = options.app
    with app.reader() as reader:
        judged = reader.post(post_id)
    if judged is None:
        raise UserError(
            f"There is no post {post_id} in {app.database}, or it was forgotten: check the id, or name another database"
            " with --db; to have it taken for a text, put a space behind it."
        )
    if not judged.post.text.strip():
        raise UserError(
            f"The text of {post_id} is not kept any more (retention.text drops it in time); give the text itself:"
            " tiktokwatch explain 'TEXT'."
        )
    return judged


def _data(
    key: str, verdict: Verdict, stored: Judged | None, found: Findings, moved: list[Contribution]
) -> dict[str, Any]:
    from tiktokwatch.classify.artifact import HEADS  # noqa: PLC0415 - numpy takes a while to import

    data = {"schema_version": SCHEMA_VERSION, **verdict_row(key, verdict)}
    if stored is not None:
        data["stored"] = {"standing": stored.standing, **verdict_row(key, stored.verdict)}
    rows = [{"feature": one.feature, "logits": dict(zip(HEADS, one.logits, strict=True))} for one in moved]
    return {**data, "rules": asdict(found), "features": rows}


def _print_stored(stored: Judged, verdict: Verdict) -> None:
    waits = "waits for its minute to be settled"
    click.echo(f"in the count   {waits if stored.standing is None else stored.standing}")
    if verdict_row("", stored.verdict) != verdict_row("", verdict):
        click.echo("It was judged otherwise when it came in:")
        click.echo(verdict_line("then", stored.post.text, stored.verdict))


def _print_features(moved: list[Contribution]) -> None:
    from tiktokwatch.classify.artifact import HEADS  # noqa: PLC0415 - numpy takes a while to import

    click.echo("\n" + "".join(f"{head:>14}" for head in HEADS) + "   added by (log-odds)")
    for one in moved[:_FEATURES]:
        click.echo("".join(f"{value:+14.2f}" for value in one.logits) + f"   {printable(one.feature)}")
