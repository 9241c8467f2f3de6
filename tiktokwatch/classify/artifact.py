"""A model on disk: a matrix and a card, and nothing that could run.

`weights.npz` holds plain arrays, read with `allow_pickle=False`. `card.json` says what they mean (labels, thresholds,
the versions of the code that made them) and carries the checksum of the file beside it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tiktokwatch.classify import features, normalise
from tiktokwatch.errors import UserError
from tiktokwatch.records import LABELS

FORMAT = 1
HEADS = (*LABELS, "about_tiktok")
CARD, WEIGHTS = "card.json", "weights.npz"
_ARRAYS = ("weights", "scale", "bias", "slope", "offset", "thresholds")
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Model:
    """A linear model over two groups of hashed features, words and pieces, with a column for each head.

    `weights` holds whole numbers, shape (groups, columns, heads); a logit is the sum of the weights of a text's
    features over the square root of their number, times `scale`, summed over groups, plus `bias`. `slope` and
    `offset` turn a logit into a calibrated one (Platt).
    """

    weights: npt.NDArray[np.int16]
    scale: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]
    slope: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]
    thresholds: npt.NDArray[np.float64]


def default_dir() -> Path:
    """Return the directory of the model that came with the package, installed or checked out."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "models" / "chatter"
    return inside if inside.is_dir() else package.parent / "models" / "chatter"


def versions() -> dict[str, int]:
    """Return the versions of all code that gives the weights their meaning."""
    return {"format": FORMAT, "normaliser": normalise.VERSION, "features": features.VERSION}


def thresholds(model: Model) -> dict[str, float]:
    """Return the probability from which each label is given."""
    return dict(zip(HEADS, model.thresholds.tolist(), strict=True))


def read_card(directory: Path) -> dict[str, Any]:
    """Return the card of the model in `directory`; UserError where there is none or it cannot be read."""
    path = directory / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"There is no model in {directory}: {CARD} is missing.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"The model card {path} cannot be read: {type(error).__name__}.") from None
    if not isinstance(card, dict):
        raise UserError(f"The model card {path} is not an object.")
    return card


def load(directory: Path) -> Model:
    """Read and check a model; UserError for one that is missing, damaged, altered or of another version."""
    card = read_card(directory)
    for name, version in versions().items():
        found = card.get(name)
        if found != version:
            raise UserError(
                f"The model in {directory} is of {name} version {found}, and this tiktokwatch reads {version}."
            )
    path = directory / WEIGHTS
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UserError(f"The model file {path} is too large to be one.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"There is no model in {directory}: {WEIGHTS} is missing.") from None
    except OSError as error:
        raise UserError(f"The model file {path} cannot be read: {error.strerror}.") from None
    if hashlib.sha256(data).hexdigest() != card.get("weights_sha256"):
        raise UserError(f"The model file {path} is not the one its card describes: it is damaged or was altered.")
    try:
        return _model(data, card)
    except (ValueError, TypeError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise UserError(f"The model in {directory} cannot be used: {type(error).__name__}.") from None


def _model(data: bytes, card: Mapping[str, Any]) -> Model:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        model = Model(**{name: arrays[name] for name in _ARRAYS})
    heads = len(HEADS)
    if model.weights.dtype != np.int16 or model.weights.shape != (features.GROUPS, features.COLUMNS, heads):
        raise ValueError("weights")
    if model.scale.shape != (features.GROUPS, heads):
        raise ValueError("scale")
    rows = (model.bias, model.slope, model.offset, model.thresholds)
    if any(row.shape != (heads,) for row in rows):
        raise ValueError("rows")
    if not all(np.isfinite(row).all() for row in (model.scale, *rows)):
        raise ValueError("finite")
    if thresholds(model) != card["thresholds"]:
        raise ValueError("thresholds")
    return model


def save(directory: Path, model: Model, card: Mapping[str, Any]) -> None:
    """Write a model and its card; the same model gives the same bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    data = _packed(model)
    (directory / WEIGHTS).write_bytes(data)
    whole = {
        **versions(),
        "labels": list(HEADS),
        "thresholds": thresholds(model),
        "weights_sha256": hashlib.sha256(data).hexdigest(),
        **card,
    }
    (directory / CARD).write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _packed(model: Model) -> bytes:
    """Return the arrays as an npz whose members carry no time of day."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in _ARRAYS:
            member = io.BytesIO()
            np.lib.format.write_array(member, getattr(model, name), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()
