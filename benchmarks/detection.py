"""The score board of all detectors on the scenario suite: `python -m benchmarks.detection --half report`.

Settings are fixed on the seeds of one half (`tune`) and reported on those of the other. Every scenario is played once
a seed, and the same posts go to every detector, through the real classifier and the real pipeline. The table ends with
what the first detector got wrong, a line a scenario and fault.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import click

from benchmarks import texts
from benchmarks.figure import delays_svg
from benchmarks.play import Play
from benchmarks.scenario import Scenario, read_all
from tiktokwatch.outage.board import Board, Figures, sum_up
from tiktokwatch.trend.rivals import DETECTORS

Run = tuple[Scenario, int, dict[str, Board]]

HALVES = {"tune": 0, "report": 113}
DELAYS = ("cliff", "slow burn")
MINUTE = timedelta(minutes=1)


@click.command()
@click.option("--half", type=click.Choice(list(HALVES)), default="tune", show_default=True, help="Which seeds to use.")
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="How many of them.")
@click.option("--scenario", "wanted", multiple=True, help="Only scenarios whose name holds this; may be repeated.")
@click.option("--detector", "detectors", multiple=True, type=click.Choice(list(DETECTORS)), help="Only this one.")
@click.option("--brief", is_flag=True, help="Play long scenarios for a few days only, as the tests do.")
@click.option("--jobs", type=click.IntRange(min=1), default=min(2, os.cpu_count() or 1), help="How many processes.")
@click.option("--figure", type=click.Path(path_type=Path, dir_okay=False), help="Write the delays as an SVG.")
def main(
    *,
    half: str,
    seeds: int,
    wanted: Sequence[str],
    detectors: Sequence[str],
    brief: bool,
    jobs: int,
    figure: Path | None,
) -> None:
    """Play the scenario suite, and print how every detector did."""
    scenarios = [one for one in read_all(brief=brief) if not wanted or any(part in one.name for part in wanted)]
    if not scenarios:
        raise click.UsageError("No scenario has such a name.")
    names = list(detectors or DETECTORS)
    tasks = [(scenario, HALVES[half] + 2 * number, names) for scenario in scenarios for number in range(seeds)]
    texts.classifier()  # before the processes part, so that each has it
    runs = _played(tasks, jobs)
    print(f"{len(scenarios)} scenarios, {seeds} seeds of the half {half!r}\n")
    print("\n".join(table(runs, names)))
    print("\n".join(["", *dated(runs, names[0]), "", *faults(runs, names[0])]))
    if figure is not None:
        figure.write_text(delays_svg({group: _delays(runs, group, names) for group in DELAYS}), encoding="utf-8")


def _played(tasks: Sequence[tuple[Scenario, int, list[str]]], jobs: int) -> list[Run]:
    longest_first = sorted(tasks, key=lambda task: task[0].start - task[0].end)
    if jobs == 1:
        return _in_order(map(_play, longest_first))
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        return _in_order(pool.map(_play, longest_first))


def _in_order(runs: Iterable[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: (run[0].name, run[1]))


def _play(task: tuple[Scenario, int, list[str]]) -> Run:
    scenario, seed, names = task
    play = Play(scenario, seed)
    return scenario, seed, {name: play.watch(name) for name in names}


def _boards(runs: Iterable[Run], name: str, *groups: str) -> list[Board]:
    return [boards[name] for scenario, _, boards in runs if not groups or scenario.group in groups]


def table(runs: Sequence[Run], names: Iterable[str]) -> list[str]:
    """Return the table, a line a detector; delays are median and 90th percentile in minutes."""
    columns = {
        "precision": 9, "recall": 6, "F0.5": 5, "coverage": 8, "adjusted": 8, "cliffs": 11, "slow burns": 11,
        "onset": 5, "verdict": 7, "aspect": 6, "repeats": 7, "false": 5, "false/30 quiet d": 16,
    }  # fmt: skip
    lines = [f"{'detector':10}" + "".join(f"  {title:>{width}}" for title, width in columns.items())]
    for name in names:
        every = sum_up(_boards(runs, name))
        cliffs, burns = (sum_up(_boards(runs, name, group)) for group in DELAYS)
        quiet = sum_up(_boards(runs, name, "quiet"))
        cells = (
            _share(every.precision), _share(every.recall), _share(every.f05), _share(every.coverage),
            _share(every.adjusted), _pair(cliffs), _pair(burns), _minutes(cliffs.onset_error), _share(every.verdicts),
            _share(every.aspects), str(every.repeats), str(every.false), _share(quiet.false_per_30_days),
        )  # fmt: skip
        row = zip(cells, columns.values(), strict=True)
        lines.append(f"{name:10}" + "".join(f"  {cell:>{width}}" for cell, width in row))
    return lines


def dated(runs: Sequence[Run], name: str) -> list[str]:
    """Return in how many of the dated outages the verdict is right with every seed, a line a volume."""
    right: dict[str, dict[str, bool]] = defaultdict(dict)
    for scenario, _, boards in runs:
        if scenario.dated:
            event, volume = scenario.name.split("/")
            is_right = sum_up([boards[name]]).verdicts == 1.0
            right[volume][event] = right[volume].get(event, True) and is_right
    return [f"{name}: verdict right in {sum(of.values())} of {len(of)} dated outages, {at}" for at, of in right.items()]


def faults(runs: Sequence[Run], name: str) -> list[str]:
    """Return what a detector got wrong, with how many seeds it did; repeated signals are named, but are no fault."""
    seeds = len({seed for _, seed, _ in runs})
    lines = []
    for scenario in dict.fromkeys(scenario.name for scenario, _, _ in runs):
        own = [boards[name] for one, _, boards in runs if one.name == scenario]
        said = Counter(fault for board in own for fault in board.faults)
        said.update(f"One outage, {len(met.signals)} signals." for board in own for met in board.met if met.signals[1:])
        if said:
            lines.append(f"{scenario}: {sum(bool(board.faults) for board in own)} of {seeds} seeds wrong")
            lines.extend(f"    {count} x {sentence}" for sentence, count in said.most_common())
    return lines or [f"{name}: no fault"]


def _delays(runs: Sequence[Run], group: str, names: Iterable[str]) -> dict[str, list[timedelta]]:
    return {
        name: [met.delay for board in _boards(runs, name, group) for met in board.met if met.delay is not None]
        for name in names
    }


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _minutes(span: timedelta | None) -> str:
    return "-" if span is None else f"{span / MINUTE:.0f}"


def _pair(figures: Figures) -> str:
    return f"{_minutes(figures.delay_median)} / {_minutes(figures.delay_p90)}"


if __name__ == "__main__":
    main()
