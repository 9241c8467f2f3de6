"""The fakes say nothing that the networks do not say: their answers are held against recorded ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fakes import RedditServer, XServer

PAYLOADS = Path(__file__).parents[3] / "shared" / "data" / "payloads"
NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="no recorded answers beside the checkout")


def recorded_reddit(name: str) -> Any:
    return json.loads(json.loads((PAYLOADS / "reddit" / name).read_text())["response"]["body"])


def shape(value: Any, *, path: str = "") -> set[str]:
    """Return the paths of all keys in a JSON value, those of list elements under one name."""
    if isinstance(value, dict):
        return set().union(
            *(shape(item, path=f"{path}.{key}") | {f"{path}.{key}"} for key, item in value.items()), set()
        )
    if isinstance(value, list):
        return set().union(*(shape(item, path=f"{path}[]") for item in value), set())
    return set()


@pytest.mark.parametrize(("kind", "listing"), [("post", "new"), ("comment", "comments")])
def test_reddit_listings_have_no_key_that_reddit_has_not(kind: str, listing: str) -> None:
    with RedditServer() as server:
        server.publish(text="TikTok down\n\nhere", at=NOON, kind=kind)
        login = (server.client_id, server.client_secret)
        token = requests.post(f"{server.url}/api/v1/access_token", auth=login, timeout=5)
        headers = {"Authorization": f"bearer {token.json()['access_token']}"}
        answer = requests.get(f"{server.url}/r/TikTok/{listing}", headers=headers, timeout=5).json()
    recorded = {key for path in (PAYLOADS / "reddit").glob("200_GET_*") for key in shape(recorded_reddit(path.name))}

    assert shape(token.json()) <= shape(recorded_reddit("200_POST_api_v1_access_token_1.json"))
    assert len(answer["data"]["children"]) == 1
    assert shape(answer) - {".data.geo_filter"} <= recorded


def test_reddit_refusals_are_those_of_reddit() -> None:
    with RedditServer() as server:
        denied = requests.get(f"{server.url}/r/TikTok/new", headers={"Authorization": "bearer wrong"}, timeout=5)
        server.fail("404")
        missing = requests.get(f"{server.url}/r/TikTok/new", timeout=5)

    assert denied.json() == recorded_reddit("401_GET_api_v1_me_1.json")
    assert missing.json() == recorded_reddit("404_GET_r_X_about_sticky_1.json")


def test_x_searches_have_no_key_that_x_has_not() -> None:
    with XServer() as server:
        for number in range(20):
            server.publish(text=f"TikTok down {number}", at=NOON)
        server.clock = lambda: NOON.replace(hour=13)
        headers = {"Authorization": f"Bearer {server.token}"}
        params = {"query": "tiktok", "max_results": "10"}
        answer = requests.get(f"{server.url}/2/tweets/search/recent", params=params, headers=headers, timeout=5).json()
    recorded: set[str] = set()
    for name in ("2sets", "kpop", "noflat", "edited"):
        with (PAYLOADS / "x" / "twarc_csv" / f"{name}.jsonl").open(encoding="utf-8") as lines:
            recorded = recorded.union(*(shape(json.loads(line)) for line in lines if line.strip()))

    assert len(answer["data"]) == 10
    assert shape(answer) <= recorded
    assert {"newest_id", "oldest_id", "result_count", "next_token"} == set(answer["meta"])
