from __future__ import annotations

import subprocess
import sys
from math import isfinite, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktokwatch.classify import features
from tiktokwatch.classify.linear import LinearClassifier, load
from tiktokwatch.records import ASPECTS, LABELS, Verdict

ODD = [
    "",
    " \n\t",
    "\x00\x1b[31m\x07",
    "\ud83d lone \udc00",
    "\u202eright to left",
    "😭" * 300,
    "\u0627" * 5000,
    "tiktok " * 14_000,
    "a" * 100_000,
    "\u0300" * 2000,
    "ﷺ" * 2000,
    "&#x110000; &bogus; &amp" * 200,
]
SAID = [
    "is tiktok down for anyone else or is it just me",
    "tiktok won't load, black screen since this morning 😭",
    "TikTok ban: Supreme Court will hear arguments on Friday",
    "tiktok is back!! mine works again",
    "me running to twitter to check if tiktok is down lmao",
    "@user my parcel never arrived and your driver was rude",
]


@pytest.fixture(scope="module")
def classifier() -> LinearClassifier:
    return load()


def sound(verdict: Verdict) -> bool:
    scores = [getattr(verdict, label) for label in LABELS]
    return all(isfinite(score) and 0.0 <= score <= 1.0 for score in scores) and set(verdict.labels) <= set(LABELS)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_get_a_finite_verdict_twice_the_same(classifier: LinearClassifier, text: str) -> None:
    [one], [other] = classifier.classify([text]), load().classify([text])
    assert sound(one)
    assert one == other


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=200), max_size=8))
def test_alone_or_in_company_the_verdict_is_the_same(classifier: LinearClassifier, texts: list[str]) -> None:
    texts = [*texts, *SAID[:2]]
    assert classifier.classify(texts) == [load_once().classify([text])[0] for text in texts]


def test_order_and_batches_do_not_matter(classifier: LinearClassifier) -> None:
    texts = [f"{text} {number}{'x' * (number % 7)}" for number in range(300) for text in SAID]
    forward = classifier.classify(texts)
    backward = load().classify(texts[::-1])[::-1]
    assert forward == backward


def test_nothing_said_is_nothing_judged(classifier: LinearClassifier) -> None:
    assert classifier.classify([" ... "]) == [Verdict(0.0, 0.0, 0.0, 0.0, about_tiktok=False)]
    assert classifier.classify([]) == []


def test_plain_cases(classifier: LinearClassifier) -> None:
    complaint, black, policy, recovery, meme, parcel = classifier.classify(SAID)
    assert "complaint" in complaint.labels
    assert "complaint" in black.labels
    assert "policy" in policy.labels
    assert "complaint" not in policy.labels
    assert "recovery" in recovery.labels
    assert "meme" in meme.labels
    assert parcel.labels == ()
    assert not parcel.about_tiktok


def test_a_complaint_is_about_tiktok_and_names_an_aspect(classifier: LinearClassifier) -> None:
    for verdict in classifier.classify([*SAID, *ODD]):
        if "complaint" in verdict.labels:
            assert verdict.about_tiktok
            assert verdict.aspects
            assert set(verdict.aspects) <= set(ASPECTS)


def test_contributions_and_bias_make_the_score(classifier: LinearClassifier) -> None:
    model = classifier._model
    for text in SAID:
        [verdict] = classifier.classify([text])
        total = sum(one.logits[0] for one in classifier.contributions(text))
        start = model.bias[0] * model.slope[0] + model.offset[0]
        assert total + start == pytest.approx(log(verdict.complaint / (1 - verdict.complaint)))


def test_a_flood_of_strange_words_is_forgotten_and_changes_no_verdict() -> None:
    flooded = load()
    for number in range(0, 2400, 400):
        flooded.classify(["".join(map(chr, range(0x5D0, 0x5EA))) * 70 + f"a{n}" for n in range(number, number + 400)])
        letters = sum(map(len, flooded._pieces._known))
        assert letters <= features.MOST_LETTERS + 400 * 2100
    assert flooded.classify(SAID) == load_once().classify(SAID)


def test_scores_alone_import_neither_scikit_learn_nor_spacy() -> None:
    script = (
        "import sys; from tiktokwatch.classify.linear import load\n"
        "[verdict] = load().classify(['@user my parcel never arrived and your driver was rude'])\n"
        "assert not verdict.labels\n"
        "assert not {'sklearn', 'spacy', 'scipy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def load_once(kept: list[LinearClassifier] = []) -> LinearClassifier:  # noqa: B006 - one for the module
    if not kept:
        kept.append(load())
    return kept[0]
