"""The classifier: hashed n-grams through one matrix, phrase rules on what looks like a failure.

Sums are sums of whole numbers, so they do not depend on order or company: a text gets the same verdict alone and in
a batch, bit for bit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tiktokwatch.classify import artifact, features
from tiktokwatch.classify.fingerprint import fingerprint_of
from tiktokwatch.classify.normalise import tokens
from tiktokwatch.records import LABELS, Verdict

# A text and its tokens, of which there is one at least.
_Said: TypeAlias = tuple[str, list[str]]

if TYPE_CHECKING:
    from tiktokwatch.classify.rules import Rules

_BATCH = 512
_CERTAIN = 60.0
_RULED = frozenset({"complaint", "recovery"})
_SILENT = Verdict(complaint=0.0, meme=0.0, policy=0.0, recovery=0.0, about_tiktok=False)


class _Pieces:
    """What the letters inside each word add to the logits: summed once a word, and remembered up to a bound.

    `rows` has a row for each word: a column for each head, and in the last one how many features were summed.
    """

    def __init__(self, weights: npt.NDArray[np.int16]) -> None:
        self._weights = weights
        self._known: dict[str, int] = {}
        self._letters = 0
        self._rows = np.zeros((4096, weights.shape[1] + 1), dtype=np.int64)

    def sums(self, runs: Sequence[Collection[str]]) -> npt.NDArray[np.int64]:
        """Return the summed rows of each run of distinct words; no run is empty."""
        if self._letters > features.MOST_LETTERS:
            self._known.clear()
            self._letters = 0
        known = self._known
        unknown = {word for run in runs for word in run if word not in known}
        if unknown:
            self._learn(list(unknown))
        flat = list(map(known.__getitem__, chain.from_iterable(runs)))
        return _summed(self._rows[flat], list(map(len, runs)))

    def _learn(self, words: Sequence[str]) -> None:
        first, last = len(self._known), len(self._known) + len(words)
        self._known.update(zip(words, range(first, last), strict=True))
        self._letters += sum(map(len, words))
        if last > len(self._rows):
            more = np.zeros((last, self._rows.shape[1]), dtype=np.int64)
            self._rows = np.concatenate([self._rows, more])
        columns = [features.columns(features.PIECES, word) for word in words]
        sizes = list(map(len, columns))
        flat = list(chain.from_iterable(columns))
        totals = np.zeros((len(flat) + 1, self._weights.shape[1]), dtype=np.int64)
        np.cumsum(self._weights[flat], axis=0, dtype=np.int64, out=totals[1:])
        ends = np.cumsum(sizes)
        self._rows[first:last, :-1] = totals[ends] - totals[ends - sizes]
        self._rows[first:last, -1] = sizes


def _summed(rows: npt.NDArray[np.integer[Any]], sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return the sums of the first rows, of those after them, and so on; each size is at least one."""
    starts = np.cumsum([0, *sizes[:-1]])
    return np.add.reduceat(rows, starts, axis=0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature of a text added to the calibrated logit of each head, in the order of `artifact.HEADS`."""

    feature: str
    logits: tuple[float, ...]


class LinearClassifier:
    """Judges texts by a linear model, and names aspects and places where a failure or a recovery is told.

    Not for sharing between threads: it remembers what it has seen.
    """

    def __init__(self, model: artifact.Model) -> None:
        self._model = model
        self._hasher = features.Hasher()
        self._pieces = _Pieces(model.weights[features.PIECES])
        self._thresholds = model.thresholds.tolist()
        self._rules: Rules | None = None

    @property
    def thresholds(self) -> dict[str, float]:
        """Return the probability from which each label is given."""
        return artifact.thresholds(self._model)

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order."""
        verdicts: list[Verdict] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            parts = list(map(tokens, batch))
            said = [(text, some) for text, some in zip(batch, parts, strict=True) if some]
            judged = map(self._verdict, said, self._probabilities(said))
            verdicts.extend(next(judged) if some else _SILENT for some in parts)
        return verdicts

    def _probabilities(self, said: Sequence[_Said]) -> list[list[float]]:
        """Return the calibrated probabilities of `artifact.HEADS` for each text, given with its tokens."""
        if not said:
            return []
        model = self._model
        words, concepts = zip(*(self._hasher(text, parts) for text, parts in said), strict=True)
        pieces = self._pieces.sums([set(parts) for _, parts in said])
        sums = (self._gathered(features.WORDS, words), pieces[:, :-1], self._gathered(features.CONCEPTS, concepts))
        sizes = (list(map(len, words)), pieces[:, -1], list(map(len, concepts)))
        logits = np.broadcast_to(model.bias, (len(said), len(model.bias))).copy()
        for group in range(features.GROUPS):
            norms = np.sqrt(np.maximum(np.array(sizes[group], dtype=np.float64), 1.0))
            logits += sums[group] * model.scale[group] / norms[:, None]
        calibrated = np.clip(logits * model.slope + model.offset, -_CERTAIN, _CERTAIN)
        return [[1.0 / (1.0 + exp(-value)) for value in row] for row in calibrated.tolist()]

    def _gathered(self, group: int, checksums: Sequence[set[int]]) -> npt.NDArray[np.int64]:
        sizes = list(map(len, checksums))
        flat = np.fromiter(chain.from_iterable(checksums), dtype=np.int64, count=sum(sizes))
        return _summed(self._model.weights[group][flat & (features.COLUMNS - 1)], sizes)

    def contributions(self, text: str) -> list[Contribution]:
        """Return what each word, neighbourhood and concept added; the letters inside a word count for the word."""
        model = self._model
        added: dict[str, npt.NDArray[np.float64]] = {}
        for group, run in enumerate(features.keys(text, tokens(text))):
            columns = [features.columns(group, key) for key in run]
            norm = np.sqrt(max(sum(map(len, columns)), 1))
            for key, found in zip(run, columns, strict=True):
                total = model.weights[group, found].sum(axis=0, dtype=np.int64)
                name = f"[{features.named(key)}]" if group == features.CONCEPTS else features.named(key)
                row = total * model.scale[group] / norm * model.slope
                added[name] = added[name] + row if name in added else row
        return [Contribution(name, tuple(row.tolist())) for name, row in added.items()]

    @property
    def rules(self) -> Rules:
        """Return the phrase rules, made at the first use."""
        if self._rules is None:
            from tiktokwatch.classify.rules import Rules  # noqa: PLC0415  spaCy takes a second to import

            self._rules = Rules()
        return self._rules

    def _verdict(self, said: _Said, scores: Sequence[float]) -> Verdict:
        text, parts = said
        passed = [score >= threshold for score, threshold in zip(scores, self._thresholds, strict=True)]
        about = passed[-1]
        labels = tuple(
            label for label, given in zip(LABELS, passed, strict=False) if given and (about or label != "complaint")
        )
        complaint, meme, policy, recovery, _ = scores
        aspects: tuple[str, ...] = ()
        places: tuple[str, ...] = ()
        if not _RULED.isdisjoint(labels):
            rules = self.rules
            aspects, places = rules.aspects(parts), rules.places(text)
        return Verdict(
            complaint=complaint,
            meme=meme,
            policy=policy,
            recovery=recovery,
            about_tiktok=about,
            labels=labels,
            aspects=aspects,
            places=places,
            fingerprint=fingerprint_of(parts) if "complaint" in labels else (),
        )


def load(directory: Path | None = None) -> LinearClassifier:
    """Return the classifier kept in `directory`, by default the one that came with the package.

    Raises UserError for a model that is missing, damaged, altered or of another version.
    """
    return LinearClassifier(artifact.load(directory or artifact.default_dir()))
