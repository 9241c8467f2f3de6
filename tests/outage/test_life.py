from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktokwatch.outage.life import LONGEST, TABLE, Life
from tiktokwatch.records import Signal, State

# What a person would expect of the table, written down a second time: in this state, so many minutes of this, go there.
ARROWS: list[tuple[State, Signal, int, State]] = [
    ("calm", "high", 1, "pending"),
    ("pending", "high", 2, "outage"),
    ("pending", "low", 15, "calm"),
    ("pending", "quiet", 15, "calm"),
    ("outage", "low", 15, "recovering"),
    ("outage", "quiet", 15, "recovering"),
    ("recovering", "high", 2, "outage"),
    ("recovering", "quiet", 30, "calm"),
    ("recovering", "low", 180, "calm"),
]
STAYS: list[tuple[State, Signal]] = [("calm", "low"), ("calm", "quiet"), ("outage", "high")]
HELD: list[State] = ["calm", "pending", "outage", "recovering"]
SIGNALS: tuple[Signal, ...] = ("high", "low", "quiet", "blind")


def states(life: Life, *signals: Signal) -> list[State]:
    return [life.advance(signal) for signal in signals]


@pytest.mark.parametrize(("state", "signal", "minutes", "then"), ARROWS)
def test_an_arrow_is_taken_on_its_minute_and_not_before(
    state: State, signal: Signal, minutes: int, then: State
) -> None:
    assert states(Life(state=state), *[signal] * minutes) == [state] * (minutes - 1) + [then]


@pytest.mark.parametrize(
    ("state", "signal", "minutes", "then", "other"),
    [(*arrow, "low" if arrow[1] == "high" else "high") for arrow in ARROWS if arrow[2] > 1]
    + [("recovering", "quiet", 30, "calm", "low")],
)
def test_minutes_count_in_a_row(state: State, signal: Signal, minutes: int, then: State, other: Signal) -> None:
    life = Life(state=state)
    seen = states(life, *[signal] * (minutes - 1), other, *[signal] * (minutes - 1))
    assert seen == [state] * (2 * minutes - 1)
    assert life.advance(signal) == then


@pytest.mark.parametrize(("state", "signal"), STAYS)
def test_a_state_is_kept_for_ever_where_no_arrow_leads_away(state: State, signal: Signal) -> None:
    assert set(states(Life(state=state), *[signal] * 1000)) == {state}


def test_these_are_all_the_arrows() -> None:
    table = {(state, signal, rule.then) for state, rules in TABLE.items() for rule in rules for signal in rule.signals}
    assert {(state, signal, then) for state, signal, _, then in ARROWS} == table
    assert max(minutes for _, _, minutes, _ in ARROWS) == LONGEST
    possible = {(state, signal) for state in HELD for signal in SIGNALS if signal != "blind"}
    assert possible == {(state, signal) for state, signal, *_ in ARROWS} | set(STAYS)


def test_low_and_quiet_together_are_a_fall() -> None:
    mixed: list[Signal] = ["low", "quiet"] * 90
    assert states(Life(state="outage"), *mixed[:15])[-1] == "recovering"
    assert states(Life(state="pending"), *mixed[:15])[-1] == "calm"
    assert states(Life(state="recovering"), *mixed) == ["recovering"] * 179 + ["calm"]


def test_the_minute_that_enters_a_state_is_its_first() -> None:
    assert states(Life(state="calm"), "high", "high") == ["pending", "outage"]
    assert states(Life(state="outage"), *["quiet"] * 44) == ["outage"] * 14 + ["recovering"] * 29 + ["calm"]
    assert states(Life(state="outage"), *["low"] * 194) == ["outage"] * 14 + ["recovering"] * 179 + ["calm"]
    assert states(Life(state="recovering"), "high", "high", *["low"] * 14)[-2:] == ["outage", "outage"]


def test_a_single_high_minute_is_not_an_outage() -> None:
    assert states(Life(state="calm"), "high", *["quiet"] * 15) == ["pending"] * 15 + ["calm"]
    assert "outage" not in states(Life(state="calm"), *["high", "quiet"] * 50)


