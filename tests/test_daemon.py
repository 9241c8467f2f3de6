from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Thread, Timer
from types import FrameType

import pytest
import time_machine

from tests.worlds import START
from tiktokwatch.daemon import Heartbeat, SystemClock, ended_by_signals, single_writer, tell_supervisor
from tiktokwatch.errors import UserError
from tiktokwatch.records import MINUTE, Evidence, Step, Tick, Transition

HOLDER = """
import sys
from pathlib import Path
from tiktokwatch.daemon import single_writer
with single_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_writer(database: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the lock in a second process."""
    command = [sys.executable, "-c", HOLDER, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


class TestTheLock:
    def test_it_stands_beside_the_database_and_names_its_owner(self, tmp_path: Path) -> None:
        with single_writer(tmp_path / "watch.db"):
            assert (tmp_path / "watch.db.lock").read_text() == f"{os.getpid()}\n"
        assert not (tmp_path / "watch.db").exists()

    def test_a_second_process_is_refused_in_one_sentence(self, tmp_path: Path) -> None:
        database = tmp_path / "watch.db"
        with another_writer(database) as process, pytest.raises(UserError) as refused, single_writer(database):
            pytest.fail("two writers")
        assert str(refused.value) == (
            f"{database}: another tiktokwatch (process {process.pid}) is writing to it; stop that one first."
        )

    def test_the_refused_one_leaves_the_owner_s_name_alone(self, tmp_path: Path) -> None:
        database = tmp_path / "watch.db"
        with another_writer(database) as process:
            for _ in range(2):
                with pytest.raises(UserError, match=str(process.pid)), single_writer(database):
                    pass

    def test_the_kernel_lets_go_of_it_when_the_owner_is_killed(self, tmp_path: Path) -> None:
        database = tmp_path / "watch.db"
        with another_writer(database) as process:
            process.kill()
            process.wait()
            with single_writer(database):
                assert (tmp_path / "watch.db.lock").read_text() == f"{os.getpid()}\n"

    def test_it_is_let_go_of_at_the_end_of_the_block_and_on_an_error(self, tmp_path: Path) -> None:
        database = tmp_path / "watch.db"
        with pytest.raises(ZeroDivisionError), single_writer(database):
            raise ZeroDivisionError
        with single_writer(database), pytest.raises(UserError), single_writer(database):
            pytest.fail("two writers")
        with single_writer(database):
            pass

    def test_a_shorter_process_number_replaces_a_longer_one(self, tmp_path: Path) -> None:
        (tmp_path / "watch.db.lock").write_text("12345678901234567890\n")
        with single_writer(tmp_path / "watch.db"):
            assert (tmp_path / "watch.db.lock").read_text() == f"{os.getpid()}\n"

    def test_an_owner_without_a_name_is_unknown(self, tmp_path: Path) -> None:
        path = tmp_path / "watch.db.lock"
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(UserError, match="process unknown"), single_writer(tmp_path / "watch.db"):
                pass

    def test_children_do_not_inherit_it(self, tmp_path: Path) -> None:
        database = tmp_path / "watch.db"
        with single_writer(database):
            child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
        try:
            with single_writer(database):
                pass
        finally:
            child.kill()
            child.communicate()

    def test_a_place_that_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(UserError, match=r"file/watch\.db\.lock: cannot be written \(.*\); .*--db"):  # noqa: SIM117
            with single_writer(tmp_path / "file" / "watch.db"):
                pass


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_they_call_the_stops_in_order(self, number: signal.Signals) -> None:
        called: list[str] = []
        with ended_by_signals(lambda: called.append("first"), lambda: called.append("second")):
            signal.raise_signal(number)
        assert called == ["first", "second"]

    def test_the_handlers_before_are_restored(self) -> None:
        before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
        with ended_by_signals(lambda: None):
            assert signal.getsignal(signal.SIGTERM) != before[0]
        with pytest.raises(ZeroDivisionError), ended_by_signals(lambda: None):
            raise ZeroDivisionError
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before

    def test_a_signal_ends_the_waiting_at_once(self) -> None:
        clock = SystemClock()
        with ended_by_signals(clock.stop):
            timer = Timer(0.05, os.kill, [os.getpid(), signal.SIGTERM])
            timer.start()
            # With a wait that is not broken off, the test's own time limit ends it.
            assert clock.wait(3600) is True
            timer.join()


class TestTheClock:
    def test_it_tells_the_time_in_utc(self) -> None:
        before = datetime.now(UTC)
        assert before <= SystemClock().now() <= datetime.now(UTC)

    def test_it_never_goes_back(self) -> None:
        with time_machine.travel(START, tick=False) as traveller:
            clock = SystemClock()
            traveller.move_to(START + MINUTE)
            assert clock.now() == START + MINUTE
            traveller.move_to(START - timedelta(hours=1))
            assert clock.now() == START + MINUTE
            traveller.move_to(START + 2 * MINUTE)
            assert clock.now() == START + 2 * MINUTE

    def test_waiting_ends_by_itself(self) -> None:
        assert SystemClock().wait(0) is False
        assert SystemClock().wait(0.01) is False

    def test_stop_is_for_good(self) -> None:
        clock = SystemClock()
        clock.stop()
        clock.stop()
        assert [clock.wait(3600) for _ in range(3)] == [True, True, True]

    def test_stop_may_come_in_any_line_of_a_wait(self) -> None:
        # A signal handler runs between two lines of whatever the main thread is doing, a lock in its hand or not.
        for number in count(1):
            clock, called = SystemClock(), list[int]()
            thread = Thread(target=interrupted, args=(clock, number, called), daemon=True)
            thread.start()
            thread.join(timeout=20)
            assert not thread.is_alive(), f"stop() before line {number} of wait() never came back"
            if not called:
                break
            assert clock.wait(3600) is True
        assert number > 3


def interrupted(clock: SystemClock, number: int, called: list[int]) -> None:
    """Wait, and call `stop` where the waiting has come to its line `number`, as a signal handler would."""
    lines = 0

    def trace(frame: FrameType, event: str, _argument: object) -> object:
        nonlocal lines
        if frame.f_code.co_name == "stop":
            return None
        if event == "line":
            lines += 1
            if lines == number:
                called.append(number)
                clock.stop()
        return trace

    sys.settrace(trace)
    try:
        clock.wait(0.001)
    finally:
        sys.settrace(None)


@contextmanager
def supervisor(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address[1:] if address.startswith("@") else address)
        listener.settimeout(10)
        yield listener


class TestTheSupervisor:
    @pytest.mark.parametrize("kind", ["path", "abstract"])
    def test_it_is_told_over_its_socket(self, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)  # a socket's path may only have 107 bytes
        address = "notify" if kind == "path" else f"@tiktokwatch-test-{os.getpid()}"
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        with supervisor(address) as listener:
            tell_supervisor("READY=1")
            tell_supervisor("WATCHDOG=1")
            assert [listener.recv(100) for _ in range(2)] == [b"READY=1", b"WATCHDOG=1"]

    @pytest.mark.parametrize("address", [None, ""])
    def test_without_one_nobody_is_told(self, address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
        if address is not None:
            monkeypatch.setenv("NOTIFY_SOCKET", address)
        tell_supervisor("READY=1")

    def test_one_that_has_gone_away_does_not_end_the_watch(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("NOTIFY_SOCKET", "notify")
        tell_supervisor("WATCHDOG=1")
        with supervisor("notify"):
            pass
        tell_supervisor("WATCHDOG=1")

    def test_it_hears_that_we_are_ready_once_and_of_every_turn(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("NOTIFY_SOCKET", "notify")
        beat = Heartbeat()
        calm = Transition(START, "unknown", "calm", None, "", Evidence(START, "quiet", "calm"))
        with supervisor("notify") as listener:
            beat(Step(Tick(START)))
            beat(Step(Tick(START), settled=START, transitions=(calm,)))
            beat(Step(Tick(START), settled=START + MINUTE))
            assert [listener.recv(200).decode() for _ in range(4)] == [
                "READY=1",
                "WATCHDOG=1\nSTATUS=nothing settled yet",
                "WATCHDOG=1\nSTATUS=calm, settled up to 12:00 UTC",
                "WATCHDOG=1\nSTATUS=settled up to 12:01 UTC",
            ]
