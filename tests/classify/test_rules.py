from __future__ import annotations

import pytest

from tiktokwatch.classify.normalise import tokens
from tiktokwatch.classify.rules import Rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules()


@pytest.mark.parametrize(
    ("text", "aspects"),
    [
        ("it just crashes", ("app",)),
        ("same thing here", ("app",)),
        ("0 views on all my videos", ("counts",)),
        ("can't log in, the code never comes", ("login",)),
        ("comments won't load and dms are stuck", ("app", "comments", "messages")),
        ("my drafts are gone", ("upload",)),
        ("0 vistas desde ayer", ("counts",)),
        ("não consigo fazer login", ("login",)),
        ("ga ada suara", ("playback",)),
        ("la recherche ne donne rien", ("search",)),
        ("Kommentare laden nicht", ("comments",)),
        ("the content posting api returns 500", ("publishing",)),
    ],
)
def test_aspects(rules: Rules, text: str, aspects: tuple[str, ...]) -> None:
    assert rules.aspects(tokens(text)) == aspects


@pytest.mark.parametrize(
    ("text", "platforms", "versions"),
    [
        ("crashes on my iPhone 13 with iOS 18.1", ("ios",), ("ios 18.1",)),
        ("samsung, v32.5.1", ("android",), ("v32.5.1",)),
        ("down on chrome", ("web",), ()),
        ("down", (), ()),
    ],
)
def test_device(rules: Rules, text: str, platforms: tuple[str, ...], versions: tuple[str, ...]) -> None:
    assert rules.device(text) == (platforms, versions)


def test_any_text_has_findings(rules: Rules) -> None:
    for text in ("", "\ud800", "\x00", "x" * 100_000, "🇺🇸" * 50):
        assert rules.find(text).aspects
