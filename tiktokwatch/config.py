"""`config.toml` as typed values; every complaint names file, line and key."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from tiktokwatch.errors import ConfigError

ENVIRONMENT = "TIKTOKWATCH_"
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MASK = "********"
LONGEST = timedelta(days=36525)  # no calendar reaches back ten thousand years


def duration(value: object) -> object:
    """Read "90s", "5m", "12h", "30d" or "2w" as a timedelta; raise ValueError otherwise, and beyond a hundred years."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d{1,8})([smhdw])", value)):
        value = timedelta(**{UNITS[match[2]]: int(match[1])})
    if not isinstance(value, timedelta):
        raise ValueError('should be a time such as "90s", "5m", "12h" or "30d"')  # noqa: TRY004  # what pydantic expects
    if not timedelta(0) < value <= LONGEST:
        raise ValueError('should be a time of more than "0s" and of at most "36525d"')
    return value


def zone(value: object) -> object:
    """Read the name of a time zone; raise ValueError if there is none of this name."""
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise ValueError('should be the name of a time zone such as "UTC" or "Europe/Berlin"') from None


Duration = Annotated[timedelta, BeforeValidator(duration)]
Zone = Annotated[ZoneInfo, BeforeValidator(zone)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]


class Section(BaseModel):
    """A table of the file: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class X(Section):
    """X through its API; it is used if there is a bearer token."""

    bearer_token: SecretStr | None = None
    query: str = Field(
        default=(
            "(tiktok OR #tiktokdown) (down OR broken OR glitch OR glitching OR crash OR crashing OR crashed OR outage"
            ' OR working OR loading OR load OR open OR login OR "log in" OR upload OR post OR views OR error OR server'
            ' OR "just me" OR anyone OR back OR ban OR banned) -downloader -is:retweet'
        ),
        max_length=512,
    )
    every: Duration = timedelta(minutes=2)
    look_back: Duration = timedelta(hours=1)
    timeout: Duration = timedelta(seconds=20)
    base_url: Url = "https://api.x.com"


class Reddit(Section):
    """Reddit through its API; it is used if there are a client id and a client secret."""

    client_id: SecretStr | None = None
    client_secret: SecretStr | None = None
    user_agent: str = "linux:tiktokwatch:0.1"
    subreddits: tuple[str, ...] = Field(default=("TikTok", "TikTokHelp"), min_length=1)
    every: Duration = timedelta(seconds=30)
    look_back: Duration = timedelta(hours=1)
    timeout: Duration = timedelta(seconds=20)
    base_url: Url = "https://www.reddit.com"
    oauth_url: Url = "https://oauth.reddit.com"


class Detection(Section):
    """What it takes to speak of an outage."""

    false_alarm_every: Duration = timedelta(days=30)
    minimum_people: int = Field(default=5, ge=1)
    minimum_ratio: float = Field(default=2.5, ge=1.0)
    patience: Duration = timedelta(minutes=5)


class Retention(Section):
    """How long things are kept; counts and outages stay."""

    text: Duration = timedelta(days=30)
    posts: Duration = timedelta(days=90)


class Database(Section):
    """Where everything is kept."""

    path: Path | None = None


class Config(Section):
    """The whole file."""

    timezone: Zone = ZoneInfo("UTC")
    stale_after: Duration = timedelta(minutes=15)
    database: Database = Database()
    x: X = X()
    reddit: Reddit = Reddit()
    detection: Detection = Detection()
    retention: Retention = Retention()

    @property
    def database_path(self) -> Path:
        """Return the configured database, or the usual place for the state of a service or of a person."""
        if self.database.path is not None:
            return self.database.path.expanduser()
        state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        if state:
            return Path(state) / "tiktokwatch.db"
        home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        return Path(home).expanduser() / "tiktokwatch" / "tiktokwatch.db"


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
    known = {key.upper().replace(".", "__"): key for key, _ in _flat(Config())}
    for name, value in sorted(os.environ.items()):
        key = known.get(name.removeprefix(ENVIRONMENT)) if name.startswith(ENVIRONMENT) else None
        if key is not None:
            yield key, [name.strip() for name in value.split(",")] if key.endswith("subreddits") else value
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
    if isinstance(value, (int, float)):
        return str(value)
    # JSON escapes what TOML escapes, but for one character.
    return '""' if value is None else json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
