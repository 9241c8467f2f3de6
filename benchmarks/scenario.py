"""Scenarios as data: what is usual, what is said beyond it and when, and which outages are to be signalled.

A file of `tests/scenarios/` holds one scenario at one or more volumes; `peak` is in complaints a minute over all
sources, and every curve is a line through points of (minutes after the start of its talk, share of the peak).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tiktokwatch.outage.board import Expected
from tiktokwatch.settings import duration

MOST_USERS = ZoneInfo("America/New_York")
FOLDER = Path(__file__).resolve().parent.parent / "tests" / "scenarios"


@dataclass(frozen=True, slots=True)
class Background:
    """What is written on any day: shares of what is said, and the rhythm of it.

    A rate swings by `swing` around its mean with its top at `top_hour` in `zone`, grows by a factor of `growth` a
    week, and strays in each hour by a gamma factor whose squared coefficient of variation is `stray`.
    """

    shares: Mapping[str, float] = field(
        default_factory=lambda: {
            "talk": 0.70,
            "other": 0.16,
            "meme": 0.06,
            "policy": 0.04,
            "complaint": 0.03,
            "complaint meme": 0.004,
            "recovery": 0.006,
        }
    )
    zone: ZoneInfo = MOST_USERS
    swing: float = 0.65
    top_hour: float = 20.0
    weekend: float = 1.15
    growth: float = 1.0
    stray: float = 0.06
    days: int = 28


@dataclass(frozen=True, slots=True)
class Talk:
    """One stream of posts beyond the usual.

    `says` is a set of labels as in the corpus ("complaint", "complaint meme", ...), "talk" for what has none, "other"
    for what is not about TikTok; `aspects` weighs the features that are named, `themes` are patterns of corpus themes
    to choose from, `sources` weighs the sources (by default as loud as they usually are). With `accounts`, that few
    people write it; with `one_text`, it is near-copies of one text, and as reposts (`kind`) copies of it.
    """

    says: str
    start: datetime
    curve: Sequence[Sequence[float]]
    share: float = 1.0
    aspects: Mapping[str, float] = field(default_factory=dict)
    themes: Sequence[str] = ()
    sources: Mapping[str, float] = field(default_factory=dict)
    accounts: int = 0
    one_text: bool = False
    kind: str = "post"
    link: bool = False


@dataclass(frozen=True, slots=True)
class Dead:
    """A span in which one source cannot be read."""

    source: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario at one volume; `sources` are usual posts a minute, `group` is with what it is summed up."""

    name: str
    description: str
    group: str
    dated: bool
    start: datetime
    end: datetime
    peak: float
    sources: Mapping[str, float]
    background: Background
    talk: tuple[Talk, ...]
    dead: tuple[Dead, ...]
    outage: tuple[Expected, ...]


def read(path: Path, *, brief: bool = False) -> Iterator[Scenario]:
    """Yield the scenarios of a file, one a volume; `brief` plays only its `brief_hours` where it has them.

    Raises ValueError naming the file for a key that is missing or unknown.
    """
    try:
        yield from _scenarios(path.stem, tomllib.loads(path.read_text(encoding="utf-8")), brief=brief)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from None


def read_all(*, brief: bool = False) -> list[Scenario]:
    """Return all scenarios, in order of their names."""
    return [scenario for path in sorted(FOLDER.glob("*.toml")) for scenario in read(path, brief=brief)]


def _scenarios(name: str, data: dict[str, Any], *, brief: bool) -> Iterator[Scenario]:
    row = dict(data)
    volumes, hours = row.pop("volume"), row.pop("hours")
    shorter = row.pop("brief_hours", hours)
    for volume, figures in volumes.items():
        yield _only(
            Scenario,
            {
                "dated": False,
                **row,
                "name": f"{name}/{volume}",
                "end": row["start"] + timedelta(hours=shorter if brief else hours),
                "background": _background(row.get("background", {})),
                "talk": tuple(_only(Talk, talk) for talk in row.get("talk", ())),
                "dead": tuple(_only(Dead, dead) for dead in row.get("dead", ())),
                "outage": tuple(_expected(outage) for outage in row.get("outage", ())),
                **figures,
            },
        )


def _background(row: Mapping[str, Any]) -> Background:
    values = dict(row)
    if "shares" in values:
        values["shares"] = {**Background().shares, **values["shares"]}
    if "zone" in values:
        values["zone"] = ZoneInfo(values["zone"])
    return _only(Background, values)


def _expected(row: Mapping[str, Any]) -> Expected:
    values = dict(row)
    values["by"] = duration(values["by"])
    earliest, latest = values["onset"]
    values["onset"] = (-duration(earliest), duration(latest))
    return _only(Expected, values)


def _only(kind: Any, row: Mapping[str, Any]) -> Any:
    unknown = set(row) - {one.name for one in fields(kind)}
    if unknown:
        raise ValueError(f"unknown key {min(unknown)!r}")
    return kind(**row)
