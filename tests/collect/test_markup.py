from __future__ import annotations

import pytest

from tiktokwatch.collect.markup import plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("one<p>two<p>three", "one\n\ntwo\n\nthree"),
        ("<p>one</p><p>two<br>more<br/>still</p>", "one\n\ntwo\nmore\nstill"),
        ("it&#x27;s &lt;b&gt; &amp;amp; &quot;so&quot;", 'it\'s <b> &amp; "so"'),
        ('see <a href="https:&#x2F;&#x2F;x.example" rel="nofollow">x.example</a> now', "see x.example now"),
        ('<span class="invisible">https://</span><span>x.example</span>', "https://x.example"),
        ("a <i>really</i>\n  <b>bad</b>\tday", "a really\nbad day"),
        ("<pre><code>1 < 2\n</code></pre>", "1 < 2"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("1 <2 and 3> 4, a<b", "1 <2 and 3> 4, a<b"),
        ("<P>LOUD</P><BR>", "LOUD"),
        ("", ""),
        (None, ""),
        (5, ""),
        (["<p>"], ""),
    ],
)
def test_text_out_of_html(html: object, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize("piece", ["<", "<p", "<!--", "<a href='", "&", "&#", "<p>", " ", "\n ", "</"])
def test_hostile_html_is_read_once(piece: str) -> None:
    html = piece * (100_000 // len(piece))

    assert len(plain(html)) <= len(html)


def test_what_is_longer_than_any_post_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than any post"):
        plain("x" * 100_001)


def test_half_an_emoji_can_be_written_anywhere() -> None:
    assert plain("tiktok \ud83d") == "tiktok \ufffd"
