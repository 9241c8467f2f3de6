from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tiktokwatch.classify import artifact
from tiktokwatch.errors import UserError


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in (artifact.CARD, artifact.WEIGHTS):
        shutil.copy(artifact.default_dir() / name, tmp_path / name)
    return tmp_path


def edited(directory: Path, **changes: object) -> None:
    card = json.loads((directory / artifact.CARD).read_text(encoding="utf-8"))
    (directory / artifact.CARD).write_text(json.dumps(card | changes), encoding="utf-8")


def flip_a_byte(directory: Path) -> None:
    data = bytearray((directory / artifact.WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (directory / artifact.WEIGHTS).write_bytes(data)


def cut_off(directory: Path) -> None:
    data = (directory / artifact.WEIGHTS).read_bytes()
    (directory / artifact.WEIGHTS).write_bytes(data[: len(data) // 2])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no card": lambda d: (d / artifact.CARD).unlink(),
    "no weights": lambda d: (d / artifact.WEIGHTS).unlink(),
    "card is not JSON": lambda d: (d / artifact.CARD).write_text("{", encoding="utf-8"),
    "card is a list": lambda d: (d / artifact.CARD).write_text("[]", encoding="utf-8"),
    "card is not UTF-8": lambda d: (d / artifact.CARD).write_bytes(b"\xff\xfe"),
    "one byte flipped": flip_a_byte,
    "cut off": cut_off,
    "empty": lambda d: (d / artifact.WEIGHTS).write_bytes(b""),
    "another format": lambda d: edited(d, format=artifact.FORMAT + 1),
    "another normaliser": lambda d: edited(d, normaliser=0),
    "other features": lambda d: edited(d, features="1"),
    "a threshold altered": lambda d: edited(d, thresholds={"complaint": 0.0}),
    "no thresholds": lambda d: edited(d, thresholds=None),
    "no checksum": lambda d: edited(d, weights_sha256=None),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_is_not_whole_is_refused_in_one_sentence(copied: Path, damage: Callable[[Path], object]) -> None:
    damage(copied)
    with pytest.raises(UserError) as refusal:
        artifact.load(copied)
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


def test_the_copy_itself_is_whole(copied: Path) -> None:
    assert artifact.load(copied).weights.any()


def test_saved_twice_it_is_the_same_bytes(tmp_path: Path) -> None:
    model = artifact.load(artifact.default_dir())
    for name in ("one", "two"):
        artifact.save(tmp_path / name, model, {"posts": 1})
    for name in (artifact.CARD, artifact.WEIGHTS):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_pickles_are_not_read(copied: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, weights=np.array([{}], dtype=object))
    (copied / artifact.WEIGHTS).write_bytes(buffer.getvalue())
    edited(copied, weights_sha256=hashlib.sha256(buffer.getvalue()).hexdigest())
    with pytest.raises(UserError):
        artifact.load(copied)


def test_the_shipped_model_is_small() -> None:
    assert (artifact.default_dir() / artifact.WEIGHTS).stat().st_size < 8_000_000