def test_a_single_high_minute_is_not_a_relapse_but_delays_the_all_clear() -> None:
    life = Life(state="recovering")
    signals: list[Signal] = [*["quiet"] * 29, "high", *["quiet"] * 29]
    assert set(states(life, *signals)) == {"recovering"}
    assert life.advance("quiet") == "calm"


def test_a_watch_begins_in_unknown_and_holds_calm() -> None:
    assert Life().state == "unknown"
    assert states(Life(), "blind", "blind") == ["unknown", "unknown"]
    assert states(Life(), "quiet") == ["calm"]
    assert states(Life(), "high", "high") == ["pending", "outage"]


class TestBlind:
    @pytest.mark.parametrize("held", HELD)
    @pytest.mark.parametrize("minutes", [1, 15, 30, 180, 5000])
    def test_it_moves_nothing_and_the_state_resumes(self, held: State, minutes: int) -> None:
        life = Life(state=held)
        assert set(states(life, *["blind"] * minutes)) == {"unknown"}
        assert life.advance("high" if held == "outage" else "low") == held

    @pytest.mark.parametrize(("state", "signal", "minutes", "then"), ARROWS)
    def test_what_was_held_before_it_does_not_count(
        self, state: State, signal: Signal, minutes: int, then: State
    ) -> None:
        life = Life(state=state)
        states(life, *[signal] * (minutes - 1), "blind")
        assert states(life, *[signal] * minutes) == [state] * (minutes - 1) + [then]

    def test_a_high_minute_right_after_it_is_a_first_one(self) -> None:
        assert states(Life(state="calm"), "blind", "high") == ["unknown", "pending"]
        assert states(Life(state="pending"), "blind", "high", "high") == ["unknown", "pending", "outage"]

    def test_silence_gives_no_all_clear(self) -> None:
        life = Life(state="outage")
        assert set(states(life, *["blind"] * 10_000)) == {"unknown"}
        assert life.advance("quiet") == "outage"
        recovering = Life(state="recovering")
        for _ in range(50):
            seen = states(recovering, *["quiet"] * 29, "blind")
            assert set(seen) == {"recovering", "unknown"}

    def test_blind_twice_holds_what_was_before_the_first(self) -> None:
        life = Life(state="outage")
        assert states(life, "blind", "blind", "quiet", "blind", "quiet") == [
            "unknown",
            "unknown",
            "outage",
            "unknown",
            "outage",
        ]


RUNS = st.lists(st.tuples(st.sampled_from(SIGNALS), st.sampled_from([1, 1, 2, 3, 14, 15, 29, 30, 180])), max_size=25)


def flat(runs: list[tuple[Signal, int]]) -> list[Signal]:
    return [signal for signal, length in runs for _ in range(length)]


@settings(max_examples=150, deadline=None)
@given(RUNS)
def test_it_only_ever_moves_along_the_table_and_unknown(runs: list[tuple[Signal, int]]) -> None:
    life = Life()
    before, held = life.state, "calm"
    for signal in flat(runs):
        after = life.advance(signal)
        arrows = {then for state, on, _, then in ARROWS if (state, on) == (held, signal)}
        if signal == "blind":
            assert after == "unknown"
        else:
            assert after in arrows | {held}
            held = after
        before = after
    assert before == life.state


@settings(max_examples=100, deadline=None)
@given(RUNS, st.data())
def test_it_resumes_from_the_signals_since_the_last_change(runs: list[tuple[Signal, int]], data: st.DataObject) -> None:
    signals = flat(runs)
    cut = data.draw(st.integers(0, len(signals)))
    life, last, since = Life(), None, 0
    for number, signal in enumerate(signals[:cut]):
        before = life.state
        if life.advance(signal) != before:
            last, since = (before, life.state), number
    again = Life()
    if last is not None:
        held, state = last
        again = Life(state=state, held=held, signals=() if state == "unknown" else signals[since:cut])
    assert states(again, *signals[cut:]) == states(life, *signals[cut:])
