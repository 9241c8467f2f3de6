"""`evaluate detector`: our detector and its rivals on a user's own recordings."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tiktokwatch.cli.examples import examples
from tiktokwatch.cli.main import Options
from tiktokwatch.cli.reports import dumped
from tiktokwatch.errors import UserError
from tiktokwatch.outage.board import Board, Expected, Figures, hold, sum_up
from tiktokwatch.records import ASPECTS, MINUTE, Outage, Step, Tick, Verdict
from tiktokwatch.trend.rivals import DETECTORS

if TYPE_CHECKING:
    from tiktokwatch.app import App
    from tiktokwatch.collect.recordings import BadLine
    from tiktokwatch.protocols import Classifier

SCHEMA_VERSION = 1
VERDICTS = ("technical", "policy", "both", "partial", "spill-over", "chatter")
KEYS = {"start", "end", "verdict", "aspect"}
BAD_LINES_SHOWN = 20


@click.command(
    epilog=examples(
        "tiktokwatch evaluate detector march.jsonl --expect expected.toml",
        "tiktokwatch evaluate detector *.jsonl.gz --expect expected.toml --detector seasonal --json",
    )
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--expect", required=True, type=click.Path(path_type=Path), help="What is to be signalled.")
@click.option("--detector", "names", multiple=True, type=click.Choice(list(DETECTORS)), help="Only this one.")
@click.option("--json", "as_json", is_flag=True, help="Print data only.")
@click.pass_obj
def detector(options: Options, *, files: Sequence[Path], expect: Path, names: Sequence[str], as_json: bool) -> None:
    """Hold what detectors signal on recorded FILES against the outages that were there.

    The expected outages stand in a TOML file, each as [[outage]] with start, end and, where known, verdict and aspect.
    """
    from tiktokwatch.app import recorded_ticks  # noqa: PLC0415 - not needed for --help

    expected = read_expected(expect, zone=options.app.config.timezone)
    bad: list[tuple[Path, BadLine]] = []
    recorded = recorded_ticks(files, bad=bad)
    _report_bad_lines(bad)
    span = _span(recorded)
    outside = [one for one in expected if one.end <= span[0] or one.start >= span[1]]
    if outside:
        raise UserError(
            f"{expect}: the outage of {outside[0].start.isoformat()} lies outside the recording, which goes from"
            f" {span[0].isoformat()} to {span[1].isoformat()}."
        )
    boards = dict(_boards(options.app, recorded, expected, names or tuple(DETECTORS), span))
    click.echo(dumped(_data(boards, span)) if as_json else "\n".join(_lines(boards)))


def read_expected(path: Path, *, zone: tzinfo) -> list[Expected]:
    """Return the outages of a file; moments without an offset are in `zone`.

    Raises UserError naming the file and the outage that is not one.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise UserError(f"{path}: is not valid TOML ({error}).") from None
    rows = data.pop("outage", [])
    if data or not isinstance(rows, list):
        raise UserError(f"{path}: should hold [[outage]] tables and nothing else.")
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            found.append(_expected(row, zone))
        except ValueError as error:
            raise UserError(f"{path}: outage {number}: {error}.") from None
    return found


def _expected(row: object, zone: tzinfo) -> Expected:
    if not isinstance(row, dict) or set(row) - KEYS:
        raise ValueError("should have start, end, and perhaps verdict and aspect")
    start, end = (_moment(row.get(key), key, zone) for key in ("start", "end"))
    if end <= start:
        raise ValueError("ends before it starts")
    verdict, aspect = row.get("verdict", ""), row.get("aspect", "")
    if verdict not in ("", *VERDICTS):
        raise ValueError(f"verdict should be one of {', '.join(VERDICTS)}")
    if aspect not in ("", *ASPECTS):
        raise ValueError(f"aspect should be one of {', '.join(ASPECTS)}")
    return Expected(start, end, verdict, aspect)


