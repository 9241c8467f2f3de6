"""The documents hold what the program holds, and the other way round."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tiktokwatch.cli.main import COMMANDS
from tiktokwatch.config import _flat, load
from tiktokwatch.settings import Config

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")


def test_every_command_stands_in_the_readme_and_no_other() -> None:
    assert set(re.findall(r"^\| `tiktokwatch (\w+)", README, re.MULTILINE)) == set(COMMANDS)


def test_every_key_stands_in_the_example_and_no_other() -> None:
    keys, table = set(), ""
    for line in EXAMPLE.splitlines():
        if header := re.match(r"\[([\w.]+)\]", line):
            table = header[1] + "."
        elif key := re.match(r"(?:# )?(\w+) = ", line):
            keys.add(table + key[1])
    assert keys == {key for key, _ in _flat(Config())}


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    shown = re.sub(r'^# (\w+ = (?!"\.\.\."|"").*)$', r"\1", EXAMPLE, flags=re.MULTILINE)
    file = tmp_path / "config.toml"
    file.write_text(shown, encoding="utf-8")
    set_up = load(file).config
    named = {key for table in tomllib.loads(shown).values() if isinstance(table, dict) for key in table}
    assert named
    # A first evening without keys wants sources that need none.
    ignored = {"database.path", "reddit.user_agent", "bluesky.enabled", "hackernews.enabled"}
    defaults = dict(_flat(Config()))
    assert {key: value for key, value in _flat(set_up) if key not in ignored} == {
        key: value for key, value in defaults.items() if key not in ignored
    }


def test_the_readme_names_every_exit_code() -> None:
    assert all(f" {code} " in README for code in (0, 1, 2, 78))
