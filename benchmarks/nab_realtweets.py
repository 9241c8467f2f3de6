"""Run the volume detector over count series, as a stream, and write its scores.

usage: nab_realtweets.py SERIES_DIR OUT_DIR

SERIES_DIR holds CSV files with the columns `timestamp,value`, such as the Twitter volumes of the Numenta Anomaly
Benchmark. OUT_DIR gets one CSV of the same name for each, with the columns `timestamp,anomaly_score`, a row for a row.
"""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime
from pathlib import Path

from tiktokwatch.trend.volume import VolumeDetector, level


def scores(path: Path) -> list[tuple[str, float]]:
    """Return (timestamp as written, score) of each row; a row is scored before the next one is read."""
    detector = VolumeDetector()
    with path.open(newline="", encoding="utf-8") as file:
        return [
            (
                row["timestamp"],
                detector.score(datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC), int(float(row["value"]))),
            )
            for row in csv.DictReader(file)
        ]


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    series, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    paths = sorted(series.glob("*.csv"))
    if not paths:
        print(f"{series} holds no CSV file")
        return 1
    for path in paths:
        rows = scores(path)
        with (out / path.name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("timestamp", "anomaly_score"))
            writer.writerows((at, f"{score:.6f}") for at, score in rows)
        alarms = sum(score >= level() for _, score in rows)
        print(f"{path.name}: {len(rows)} rows, {alarms} crests at or above the alarm level {level():.6f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
