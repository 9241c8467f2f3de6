import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report.fake_reading import a_change, an_outage, judged, utc
from tiktokwatch.report.outages import (
    outage_detail_json,
    outage_json,
    outage_text,
    outages_json,
    outages_text,
    replay_json,
)
from tiktokwatch.report.quotes import quoted
from tiktokwatch.report.terminal import Look

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2026, 11, 22, 13, 43)
PAST = an_outage(utc(2026, 11, 21, 2, 5), utc(2026, 11, 21, 3, 30))
OPEN = an_outage(utc(2026, 11, 22, 13, 5), None, number=2, verdict="partial", aspect="upload")
FIELDS = [
    "id",
    "aspect",
    "state",
    "verdict",
    "onset",
    "signalled_at",
    "recovering_at",
    "ended_at",
    "complaints",
    "authors",
    "peak_per_minute",
    "usual_per_minute",
    "sources",
    "aspects",
    "places",
    "reason",
    "official",
]


def test_an_outage_has_exactly_these_fields() -> None:
    found = outage_json(OPEN)
    assert list(found) == FIELDS
    assert (found["onset"], found["signalled_at"], found["ended_at"], found["recovering_at"]) == (
        "2026-11-22T13:05:00Z",
        "2026-11-22T13:09:00Z",
        None,
        None,
    )
    assert found["sources"] == ["x", "reddit"]
    assert found["aspects"]["feed"] == 880
    json.dumps(found)


def test_a_replay_is_one_object() -> None:
    counts = {"read": 10, "kept": 7, "duplicate": 2, "bad": 1}
    found = replay_json([PAST], posts=counts, start=PAST.onset, end=None)
    assert found == {
        "schema_version": 1,
        "posts": counts,
        "from": "2026-11-21T02:05:00Z",
        "to": None,
        "outages": [outage_json(PAST)],
    }


def test_lists_and_details_carry_the_version() -> None:
    change = a_change(OPEN.signalled_at, "pending", "outage", number=2)
    assert outages_json([PAST, OPEN]) == {"schema_version": 1, "outages": [outage_json(PAST), outage_json(OPEN)]}
    detail = outage_detail_json(OPEN, transitions=[change])
    assert detail["outage"] == outage_json(OPEN)
    assert detail["transitions"] == [
        {
            "at": "2026-11-22T13:09:00Z",
            "before": "pending",
            "after": "outage",
            "outage_id": 2,
            "reason": change.reason,
        }
    ]


def test_the_table_has_the_newest_first() -> None:
    lines = outages_text([PAST, OPEN], zone=BERLIN, now=NOW, look=Look(110)).splitlines()
    assert lines[0].split() == ["ID", "BEGAN", "LASTED", "PEAK/MIN", "PEOPLE", "WHAT"]
    assert lines[1].split("  ")[0].strip() == "2"
    assert "38 min so far" in lines[1]
    assert "technical fault of one part, uploading" in lines[1]
    assert "Sat 21 Nov 03:05 CET" in lines[2]
    assert "1 h 25 min" in lines[2]
    assert lines[1].index("38 min") == lines[2].index("1 h 25")


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_tables_and_details_fit(width: int) -> None:
    look = Look(width, ascii_only=True)
    change = a_change(OPEN.signalled_at, "pending", "outage")
    for text in (
        outages_text([PAST, OPEN], zone=BERLIN, now=NOW, look=look),
        outage_text(OPEN, transitions=[change], zone=BERLIN, now=NOW, look=look),
    ):
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= width


def test_no_outage_is_said_in_words() -> None:
    assert outages_text([], zone=BERLIN, now=NOW, look=Look()) == "No outage on record for this time.\n"


def test_one_outage_is_told_with_what_happened_in_it() -> None:
    changes = [
        a_change(utc(2026, 11, 21, 2, 9), "pending", "outage", reason="31 people in 5 min \x1b[2J"),
        a_change(utc(2026, 11, 21, 3, 30), "recovering", "calm"),
    ]
    quotes = [quoted(judged("tiktok is <b>dead</b>", utc(2026, 11, 21, 2, 20)))]
    text = outage_text(PAST, transitions=changes, quotes=quotes, zone=BERLIN, now=NOW, look=Look(90))
    assert text.startswith("Outage 1: over, 1 h 25 min\n")
    assert "Sat 21 Nov 03:05 to 04:30 CET" in text
    assert "4 min after the start" in text
    assert "03:09" in text
    assert "outage: 31 people in 5 min\n" in text
    assert "calm: " in text
    assert "“tiktok is <b>dead</b>”" in text
    assert "\x1b" not in text


def test_an_open_outage_says_so() -> None:
    text = outage_text(OPEN, transitions=[], zone=BERLIN, now=NOW + timedelta(hours=50), look=Look(90))
    assert text.startswith("Partial outage 2: going on, 2 d 2 h so far\n")
    assert "since Sun 22 Nov 14:05 CET" in text
