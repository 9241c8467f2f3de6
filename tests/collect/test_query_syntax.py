from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collect.x_matching import matches
from tiktokwatch.collect.query_syntax import All, Either, Term, check, parse


@pytest.mark.parametrize(
    "query",
    [
        "tiktok",
        '"tiktok down"',
        "#tiktokdown OR @TikTokSupport OR $TT",
        "(tiktok (down OR broken)) -downloader -is:retweet",
        'tiktok -"download video" lang:en is:quote has:links',
        '"X data" has:mentions (has:media OR has:links)',
        "from:TikTokSupport OR from:tiktokusdsjv",
        "tiktok min_likes:5 -is:nullcast",
        'url:"https://www.tiktok.com" down',
        "tiktok point_radius:[2.355128 48.861118 16km]",
        "from:1234 -is:reply",
        "тикток не",
        "LANG:en tiktok",
    ],
)
def test_what_is_in_order_has_no_fault(query: str) -> None:
    assert check(query) == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("", "the query is empty"),
        ("  ", "the query is empty"),
        ("a" * 513, "the query is 513 characters long, and X takes 512"),
        ('tiktok "down', 'a quotation mark (") is not closed'),
        ("(tiktok down", "a bracket is not closed"),
        ("tiktok down)", "a bracket is closed that was not opened"),
        ("tiktok ()", "there is nothing between two brackets"),
        ("tiktok OR", "OR must stand between two things"),
        ("OR tiktok", "OR must stand between two things"),
        ("tiktok OR OR down", "OR must stand between two things"),
        ("tiktok (down OR)", "OR must stand between two things"),
        ("tiktok -(meme OR joke)", "a group in brackets cannot be negated: put a dash before each of its words"),
        ("tiktok or down", '"or" is no word to search for: a space means and, OR in capitals means or'),
        ("tiktok AND down", '"AND" is no word to search for: a space means and, OR in capitals means or'),
        ("tiktok min_faves:5", "min_faves: is not known to X any more; there is min_likes:"),
        ("tiktok filter:links", "filter: is not known to X any more; there is has: or is:"),
        (
            "tiktok since:2026-01-01",
            "since: is not known to X any more; there is no operator, the time is asked for apart",
        ),
        ("tiktok form:me", "form: is no operator of X; put what holds a colon in quotation marks"),
        ("https://tiktok.com", "https: is no operator of X; put what holds a colon in quotation marks"),
        ("tiktok lang:", "lang: has no value"),
        ("from: tiktok", "from: has no value"),
        ("tiktok is:repost", "is:repost is no operator of X; there are nullcast, quote, reply, retweet, verified"),
        ("tiktok is:nullcast", "is:nullcast must be negated"),
        ('"tiktok down"~3', '"tiktok down"~3: nearness is an operator of streams alone'),
        ("tiktok #", "# stands for nothing"),
        ('tiktok ""', '"" stands for nothing'),
        ("tiktok -", "- stands for nothing"),
        ("lang:en", "lang:en cannot stand alone: put a word, a phrase, a #tag or from: beside it"),
        ("-tiktok", "-tiktok cannot stand alone: put a word, a phrase, a #tag or from: beside it"),
        ("has:links OR is:retweet", "has:links cannot stand alone: put a word, a phrase, a #tag or from: beside it"),
        ("tiktok OR lang:en", "lang:en cannot stand alone: put a word, a phrase, a #tag or from: beside it"),
        (
            "(tiktok OR lang:en) -is:retweet",
            "(tiktok OR lang:en) -is:retweet cannot stand alone: put a word, a phrase, a #tag or from: beside it",
        ),
    ],
)
def test_each_fault_is_told_in_words(query: str, fault: str) -> None:
    assert fault in check(query)


def test_all_faults_are_told_at_once() -> None:
    assert len(check("tiktok and (down OR min_faves:5) is:odd")) == 3


def test_a_rule_of_a_stream_may_be_longer() -> None:
    assert check("a" * 1024, longest=1024) == []
    assert check("a" * 1025, longest=1024) == ["the query is 1025 characters long, and X takes 1024"]


def test_a_space_binds_tighter_than_or() -> None:
    assert parse("apple OR iphone -ipad") == Either(
        (Term("apple"), All((Term("iphone"), Term("ipad", is_negated=True))))
    )
    assert parse('(apple OR "big phone") ipad') == All((Either((Term("apple"), Term('"big phone"'))), Term("ipad")))


@pytest.mark.parametrize(
    ("query", "text", "is_matched"),
    [
        ("cola", "I like coca-cola", True),
        ("down", "download", False),
        ('"tiktok down"', "TikTok: DOWN!", True),
        ('"tiktok down"', "down tiktok", False),
        ("#tiktok", "#tiktokdown", False),
        ("#tiktok", "#TikTok", True),
        ("cayo", "se cayó", True),
        ("snow day -school", "snow day", True),
        ("snow day -school", "snow day at school", False),
        ("apple OR iphone ipad", "apple", True),
        ("apple OR iphone ipad", "iphone", False),
        ("tiktok -is:retweet", "tiktok", True),
    ],
)
def test_the_matching_of_these_tests_is_that_of_x(query: str, text: str, *, is_matched: bool) -> None:
    assert matches(query, text) == is_matched


@given(st.text(alphabet='ab()"-# OR:~[]is', max_size=40))
def test_whatever_is_written_is_in_order_or_told(query: str) -> None:
    if not check(query):
        parse(query)


def test_deep_brackets_are_told_and_no_trouble() -> None:
    assert check("(" * 49 + "a" + ")" * 49) == []
    assert check("(" * 50 + "a" + ")" * 50) == ["brackets stand more than 49 deep in each other"]
    assert check("(a " * 5000 + ")" * 5000, longest=20_000) == ["brackets stand more than 49 deep in each other"]