def _moment(value: object, key: str, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError(f"{key} should be a moment such as 2026-03-04T18:05:00Z")  # noqa: TRY004  # one kind of fault
    return value if value.tzinfo else value.replace(tzinfo=zone)


def _span(recorded: Sequence[Tick]) -> tuple[datetime, datetime]:
    batches = [batch for tick in recorded for batch in tick.batches]
    if not batches:
        raise UserError("The recording holds no posts.")
    return min(batch.since for batch in batches), max(batch.through for batch in batches)


class _Remembering:
    """A classifier that is asked once for each text, so that a second detector costs little."""

    def __init__(self, real: Classifier) -> None:
        self._real = real
        self._known: dict[str, Verdict] = {}

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known.update(zip(new, self._real.classify(new), strict=True))
        return [self._known[text] for text in texts]


def _boards(
    app: App,
    recorded: Sequence[Tick],
    expected: Sequence[Expected],
    names: Sequence[str],
    span: tuple[datetime, datetime],
) -> Iterator[tuple[str, Board]]:
    from tiktokwatch.pipeline import run  # noqa: PLC0415 - not needed for --help

    collectors = {batch.collector: batch.source for tick in recorded for batch in tick.batches}
    collectors |= {gap.collector: gap.source for tick in recorded for gap in tick.gaps}
    classifier = _Remembering(app.classifier())
    for name in names:
        found: dict[int, Outage] = {}

        def note(step: Step, found: dict[int, Outage] = found) -> None:
            found.update((outage.id, outage) for outage in step.outages)

        run(app.pipeline(collectors, detector=DETECTORS[name](), classifier=classifier), recorded, note)
        yield name, hold(found.values(), expected, start=span[0], end=span[1])


def _lines(boards: Mapping[str, Board]) -> Iterator[str]:
    titles = ("delay", "90 %", "onset", "precision", "recall", "false/30 days", "alarmed", "repeats")
    yield f"{'detector':10}" + "".join(f"{title:>{len(title) + 3}}" for title in titles)
    for name, board in boards.items():
        one = sum_up([board])
        cells = (
            *(_minutes(span) for span in (one.delay_median, one.delay_p90, one.onset_error)),
            *(_share(value) for value in (one.precision, one.recall)),
            "-" if one.false_per_30_days is None else f"{one.false_per_30_days:.2f}",
            _share(one.coverage),
            str(one.repeats),
        )
        row = zip(titles, cells, strict=True)
        yield f"{name:10}" + "".join(f"{cell:>{len(title) + 3}}" for title, cell in row)
    yield "Delay: median and 90 %, in minutes from the start; onset: median error; alarmed: share of the time."
    for name, board in boards.items():
        yield f"\n{name}"
        for met in board.met:
            signal = next(iter(met.signals), None)
            said = f"after {_minutes(met.delay)} min: {signal.verdict}, {signal.aspect}" if signal else "no signal"
            yield f"  {met.expected.start.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {said}"
        yield from (f"  {fault}" for fault in board.faults)


def _minutes(span: timedelta | None) -> str:
    return "-" if span is None else f"{span / MINUTE:.0f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _data(boards: Mapping[str, Board], span: tuple[datetime, datetime]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "start": span[0].isoformat(),
        "end": span[1].isoformat(),
        "detectors": [_detector(name, board) for name, board in boards.items()],
    }


def _detector(name: str, board: Board) -> dict[str, Any]:
    outages = [
        {
            "start": met.expected.start.isoformat(),
            "end": met.expected.end.isoformat(),
            "signals": [_signal(outage) for outage in met.signals],
        }
        for met in board.met
    ]
    false = [_signal(outage) for outage in board.false]
    figures = _figures(sum_up([board]))
    return {"name": name, "figures": figures, "outages": outages, "false_alarms": false, "faults": board.faults}


def _signal(outage: Outage) -> dict[str, Any]:
    return {
        "at": outage.signalled_at.isoformat(),
        "onset": outage.onset.isoformat(),
        "end": None if outage.ended_at is None else outage.ended_at.isoformat(),
        "verdict": outage.verdict,
        "aspect": outage.aspect,
        "reason": outage.reason,
    }


def _figures(figures: Figures) -> dict[str, Any]:
    """Return the figures, spans in minutes."""
    return {key: value / MINUTE if isinstance(value, timedelta) else value for key, value in asdict(figures).items()}


def _report_bad_lines(bad: Sequence[tuple[Path, BadLine]]) -> None:
    for file, line in bad[:BAD_LINES_SHOWN]:
        click.echo(f"{file}:{line.line}: {line.reason}", err=True)
    if len(bad) > BAD_LINES_SHOWN:
        click.echo(f"... and {len(bad) - BAD_LINES_SHOWN} more such lines", err=True)
