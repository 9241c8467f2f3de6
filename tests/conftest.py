"""What every test may rely on."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def own_log_level() -> Iterator[None]:
    """Undo what a command sets for its own process."""
    log = logging.getLogger("tiktokwatch")
    before = log.level
    yield
    log.setLevel(before)
