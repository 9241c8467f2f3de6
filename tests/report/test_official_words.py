"""What TikTok itself said, and how long it took."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.report import hostile
from tests.report.fake_reading import FakeReading, a_change, an_official_word, an_outage, utc, watch
from tiktokwatch.records import Judged, Step, Tick, Verdict
from tiktokwatch.report.digest import digest
from tiktokwatch.report.digest_page import digest_html
from tiktokwatch.report.digest_views import digest_json, digest_markdown, digest_text
from tiktokwatch.report.official import NOTHING, Official, OfficialPosts, delay_words, of_outages
from tiktokwatch.report.outages import outage_detail_json, outage_text, outages_json, outages_text, replay_json
from tiktokwatch.report.summary import summarise
from tiktokwatch.report.summary_views import summary_json, summary_text
from tiktokwatch.report.terminal import Look

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2026, 11, 22, 17)
ONSET = utc(2026, 11, 22, 13, 5)
PAST = an_outage(ONSET, utc(2026, 11, 22, 15, 46))
OPEN = an_outage(ONSET, None, number=2)
WORD = an_official_word(ONSET + timedelta(minutes=52))


def plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def after(outage: object, *minutes: float) -> str:
    reading = FakeReading(all_official=[an_official_word(ONSET + timedelta(minutes=m)) for m in minutes])
    return delay_words(outage, of_outages(reading, [outage])[outage.id])


def test_the_first_word_counts_from_the_onset_until_a_day_after_the_end() -> None:
    day = 24 * 60 + 161
    assert after(PAST, 52, 300) == "official word after 52 min"
    assert after(PAST, -1, 300) == "official word after 5 h"
    assert after(PAST, 0) == "official word after 0 s"
    assert after(PAST, day - 1) == "official word after 26 h 40 min"
    assert after(PAST, day) == ""
    assert after(OPEN, 3000) == "official word after 2 d 2 h"


def test_silence_is_told_of_an_open_outage_and_of_watched_accounts_alone() -> None:
    assert after(OPEN, -5000) == "no official word so far"
    assert after(PAST, -5000) == ""
    assert after(OPEN) == ""


def test_machines_get_all_of_it() -> None:
    dropped = replace(an_official_word(ONSET + timedelta(hours=5)), text="", author="", url="")
    reading = FakeReading(all_official=[WORD, dropped])
    data = outages_json([PAST], official=of_outages(reading, [PAST]))["outages"][0]["official"]
    assert data == [
        {
            "at": "2026-11-22T13:57:00Z",
            "source": "x",
            "author": "7118",
            "url": WORD.url,
            "text": "We are aware of an issue and are working on it.",
        },
        {"at": "2026-11-22T18:05:00Z", "source": "x", "url": None},
    ]
    json.dumps(data)


def test_all_commands_print_outages_in_one_shape() -> None:
    counts = {"read": 1, "kept": 1, "duplicate": 0, "bad": 0}
    heard = OfficialPosts()
    verdict = Verdict(0.0, 0.0, 0.0, 0.0, about_tiktok=True)
    others = replace(WORD, id="x:1", kind="post")
    heard(Step(Tick(NOW), judged=(Judged(WORD, verdict, "official"), Judged(others, verdict))))
    official = of_outages(FakeReading(all_official=[WORD]), [PAST])
    (replayed,) = replay_json([PAST], posts=counts, start=None, end=None, official=heard.posts)["outages"]
    (listed,) = outages_json([PAST], official=official)["outages"]
    assert replayed == listed == outage_detail_json(PAST, transitions=[], official=official[1])["outage"]
    assert len(listed["official"]) == 1
    assert outages_json([PAST])["outages"][0]["official"] == []


def test_the_list_says_it_below_what_it_was() -> None:
    official = of_outages(FakeReading(all_official=[an_official_word(ONSET - timedelta(days=9)), WORD]), [PAST])
    official |= {2: Official(is_watched=True)}
    lines = outages_text([PAST, OPEN], official=official, zone=BERLIN, now=NOW, look=Look(100)).splitlines()
    assert lines[0].endswith("WHAT")
    assert lines[2].strip() == "no official word so far"
    assert lines[4].strip() == "official word after 52 min"
    assert lines[4].index("official") == lines[3].index("technical fault") == lines[0].index("WHAT")
    narrow = outages_text([PAST, OPEN], official=official, zone=BERLIN, now=NOW, look=Look(60))
    assert "people; official word after 52 min" in plain(narrow)
    assert max(map(len, narrow.splitlines())) <= 60


def test_the_timeline_has_it_in_its_place() -> None:
    late = an_official_word(ONSET + timedelta(hours=22), text="")
    official = of_outages(FakeReading(all_official=[late, WORD]), [PAST])[1]
    changes = [
        a_change(PAST.signalled_at, "pending", "outage"),
        a_change(PAST.ended_at, "recovering", "calm", reason="over"),
    ]
    text = outage_text(PAST, transitions=changes, official=official, zone=BERLIN, now=NOW, look=Look(90))
    assert "  TikTok       official word after 52 min\n" in text
    places = [text.index(part) for part in ("outage: 31", "14:57        TikTok on X: “We are", WORD.url, "calm: over")]
    assert places == sorted(places)
    assert "12:05" not in text.split("calm: over")[0]
    assert "12:05        TikTok on X, Mon 23 Nov\n" not in text.split("calm: over")[0]
    assert "12:05        TikTok on X, Mon 23 Nov" in text


def reading_of(*official: object) -> FakeReading:
    found = watch(utc(2026, 11, 21, 12), utc(2026, 11, 22, 16), outages=[an_outage(ONSET, None)])
    found.present = "outage"
    found.all_transitions = [a_change(ONSET + timedelta(minutes=4), "pending", "outage")]
    found.all_official = list(official)
    return found


def test_the_summary_says_it_of_an_open_outage() -> None:
    now = utc(2026, 11, 22, 16, 1)
    for official, said in (
        ((WORD,), "official word after 52 min (X, 14:57 CET): “We are aware of an issue and are working on it.”"),
        ((an_official_word(ONSET - timedelta(days=9)),), "TikTok no official word so far"),
    ):
        made = summarise(reading_of(*official), now=now, since=timedelta(hours=24), zone=BERLIN)
        assert said in plain(summary_text(made, look=Look(100)))
        assert len(summary_json(made)["outage"]["official"]) == (official == (WORD,))
    silent = summarise(reading_of(), now=now, since=timedelta(hours=24), zone=BERLIN)
    assert "official" not in summary_text(silent, look=Look(100))


def test_the_digest_says_it_of_each_outage() -> None:
    found = reading_of(WORD)
    found.all_outages = [PAST]
    made = digest(found, day=date(2026, 11, 22), zone=BERLIN, now=utc(2026, 11, 23, 7))
    for text in (digest_text(made, look=Look(100)), digest_markdown(made), digest_html(made)):
        assert "official word after 52 min (X, 14:57 CET)" in plain(text).replace("\\", "")
    assert digest_json(made)["outages"][0]["official"][0]["at"] == "2026-11-22T13:57:00Z"


@pytest.mark.parametrize("n", range(len(hostile.TEXTS)))
def test_an_account_that_was_taken_over_can_do_no_harm(n: int) -> None:
    word = replace(
        an_official_word(ONSET + timedelta(minutes=1), text=hostile.TEXTS[n]),
        url=hostile.URLS[n % len(hostile.URLS)],
        author="\x1b[2J<b>\u202e",
    )
    found = reading_of(word)
    official = of_outages(found, [PAST])[1]
    made = digest(found, day=date(2026, 11, 22), zone=BERLIN, now=utc(2026, 11, 23, 7))
    page = digest_html(made)
    texts = [
        outage_text(PAST, transitions=[], official=official, zone=BERLIN, now=NOW, look=Look(100)),
        summary_text(summarise(found, now=NOW, since=timedelta(hours=24), zone=BERLIN), look=Look(100)),
        digest_text(made, look=Look(100)),
        digest_markdown(made),
        page,
        json.dumps(outages_json([PAST], official={1: official}), ensure_ascii=False),
    ]
    for text in texts:
        assert not set(text) & set("\x1b\x9b\x07\r\u202e\u202c\u2066\u2069")
        for forbidden in ("@everyone", "@here", "<!channel>", "victim", "evil.example/phish", "x.png"):
            assert forbidden not in text
    for mark in ("<script", "<img", "onload=alert(1)>", "<svg onload"):
        assert mark not in page
    for mark in ("<script>", "<img", "\n# Injected", "![x]"):
        assert mark not in re.sub(r"\\[^\w\s]", "", digest_markdown(made))
    assert official is not NOTHING
