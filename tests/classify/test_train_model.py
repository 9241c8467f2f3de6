from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tiktokwatch.classify import artifact
from tiktokwatch.classify.augment import variants
from tiktokwatch.classify.corpus import corpus_hash, read_corpus, read_examples
from tiktokwatch.classify.linear import load
from tiktokwatch.classify.train import best_threshold, platt, train
from tiktokwatch.errors import UserError

CORPUS = artifact.default_dir() / "corpus"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a corpus of every fourth theme of the shipped one."""
    directory = tmp_path_factory.mktemp("corpus")
    for path in sorted(CORPUS.glob("en-*.jsonl")):
        lines = path.read_text(encoding="utf-8").split("\n")
        kept = [line for line in lines if line and len(json.loads(line)["note"]) % 4 == 0]
        (directory / path.name).write_text("\n".join(kept), encoding="utf-8")
    return directory


def test_training_twice_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train(small, tmp_path / name)
    for name in (artifact.CARD, artifact.WEIGHTS):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    [verdict] = load(tmp_path / "one").classify(["tiktok not working, keeps crashing since this morning"])
    assert "complaint" in verdict.labels


def test_posts_of_your_own_are_learnt(small: Path, tmp_path: Path) -> None:
    text = "the zorgblatt is gronked on tiktok"
    row = {"text": text, "lang": "en", "labels": ["complaint"], "about_tiktok": True, "note": "own"}
    extra = tmp_path / "extra.jsonl"
    extra.write_text("\n".join(json.dumps(row | {"text": f"{text} {n}"}) for n in range(20)), encoding="utf-8")
    plain, taught = train(small, tmp_path / "plain"), train(small, tmp_path / "taught", extra=extra)
    assert taught["posts"] == plain["posts"] + 20
    [before], [after] = load(tmp_path / "plain").classify([text]), load(tmp_path / "taught").classify([text])
    assert after.complaint > before.complaint
    assert after.complaint > 0.5


def test_the_shipped_card_is_of_the_shipped_corpus() -> None:
    card = artifact.read_card(artifact.default_dir())
    assert card["corpus_sha256"] == corpus_hash(read_corpus(CORPUS))


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "3"),
        ("[]", "3"),
        ('{"text": "x", "labels": []}', "about_tiktok"),
        ('{"text": "x", "labels": ["compliant"], "about_tiktok": true}', "compliant"),
        ('{"text": 3, "labels": [], "about_tiktok": true}', "text"),
    ],
)
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: str, named: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "x", "labels": [], "about_tiktok": true}\n\n' + line, encoding="utf-8")
    with pytest.raises(UserError, match=named) as refusal:
        read_examples(path)
    assert f"{path}:3" in str(refusal.value)


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no corpus"):
        train(tmp_path, tmp_path / "out")


def test_labels_left_open_are_none(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    row = {"text": "x", "complaint": None, "meme": True, "policy": False, "recovery": False, "about_tiktok": None}
    path.write_text(json.dumps(row), encoding="utf-8")
    [example] = read_examples(path)
    assert example.labels == {"complaint": None, "meme": True, "policy": False, "recovery": False, "about_tiktok": None}


def test_variants_keep_labels_and_come_out_the_same() -> None:
    examples = read_corpus(CORPUS)[:200]
    one, two = variants(examples, seed=1), variants(examples, seed=1)
    assert one == two
    assert [made.labels for made in one] == [example.labels for example in examples]
    assert sum(made.text != example.text for made, example in zip(one, examples, strict=True)) > 100


def test_platt_finds_the_curve_that_made_the_truth() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 3, 20_000)
    truth = rng.random(20_000) < 1 / (1 + np.exp(-(0.7 * logits - 1.0)))
    slope, offset = platt(logits, truth)
    assert slope == pytest.approx(0.7, abs=0.05)
    assert offset == pytest.approx(-1.0, abs=0.1)


def test_the_best_threshold_parts_what_can_be_parted() -> None:
    threshold, scores = best_threshold(np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, True, False, False]))
    assert 0.2 < threshold < 0.8
    assert scores == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_the_corpus_is_broad_and_without_repetition() -> None:
    examples = read_corpus(CORPUS)
    assert len(examples) >= 6000
    languages = Counter(example.lang for example in examples)
    assert set(languages) == {"en", "es", "pt", "id", "fr", "de", "tr", "ar", "ja", "vi", "ru", "hi"}
    assert min(languages.values()) >= 250
    for label in ("complaint", "meme", "policy", "recovery"):
        assert sum(example.labels[label] is True for example in examples) >= 500
    assert sum(example.labels["about_tiktok"] is False for example in examples) >= 500
    assert not any(example.labels["complaint"] and not example.labels["about_tiktok"] for example in examples)
    texts = Counter("".join(filter(str.isalnum, example.text.casefold())) or example.text for example in examples)
    assert [text for text, count in texts.items() if count > 1] == []
    assert all(example.theme for example in examples)
    held_out = sum(example.held_out for example in examples) / len(examples)
    assert 0.1 < held_out < 0.3
