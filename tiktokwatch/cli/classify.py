"""`classify`, `evaluate`, `train`: the classifier at the command line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from tiktokwatch.cli.evaluate_detector import detector
from tiktokwatch.cli.examples import examples
from tiktokwatch.errors import UserError
from tiktokwatch.report.printable import printable

if TYPE_CHECKING:
    from tiktokwatch.classify.evaluate import Report, Score
    from tiktokwatch.records import Verdict

SCHEMA_VERSION = 1
_BATCH = 512
_CUT = 70

MODEL = click.option("--model", type=click.Path(path_type=Path), metavar="DIR", help="A model of your own.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print data only.")


@click.command(
    epilog=examples(
        "echo 'is tiktok down for anyone else?' | tiktokwatch classify", "tiktokwatch classify posts.jsonl --json"
    )
)
@click.argument("source", metavar="[FILE|-]", type=click.File("rb"), default="-")
@MODEL
@AS_JSON
def classify(*, source: IO[bytes], model: Path | None, as_json: bool) -> None:
    """Judge texts: JSON lines with "id" and "text", or plain lines. What comes out is in the order of what goes in."""
    from tiktokwatch.classify.linear import load  # noqa: PLC0415 - numpy takes a while to import

    classifier = load(model)
    read, bad = 0, 0
    for rows, faults in _batches(source):
        for fault in faults:
            click.echo(fault, err=True)
        verdicts = classifier.classify([text for _, text in rows])
        for (key, text), verdict in zip(rows, verdicts, strict=True):
            click.echo(
                json.dumps(verdict_row(key, verdict), ensure_ascii=False)
                if as_json
                else verdict_line(key, text, verdict)
            )
        read, bad = read + len(rows), bad + len(faults)
    if bad:
        click.echo(f"{bad} of {read + bad} lines could not be read.", err=True)
        if not read:
            raise UserError('Nothing could be read: give JSON lines with a "text", or plain lines.')


@click.group(epilog=examples("tiktokwatch evaluate classifier labelled.jsonl"))
def evaluate() -> None:
    """Hold a model against labelled posts."""


@evaluate.command(
    epilog=examples("tiktokwatch evaluate classifier labelled.jsonl", "tiktokwatch evaluate classifier x.jsonl --json")
)
@click.argument("file", type=click.Path(path_type=Path))
@MODEL
@AS_JSON
def classifier(*, file: Path, model: Path | None, as_json: bool) -> None:
    """Score the classifier on FILE: JSON lines with "text", "about_tiktok" and "labels" (or each as true or false)."""
    from tiktokwatch.classify.corpus import read_examples  # noqa: PLC0415 - numpy takes a while to import
    from tiktokwatch.classify.evaluate import evaluate as measured  # noqa: PLC0415 - the same
    from tiktokwatch.classify.linear import load  # noqa: PLC0415 - the same

    report = measured(load(model), read_examples(file))
    if as_json:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **asdict(report)}, ensure_ascii=False))
    else:
        click.echo("\n".join(_report_lines(report)))


evaluate.add_command(detector)


@click.command(
    epilog=examples("tiktokwatch train --out my-model", "tiktokwatch train --extra labelled.jsonl --out my-model")
)
@click.option("--corpus", type=click.Path(path_type=Path), metavar="DIR", help="The corpus; by default our own.")
@click.option("--extra", type=click.Path(path_type=Path), metavar="FILE", help="More labelled posts, yours.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", required=True, help="Where to write the model.")
@AS_JSON
def train(*, corpus: Path | None, extra: Path | None, out: Path, as_json: bool) -> None:
    """Train the model from its corpus; without --extra this makes the shipped weights again, byte for byte."""
    from tiktokwatch.classify.artifact import default_dir  # noqa: PLC0415 - numpy takes a while to import
    from tiktokwatch.classify.train import train as trained  # noqa: PLC0415 - the same

    card = trained(corpus or default_dir() / "corpus", out, extra=extra)
    if as_json:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **card}, ensure_ascii=False))
        return
    click.echo(f"Trained on {card['posts']} posts, written to {out}; on the themes held out:")
    for label, scores in card["validation"].items():
        figures = "  ".join(f"{name} {value:.3f}" for name, value in scores.items())
        click.echo(f"{label:>14}  {figures}  from {card['thresholds'][label]:.2f}")


def _batches(source: IO[bytes]) -> Iterator[tuple[list[tuple[str, str]], list[str]]]:
    rows: list[tuple[str, str]] = []
    faults: list[str] = []
    for number, line in enumerate(source, start=1):
        if not line.strip():
            continue
        try:
            rows.append(_row(line, number))
        except ValueError as error:
            faults.append(f"line {number}: {error}")
        if len(rows) + len(faults) >= _BATCH:
            yield rows, faults
            rows, faults = [], []
    yield rows, faults


def _row(line: bytes, number: int) -> tuple[str, str]:
    """Return id and text of one line; ValueError says in a few words what is wrong with it."""
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if not text.startswith("{"):
        return str(number), text
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    key, words = row.get("id"), row.get("text")
    if isinstance(words, str):
        return str(number if key is None else key), words
    raise ValueError('no "text"')


def verdict_row(key: str, verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as data."""
    scores = {label: getattr(verdict, label) for label in ("complaint", "meme", "policy", "recovery")}
    return {
        "id": key,
        "scores": scores,
        "labels": list(verdict.labels),
        "about_tiktok": verdict.about_tiktok,
        "aspects": list(verdict.aspects),
        "places": list(verdict.places),
    }


