from __future__ import annotations

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from tiktokwatch.classify import features
from tiktokwatch.classify.artifact import default_dir
from tiktokwatch.classify.concepts import lexicon
from tiktokwatch.classify.corpus import read_corpus
from tiktokwatch.classify.normalise import tokens


def keys(text: str) -> features.Keys:
    return features.keys(text, tokens(text))


def test_words_their_neighbours_and_the_shape() -> None:
    words, pieces, _ = keys("TIKTOK IS DOWN!")
    assert {"tiktok", ("tiktok", "is"), ("tiktok", "is", "down"), "⟨shout⟩", "⟨stop⟩", ("⟨last⟩", "!")} <= set(words)
    assert pieces == ["tiktok", "is", "down", "!"]


def test_a_repeated_word_counts_once() -> None:
    words, pieces, _ = keys("down down down")
    assert len(words) == len(set(words))
    assert pieces == ["down"]


def test_languages_meet_in_concepts() -> None:
    english, indonesian = keys("i cant open")[2], keys("aku ga bisa")[2]
    assert ("ME", "NOT", "WORK") in english
    assert english == indonesian


def test_columns_are_checksums_and_differ_between_groups() -> None:
    expected = crc32(b"tiktok is", features.WORDS) & (features.COLUMNS - 1)
    assert features.columns(features.WORDS, ("tiktok", "is")) == [expected]
    assert features.columns(features.WORDS, "down") != features.columns(features.CONCEPTS, "down")
    assert len(features.columns(features.PIECES, "down")) == 5 + 4 + 3 + 2


def test_a_mark_has_no_pieces_and_a_monster_few() -> None:
    assert features.pieces("⟨url⟩") == []
    assert len(features.pieces("x" * 10_000)) < 100


def test_an_empty_text_has_no_keys() -> None:
    assert keys(" .\n") == ([], [], [])


def test_every_word_of_the_lexicon_can_be_met() -> None:
    unmet = [word for word in lexicon() if normal(word) != word]
    assert unmet == []


def normal(word: str) -> str:
    return " ".join(tokens(word))


def checksums(text: str) -> tuple[set[int], set[int]]:
    words, _, concepts = keys(text)
    named = ((features.WORDS, words), (features.CONCEPTS, concepts))
    one, other = ({crc32(features.named(key).encode(), group) for key in found} for group, found in named)
    return one, other


def test_the_quick_way_finds_what_is_named_in_every_text_of_the_corpus() -> None:
    hasher = features.Hasher()
    for example in read_corpus(default_dir() / "corpus"):
        found = hasher(example.text, tokens(example.text))
        assert found == checksums(example.text), example.text
        # No two features of a text may have one checksum, or they would count once.
        words, _, concepts = keys(example.text)
        assert list(map(len, found)) == [len(words), len(concepts)]


@given(st.text(st.characters(), max_size=200))
def test_the_quick_way_finds_what_is_named_in_any_text(text: str) -> None:
    assert features.Hasher()(text, tokens(text)) == checksums(text)


def test_what_is_remembered_of_words_is_bounded() -> None:
    hasher = features.Hasher()
    for number in range(0, 4000, 2):
        hasher("", [f"{number}" + "x" * 2000, f"{number + 1}" + "y" * 2000])
    assert sum(map(len, hasher._words)) <= features.MOST_LETTERS + 2100
    assert hasher("", ["down"]) == features.Hasher()("", ["down"])
