"""The sink that tells people what is due."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from tiktokwatch.errors import DeliveryError
from tiktokwatch.notify.due import due
from tiktokwatch.protocols import Ledger, Notifier
from tiktokwatch.records import Message, Outage, Step

log = logging.getLogger(__name__)


class LogNotifier:
    """Says it in the log, which is what a daemon without other channels has."""

    channel = "log"

    def notify(self, message: Message) -> None:
        """Write the message as one warning."""
        log.warning("%s. %s", message.title, message.body)


class Outbox:
    """Holds the outages of a run against the ledger after every tick; it must come after the store among the sinks."""

    def __init__(self, notifiers: Sequence[Notifier], *, ledger: Ledger, outages: Iterable[Outage] = ()) -> None:
        self._notifiers = notifiers
        self._ledger = ledger
        self._outages = {outage.id: outage for outage in outages}
        self._delivered = ledger.delivered()

    def __call__(self, step: Step) -> None:
        """Say what is due at the tick's time."""
        self._outages.update((outage.id, outage) for outage in step.outages)
        for notifier in self._notifiers:
            for message in due(
                self._outages.values(),
                channel=notifier.channel,
                delivered=self._delivered,
                now=step.tick.now,
            ):
                self._deliver(notifier, message, step)

    def _deliver(self, notifier: Notifier, message: Message, step: Step) -> None:
        outcome, detail = "delivered", ""
        try:
            notifier.notify(message)
        except DeliveryError as error:
            outcome, detail = ("given up" if error.permanent else "failed"), error.reason
            log.warning("%s was not told of %s: %s", notifier.channel, message.key, error.reason)
        self._ledger.record_delivery(
            key=message.key, channel=notifier.channel, at=step.tick.now, outcome=outcome, detail=detail
        )
        if outcome != "failed":
            self._delivered.add((message.key, notifier.channel))
