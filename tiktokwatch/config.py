"""`config.toml` as typed values; every complaint names file, line and key."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from tiktokwatch.errors import ConfigError
from tiktokwatch.settings import Config

ENVIRONMENT = "TIKTOKWATCH_"
MASK = "********"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, the file it came from (None if there is none), and where each key that was set stands."""

    config: Config
    file: Path | None
    origins: Mapping[str, str]


def find_file() -> Path | None:
    """Return the file that is used where none is named, if there is one."""
    if named := os.environ.get(ENVIRONMENT + "CONFIG"):
        return Path(named)
    places = [
        Path("config.toml"),
        Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "tiktokwatch" / "config.toml",
    ]
    return next((place for place in places if place.is_file()), None)


def load(file: Path | None = None) -> Loaded:
    """Read the configuration, with the environment over the file, and check all of it.

    Raises ConfigError with a line for each fault: file, line, key, what is wrong, and the key that was likely meant.
    """
    file = file or find_file()
    text = "" if file is None else _read(file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(file, str(error))) from None
    lines = dict(_lines(text))
    origins = {key: f"{file}:{line}" for key, line in lines.items()}
    for key, value in _environment():
        _put(values, key, value)
        origins[key] = ENVIRONMENT + key.upper().replace(".", "__")
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        faults = [_fault(fault, file, origins) for fault in error.errors(include_input=False, include_url=False)]
        raise ConfigError("\n".join(sorted(faults, key=_place))) from None
    return Loaded(config, file, origins)


def shown(loaded: Loaded) -> list[tuple[str, str, str]]:
    """Return (key, value as TOML, origin) of every setting, secrets masked."""
    rows = []
    for key, value in _flat(loaded.config):
        rows.append((key, _toml(value), loaded.origins.get(key, "default")))
    return rows


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); `tiktokwatch init` writes a new one.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8 text; save it as UTF-8.") from None


def _syntax(file: Path | None, message: str) -> str:
    match = re.search(r"\(at line (\d+), column (\d+)\)", message)
    place = f"{file}:{match[1]}" if match else f"{file}"
    return f"{place}: is not valid TOML: {re.sub(r' *[(]at .*', '', message)}"


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield each key of the file with its line; enough for tables and plain keys, which is all that the file has."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([\w.\-]+)\s*\]", line):
            table = header[1]
            yield table, number
        elif key := re.match(r"\s*([\w.\-\"']+)\s*=", line):
            name = key[1].replace('"', "").replace("'", "")
            yield f"{table}.{name}" if table else name, number


def _environment() -> Iterator[tuple[str, Any]]:
    known = {ENVIRONMENT + key.upper().replace(".", "__"): (key, value) for key, value in _flat(Config())}
    for name, text in sorted(os.environ.items()):
        if name in known:
            key, default = known[name]
            yield key, [part.strip() for part in text.split(",")] if isinstance(default, tuple) else text
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    for key in ("x.bearer_token", "reddit.client_id", "reddit.client_secret") if directory else ():
        credential = Path(str(directory)) / key
        if credential.is_file():
            yield key, _read(credential).strip()


def _put(values: dict[str, Any], key: str, value: object) -> None:
    *tables, last = key.split(".")
    for table in tables:
        below = values.setdefault(table, {})
        if not isinstance(below, dict):
            return
        values = below
    values[last] = value


def _fault(fault: Any, file: Path | None, origins: Mapping[str, str]) -> str:
    names = [str(part) for part in fault["loc"] if isinstance(part, str) and "function-" not in part]
    key = ".".join(names)
    place = origins.get(key) or origins.get(".".join(names[:-1])) or f"{file}"
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(names[-1], _names_at(names[:-1]), n=1, cutoff=0.5)
        message = "there is no such key" + (f'; did you mean "{near[0]}"?' if near else "")
    elif fault["type"] == "string_pattern_mismatch":
        message = 'should be an address such as "https://api.x.com"'
    return f"{place}: {key}: {message}"


def _place(fault: str) -> int:
    match = re.search(r":(\d+): ", fault)
    return int(match[1]) if match else 0


def _names_at(path: list[str]) -> list[str]:
    model: type[BaseModel] = Config
    for name in path:
        field = model.model_fields.get(name)
        kinds = [] if field is None else [field.annotation, *get_args(field.annotation)]
        below = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if below is None:
            return []
        model = below
    return list(model.model_fields)


def _flat(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _toml(value: object) -> str:
    if isinstance(value, SecretStr):
        return f'"{MASK}"'
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        unit, length = next(
            (unit, length) for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)) if seconds % length == 0
        )
        return f'"{seconds // length}{unit}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    # JSON escapes what TOML escapes, but for one character.
    return '""' if value is None else json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
