"""How good a classifier is on labelled posts, as records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tiktokwatch.classify.corpus import Example
from tiktokwatch.protocols import Classifier
from tiktokwatch.records import ASPECTS, LABELS, Verdict

_BINS = 10
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of one label at the model's own threshold, and the average precision of its scores.

    `average_precision` is None where there is no score to rank by, as for aspects.
    """

    name: str
    posts: int
    positives: int
    precision: float
    recall: float
    f1: float
    average_precision: float | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """The posts whose probability lay in one tenth: how many, what was promised on average, what came true."""

    low: float
    high: float
    posts: int
    promised: float
    observed: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """A post whose label is wrong, with the probability that led there."""

    id: str
    text: str
    label: str
    expected: bool
    probability: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured; `elsewhere` are posts about something else, `elsewhere_called` those called complaint."""

    posts: int
    labels: tuple[Score, ...]
    languages: Mapping[str, tuple[Score, ...]]
    aspects: tuple[Score, ...]
    calibration: Mapping[str, tuple[Bin, ...]]
    confusions: tuple[Confusion, ...]
    elsewhere: int
    elsewhere_called: int


def evaluate(classifier: Classifier, examples: Sequence[Example]) -> Report:
    """Judge the examples and hold the verdicts against their labels; a label that is left open does not count."""
    pairs = list(zip(examples, classifier.classify([example.text for example in examples]), strict=True))
    by_language: dict[str, list[tuple[Example, Verdict]]] = defaultdict(list)
    for example, verdict in pairs:
        by_language[example.lang or "unknown"].append((example, verdict))
    elsewhere = [verdict for example, verdict in pairs if example.labels["about_tiktok"] is False]
    return Report(
        posts=len(pairs),
        labels=(*(_label_score(pairs, label) for label in LABELS), _about_score(pairs)),
        languages={
            lang: tuple(_label_score(some, label) for label in LABELS) for lang, some in sorted(by_language.items())
        },
        aspects=_aspect_scores(pairs),
        calibration={label: _bins(pairs, label) for label in LABELS},
        confusions=tuple(confusion for label in LABELS for confusion in _confusions(pairs, label)),
        elsewhere=len(elsewhere),
        elsewhere_called=sum("complaint" in verdict.labels for verdict in elsewhere),
    )


def average_precision(truth: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the mean precision at each positive, from the highest score down; 0 without positives."""
    ranked = sorted(zip(scores, truth, strict=True), key=lambda pair: -pair[0])
    hits, total = 0, 0.0
    for rank, (_, positive) in enumerate(ranked, start=1):
        if positive:
            hits += 1
            total += hits / rank
    return total / max(hits, 1)


def _label_score(pairs: Iterable[tuple[Example, Verdict]], label: str) -> Score:
    known = [(example, verdict) for example, verdict in pairs if example.labels[label] is not None]
    truth = [example.labels[label] is True for example, _ in known]
    ranked = average_precision(truth, [_probability(verdict, label) for _, verdict in known])
    return _score(label, truth, [label in verdict.labels for _, verdict in known], ranked)


def _about_score(pairs: Iterable[tuple[Example, Verdict]]) -> Score:
    known = [(example, verdict) for example, verdict in pairs if example.labels["about_tiktok"] is not None]
    truth = [example.labels["about_tiktok"] is True for example, _ in known]
    return _score("about_tiktok", truth, [verdict.about_tiktok for _, verdict in known], None)


def _aspect_scores(pairs: Iterable[tuple[Example, Verdict]]) -> tuple[Score, ...]:
    """Score the aspects where they are labelled and the post was seen as a complaint, so that the rules had a say."""
    known = [(example, verdict) for example, verdict in pairs if example.aspects and "complaint" in verdict.labels]

    def scored(aspect: str) -> Score:
        truth = [aspect in example.aspects for example, _ in known]
        return _score(aspect, truth, [aspect in verdict.aspects for _, verdict in known], None)

    return tuple(scored(aspect) for aspect in ASPECTS) if known else ()


def _score(name: str, truth: Sequence[bool], said: Sequence[bool], ranked: float | None) -> Score:
    hits = sum(one and other for one, other in zip(truth, said, strict=True))
    precision, recall = hits / max(sum(said), 1), hits / max(sum(truth), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return Score(name, len(truth), sum(truth), precision, recall, f1, ranked)


def _bins(pairs: Iterable[tuple[Example, Verdict]], label: str) -> tuple[Bin, ...]:
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for example, verdict in pairs:
        if example.labels[label] is not None:
            probability = _probability(verdict, label)
            tenths[min(int(probability * _BINS), _BINS - 1)].append((probability, example.labels[label] is True))
    return tuple(
        Bin(
            low=tenth / _BINS,
            high=(tenth + 1) / _BINS,
            posts=len(found),
            promised=fmean(probability for probability, _ in found),
            observed=fmean(positive for _, positive in found),
        )
        for tenth, found in sorted(tenths.items())
    )


def _confusions(pairs: Iterable[tuple[Example, Verdict]], label: str) -> list[Confusion]:
    """Return the worst mistakes of both kinds: what was least expected to be one."""
    wrong = [
        Confusion(example.id, example.text, label, expected, _probability(verdict, label))
        for example, verdict in pairs
        if (expected := example.labels[label]) is not None and expected is not (label in verdict.labels)
    ]
    missed = sorted((one for one in wrong if one.expected), key=lambda one: one.probability)
    invented = sorted((one for one in wrong if not one.expected), key=lambda one: -one.probability)
    return [*missed[:_SHOWN], *invented[:_SHOWN]]


def _probability(verdict: Verdict, label: str) -> float:
    value: float = getattr(verdict, label)
    return value
