import re
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from tests.report.fake_reading import utc
from tiktokwatch.report.chart import Shade, chart
from tiktokwatch.report.series import QUARTER, Cell
from tiktokwatch.report.words import day_span

BERLIN = ZoneInfo("Europe/Berlin")
START, END = utc(2026, 11, 21, 23), utc(2026, 11, 22, 23)
SVG = "{http://www.w3.org/2000/svg}"


def cells(values: list[int | None], *, start: datetime = START, usual: float = 3.0) -> list[Cell]:
    return [
        Cell(
            start + n * QUARTER,
            start + (n + 1) * QUARTER,
            value,
            None if value is None else usual,
            15 * (value is not None),
        )
        for n, value in enumerate(values)
    ]


def drawn(values: list[int | None], *, start: datetime = START, end: datetime = END, **more: object) -> ET.Element:
    svg = chart(
        cells(values, start=start),
        start=start,
        end=end,
        zone=BERLIN,
        title="<Complaints>",
        description='in "words" & figures',
        ident="c",
        **more,
    )
    return ET.fromstring(svg)  # noqa: S314 - our own


def of_class(svg: ET.Element, name: str) -> list[ET.Element]:
    return [found for found in svg.iter() if found.get("class") == name]


def words(svg: ET.Element) -> list[str]:
    return [found.text for found in svg.iter(f"{SVG}text")]


def test_it_has_a_name_and_says_in_words_what_it_shows() -> None:
    svg = drawn([1] * 96)
    assert svg.get("role") == "img"
    assert svg.find(f"{SVG}title").text == "<Complaints>"
    assert svg.find(f"{SVG}desc").text == 'in "words" & figures'
    assert svg.get("aria-labelledby").split() == ["c-title", "c-desc"]


def test_holes_break_the_line_and_are_hatched() -> None:
    hole = (START + 10 * QUARTER, START + 20 * QUARTER)
    svg = drawn([4] * 10 + [None] * 10 + [4] * 76, holes=[hole])
    lines = [found.get("d") for found in of_class(svg, "line") if "L" in found.get("d")]
    assert len(lines) == 2
    ends = [[float(x) for x in re.findall(r"([\d.]+) [\d.]+", line)] for line in lines]
    assert ends[0][-1] < ends[1][0]
    hatched = [found for found in svg.iter(f"{SVG}rect") if found.get("fill") == "url(#c-hatch)"]
    assert float(hatched[0].get("x")) == pytest.approx(ends[0][-1], abs=0.2)
    assert "no data" in words(svg)


def test_what_is_not_there_is_not_in_the_legend() -> None:
    assert words(drawn([1] * 96))[-2:] == ["complaints", "usual at that hour"]
    assert "outage" not in words(drawn([1] * 96))


def test_outages_are_shaded_and_named() -> None:
    shades = [Shade(utc(2026, 11, 22, 13), utc(2026, 11, 22, 15), "Outage <2 h>")]
    svg = drawn([1] * 96, shades=shades)
    (span,) = [found for found in of_class(svg, "span") if found.get("y") == "44"]
    assert float(span.get("width")) == pytest.approx(2 / 24 * (720 - 52), abs=0.2)
    assert "Outage <2 h>" in words(svg)
    assert "outage" in words(svg)


def test_names_near_the_edge_stay_inside_and_do_not_overlap() -> None:
    shades = [
        Shade(utc(2026, 11, 22, 20 + n), utc(2026, 11, 22, 20 + n, 30), f"{n + 1}. Outage 30 min") for n in range(3)
    ]
    svg = drawn([1] * 96, shades=shades, width=340)
    named = [(float(found.get("x")), float(found.get("y"))) for found in of_class(svg, "alarm")]
    assert named
    assert all(0 <= x <= 340 - 7 * 17 for x, _ in named)
    assert len(set(named)) == len(named)


def test_the_peak_is_marked_with_its_figure() -> None:
    svg = drawn([1] * 40 + [37] + [1] * 55)
    assert "37 at 10:00" in words(svg)
    assert of_class(drawn([0] * 96), "dot") == []


def test_the_scale_holds_all_values_and_a_quiet_day_looks_quiet() -> None:
    busy = [int(found.replace(",", "")) for found in words(drawn([1, 4711])) if re.fullmatch(r"[\d,]+", found)]
    assert max(busy) >= 4711
    assert 4 <= len(busy) <= 6
    quiet = [int(found) for found in words(drawn([1, 2])) if found.isdigit()]
    assert max(quiet) == 15


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 11, 22), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]),
        (date(2026, 3, 29), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]),
        (date(2026, 10, 25), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]),
    ],
)
def test_the_axis_tells_the_time_of_the_zone(day: date, said: list[str]) -> None:
    start, end = day_span(day, BERLIN)
    svg = drawn([1] * ((end - start) // QUARTER), start=start, end=end)
    assert [found for found in words(svg) if re.fullmatch(r"\d\d:\d\d", found)] == said
    at_three = next(found for found in svg.iter(f"{SVG}text") if found.text == "03:00")
    hours = {23: 2, 24: 3, 25: 4}[round((end - start) / timedelta(hours=1))]
    assert float(at_three.get("x")) == pytest.approx(44 + hours / ((end - start) / timedelta(hours=1)) * 668, abs=0.2)


@pytest.mark.parametrize(("span", "label"), [(timedelta(hours=1), "00:15"), (timedelta(days=7), "Mon 23 Nov")])
def test_other_spans_have_other_times(span: timedelta, label: str) -> None:
    assert label in words(drawn([1] * 4, end=START + span))


def test_every_cell_tells_its_figures_to_a_pointer() -> None:
    svg = drawn([1, None, 3])
    told = [found.find(f"{SVG}title").text for found in of_class(svg, "hit")]
    assert told == ["00:00: 1 complaint, usual 3", "00:15: no data", "00:30: 3 complaints, usual 3"]


def test_nothing_at_all_can_be_drawn() -> None:
    assert drawn([None] * 96, holes=[(START, END)]) is not None
    assert drawn([]) is not None
