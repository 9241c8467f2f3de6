import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.report import hostile
from tests.report.fake_reading import FakeReading, an_outage, utc, watch
from tiktokwatch.records import Gap, Mark
from tiktokwatch.report.digest import digest
from tiktokwatch.report.digest_page import digest_html

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2026, 11, 23, 7)
OUTAGE = an_outage(utc(2026, 11, 22, 13, 5), utc(2026, 11, 22, 15, 46))
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """The elements of a page; every element that is opened must be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"style", "title"}:
            self.text += data

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.elements if name == tag)


def page_of(reading: FakeReading, day: int) -> str:
    return digest_html(digest(reading, day=date(2026, 11, day), zone=BERLIN, now=NOW))


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    reading = watch(
        utc(2026, 11, 20),
        utc(2026, 11, 23, 6, 59),
        outages=[OUTAGE],
        holes=[(utc(2026, 11, 22, 4), utc(2026, 11, 22, 5))],
    )
    return {"outage": page_of(reading, 22), "quiet": page_of(reading, 21), "nothing": page_of(reading, 10)}


def test_pages_are_well_formed_and_small(pages: dict[str, str]) -> None:
    for page in pages.values():
        Page(page)
        assert len(page.encode()) < 100_000


def test_nothing_is_fetched_from_anywhere(pages: dict[str, str]) -> None:
    for text in pages.values():
        page = Page(text)
        names = {tag for tag, _ in page.elements}
        assert not names & {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "video",
            "audio",
            "form",
            "base",
            "use",
        }
        for tag, attributes in page.elements:
            for name in attributes:
                assert not name.startswith("on")
                if name in {"src", "srcset", "href", "xlink:href", "action", "background", "poster"}:
                    assert (tag, name) == ("a", "href")
        assert "@import" not in text
        assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", text))


def test_links_lead_to_posts_and_tell_nobody_from_where(pages: dict[str, str]) -> None:
    links = list(Page(pages["outage"]).all("a"))
    assert 3 <= len(links) <= 5
    for link in links:
        assert re.match(r"https://(x\.com/i/status/|www\.reddit\.com/)", link["href"])
        assert "noreferrer" in link["rel"]


def test_the_page_tells_what_the_day_was(pages: dict[str, str]) -> None:
    said = Page(pages["outage"]).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Sunday 22 November 2026" in said
    assert "Outage: 14:05 to 16:46 CET" in said
    assert "2 h 41 min" in said
    assert "the feed" in said
    quiet = Page(pages["quiet"]).text
    assert "No outage was seen." in quiet
    assert "Outage" not in quiet.split("Seven days")[0].replace("Outage: ", "!").replace("outage digest", "")
    assert "Nobody watched on this day" in Page(pages["nothing"]).text


def test_headings_go_down_one_by_one(pages: dict[str, str]) -> None:
    for text in pages.values():
        levels = [int(tag[1]) for tag, _ in Page(text).elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_states_are_told_in_words_beside_their_shape(pages: dict[str, str]) -> None:
    for name, word in (("outage", "Outage"), ("quiet", "Quiet"), ("nothing", "No data")):
        found = re.search(r'<p class="mark \w+"><span aria-hidden="true">(.)</span>([^<]+)</p>', pages[name])
        assert found
        assert found[2] == word
    symbols = {re.search(r'class="mark \w+"><span aria-hidden="true">(.)', page)[1] for page in pages.values()}
    assert len(symbols) == 3


def test_charts_carry_their_figures_in_words(pages: dict[str, str]) -> None:
    page = Page(pages["outage"])
    assert [attributes["role"] for attributes in page.all("svg")] == ["img", "img"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    description = re.search(r'<desc id="chart-wide-desc">([^<]+)</desc>', pages["outage"])[1]
    for words in (
        "complaints on Sunday 22 November 2026",
        "busiest minute",
        "14:05 to 16:46",
        "no data 05:00 to 06:00",
    ):
        assert words in description
    assert not list(Page(pages["nothing"]).all("svg"))


def test_the_figures_are_there_without_the_chart(pages: dict[str, str]) -> None:
    said = Page(pages["outage"]).text
    assert said.count("CET") > 24
    assert "no data" in said


def _brightness(colour: str) -> float:
    full = colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
    parts = [int(full[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_brightness(one), _brightness(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_colour_of_text_stands_out_from_what_it_stands_on(pages: dict[str, str]) -> None:
    schemes = re.findall(r":root\{([^}]+)\}", pages["outage"])
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+):(#\w+)", scheme))
        pairs = [(ink, page) for ink in ("ink", "soft", "link") for page in ("page", "card")]
        pairs += [(name, f"{name}-page") for name in ("alarm", "good", "unsure")]
        pairs += [("alarm", "card"), ("ink", "alarm-page"), ("good", "card"), ("unsure", "card")]
        for ink, page in pairs:
            assert _contrast(colours[ink], colours[page]) >= 4.5, (ink, page)


def test_hostile_posts_are_text_and_nothing_else() -> None:
    for part in range(0, len(hostile.TEXTS), 5):
        reading = watch(utc(2026, 11, 22, 12), utc(2026, 11, 22, 16))
        reading.all_outages = [
            an_outage(
                OUTAGE.onset, OUTAGE.ended_at, places={"<script>x</script>": 4}, sources=("<b>x</b>",), verdict="<i>"
            )
        ]
        reading.all_judged = hostile.posts(OUTAGE.onset, OUTAGE.ended_at)[part : part + 5]
        reading.all_gaps = [Gap("<x>", "<x>", utc(2026, 11, 22, 14), utc(2026, 11, 22, 15), "<img src=x onerror=y>")]
        reading.all_marks = [Mark("x", "x", fault="\x1b[2J<script>")]
        text = page_of(reading, 22)
        page = Page(text)
        assert {tag for tag, _ in page.elements} & {"script", "img", "i", "b"} <= {"i"}
        assert all("onload" not in attributes and "onerror" not in attributes for _, attributes in page.elements)
        assert all(link["href"].startswith("https://") for link in page.all("a"))
        assert not set(text) & set("\x1b\x9b\x07\u202e\u202c\u2066\u2069")
        assert "@everyone" not in text
        assert "49" not in re.findall(r"<blockquote[^>]*>([^<]*)", text)
        assert len(re.findall("<blockquote", text)) >= 3
