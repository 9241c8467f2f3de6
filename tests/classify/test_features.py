from __future__ import annotations

from zlib import crc32

from tiktokwatch.classify import features
from tiktokwatch.classify.concepts import lexicon
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
