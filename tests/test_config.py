from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.configs import SECRET, faults, setting, stand_alone, written
from tiktokwatch.config import Loaded, find_file, load, shown
from tiktokwatch.errors import ConfigError
from tiktokwatch.settings import Config, duration

SECRETS = {"x.bearer_token", "reddit.client_id", "reddit.client_secret"}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_alone(tmp_path, monkeypatch)


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "length"),
        [
            ("1s", timedelta(seconds=1)),
            ("90s", timedelta(seconds=90)),
            ("5m", timedelta(minutes=5)),
            ("12h", timedelta(hours=12)),
            ("30d", timedelta(days=30)),
            ("2w", timedelta(weeks=2)),
        ],
    )
    def test_a_number_and_a_unit(self, text: str, length: timedelta) -> None:
        assert duration(text) == length
        assert load(written(f'stale_after = "{text}"')).config.stale_after == length

    @pytest.mark.parametrize("text", ["5", "m", "5 m", "5min", "-5m", "1.5h", "5M", "", "5m ", "1h30m", "soon"])
    def test_anything_else_is_a_fault(self, text: str) -> None:
        assert faults(f'stale_after = "{text}"') == [
            'config.toml:1: stale_after: should be a time such as "90s", "5m", "12h" or "30d"'
        ]

    @pytest.mark.parametrize("value", ["5", "true", "[5]", "{ s = 5 }", "2026-03-02", "1.5"])
    def test_so_is_what_is_no_text(self, value: str) -> None:
        assert faults(f"stale_after = {value}")[0].startswith("config.toml:1: stale_after: should be a time such as")

    @pytest.mark.parametrize("text", ["0s", "000w", "36526d", "999999d", "99999999w"])
    def test_no_time_at_all_and_one_beyond_all_calendars_are_faults(self, text: str) -> None:
        assert faults(f'retention.text = "{text}"') == [
            'config.toml:1: retention.text: should be a time of more than "0s" and of at most "36525d"'
        ]

    @pytest.mark.parametrize("text", ["9999999999999d", "9" * 5000 + "s"])
    def test_a_number_that_is_none_is_a_fault(self, text: str) -> None:
        assert faults(f'retention.text = "{text}"')[0].startswith(
            "config.toml:1: retention.text: should be a time such as"
        )

    def test_a_hundred_years_are_a_time(self) -> None:
        assert load(written('retention.text = "36500d"')).config.retention.text == timedelta(days=36500)

    @pytest.mark.parametrize("text", ['"90s"', '"5m"', '"12h"', '"30d"', '"59s"', '"61s"', '"3600d"'])
    def test_they_are_shown_as_they_would_be_written(self, text: str) -> None:
        assert setting(load(written(f"stale_after = {text}")), "stale_after") == (text, "config.toml:1")

    def test_they_are_shown_in_the_largest_unit_that_fits(self) -> None:
        assert setting(load(written('stale_after = "2w"')), "stale_after")[0] == '"14d"'
        assert setting(load(written('stale_after = "120s"')), "stale_after")[0] == '"2m"'


