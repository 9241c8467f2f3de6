from __future__ import annotations

from pathlib import Path

import pytest

from tests.configs import SECRET, faults, setting, stand_alone, written
from tiktokwatch.config import load, shown
from tiktokwatch.settings import Config

SECRETS = ("x.bearer_token", "reddit.client_id", "reddit.client_secret")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_alone(tmp_path, monkeypatch)


def test_they_are_masked_wherever_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(f'x.bearer_token = "{SECRET}"')
    monkeypatch.setenv("TIKTOKWATCH_REDDIT__CLIENT_ID", SECRET)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "credentials")
    written(SECRET, "credentials/reddit.client_secret")
    loaded = load(file)
    assert loaded.config.x.bearer_token is not None
    assert loaded.config.x.bearer_token.get_secret_value() == SECRET
    assert [setting(loaded, key)[0] for key in SECRETS] == ['"********"'] * 3
    assert SECRET not in repr(shown(loaded)) + repr(loaded) + str(loaded.config)


def test_every_secret_of_the_configuration_is_one() -> None:
    secrets = {
        f"{table}.{name}"
        for table in ("x", "reddit")
        for name, field in type(getattr(Config(), table)).model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    assert secrets == set(SECRETS)


@pytest.mark.parametrize(
    "text",
    [
        f'x.bearer_token = ["{SECRET}"]',
        f'x.bearer_token = {{ a = "{SECRET}" }}',
        f'x = "{SECRET}"',
        f'[x]\nevery = "{SECRET}"',
        f'[x]\nbase_url = "{SECRET}"',
        f'[x]\nbearer = "{SECRET}"',
        f'[x]\nquery = ["{SECRET}"]',
        f'[x]\nquery = "{SECRET * 30}"',
        f'[detection]\nminimum_people = "{SECRET}"',
        f'[detection]\nminimum_ratio = "{SECRET}"',
        f'[reddit]\nsubreddits = "{SECRET}"',
        f'[reddit]\nsubreddits = [["{SECRET}"]]',
        f'[database]\npath = ["{SECRET}"]',
        f'timezone = "{SECRET}"',
        f"[x]\nbearer_token = {SECRET}",
        f'[x]\nbearer_token = "{SECRET}',
        f'[x]\nbearer_token "{SECRET}"',
        f'[x]\nbearer_token = "{SECRET}" "{SECRET}"',
    ],
)
def test_no_fault_quotes_a_value(text: str) -> None:
    assert SECRET not in "\n".join(faults(text))


@pytest.mark.parametrize("key", ["X__EVERY", "TIMEZONE", "DETECTION__MINIMUM_PEOPLE", "X__BASE_URL"])
def test_nor_does_one_of_the_environment(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"TIKTOKWATCH_{key}", SECRET)
    assert SECRET not in "\n".join(faults(""))
