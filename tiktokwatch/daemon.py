"""The one clock, the signals that end a watch, the lock of the single writer, and word to the supervisor."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Protocol

from tiktokwatch.errors import UserError
from tiktokwatch.protocols import Clock
from tiktokwatch.records import Step


class StoppableClock(Clock, Protocol):
    """A clock whose waiting can be ended."""

    def stop(self) -> None:
        """End the waiting, for good."""


class SystemClock:
    """The time of this machine; it never goes back, and its waiting ends at once when it is told to stop."""

    def __init__(self) -> None:
        # Not an Event: its lock is not reentrant, and a handler that stops in the wrong line of a wait would hang.
        self._stops: SimpleQueue[None] = SimpleQueue()
        self._latest = datetime.now(UTC)

    def now(self) -> datetime:
        """Return the present moment; while the system clock is set back, time stands still."""
        self._latest = max(self._latest, datetime.now(UTC))
        return self._latest

    def wait(self, seconds: float) -> bool:
        """Wait, and return True once `stop` was called."""
        try:
            self._stops.get(timeout=seconds)
        except Empty:
            return False
        self._stops.put(None)
        return True

    def stop(self) -> None:
        """End the waiting; safe to call from a signal handler."""
        self._stops.put(None)


@contextmanager
def ended_by_signals(*stops: Callable[[], object]) -> Iterator[None]:
    """Call `stops` in order on SIGTERM or SIGINT, as long as the block runs."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        for stop in stops:
            stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def single_writer(database: Path) -> Iterator[None]:
    """Hold the lock beside the database; the kernel lets go of it when the process ends, however it ends."""
    path = database.with_name(database.name + ".lock")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose another place with --db.") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            raise UserError(
                f"{database}: another tiktokwatch (process {owner}) is writing to it; stop that one first."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def tell_supervisor(message: str) -> None:
    """Send a message such as "READY=1" or "WATCHDOG=1" to systemd, if it listens (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # A watch goes on without its supervisor.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        connection.connect("\0" + address[1:] if address.startswith("@") else address)
        connection.sendall(message.encode())


class Heartbeat:
    """The sink that tells the supervisor of another turn; it comes last, so that a turn that hangs tells nothing."""

    def __init__(self) -> None:
        self._ready = False

    def __call__(self, step: Step) -> None:
        """Say READY once, and after every tick that the watch is alive and how it stands."""
        if not self._ready:
            tell_supervisor("READY=1")
            self._ready = True
        state = f"{step.transitions[-1].after}, " if step.transitions else ""
        settled = f"settled up to {step.settled:%H:%M} UTC" if step.settled else "nothing settled yet"
        tell_supervisor(f"WATCHDOG=1\nSTATUS={state}{settled}")