def verdict_line(key: str, text: str, verdict: Verdict) -> str:
    """Return a verdict as a line for people; nothing in it can steer a terminal."""
    said = ", ".join(verdict.labels) or ("-" if verdict.about_tiktok else "- (not about TikTok)")
    figures = f"{verdict.complaint:.2f} {verdict.meme:.2f} {verdict.policy:.2f} {verdict.recovery:.2f}"
    beside = "; ".join(filter(None, (", ".join(verdict.aspects), ", ".join(verdict.places))))
    return f"{printable(key)}\t{figures}\t{said}{f' [{beside}]' if beside else ''}\t{printable(text)[:_CUT]}"


def _report_lines(report: Report) -> Iterator[str]:
    yield f"{report.posts} posts"
    yield from _table(report.labels)
    if report.elsewhere:
        share = f"{report.elsewhere_called / report.elsewhere:.1%}"
        yield f"{report.elsewhere_called} of {report.elsewhere} posts about something else called complaint ({share})"
    for lang, scores in report.languages.items():
        yield f"\n{printable(lang)}"
        yield from _table(score for score in scores if score.positives)
    if report.aspects:
        yield "\naspects of complaints"
        yield from _table(score for score in report.aspects if score.positives)
    for label, bins in report.calibration.items():
        yield f"\ncalibration of {label}: promised -> observed (posts)"
        yield "  ".join(f"{one.promised:.2f} -> {one.observed:.2f} ({one.posts})" for one in bins)
    yield "\nworst mistakes"
    for one in report.confusions:
        kind = "missed" if one.expected else "wrongly"
        yield f"{kind:>8} {one.label:10} {one.probability:.2f}  {printable(one.text)[:_CUT]}"


def _table(scores: Iterable[Score]) -> Iterator[str]:
    yield f"{'':14}{'posts':>7}{'true':>7}{'P':>8}{'R':>8}{'F1':>8}{'AP':>8}"
    for one in scores:
        ranked = "" if one.average_precision is None else f"{one.average_precision:8.3f}"
        yield f"{one.name:14}{one.posts:7}{one.positives:7}{one.precision:8.3f}{one.recall:8.3f}{one.f1:8.3f}{ranked}"
