import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktokwatch.report.printable import address, excerpt, printable

FORMAT_THAT_MAY_STAY = "\u200c\u200d"


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z", "C"])))
def test_nothing_that_moves_or_hides_is_left_of_any_text(text: str) -> None:
    shown = printable(text)
    assert not [c for c in shown if unicodedata.category(c)[0] == "C" and c not in FORMAT_THAT_MAY_STAY]
    assert "\n" not in shown
    assert printable(shown) == shown
    shown.encode()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;title\x1b\\after", "after"),
        ("\x9b31mred", "red"),
        ("safe \u202etxt.exe\u202c \u2066x\u2069", "safe txt.exe x"),
        ("a\u200bb\ufeffc\U000e0041", "abc"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("bell\x07 back\x08space nul\x00", "bell backspace nul"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001
        ("\ud83d broken", "broken"),
    ],
)
def test_escapes_and_direction_marks_go(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


def test_marks_do_not_pile_up() -> None:
    assert len(printable("e" + "\u0301" * 50)) == 4
    assert printable("ä" + "\u0301") == "ä\u0301"


def test_nobody_is_mentioned_and_nothing_is_linked() -> None:
    text = (
        "@everyone @here <@U123> <!channel> u/somebody /u/other mail me@example.com see https://evil.example/x www.a.b"
    )
    shown = excerpt(text, limit=500)
    assert "everyone" not in shown
    assert "here" not in shown.replace("there", "")
    assert not any(name in shown for name in ("U123", "channel", "somebody", "other", "example"))
    assert shown.count("(link)") == 2


def test_a_long_text_is_cut_between_words() -> None:
    shown = excerpt("tiktok is down " * 40, limit=60)
    assert len(shown) <= 60
    assert shown.endswith("…")
    assert shown.removesuffix("…").split()[-1] in {"tiktok", "is", "down"}
    assert len(excerpt("x" * 400, limit=60)) == 60


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https://user:secret@evil.example/",
        "https://[broken/",
        "",
    ],
)
def test_only_addresses_of_the_web_are_linked(url: str) -> None:
    assert address(url) == ""


def test_an_address_cannot_end_the_link_that_holds_it() -> None:
    hostile = address('https://reddit.com/r/a/"><script>alert(1)</script>)](x) \x1b[2J\u202e\n')
    assert hostile.startswith("https://reddit.com/r/a/")
    assert not set(hostile) & set("\"<>'()[] \n\x1b\u202e")


def test_posts_of_x_are_addressed_without_their_author() -> None:
    assert address("https://twitter.com/some_body/status/123?s=20") == "https://x.com/i/status/123"
    assert address("https://x.com/some_body/status/123") == "https://x.com/i/status/123"
    reddit = "https://www.reddit.com/r/TikTok/comments/1abc/is_it_down/"
    assert address(reddit) == reddit
