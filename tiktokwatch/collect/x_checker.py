"""Which posts X has no longer: its lookup by ids, asked about posts that were read before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tiktokwatch.collect.budget import Budget
from tiktokwatch.collect.x_client import LARGEST_LOOKUP, XClient
from tiktokwatch.collect.x_ids import is_id

_PREFIX = "x:"


class XChecker:
    """Looks posts of X up by their ids ("x:1849"); X bills those that are still there.

    A post is gone where it was deleted, or its author was, was suspended or hides what he writes.
    """

    source = "x"

    def __init__(
        self,
        *,
        bearer_token: str,
        base_url: str = "https://api.x.com",
        timeout: float = 20,
        budget: Budget | None = None,
    ) -> None:
        self._client = XClient(
            name=self.source, bearer_token=bearer_token, base_url=base_url, timeout=timeout, budget=budget
        )

    def gone(self, ids: Sequence[str], *, now: datetime) -> frozenset[str]:
        """Return those of `ids` that are gone; ids of other sources never are.

        A hundred cost one request, more of them several, up to what one poll may take in time. Raises CollectError
        where X does not answer or the budget does not suffice for all of them; then nothing is known of any of them.
        """
        named = dict.fromkeys(name.removeprefix(_PREFIX) for name in ids if name.startswith(_PREFIX))
        # An id in another spelling would not be found in the answer, and so be called gone.
        numbers = [number for number in named if is_id(number) and not number.startswith("0")]
        self._client.start(now)
        gone: set[str] = set()
        for first in range(0, len(numbers), LARGEST_LOOKUP):
            gone |= self._client.lookup(numbers[first : first + LARGEST_LOOKUP])
        return frozenset(_PREFIX + number for number in gone)

    def close(self) -> None:
        """Let go of connections; may be called twice."""
        self._client.close()
