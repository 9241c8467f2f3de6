from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktokwatch.classify.artifact import default_dir
from tiktokwatch.classify.corpus import read_corpus
from tiktokwatch.classify.fingerprint import fingerprint

LETTER = (
    "My grandmother cannot open the application since breakfast and her carrier says everything is fine with the line"
)
STEMS = ["bramon", "cletas", "driver", "floval", "grunel", "plosim"]
WORDS = [stem + end for stem in STEMS for end in ("del", "kin", "pop", "rus", "tem", "vax")]


def shared(one: str, other: str) -> bool:
    return not set(fingerprint(one)).isdisjoint(fingerprint(other))


@pytest.mark.parametrize(
    "copy",
    [
        LETTER.upper(),
        LETTER + " https://t.co/abc",
        "@you @me " + LETTER + " 😭😭 #tiktok",
        LETTER.replace("grandmother", "neighbour"),
        LETTER.replace("breakfast", "yesterday").replace("fine", "splendid"),
        LETTER.replace("since", "since about 20"),
        LETTER + " honestly",
    ],
)
def test_near_copies_share_a_hash(copy: str) -> None:
    assert shared(LETTER, copy)


def test_other_texts_do_not() -> None:
    assert not shared(LETTER, "The application of my grandmother's carrier says good morning every single day at nine")


@pytest.mark.parametrize(
    "text", ["", "is tiktok down?", "is tiktok down for anyone else or is it just me who has no videos", "😭 " * 40]
)
def test_what_many_people_write_of_their_own_accord_has_none(text: str) -> None:
    assert fingerprint(text) == ()


@given(st.lists(st.sampled_from(WORDS), min_size=9, max_size=30, unique=True), st.data())
def test_one_or_two_changed_words_never_hide_a_copy(words: list[str], data: st.DataObject) -> None:
    changed = list(words)
    for _ in range(2):
        at = data.draw(st.integers(0, len(words) - 1))
        changed[at] = data.draw(st.sampled_from(["quixotic", "zephyrous", "marvellous"]))
    assert shared(" ".join(words), " ".join(changed))


@given(st.text(max_size=400))
def test_any_text_has_hashes_that_sqlite_can_hold(text: str) -> None:
    found = fingerprint(text)
    assert len(found) <= 45
    assert all(0 <= value < 2**63 for value in found)
    assert found == tuple(sorted(set(found)))


def test_posts_of_different_people_hardly_ever_meet() -> None:
    complaints = [one.text for one in read_corpus(default_dir() / "corpus") if one.labels["complaint"]]
    rng = random.Random(4)
    found = [fingerprint(text) for text in rng.sample(complaints, 1500)]
    owners: dict[int, int] = {}
    meetings = {(owners.setdefault(value, at), at) for at, values in enumerate(found) for value in values}
    assert sum(one != other for one, other in meetings) <= 3


def test_every_process_finds_the_same() -> None:
    script = f"from tiktokwatch.classify.fingerprint import fingerprint; print(fingerprint({LETTER!r}))"
    out = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert out.strip() == str(fingerprint(LETTER))
