"""Quick commands stay quick: what they import is checked, not how long they take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.worlds import cut, pipeline, world
from tiktokwatch.pipeline import run
from tiktokwatch.store.writer import Store

HEAVY = {"sklearn", "spacy", "tweepy", "praw", "prawcore", "apprise"}
SCRIPT = """
import sys
from tiktokwatch.cli.main import cli
try:
    cli({words!r}, prog_name="tiktokwatch")
except SystemExit as end:
    assert not end.code, end.code
print("IMPORTED", *sorted({{name.split(".")[0] for name in sys.modules}}))
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("imports") / "watch.db"
    made = world(3)
    with Store.open(path) as store:
        run(pipeline(made), cut(made, 3, ticks=20), store.save)
    return path


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["doctor", "--help"],
        ["config", "check"],
        ["summary"],
        ["summary", "--json"],
        ["outages"],
        ["outages", "1"],
        ["digest", "--format", "html"],
    ],
    ids=" ".join,
)
def test_what_only_reads_imports_nothing_heavy(words: list[str], database: Path) -> None:
    script = SCRIPT.format(words=["--db", str(database), *words])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "click" in imported
    assert not imported & HEAVY
    if words != ["--help"]:
        assert "sqlite_utils" not in imported
