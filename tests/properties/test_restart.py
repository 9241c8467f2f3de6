"""A store remembers just what a pipeline needs."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import Decisions, cut, down, pipeline, remember, world
from tiktokwatch.pipeline import run
from tiktokwatch.store.writer import Store


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 60), st.integers(5, 250))
def test_restarted_from_its_database_is_like_never_stopped(seed: int, ticks: int, start: int) -> None:
    made = down(world(seed), "x", start=start, minutes=30)
    delivered = cut(made, seed, ticks=ticks)
    whole, decisions, steps = Decisions(), Decisions(), []
    run(pipeline(made), delivered, whole)
    stops = set(random.Random(seed).choices(range(ticks), k=4))
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "watch.db")
        watch = pipeline(made)
        for number, tick in enumerate(delivered):
            if number in stops:
                store.close()
                store = Store.open(Path(folder) / "watch.db")
                memory = store.memory(collectors=made.collectors)
                assert memory == remember(steps)
                watch = pipeline(made, memory)
            step = watch.step(tick)
            store.save(step)
            steps.append(step)
            decisions(step)
        store.close()
    assert decisions == whole
