"""What there is to say about outages, and what of it is still due.

Messages are derived, not fired: whatever outages give rise to and the ledger does not hold is due. So a crash neither
loses one nor repeats one that was written down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from tiktokwatch.records import Message, Outage

# What came to light long ago is history when it is found (after a standstill, or a backfill): it pages nobody.
FRESH = timedelta(hours=6)


def messages(outage: Outage) -> list[Message]:
    """Return everything that an outage has given rise to so far."""
    said = [_raised(outage)]
    if outage.ended_at is not None:
        said.append(_ended(outage, outage.ended_at))
    return said


def due(
    outages: Iterable[Outage], *, channel: str, delivered: Collection[tuple[str, str]], now: datetime
) -> list[Message]:
    """Return what `channel` has not been told yet, oldest first."""
    said = (message for outage in outages for message in messages(outage))
    fresh = (message for message in said if now - message.at <= FRESH and (message.key, channel) not in delivered)
    return sorted(fresh, key=lambda message: (message.at, message.key))


def _raised(outage: Outage) -> Message:
    about = "" if outage.aspect == "app" else f" ({outage.aspect})"
    title = f"TikTok: outage likely{about} since {outage.onset:%H:%M} UTC"
    return Message(f"outage-{outage.id}-raised", outage.signalled_at, title, f"{outage.verdict}: {outage.reason}")


def _ended(outage: Outage, at: datetime) -> Message:
    minutes = round((at - outage.onset) / timedelta(minutes=1))
    title = f"TikTok: over at {at:%H:%M} UTC, {minutes} minutes after it began"
    body = f"{outage.complaints} complaints by {outage.authors} people, at most {outage.peak_per_minute} a minute."
    return Message(f"outage-{outage.id}-ended", at, title, body)
