"""Several processes at one file, and processes that are killed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.steps import numbered
from tiktokwatch.store.reader import Reader
from tiktokwatch.store.writer import Store

ROOT = Path(__file__).parents[2]

SAVE_FOR_EVER = """
import sys
from itertools import count
from tests.store.steps import numbered
from tiktokwatch.store.writer import Store

with Store.open(sys.argv[1]) as store:
    for number in count(int(sys.argv[2])):
        store.save(numbered(number))
        print(number, flush=True)
"""

READ_FOR_EVER = """
import sys
from tiktokwatch.store.reader import Reader

with Reader.open(sys.argv[1]) as reader:
    while True:
        with reader.snapshot():
            ticks, minutes, posts = len(list(reader.ticks())), len(reader.buckets()), len(reader.judged())
            assert (minutes, posts) == (2 * ticks, 3 * ticks), (ticks, minutes, posts)
        print(ticks, flush=True)
"""


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def kill(process: subprocess.Popen[str]) -> list[int]:
    """Kill a process, and return what it had printed and we had not read."""
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    return [int(line) for line in said.splitlines()]


def test_a_kill_leaves_whole_ticks(tmp_path: Path) -> None:
    path, dice, following = tmp_path / "watch.db", random.Random(4), 0
    for _ in range(6):
        process = started(SAVE_FOR_EVER, path, following)
        assert process.stdout is not None
        assert int(process.stdout.readline()) == following
        time.sleep(dice.uniform(0, 0.2))
        said = kill(process)
        last = said[-1] if said else following
        with Reader.open(path) as reader:
            count = reader.totals()["ticks"]
            assert count in (last + 1, last + 2)
            whole(reader, path, count)
        following = count


def whole(reader: Reader, path: Path, count: int) -> None:
    steps = [numbered(number) for number in range(count)]
    assert list(reader.ticks()) == [step.tick for step in steps]
    assert reader.settled() == steps[-1].settled
    assert reader.looked_at() == steps[-1].tick.now
    assert reader.buckets() == [bucket for step in steps for bucket in step.buckets]
    assert reader.evidence() == [step.evidence[0] for step in steps]
    assert reader.gaps() == [step.tick.gaps[0] for step in steps]
    assert reader.outages() == list(steps[-1].outages)
    assert reader.transitions() == [transition for step in steps for transition in step.transitions]
    assert reader.marks() == list(steps[-1].marks)
    assert {judged.standing for judged in reader.judged()} == {"counted"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT count(*) FROM polls").fetchone() == (3 * count,)


def test_a_second_process_reads_whole_ticks_while_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    with Store.open(path) as store:
        store.save(numbered(0))
        process = started(READ_FOR_EVER, path)
        assert process.stdout is not None
        assert int(process.stdout.readline()) == 1
        for number in range(1, 200):
            store.save(numbered(number))
        while (seen := process.stdout.readline()) != "200\n":
            assert seen, "the reader found a tick in pieces"
        kill(process)


def test_two_stores_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    process = started(SAVE_FOR_EVER, path, 0)
    assert process.stdout is not None
    process.stdout.readline()
    with Store.open(path, create=False) as store:
        for number in range(30):
            assert store.forget(f"x:{number}-0") in (0, 1)
            store.record_delivery(key=f"{number}", channel="mail", at=numbered(0).tick.now, outcome="failed", detail="")
            store.prune(before_evidence=numbered(number).tick.now)
    kill(process)


def test_many_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "watch.db"
    makers = [started(f"from tiktokwatch.store.writer import Store; Store.open({str(path)!r}).close()") for _ in "1234"]
    assert [maker.communicate() and maker.returncode for maker in makers] == [0, 0, 0, 0]
    with Reader.open(path) as reader:
        assert reader.settled() is None


def test_a_reader_imports_the_standard_library_alone(tmp_path: Path) -> None:
    with Store.open(tmp_path / "watch.db") as store:
        store.save(numbered(0))
    script = """
import sys
from tiktokwatch.store.reader import Reader
with Reader.open(sys.argv[1]) as reader:
    assert reader.state() and reader.outages() and reader.samples(limit=1) and list(reader.ticks())
print(*sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)))
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    said = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "watch.db")],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    foreign = {name for name in said.stdout.split() if not name.startswith("_")} - {"tiktokwatch"}
    assert foreign.isdisjoint({"sqlite_utils", "numpy", "click", "pluggy", "pydantic", "rich"}), foreign


@pytest.mark.parametrize("name", ["sqlite_utils", "numpy"])
def test_a_store_is_imported_without_libraries(name: str) -> None:
    script = f"import sys; import tiktokwatch.store.writer; assert {name!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
