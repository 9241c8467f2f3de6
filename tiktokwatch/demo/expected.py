"""What the bundled recording holds, and what a replay of it must find."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tiktokwatch.records import Outage

_HERE = Path(__file__).resolve().parent / "recording"

FILES = (_HERE / "x.jsonl.gz", _HERE / "reddit.jsonl.gz")
START = datetime(2026, 3, 2, tzinfo=UTC)
END = datetime(2026, 3, 5, tzinfo=UTC)
OUTAGE_DAY = date(2026, 3, 4)
ONSET_WITHIN = timedelta(minutes=10)
END_WITHIN = timedelta(minutes=60)


def differences(found: Sequence[Outage]) -> list[str]:
    """Return a sentence for each difference between what was found and what the recording holds."""
    expected = json.loads((_HERE / "expected.json").read_text(encoding="utf-8"))["outages"]
    if len(found) != len(expected):
        began = ", ".join(f"{outage.onset:%d %b %H:%M}" for outage in found) or "none"
        return [f"{len(expected)} outage expected, {len(found)} found ({began})."]
    return [
        sentence for wanted, outage in zip(expected, found, strict=True) for sentence in _differences(wanted, outage)
    ]


def _differences(wanted: dict[str, str | list[str]], outage: Outage) -> list[str]:
    onset, end = (datetime.fromisoformat(str(wanted[key])) for key in ("onset", "end"))
    features = [aspect for aspect in outage.aspects if aspect != "app"]
    leading = features[: len(wanted["aspects"])]
    checks = {
        f"The onset is {outage.onset:%H:%M}, not about {onset:%H:%M}.": abs(outage.onset - onset) <= ONSET_WITHIN,
        f"The outage ended at {outage.ended_at}, not at about {end:%H:%M}.": outage.ended_at is not None
        and abs(outage.ended_at - end) <= END_WITHIN,
        f"The verdict is {outage.verdict}, not {wanted['verdict']}.": outage.verdict == wanted["verdict"],
        f"People name {leading}, not {wanted['aspects']}.": sorted(leading) == sorted(wanted["aspects"]),
    }
    return [sentence for sentence, holds in checks.items() if not holds]
