from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiktokwatch.classify.normalise import _PART, _PLAIN_PART, MAX_CHARS, legible, normalise, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Is TIK TOK down??!", "is tiktok down ? !"),
        ("tik-tok, Tictok and ticktock's", "tiktok tiktok and tiktoks"),
        ("#tiktokdown RIPTIKTOK tiktoker tiktoks", "# tiktok down rip tiktok tiktoker tiktoks"),
        ("it\u2019s can`t don't", "its cant dont"),
        ("whyyyyy nooooo", "why no"),
        ("0 views, 12 likes, error 502, v32.5", "0 views ⟨n⟩ likes error 502 v⟨n⟩ ⟨n⟩"),
        ("@someone look https://t.co/aB3 www.x.org/y", "⟨user⟩ look ⟨url⟩ ⟨url⟩"),
        ("hahahah jajaja kkkkk wkwkwk хахаха ههههه", "⟨haha⟩ ⟨haha⟩ ⟨haha⟩ ⟨haha⟩ ⟨haha⟩ ⟨haha⟩"),  # noqa: RUF001 - laughter
        ("😭😭😭 👍🏽", "😭 👍 🏽"),
        ("down &amp; out &lt;3", "down & out < ⟨n⟩"),
        ("fu\u200bll\u202e wi\u0000dth ＦＵＬＬ", "full width full"),  # noqa: RUF001 - the point
        ("\ud83d\ude00 \ud83d", "😀"),
        ("落ちてる", "落 ち て る"),
        ("नहीं चल रहा", "नहीं चल रहा"),
        ("⟨url⟩ is not a link", "url is not a link"),
        ("", ""),
        ("... ,,, ", ""),
    ],
)
def test_one_spelling(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text(st.characters(), max_size=300))
def test_any_text_has_tokens_without_spaces_or_capitals(text: str) -> None:
    for token in tokens(text):
        assert token
        assert token.split() == [token]
        assert token.encode("utf-8")


def test_only_the_beginning_counts() -> None:
    assert normalise("a" + "b " * MAX_CHARS * 50) == normalise("a" + "b " * MAX_CHARS)


@given(st.text(st.characters(max_codepoint=127), max_size=300))
@example("see www.a.b/c_d https://x.y/z @me_2 v32.5 3:15 don't 'tis a'b'' __x_ #tag $9,99!?")
def test_plain_text_is_parted_as_any_other(text: str) -> None:
    shown = legible(text).casefold()
    assert _PLAIN_PART.findall(shown) == _PART.findall(shown)
