"""From the corpus to the shipped weights, the same bytes every time.

The model that ships is trained on the whole corpus. Its thresholds, its calibration and the scores on its card come
from a twin trained without the held-out themes, and are measured on those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tiktokwatch.classify import artifact, features
from tiktokwatch.classify.augment import variants
from tiktokwatch.classify.corpus import Example, corpus_hash, read_corpus, read_examples
from tiktokwatch.classify.normalise import tokens

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # it comes without types
    from sklearn.linear_model import LogisticRegression

_STRENGTH = 8.0
_STEPS = 400
_TOLERANCE = 1e-3
# How much each group counts in the learner's eyes: words, pieces, concepts.
_GROUP_WEIGHTS = (1.5, 0.85, 0.7)
_SEED = 11
_SEED_HELD_OUT = 12
_LARGEST = 32767
_NEWTON_STEPS, _SMALL = 60, 1e-9

Floats = npt.NDArray[np.float64]


def train(corpus_dir: Path, out_dir: Path, *, extra: Path | None = None) -> dict[str, Any]:
    """Train on `corpus_dir`, and on the labelled posts of `extra`; write the model to `out_dir`; return its card.

    Raises UserError for a corpus that is missing or has a line that is no labelled post.
    """
    examples = read_corpus(corpus_dir)
    if extra is not None:
        examples += read_examples(extra)
    model, card = fit(examples)
    artifact.save(out_dir, model, card)
    return artifact.read_card(out_dir)


@dataclass(frozen=True, slots=True)
class Truth:
    """A label over many examples: where it holds, and where that is known at all."""

    positive: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Calibrated:
    slope: float
    offset: float
    threshold: float
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Head:
    """One logistic regression: a coefficient for each column of all groups side by side, and a bias."""

    coefficients: Floats
    bias: float

    def logits(self, matrix: csr_matrix) -> Floats:
        found: Floats = matrix @ self.coefficients + self.bias
        return found


def fit(examples: Sequence[Example]) -> tuple[artifact.Model, dict[str, Any]]:
    """Return the model of these examples and what its card says about them."""
    training = [example for example in examples if not example.held_out]
    held_out = [example for example in examples if example.held_out]
    shown = [*held_out, *variants(held_out, seed=_SEED_HELD_OUT)]
    twins, models = _heads(training), _heads(examples)
    matrix = design(shown)
    calibrated, found = [], {}
    for twin, label in zip(twins, artifact.HEADS, strict=True):
        truth, logits = truths(shown, label), twin.logits(matrix)
        balanced = label == "about_tiktok"
        one = _calibrate(logits[truth.known], truth.positive[truth.known], balanced=balanced)
        calibrated.append(one)
        found[label] = logits[: len(held_out)] * one.slope + one.offset >= np.log(one.threshold / (1 - one.threshold))
    model = _pack(models, calibrated)
    card = {
        "corpus_sha256": corpus_hash(examples),
        "posts": len(examples),
        "held_out_posts": len(held_out),
        "trained_on": "all posts; thresholds, calibration and scores come from a twin without the held-out themes",
        "validation": {label: one.scores for label, one in zip(artifact.HEADS, calibrated, strict=True)},
        "languages": _by_language(held_out, found),
    }
    return model, card


def twin(examples: Sequence[Example], *, like: artifact.Model) -> artifact.Model:
    """Return the model that never saw the held-out themes of these examples, calibrated as another model is."""
    rows = zip(like.slope.tolist(), like.offset.tolist(), like.thresholds.tolist(), strict=True)
    heads = _heads([example for example in examples if not example.held_out])
    return _pack(heads, [_Calibrated(slope, offset, threshold, {}) for slope, offset, threshold in rows])


def _by_language(examples: Sequence[Example], found: Mapping[str, npt.NDArray[np.bool_]]) -> dict[str, Any]:
    """Return the number of held-out posts of each language, and the F1 of each label that occurs among them."""
    table: dict[str, Any] = {}
    for lang in sorted({example.lang for example in examples}):
        of_lang = np.array([example.lang == lang for example in examples])
        table[lang] = {"posts": int(of_lang.sum())}
        for label, said in found.items():
            truth = truths(examples, label)
            here = of_lang & truth.known
            positive = truth.positive & here
            if positive.any():
                table[lang][label] = round(float(2 * (said & positive).sum() / (said[here].sum() + positive.sum())), 3)
    return table


def truths(examples: Sequence[Example], label: str) -> Truth:
    """Return which examples have the label, and of which it is known."""
    values = [example.labels[label] for example in examples]
    return Truth(
        positive=np.array([value is True for value in values]), known=np.array([value is not None for value in values])
    )


def with_variants(examples: Sequence[Example]) -> list[Example]:
    """Return what a model is trained on: the examples, then a variant of each."""
    return [*examples, *variants(examples, seed=_SEED)]


def _heads(examples: Sequence[Example]) -> list[_Head]:
    shown = with_variants(examples)
    matrix = design(shown)
    heads = []
    for label in artifact.HEADS:
        truth = truths(shown, label)
        heads.append(_fit_head(matrix[truth.known], truth.positive[truth.known]))
    return heads


def _calibrate(logits: Floats, positive: npt.NDArray[np.bool_], *, balanced: bool) -> _Calibrated:
    slope, offset = platt(logits, positive)
    chances = 1.0 / (1.0 + np.exp(-(logits * slope + offset)))
    threshold, scores = best_threshold(chances, positive, balanced=balanced)
    return _Calibrated(slope=slope, offset=offset, threshold=threshold, scores=scores)


def _pack(heads: Sequence[_Head], calibrated: Sequence[_Calibrated]) -> artifact.Model:
    weights = np.zeros((features.GROUPS, features.COLUMNS, len(heads)), dtype=np.int16)
    scale = np.zeros((features.GROUPS, len(heads)))
    for column, head in enumerate(heads):
        for group, part in enumerate(np.split(head.coefficients, features.GROUPS)):
            largest = max(float(np.abs(part).max()), 1e-12)
            weights[group, :, column] = np.rint(part / largest * _LARGEST).astype(np.int16)
            scale[group, column] = largest / _LARGEST * _GROUP_WEIGHTS[group]
    return artifact.Model(
        weights=weights,
        scale=scale,
        bias=np.array([head.bias for head in heads]),
        slope=np.array([one.slope for one in calibrated]),
        offset=np.array([one.offset for one in calibrated]),
        thresholds=np.array([one.threshold for one in calibrated]),
    )


def design(examples: Sequence[Example], *, groups: Sequence[int] = range(features.GROUPS)) -> csr_matrix:
    """Return the matrix of the groups side by side: counts of features, each group over the root of its total."""
    from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415  training only

    hasher = features.Hasher()
    runs = [_columns(hasher, example.text) for example in examples]
    blocks = []
    for group in groups:
        sizes = [len(run[group]) for run in runs]
        values = np.repeat([_GROUP_WEIGHTS[group] / np.sqrt(max(size, 1)) for size in sizes], sizes)
        columns = np.fromiter(chain.from_iterable(run[group] for run in runs), dtype=np.int32, count=sum(sizes))
        block = csr_matrix((values, columns, np.cumsum([0, *sizes])), shape=(len(examples), features.COLUMNS))
        block.sum_duplicates()
        blocks.append(block)
    return hstack(blocks, format="csr")


def _columns(hasher: features.Hasher, text: str) -> tuple[list[int], ...]:
    parts = tokens(text)
    words, concepts = ([checksum & (features.COLUMNS - 1) for checksum in found] for found in hasher(text, parts))
    pieces = [column for part in dict.fromkeys(parts) for column in features.columns(features.PIECES, part)]
    return words, pieces, concepts


def platt(logits: Floats, truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset of the logistic curve through logits and truths (Platt 1999, with his soft targets).

    Newton's method, damped by halving as in Lin, Lin and Weng 2007.
    """
    positives, negatives = int(truth.sum()), int((~truth).sum())
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    inputs = np.stack([logits, np.ones_like(logits)])

    def loss(pair: Floats) -> float:
        z = pair @ inputs
        return float(np.sum(np.logaddexp(0.0, z) - target * z))

    pair = np.array([1.0, 0.0])
    for _ in range(_NEWTON_STEPS):
        chances = 1.0 / (1.0 + np.exp(-(pair @ inputs)))
        gradient = inputs @ (chances - target)
        curvature = (inputs * chances * (1.0 - chances)) @ inputs.T + np.eye(2) * 1e-9
        step = np.linalg.solve(curvature, gradient)
        while loss(pair - step) > loss(pair) and np.abs(step).max() > _SMALL:
            step = step / 2
        pair = pair - step
        if np.abs(step).max() <= _SMALL:
            break
    return float(pair[0]), float(pair[1])


