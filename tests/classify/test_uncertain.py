from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from tiktokwatch.classify.corpus import Example, _example
from tiktokwatch.classify.uncertain import Candidate, example_row, most_uncertain, nameless
from tiktokwatch.records import Kind, Post, Verdict

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONG = "my grandmother cannot open the application since breakfast and her carrier says everything is fine"


class Scored:
    """Reads the score of a complaint off the first word of a text, or its last."""

    thresholds = {"complaint": 0.4}  # noqa: RUF012 - nobody changes it

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return [Verdict(float(text.split()[-1]), 0.0, 0.0, 0.0, about_tiktok=True) for text in texts]


def post(text: str, kind: Kind = "post") -> Post:
    return Post(id=f"x:{text}", source="x", at=AT, author="a", text=text, lang="en", kind=kind)


def found(*texts: str, known: Sequence[str] = (), limit: int = 9) -> list[str]:
    batches = [[post(text)] for text in texts]
    return [one.text for one in most_uncertain(batches, Scored(), label="complaint", known=known, limit=limit)]


def test_what_lies_nearest_to_the_threshold_comes_first() -> None:
    assert found("sure 0.99", "no 0.01", "maybe 0.45", "hm 0.4", "nah 0.3") == [
        "hm 0.4",
        "maybe 0.45",
        "nah 0.3",
        "no 0.01",
        "sure 0.99",
    ]
    assert found("sure 0.99", "hm 0.4", "maybe 0.45", limit=1) == ["hm 0.4"]


def test_certain_scores_are_finite() -> None:
    assert found("a 0.0", "b 1.0", "c 0.5")[0] == "c 0.5"


def test_copies_and_near_copies_and_what_is_known_come_once() -> None:
    assert found("Hm 0.4", "hm   0.4", "@me hm 0.4", "@you hm 0.4") == ["@user hm 0.4", "Hm 0.4"]
    assert found(f"{LONG} 0.4", f"{LONG.replace('fine', 'splendid')} 0.41") == [f"{LONG} 0.4"]
    assert found(f"{LONG} 0.4", known=[f"{LONG} indeed"]) == []
    assert found("hm 0.4", known=["HM 7.7"]) == []


def test_only_own_words_that_are_there() -> None:
    posts = [
        post("hm 0.4", "repost"),
        post("official 0.4", "official"),
        post(" "),
        post("..."),
        post("mine 0.4", "reply"),
    ]
    (one,) = most_uncertain([posts], Scored(), label="complaint", known=(), limit=9)
    assert (one.text, one.lang, one.source) == ("mine 0.4", "en", "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@some.one look at https://x.com/some/1 and www.a.b", "@user look at https://link and https://link"),
        ("by u/some-body, u/x", "by u/user, u/user"),
        ("@_a_ @b! mail me@here", "@user @user! mail me@user"),
        ("plain, as it is\nhere", "plain, as it is\nhere"),
    ],
)
def test_names_and_links_are_taken_out(text: str, expected: str) -> None:
    assert nameless(text) == expected
    assert nameless(expected) == expected


def test_a_row_is_an_example_of_the_corpus() -> None:
    candidate = Candidate("mine wont load", "en", "x", Verdict(0.4, 0.0, 0.0, 0.0, about_tiktok=True), 0.0)
    row = example_row(candidate, labels={"meme", "complaint"}, about_tiktok=True)
    assert list(row) == ["text", "lang", "labels", "about_tiktok", "aspects", "note"]
    example = _example(row, 1)
    assert isinstance(example, Example)
    assert example.labels == {"complaint": True, "meme": True, "policy": False, "recovery": False, "about_tiktok": True}
    assert example.theme.startswith("own ")


def test_one_in_five_of_ones_own_is_held_out() -> None:
    silent = Verdict(0.0, 0.0, 0.0, 0.0, about_tiktok=True)
    rows = [
        example_row(Candidate(f"{one} text", "", "", silent, 0.0), labels=(), about_tiktok=True)
        for one in map(chr, range(0x4E00, 0x4E00 + 500))
    ]
    share = sum(_example(row, 1).held_out for row in rows) / len(rows)
    assert 0.1 < share < 0.3
