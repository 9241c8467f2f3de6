from __future__ import annotations

from collections.abc import Sequence

import pytest

from tiktokwatch.classify.corpus import Example
from tiktokwatch.classify.evaluate import average_precision, evaluate
from tiktokwatch.records import Verdict


class Oracle:
    """Says what its table says."""

    def __init__(self, table: dict[str, Verdict]) -> None:
        self.table = table

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return [self.table[text] for text in texts]


def example(text: str, *, complaint: bool | None, lang: str = "en", about: bool = True) -> Example:
    labels = {"complaint": complaint, "meme": False, "policy": False, "recovery": False, "about_tiktok": about}
    return Example(text=text, lang=lang, labels=labels, aspects=("login",) if complaint else (), id=text)


def said(complaint: float, *aspects: str) -> Verdict:
    labels = ("complaint",) if complaint > 0.5 else ()
    return Verdict(complaint, 0.0, 0.0, 0.0, about_tiktok=True, labels=labels, aspects=aspects)


def test_the_figures() -> None:
    examples = [
        example("hit", complaint=True),
        example("missed", complaint=True, lang="id"),
        example("invented", complaint=False, about=False),
        example("right", complaint=False),
        example("open", complaint=None),
    ]
    figures = {"hit": (0.9, "login"), "missed": (0.3,), "invented": (0.8, "app"), "right": (0.1,), "open": (0.9,)}
    table = {text: said(*given) for text, given in figures.items()}
    report = evaluate(Oracle(table), examples)
    complaint = report.labels[0]
    assert (complaint.posts, complaint.positives) == (4, 2)
    assert (complaint.precision, complaint.recall, complaint.f1) == (0.5, 0.5, 0.5)
    assert complaint.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert (report.elsewhere, report.elsewhere_called) == (1, 1)
    assert [one.id for one in report.confusions] == ["missed", "invented"]
    assert report.languages["id"][0].recall == 0.0
    assert next(score for score in report.aspects if score.name == "login").f1 == 1.0
    assert [(one.low, one.posts, one.observed) for one in report.calibration["complaint"]] == [
        (0.1, 1, 0.0),
        (0.3, 1, 1.0),
        (0.8, 1, 0.0),
        (0.9, 1, 1.0),
    ]


def test_average_precision_without_positives_is_zero() -> None:
    assert average_precision([False, False], [0.3, 0.1]) == 0.0
