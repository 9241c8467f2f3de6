from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.steps import MINUTE, START
from tiktokwatch.protocols import Ledger
from tiktokwatch.store.writer import Store


def test_what_failed_is_said_again_and_what_is_settled_is_not(tmp_path: Path) -> None:
    with Store.open(tmp_path / "watch.db") as store:
        ledger: Ledger = store
        assert ledger.delivered() == set()
        for channel, outcome in (("mail", "failed"), ("chat", "delivered"), ("page", "given up")):
            ledger.record_delivery(key="outage-1", channel=channel, at=START, outcome=outcome, detail="")
        assert ledger.delivered() == {("outage-1", "chat"), ("outage-1", "page")}
        ledger.record_delivery(key="outage-1", channel="mail", at=START + MINUTE, outcome="delivered", detail="")
    with Store.open(tmp_path / "watch.db") as store:
        assert store.delivered() == {("outage-1", "chat"), ("outage-1", "page"), ("outage-1", "mail")}


def test_attempts_are_counted_and_a_final_outcome_stays(tmp_path: Path) -> None:
    with Store.open(tmp_path / "watch.db") as store:
        for number, outcome in enumerate(("failed", "failed", "delivered", "failed")):
            at = START + number * MINUTE
            store.record_delivery(key="k", channel="mail", at=at, outcome=outcome, detail=f"{number}")
        (row,) = store._db.table("deliveries").rows
    assert row == {
        "key": "k",
        "channel": "mail",
        "at": "2026-03-02T12:02:00.000000Z",
        "outcome": "delivered",
        "attempts": 3,
        "detail": "2",
    }


@pytest.mark.parametrize("text", ["\ud83d", "a\0b", "ü"])
def test_keys_and_channels_come_back_as_they_were(tmp_path: Path, text: str) -> None:
    with Store.open(tmp_path / "watch.db") as store:
        store.record_delivery(key=text, channel=text, at=START, outcome="delivered", detail=text)
        assert store.delivered() == {(text, text)}
