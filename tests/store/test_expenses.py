"""What was paid for is known for good."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store import steps
from tests.store.steps import START, numbered
from tiktokwatch.protocols import Expenses
from tiktokwatch.records import Expense
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)

BOOK_FOR_EVER = """
import sys
from itertools import count
from tests.store.steps import START
from tiktokwatch.records import Expense
from tiktokwatch.store.writer import Store

with Store.open(sys.argv[1]) as store:
    for number in count(1):
        store.book(Expense("x", START, "post", 100, 0.5))
        print(number, flush=True)
"""


@settings(max_examples=50, deadline=None)
@given(st.lists(steps.expenses, max_size=12))
def test_expenses_add_up(booked: Sequence[Expense]) -> None:
    sums: dict[tuple[str, str, object], tuple[int, float]] = {}
    for each in booked:
        key = each.source, each.kind, each.at
        units, dollars = sums.get(key, (0, 0.0))
        sums[key] = units + each.units, dollars + each.dollars
    with steps.fresh_database() as path:
        with Store.open(path) as store:
            for each in booked:
                store.book(each)
            seen = store.expenses()
        with Reader.open(path) as reader:
            assert reader.expenses() == seen
            assert [each.at for each in seen] == sorted(each.at for each in seen)
            assert {(each.source, each.kind, each.at): (each.units, each.dollars) for each in seen} == sums
            for source in {each.source for each in booked}:
                of_source = [each for each in seen if each.source == source and each.at >= START + HOUR]
                assert reader.expenses(source=source, since=START + HOUR) == of_source
            assert reader.expenses(since=START + HOUR) == [each for each in seen if each.at >= START + HOUR]


def test_units_may_be_taken_back(tmp_path: Path) -> None:
    with Store.open(tmp_path / "watch.db") as store:
        account: Expenses = store
        account.book(Expense("x", START, "post", 100, 0.5))
        account.book(Expense("x", START, "post", -60, -0.3))
        account.book(Expense("x", START, "request", 1, 0.0))
        assert list(account.expenses(source="x", since=START)) == [
            Expense("x", START, "post", 40, 0.5 - 0.3),
            Expense("x", START, "request", 1, 0.0),
        ]


def test_what_is_booked_between_ticks_is_seen_by_others_at_once(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    with Store.open(path) as store, Reader.open(path) as reader:
        for number in range(3):
            store.save(numbered(number))
            store.book(Expense("x", START, "post", 1, 0.1))
            assert not store._db.conn.in_transaction
            assert [each.units for each in reader.expenses(source="x")] == [number + 1]
        store.prune(before_ticks=START + 99 * HOUR, before_posts=START + 99 * HOUR)
        assert [each.units for each in reader.expenses(source="x")] == [3]


def test_a_kill_loses_nothing_that_was_booked(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    process = subprocess.Popen(
        [sys.executable, "-c", BOOK_FOR_EVER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    said += process.communicate()[0].splitlines()
    with Reader.open(path) as reader:
        [booked] = reader.expenses(source="x", since=START)
    assert booked.units in (100 * int(said[-1]), 100 * (int(said[-1]) + 1))
    assert booked.dollars == booked.units / 200
