"""Checks of what lies on this machine: the configuration, the database, the disk, the model, the packages."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from tiktokwatch import config as configuration
from tiktokwatch.app import App
from tiktokwatch.collect.bluesky import INSTALL
from tiktokwatch.collect.probes import Finding
from tiktokwatch.errors import StoreError, UserError
from tiktokwatch.store import schema
from tiktokwatch.store.opening import open_to_read, refusing
from tiktokwatch.store.reader import Reader

GIGABYTE = 1e9
LOW, FULL = 1.0, 0.1  # gigabytes
SECRETS = ("x.bearer_token", "reddit.client_id", "reddit.client_secret")
COMPLAINT = "tiktok is down, my feed won't load"


def config_file(file: Path | None) -> Finding:
    """Look where the configuration comes from; it is taken to be without faults."""
    loaded = configuration.load(file)
    if loaded.file is None:
        return Finding("config", "ok", "no file, only what the environment says", "`tiktokwatch init` writes one.")
    detail = f"{loaded.file.absolute()}: no fault found"
    holds = [key for key in SECRETS if loaded.origins.get(key, "").startswith(f"{loaded.file}:")]
    if holds and loaded.file.stat().st_mode & 0o077:
        advice = f"Others on this machine can read it: chmod 600 {loaded.file}"
        return Finding("config", "warn", f"{detail}, but it holds {', '.join(holds)}", advice)
    return Finding("config", "ok", detail)


def database(path: Path, *, now: datetime, stale_after: timedelta) -> Iterator[Finding]:
    """Look whether the database can be read and written, then whether a watch is writing to it."""
    place = path.absolute()
    if not path.exists():
        yield _to_be_made(place)
        return
    try:
        version, looked_at = _read(path)
        holder = _holder(path)
    except (StoreError, OSError) as error:
        yield Finding("database", "fail", str(error), "Or name another file with --db or database.path.")
        return
    detail = f"{place}, version {version}"
    if version < schema.VERSION:
        detail += f", brought up to {schema.VERSION} when `tiktokwatch run` starts"
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        yield Finding("database", "ok", f"{detail}, writable")
    else:
        advice = "Reports work; `tiktokwatch run` wants a user who may write there."
        yield Finding("database", "warn", f"{detail}, read-only for this user", advice)
    yield _watch(holder, looked_at, now=now, stale_after=stale_after)


def _to_be_made(place: Path) -> Finding:
    folder = _nearest(place)
    if os.access(folder, os.W_OK | os.X_OK):
        return Finding("database", "ok", f"{place} is not there yet; `tiktokwatch run` makes it")
    advice = "Make that folder writable, or name another file with --db or database.path."
    return Finding("database", "fail", f"{place} cannot be made: {folder} is not writable", advice)


def _watch(holder: str, looked_at: datetime | None, *, now: datetime, stale_after: timedelta) -> Finding:
    last = "" if looked_at is None else f"; the last turn was at {looked_at:%d %b %H:%M:%S} UTC"
    if not holder:
        return Finding("watch", "off", f"none is running on this database{last}")
    detail = f"process {holder} is running{last}"
    if looked_at is None or now - looked_at <= stale_after:
        return Finding("watch", "ok", detail)
    advice = f"It has saved nothing since then: look at its log, or end process {holder} and start it again."
    return Finding("watch", "warn", detail, advice)


def _read(path: Path) -> tuple[int, datetime | None]:
    """Return the version of a database, and when its last turn was. Raises StoreError."""
    with closing(open_to_read(path, patience=2.0)) as connection, refusing(path):
        version = schema.version_of(connection, path)
    if version != schema.VERSION:
        return version, None
    with Reader.open(path, patience=2.0) as reader:
        return version, reader.looked_at()


def _holder(path: Path) -> str:
    """Return the process that holds the lock of the single writer, "" where nobody does."""
    try:
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        # Shared, and let go of at once: a watch that starts meanwhile is not in its way for longer than that.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        return owner if owner.isdigit() else "unknown"
    finally:
        os.close(descriptor)
    return ""


def disk(path: Path) -> Finding:
    """Look how much room there is for the database."""
    free = shutil.disk_usage(_nearest(path)).free / GIGABYTE
    detail = f"{free:,.1f} GB free where the database lies"
    if free >= LOW:
        return Finding("disk", "ok", detail)
    advice = "Make room: a watch that cannot write ends."
    return Finding("disk", "warn" if free >= FULL else "fail", detail, advice)


def model(app: App) -> Finding:
    """Load the model, and let it judge a complaint that leaves no doubt."""
    reinstall = "Install tiktokwatch again, or train the model again: tiktokwatch train"
    try:
        (verdict,) = app.classifier().classify([COMPLAINT])
    except (UserError, ImportError) as error:
        return Finding("model", "fail", str(error), reinstall)
    if "complaint" not in verdict.labels:
        return Finding("model", "fail", "loads, but does not know a plain complaint", reinstall)
    return Finding("model", "ok", "loads, and knows a plain complaint")


def packages(*, bluesky_is_wanted: bool) -> Finding:
    """Look whether the packages are there that only some need."""
    if find_spec("websockets") is not None:
        return Finding("packages", "ok", "websockets is installed, for Bluesky")
    detail = "websockets is not installed, and only Bluesky needs it"
    if bluesky_is_wanted:
        return Finding(
            "packages", "fail", "websockets is not installed, and Bluesky needs it", f"Install it: {INSTALL}"
        )
    return Finding("packages", "off", detail, f"To watch Bluesky: {INSTALL}")


def _nearest(path: Path) -> Path:
    """Return the folder in which a file lies, or the one above that is there."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())
