"""Configurations to load where nothing else is set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tiktokwatch.config import Loaded, load, shown
from tiktokwatch.errors import ConfigError

SECRET = "AAAA-hush-hush-0123456789"


def stand_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder, at home in another one below it, with nothing set."""
    for name in tuple(os.environ):
        if name.startswith(("TIKTOKWATCH_", "XDG_")) or name in {"STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.chdir(folder)


def written(text: str, name: str = "config.toml") -> Path:
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(written(text))
    assert raised.value.exit_code == 78
    assert "Traceback" not in str(raised.value)
    return str(raised.value).splitlines()


def setting(loaded: Loaded, key: str) -> tuple[str, str]:
    return next((value, origin) for name, value, origin in shown(loaded) if name == key)
