"""Features and learners against each other: `python -m benchmarks.learners [NAME ...]`.

Each variant learns from the corpus's training part and is measured on the themes held out, as they are and in a second
dress, which is how the card of the shipped model is measured. AP is that of the scores; F1 is that at the threshold
where it is best on the same themes, so it flatters all variants alike. Nothing else is different between them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from benchmarks.minilm import MiniLM
from benchmarks.twin import CORPUS
from tiktokwatch.classify import features
from tiktokwatch.classify.artifact import HEADS
from tiktokwatch.classify.augment import variants
from tiktokwatch.classify.corpus import Example, read_corpus
from tiktokwatch.classify.evaluate import average_precision
from tiktokwatch.classify.rules import Rules
from tiktokwatch.classify.train import best_threshold, design, learner, platt, truths, with_variants
from tiktokwatch.records import ASPECTS

SEED = 12
PLATFORMS = ("ios", "android", "web")
WORDS, PIECES, CONCEPTS = (features.WORDS,), (features.PIECES,), (features.CONCEPTS,)
ALL = (*WORDS, *PIECES, *CONCEPTS)

Matrix = Any
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variant:
    """What is learned from, and by what; without `groups` it is sentence embeddings."""

    name: str
    groups: tuple[int, ...] = ALL
    hits: bool = False
    dressed: bool = True
    make: Callable[[], Any] = learner


VARIANTS = (
    Variant("words", WORDS),
    Variant("letters", PIECES),
    Variant("words + letters", (*WORDS, *PIECES)),
    Variant("words + letters + concepts (shipped)"),
    Variant("the same + rule hits", hits=True),
    Variant("the same, one dress", dressed=False),
    Variant("the same, classes weighed", make=lambda: learner(class_weight="balanced")),
    Variant("the same, linear SVM", make=lambda: LinearSVC(C=0.5, random_state=SEED)),
    Variant("the same, complement NB", make=lambda: ComplementNB(alpha=0.3)),
    Variant("MiniLM embeddings, one dress", (), dressed=False, make=lambda: LogisticRegression(C=10, max_iter=1000)),
)


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Print F1/AP a label of the variants whose name holds one of NAMES, or of all."""
    examples = read_corpus(CORPUS)
    training = [example for example in examples if not example.held_out]
    held_out = [example for example in examples if example.held_out]
    shown = [*held_out, *variants(held_out, seed=SEED)]
    print(f"F1 / AP on {len(held_out)} posts in two dresses; trained on {len(training)} posts.\n")
    print(f"| features and learner | {' | '.join(HEADS)} | seconds |\n| --- |{' --- |' * (len(HEADS) + 1)}", flush=True)
    for variant in VARIANTS:
        if not names or any(name in variant.name for name in names):
            print(_row(variant, training, shown), flush=True)


def _row(variant: Variant, training: Sequence[Example], shown: Sequence[Example]) -> str:
    start = time.process_time()
    learned = with_variants(training) if variant.dressed else list(training)
    try:
        made, judged = (_matrix(variant, some) for some in (learned, shown))
    except ModuleNotFoundError as missing:
        return f"| {variant.name} | left out: {missing.name} is not installed |"
    cells = []
    for label in HEADS:
        known, asked = truths(learned, label), truths(shown, label)
        fitted = variant.make().fit(made[known.known], known.positive[known.known])
        cells.append(_measured(_scores(fitted, judged[asked.known]), asked.positive[asked.known]))
    return f"| {variant.name} | {' | '.join(cells)} | {time.process_time() - start:.0f} |"


def _matrix(variant: Variant, examples: Sequence[Example]) -> Matrix:
    if not variant.groups:
        return MiniLM().embed([example.text for example in examples])
    found = design(examples, groups=variant.groups)
    return hstack([found, _hits(examples)], format="csr") if variant.hits else found


def _hits(examples: Sequence[Example]) -> csr_matrix:
    """Return what the phrase rules find: the aspects, whether there is a place, the platforms, whether a version."""
    rules = Rules()
    rows = []
    for example in examples:
        found = rules.find(example.text)
        aspects = [float(aspect in found.aspects) for aspect in ASPECTS]
        platforms = [float(platform in found.platforms) for platform in PLATFORMS]
        rows.append([*aspects, float(bool(found.places)), *platforms, float(bool(found.versions))])
    return csr_matrix(np.array(rows))


def _scores(fitted: Any, matrix: Matrix) -> Floats:
    if hasattr(fitted, "decision_function"):
        return np.asarray(fitted.decision_function(matrix), dtype=np.float64)
    chances = fitted.predict_log_proba(matrix)
    return np.asarray(chances[:, 1] - chances[:, 0], dtype=np.float64)


def _measured(scores: Floats, truth: npt.NDArray[np.bool_]) -> str:
    slope, offset = platt(scores, truth)
    _, found = best_threshold(1.0 / (1.0 + np.exp(-(scores * slope + offset))), truth)
    return f"{found['f1']:.3f} / {average_precision(truth.tolist(), scores.tolist()):.3f}"


if __name__ == "__main__":
    main()
