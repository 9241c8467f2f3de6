from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
import tweepy

from tests.fakes import XServer
from tests.fakes.web import as_json
from tests.fakes.x_stream import RULES, StreamRoutes
from tiktokwatch.collect.http import Wire
from tiktokwatch.collect.x_rules import checked, sync
from tiktokwatch.errors import CollectError

DOWN, LAG = "tiktok down", "tiktok lag"


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def routes(server: XServer) -> StreamRoutes:
    return StreamRoutes(server)


def synced(server: XServer, rules: Mapping[str, str]) -> frozenset[str]:
    wire = Wire(name="x", timeout=10, check=lambda *_: None, moved={"https://api.twitter.com": server.url})
    wire.start(datetime.now(UTC))
    client = tweepy.StreamingClient(server.token, return_type=dict)
    client.session = wire
    try:
        return sync(client, checked(rules), name="x", secret="hush")
    finally:
        wire.close()


def posts(server: XServer) -> list[tuple[str, str]]:
    """Return what was posted: what for, and whether in earnest."""
    asked = [request for request in server.requests if request.method == "POST"]
    return [("add" if '"add"' in request.body else "delete", request.params.get("dry_run", "")) for request in asked]


def test_missing_rules_are_tried_and_added(server: XServer, routes: StreamRoutes) -> None:
    ids = synced(server, {"down": DOWN, "lag": LAG})

    assert ids == set(routes.rules)
    assert [(rule["tag"], rule["value"]) for rule in routes.rules.values()] == [
        ("tiktokwatch:down", DOWN),
        ("tiktokwatch:lag", LAG),
    ]
    assert posts(server) == [("add", "true"), ("add", "")]


def test_rules_that_are_there_are_left_alone(server: XServer, routes: StreamRoutes) -> None:
    first = synced(server, {"down": DOWN})
    server.requests.clear()

    assert synced(server, {"down": DOWN}) == first == set(routes.rules)
    assert [request.method for request in server.requests] == ["GET"]


def test_ours_that_changed_go_and_those_of_others_stay(server: XServer, routes: StreamRoutes) -> None:
    routes.rules |= {
        "1": {"value": "cats"},
        "2": {"value": "dogs", "tag": "someone"},
        "3": {"value": "old", "tag": "tiktokwatch:down"},
        "4": {"value": LAG, "tag": "tiktokwatch:another"},
    }

    ids = synced(server, {"down": DOWN, "lag": LAG})

    assert ids == set(routes.rules) - {"1", "2"}
    assert sorted(rule["value"] for rule in routes.rules.values()) == ["cats", "dogs", DOWN, LAG]
    assert {rule.get("tag") for rule in routes.rules.values()} == {
        None,
        "someone",
        "tiktokwatch:down",
        "tiktokwatch:lag",
    }


def test_somebody_elses_rule_with_our_query_does_for_both(server: XServer, routes: StreamRoutes) -> None:
    routes.rules["1"] = {"value": DOWN}

    assert synced(server, {"down": DOWN}) == {"1"}
    assert routes.rules == {"1": {"value": DOWN}}


def test_a_rule_that_somebody_adds_meanwhile_is_no_trouble(server: XServer, routes: StreamRoutes) -> None:
    answer = server.routes[RULES]

    def busy(request: object) -> object:
        answered = answer(request)
        routes.rules["1"] = {"value": DOWN}
        return answered

    server.routes[RULES] = busy

    assert synced(server, {"down": DOWN}) == {"1"}


def test_a_query_that_x_refuses_costs_no_rule(server: XServer, routes: StreamRoutes) -> None:
    routes.invalid = "min_faves"
    synced(server, {"down": DOWN})

    with pytest.raises(CollectError) as caught:
        synced(server, {"down": "tiktok min_faves:5"})

    assert caught.value.reason == "x: stream: a rule was refused: Reference to invalid operator 'min_faves'."
    assert caught.value.permanent
    assert [rule["value"] for rule in routes.rules.values()] == [DOWN]


@pytest.mark.parametrize("answer", [{}, {"data": []}, {"meta": {}, "data": "x"}, {"meta": [], "data": []}])
def test_json_that_is_not_about_rules_has_its_sentence(server: XServer, answer: object) -> None:
    server.routes[RULES] = lambda _request: as_json(answer)

    with pytest.raises(CollectError, match="JSON, but not one about rules"):
        synced(server, {"down": DOWN})


def test_what_is_no_rule_is_passed_over(server: XServer, routes: StreamRoutes) -> None:
    answer = server.routes[RULES]
    odd = {"meta": {}, "data": [None, {"id": 5, "value": DOWN}, {"id": "6"}, {"value": DOWN}]}
    server.routes[RULES] = lambda request: as_json(odd) if request.method == "GET" else answer(request)

    assert synced(server, {"down": DOWN}) == set(routes.rules)
    assert len(routes.rules) == 1


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({}, "needs one at least"),
        ({"a": ""}, "a has 0 characters"),
        ({"a": "x" * 1025}, "a has 1025 characters"),
        ({"a": DOWN, "b": DOWN}, "ask for the same"),
    ],
)
def test_rules_that_x_would_not_take_are_refused_at_once(rules: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        checked(rules)


def test_the_longest_rule_is_taken() -> None:
    assert checked({"a": "x" * 1024}) == {"tiktokwatch:a": "x" * 1024}