class TestFaults:
    def test_three_in_one_file_are_three_lines(self) -> None:
        text = """# how to watch
timezone = "Europe/Berlin"
[x]
evry = "5m"

[detection]
minimum_people = 0
[reddit]
every = "often"
"""
        assert faults(text) == [
            'config.toml:4: x.evry: there is no such key; did you mean "every"?',
            "config.toml:7: detection.minimum_people: should be greater than or equal to 1",
            'config.toml:9: reddit.every: should be a time such as "90s", "5m", "12h" or "30d"',
        ]

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("[redit]", 'config.toml:1: redit: there is no such key; did you mean "reddit"?'),
            ('time_zone = "UTC"', 'config.toml:1: time_zone: there is no such key; did you mean "timezone"?'),
            ("[x]\nqwertz = 1", "config.toml:2: x.qwertz: there is no such key"),
            ("x.qwertz = 1", "config.toml:1: x.qwertz: there is no such key"),
            ("x = { qwertz = 1 }", "config.toml:1: x.qwertz: there is no such key"),
            ('"time zone" = 1', 'config.toml: time zone: there is no such key; did you mean "timezone"?'),
            ("[x.query]\na = 1", "config.toml:1: x.query: should be a valid string"),
            ("[reddit]\n\nsubreddits = [1]", "config.toml:3: reddit.subreddits: should be a valid string"),
            (
                '[detection]\nminimum_people = "many"',
                "config.toml:2: detection.minimum_people: should be a valid integer",
            ),
            ("[detection]\nminimum_ratio = 0.5", "config.toml:2: detection.minimum_ratio: should be greater than"),
            ("[detection]\nminimum_ratio = nan", "config.toml:2: detection.minimum_ratio: should be"),
            (
                '[x]\nbase_url = "api.x.com"',
                'config.toml:2: x.base_url: should be an address such as "https://api.x.com"',
            ),
            (
                '[x]\nbase_url = "file:///etc"',
                'config.toml:2: x.base_url: should be an address such as "https://api.x.com"',
            ),
            ("x = 5", "config.toml:1: x: should be"),
        ],
    )
    def test_a_fault_names_its_file_its_line_and_its_key(self, text: str, fault: str) -> None:
        assert faults(text)[0].startswith(fault)

    @pytest.mark.parametrize("zone", ["Mars", "", "../../etc/passwd", "Europe", "Europe/berlin2", "UTC\\u0000"])
    def test_a_zone_that_there_is_not(self, zone: str) -> None:
        assert faults(f'timezone = "{zone}"') == [
            'config.toml:1: timezone: should be the name of a time zone such as "UTC" or "Europe/Berlin"'
        ]

    def test_an_unknown_name_of_a_table_inside_a_table(self) -> None:
        assert faults("[x.every.more]\na = 1")[0].startswith("config.toml")
        assert faults("[database.pth]\na = 1") == [
            'config.toml:1: database.pth: there is no such key; did you mean "path"?'
        ]

    @pytest.mark.parametrize(
        ("text", "line"), [("a = ", 1), ("\n\n[x\n", 3), ('timezone = "UTC"\ntimezone = "UTC"', 2), ('a = "', 1)]
    )
    def test_what_is_no_toml_is_told_with_its_line(self, text: str, line: int) -> None:
        (fault,) = faults(text)
        assert re.fullmatch(rf"config\.toml(:{line})?: is not valid TOML: .+", fault)
        assert "(at" not in fault

    def test_a_named_file_that_is_missing(self) -> None:
        with pytest.raises(ConfigError, match=r"^nowhere\.toml: cannot be read \(No such file or directory\); .*init"):
            load(Path("nowhere.toml"))

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot be read"):
            load(tmp_path)

    def test_a_file_that_is_no_text(self) -> None:
        Path("config.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigError, match=r"^config\.toml: is not UTF-8 text"):
            load()


class TestWhereTheFileIs:
    def test_without_one_everything_has_its_default(self) -> None:
        loaded = load()
        assert (loaded.config, loaded.file) == (Config(), None)
        assert {origin for _, _, origin in shown(loaded)} == {"default"}

    def test_the_order_is_environment_here_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        home = written("", "home/.config/tiktokwatch/config.toml")
        assert find_file() == Path.home() / ".config/tiktokwatch/config.toml" == home.absolute()
        monkeypatch.setenv("XDG_CONFIG_HOME", "xdg")
        assert find_file() is None
        assert find_file() != written("", "xdg/tiktokwatch/config.toml")  # a moment too late
        assert find_file() == Path("xdg/tiktokwatch/config.toml")
        written("", "config.toml")
        assert find_file() == Path("config.toml")
        monkeypatch.setenv("TIKTOKWATCH_CONFIG", str(written("", "named.toml")))
        assert find_file() == Path("named.toml")

    def test_a_file_that_the_environment_names_must_be_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        written('stale_after = "5m"')
        monkeypatch.setenv("TIKTOKWATCH_CONFIG", "typo.toml")
        with pytest.raises(ConfigError, match=r"^typo\.toml: cannot be read"):
            load()

    def test_an_argument_goes_before_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIKTOKWATCH_CONFIG", str(written('stale_after = "5m"', "named.toml")))
        assert load().config.stale_after == timedelta(minutes=5)
        assert load(written('stale_after = "6m"', "other.toml")).config.stale_after == timedelta(minutes=6)


class TestTheEnvironment:
    def test_it_goes_over_the_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        file = written('timezone = "UTC"\n[x]\nevery = "5m"\nlook_back = "2h"')
        monkeypatch.setenv("TIKTOKWATCH_X__EVERY", "7m")
        monkeypatch.setenv("TIKTOKWATCH_TIMEZONE", "Asia/Tokyo")
        monkeypatch.setenv("TIKTOKWATCH_DETECTION__MINIMUM_PEOPLE", "9")
        loaded = load(file)
        assert loaded.config.x.every == timedelta(minutes=7)
        assert loaded.config.x.look_back == timedelta(hours=2)
        assert loaded.config.timezone == ZoneInfo("Asia/Tokyo")
        assert loaded.config.detection.minimum_people == 9
        assert setting(loaded, "x.every") == ('"7m"', "TIKTOKWATCH_X__EVERY")
        assert setting(loaded, "x.look_back") == ('"2h"', "config.toml:4")
        assert setting(loaded, "stale_after") == ('"15m"', "default")

    def test_a_list_is_written_with_commas(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIKTOKWATCH_REDDIT__SUBREDDITS", "TikTok, TikTokHelp,Tiktokhelp2")
        assert load().config.reddit.subreddits == ("TikTok", "TikTokHelp", "Tiktokhelp2")

    def test_a_fault_in_it_names_the_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIKTOKWATCH_X__EVERY", "often")
        with pytest.raises(ConfigError) as raised:
            load()
        assert str(raised.value) == (
            'TIKTOKWATCH_X__EVERY: x.every: should be a time such as "90s", "5m", "12h" or "30d"'
        )

    def test_faults_of_the_file_and_of_it_stand_side_by_side(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIKTOKWATCH_X__EVERY", "often")
        assert [line.split(": ")[0] for line in faults('a = 1\n[x]\nb = 2\nevery = "5m"')] == [
            "TIKTOKWATCH_X__EVERY",
            "config.toml:1",
            "config.toml:3",
        ]

    def test_it_cannot_hide_that_a_table_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIKTOKWATCH_X__EVERY", "5m")
        assert faults("x = 5")[0].startswith("config.toml:1: x: should be")

    def test_credentials_of_a_service_go_before_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        file = written('[x]\nbearer_token = "of the file"')
        monkeypatch.setenv("TIKTOKWATCH_X__BEARER_TOKEN", "of the environment")
        assert load(file).config.x.bearer_token == SecretStr("of the environment")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", "credentials")
        assert load(file).config.x.bearer_token == SecretStr("of the environment")
        written(f"{SECRET}\n", "credentials/x.bearer_token")
        written("id", "credentials/reddit.client_id")
        config = load(file).config
        assert config.x.bearer_token == SecretStr(SECRET)
        assert config.reddit.client_id == SecretStr("id")
        assert config.reddit.client_secret is None

    def test_a_credential_that_is_no_text(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", "credentials")
        written("", "credentials/x.bearer_token").write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigError, match=r"^credentials/x\.bearer_token: is not UTF-8 text"):
            load()


class TestTheDatabase:
    def test_the_configured_one_goes_before_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/state")
        assert load(written('database.path = "~/watch.db"')).config.database_path == Path.home() / "watch.db"
        monkeypatch.setenv("TIKTOKWATCH_DATABASE__PATH", "/srv/other.db")
        assert load(Path("config.toml")).config.database_path == Path("/srv/other.db")

    def test_then_the_state_of_a_service_then_that_of_a_person(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", "/xdg")
        monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")
        assert Config().database_path == Path("/var/lib/a/tiktokwatch.db")
        monkeypatch.setenv("STATE_DIRECTORY", "")
        assert Config().database_path == Path("/xdg/tiktokwatch/tiktokwatch.db")
        monkeypatch.setenv("XDG_STATE_HOME", "")
        assert Config().database_path == Path.home() / ".local/state/tiktokwatch/tiktokwatch.db"


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40), st.floats(1, 1e9), st.integers(1, 10**6))
def test_what_is_shown_can_be_written_into_a_file(text: str, ratio: float, seconds: int) -> None:
    config = Config.model_validate(
        {
            "x": {"every": timedelta(seconds=seconds)},
            "reddit": {"subreddits": [text, "b"], "user_agent": text},
            "detection": {"minimum_ratio": ratio},
            "database": {"path": f"/{text}"},
        }
    )
    rows = [(key, value) for key, value, _ in shown(Loaded(config, None, {})) if key not in SECRETS]
    assert Config.model_validate(tomllib.loads("\n".join(f"{key} = {value}" for key, value in rows))) == config


def test_values_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().x.every = timedelta(1)  # type: ignore[misc]
