"""The classifier: hashed n-grams through one matrix, phrase rules on what looks like a failure.

Sums are sums of whole numbers, so they do not depend on order or company: a text gets the same verdict alone and in
a batch, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tiktokwatch.classify import artifact, features
from tiktokwatch.classify.fingerprint import fingerprint_of
from tiktokwatch.classify.normalise import tokens
from tiktokwatch.records import LABELS, Verdict

if TYPE_CHECKING:
    from tiktokwatch.classify.rules import Rules

_BATCH = 512
_MOST_KEYS = 200_000
_CERTAIN = 60.0
_RULED = frozenset({"complaint", "recovery"})
_SILENT = Verdict(complaint=0.0, meme=0.0, policy=0.0, recovery=0.0, about_tiktok=False)


class _Table:
    """What the keys of one group add to the logits, found by text and remembered, up to a bound.

    `rows` has a row for each key and a column for each head. Where a key is one feature, its row is that of the
    weights; the pieces of a word are summed once into a row of their own, and counted.
    """

    def __init__(self, weights: npt.NDArray[np.int16], group: int) -> None:
        self._weights = weights
        self._group = group
        self._is_summed = group == features.PIECES
        self._known: dict[features.Key, int] = {}
        self._rows = np.zeros((4096, weights.shape[1]), dtype=np.int64) if self._is_summed else weights
        self._counts: list[int] = []

    def sums(self, runs: Sequence[Sequence[features.Key]]) -> tuple[npt.NDArray[np.int64], list[int]]:
        """Return the summed rows of each run of keys, and how many features each run has."""
        if len(self._known) > _MOST_KEYS:
            self._known.clear()
            self._counts.clear()
        find = self._known.__getitem__
        flat: list[int] = []
        ends: list[int] = []
        for run in runs:
            try:
                flat += map(find, run)
            except KeyError:
                del flat[ends[-1] if ends else 0 :]
                flat += map(self._row, run)
            ends.append(len(flat))
        starts = [0, *ends[:-1]]
        if self._is_summed:
            counts = self._counts
            sizes = [sum(map(counts.__getitem__, flat[start:end])) for start, end in zip(starts, ends, strict=True)]
        else:
            sizes = [end - start for start, end in zip(starts, ends, strict=True)]
        total = np.zeros((len(flat) + 1, self._rows.shape[1]), dtype=np.int64)
        np.cumsum(self._rows[flat], axis=0, dtype=np.int64, out=total[1:])
        return total[ends] - total[starts], sizes

    def _row(self, key: features.Key) -> int:
        row = self._known.get(key)
        if row is None:
            columns = features.columns(self._group, key)
            row = self._known[key] = self._summed(columns) if self._is_summed else columns[0]
        return row

    def _summed(self, columns: list[int]) -> int:
        row = len(self._counts)
        self._counts.append(len(columns))
        if row >= len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[row] = self._weights[columns].sum(axis=0, dtype=np.int64)
        return row


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
        self._tables = [_Table(weights, group) for group, weights in enumerate(model.weights)]
        self._thresholds = model.thresholds.tolist()
        self._rules: Rules | None = None

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order."""
        verdicts: list[Verdict] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            parts = [tokens(text) for text in batch]
            scores = self._probabilities(batch, parts)
            verdicts.extend(map(self._verdict, batch, parts, scores))
        return verdicts

    def _probabilities(self, texts: Sequence[str], parts: Sequence[Sequence[str]]) -> list[list[float]]:
        """Return the calibrated probabilities of `artifact.HEADS` for each text."""
        model = self._model
        runs = list(map(features.keys, texts, parts))
        logits = np.broadcast_to(model.bias, (len(runs), len(model.bias))).copy()
        for group, table in enumerate(self._tables):
            sums, sizes = table.sums([run[group] for run in runs])
            norms = np.sqrt(np.maximum(np.array(sizes, dtype=np.float64), 1.0))
            logits += sums * model.scale[group] / norms[:, None]
        calibrated = np.clip(logits * model.slope + model.offset, -_CERTAIN, _CERTAIN)
        return [[1.0 / (1.0 + exp(-value)) for value in row] for row in calibrated.tolist()]

    def contributions(self, text: str) -> list[Contribution]:
        """Return what each word, neighbourhood and concept added; the letters inside a word count for the word."""
        model = self._model
        added: dict[str, npt.NDArray[np.float64]] = {}
        for group, (table, run) in enumerate(zip(self._tables, features.keys(text, tokens(text)), strict=True)):
            sums, sizes = table.sums([[key] for key in run])
            norm = np.sqrt(max(sum(sizes), 1))
            for key, row in zip(run, sums * model.scale[group] / norm * model.slope, strict=True):
                name = f"[{features.named(key)}]" if group == features.CONCEPTS else features.named(key)
                added[name] = added[name] + row if name in added else row
        return [Contribution(name, tuple(row.tolist())) for name, row in added.items()]

    @property
    def rules(self) -> Rules:
        """Return the phrase rules, made at the first use."""
        if self._rules is None:
            from tiktokwatch.classify.rules import Rules  # noqa: PLC0415  spaCy takes a second to import

            self._rules = Rules()
        return self._rules

    def _verdict(self, text: str, parts: Sequence[str], scores: Sequence[float]) -> Verdict:
        if not parts:
            return _SILENT
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
