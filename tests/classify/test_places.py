from __future__ import annotations

import pytest

from tiktokwatch.classify.places import lines, window
from tiktokwatch.classify.rules import Rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("down in the US?", ("US",)),
        ("US users only", ("US",)),
        ("US & Canada", ("US", "Canada")),
        ("down in the us", ("US",)),
        ("it won't let us in", ()),
        ("let US know", ()),
        ("TIKTOK WON'T LET US LOG IN", ()),
        ("for us it is down", ()),
        ("the us vs them mentality", ()),
        ("I was reading a nice book on my mobile in the bath", ()),
        ("Nice, it's back", ()),
        ("down in Nice", ("Nice",)),
        ("anyone in Reading?", ("Reading",)),
        ("Reading, UK here", ("Reading", "UK")),
        ("georgia loves it", ()),
        ("down in Georgia", ("Georgia",)),
        ("Austin said it's down", ()),
        ("down here in Austin", ("Austin",)),
        ("down in new york city and NYC", ("New York",)),
        ("TX? no, texas", ("Texas",)),
        ("em São Paulo", ("São Paulo",)),
        ("in sao paulo", ("São Paulo",)),
        ("東京で落ちてる", ("Tokyo",)),
        ("🇧🇷 caiu", ("Brazil",)),
        ("🇺🇸🇬🇧", ("US", "UK")),
        ("uk down", ("UK",)),
        ("la app no abre", ()),
        ("down in LA", ("Los Angeles",)),
        ("west virginia", ("West Virginia",)),
        ("turkey sandwich", ()),
        ("in Turkey", ("Turkey",)),
    ],
)
def test_places(rules: Rules, text: str, places: tuple[str, ...]) -> None:
    assert rules.places(text) == places


def test_the_gazetteer_is_well_formed() -> None:
    rows = [line.split("\t") for line in lines("places.tsv")]
    assert len(rows) > 450
    assert {row[1] for row in rows} == {"country", "state", "city"}
    assert sum(row[1] == "state" for row in rows) == 49  # New York and Washington DC are cities
    flags = [row[2] for row in rows if len(row) > 2 and row[2]]
    assert len(flags) == len(set(flags))
    pairs = [(row[0].lstrip("!"), row[1]) for row in rows]
    assert len(pairs) == len(set(pairs))


def test_many_places_are_cut_to_eight(rules: Rules) -> None:
    assert len(rules.places("France Spain Italy Poland Kenya Ghana Nepal Japan Brazil Peru Fiji")) == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a b c d e f", (1, 7)), ("b", (0, 3)), ("x y e", (2, 5)), ("x y", (0, 0)), ("", (0, 0))],
)
def test_a_window_holds_every_phrase_that_begins_with_an_opening(text: str, expected: tuple[int, int]) -> None:
    assert window(text.split(), {"b", "e"}, longest=3) == expected