def learner(**changes: Any) -> LogisticRegression:
    """Return the learner of one label, untrained; its solver runs in plain loops, alike on every machine.

    `changes` are settings of scikit-learn's LogisticRegression in place of ours.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  training only

    settings = {"C": _STRENGTH, "max_iter": _STEPS, "tol": _TOLERANCE, "random_state": _SEED}
    return LogisticRegression(**{"solver": "liblinear", "dual": True, **settings, **changes})


def _fit_head(matrix: csr_matrix, truth: npt.NDArray[np.bool_]) -> _Head:
    """Return a logistic regression on the columns in use."""
    used = np.unique(matrix.indices)
    fitted = learner().fit(matrix[:, used], truth)
    coefficients = np.zeros(matrix.shape[1])
    coefficients[used] = fitted.coef_[0]
    return _Head(coefficients=coefficients, bias=float(fitted.intercept_[0]))


def best_threshold(
    chances: Floats, truth: npt.NDArray[np.bool_], *, balanced: bool = False
) -> tuple[float, dict[str, float]]:
    """Return the probability at which F1 is best, and precision, recall and F1 there.

    `balanced` takes the mean of the F1 of having and of not having the label.
    """
    order = np.argsort(-chances, kind="stable")
    count, positives = np.arange(1, len(truth) + 1), int(truth.sum())
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / np.maximum(count + positives, 1)
    rejected = np.maximum(2 * len(truth) - count - positives, 1)
    other_f1 = 2 * (len(truth) - positives - (count - hits)) / rejected
    best = int(np.argmax(f1 + other_f1 if balanced else f1))
    following = chances[order[best + 1]] if best + 1 < len(order) else 0.0
    threshold = round(float(min(max((chances[order[best]] + following) / 2, 0.01), 0.99)), 4)
    said = chances >= threshold
    precision = float((said & truth).sum() / max(said.sum(), 1))
    recall = float((said & truth).sum() / max(positives, 1))
    return threshold, {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(float(f1[best]), 4)}
