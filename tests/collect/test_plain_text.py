from __future__ import annotations

import pytest

from tiktokwatch.collect.plain_text import resolve, sound


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("salt &amp; vinegar", "salt & vinegar"),
        ("i &lt;3 my fyp", "i <3 my fyp"),
        ("&quot;no&#39;", "\"no'"),
        ("a&#x200B;b", "a\u200bb"),
        ("&amp;lt; stays one step", "&lt; stays one step"),
        ("https://a.example/?x=1&copy=2&lt=3", "https://a.example/?x=1&copy=2&lt=3"),
        ("R&D; &notanentity;", "R&D; &notanentity;"),
        ("&#xD800;&#99999999;", "\ufffd&#99999999;"),
        ("plain", "plain"),
    ],
)
def test_entities_are_resolved_once(raw: str, text: str) -> None:
    assert resolve(raw) == text


def test_half_an_emoji_can_be_written() -> None:
    assert sound("down \ud83d again \U0001f480") == "down \ufffd again \U0001f480"
