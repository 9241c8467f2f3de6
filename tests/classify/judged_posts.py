"""Databases of a few posts with their verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from tiktokwatch.classify.linear import load
from tiktokwatch.cli.main import cli
from tiktokwatch.records import Batch, Judged, Post, Standing, Step, Tick, Verdict
from tiktokwatch.store.writer import Store

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def database(
    folder: Path, texts: Sequence[str], *, stored: Verdict | None = None, standing: Standing = "counted"
) -> Path:
    """Write posts x:0, x:1, ... with the verdicts of the model, or with the one that is given."""
    path = folder / "watch.db"
    posts = tuple(
        Post(
            f"x:{n}",
            "x",
            AT + timedelta(seconds=n),
            f"author{n}",
            text,
            "en",
            url=f"https://x.com/author{n}/status/{n}",
        )
        for n, text in enumerate(texts)
    )
    verdicts = [stored] * len(texts) if stored else load().classify(texts)
    judged = tuple(Judged(post, verdict, standing) for post, verdict in zip(posts, verdicts, strict=True))
    end = AT + timedelta(minutes=2)
    tick = Tick(end, (Batch("x", "x", AT, end, posts),))
    with Store.open(path) as store:
        store.save(Step(tick, settled=end, judged=judged))
    return path


def tiktokwatch(*words: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=typed, prog_name="tiktokwatch")


def other(verdict: Verdict) -> Verdict:
    return replace(verdict, labels=("policy",), policy=0.99)
