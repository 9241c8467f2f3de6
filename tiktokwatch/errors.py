"""What can go wrong, by what the caller does next.

TiktokwatchError
├── UserError        print one sentence, exit with `exit_code`
│   ├── ConfigError  the same, exit 78 (EX_CONFIG): a supervisor need not try again
│   └── StoreError   the database cannot be used as it is
├── CollectError     a poll failed: wait `retry_after` seconds, or give up on this source if `permanent`
└── DeliveryError    a message was not delivered: try again, or give up on it if `permanent`
"""

from __future__ import annotations


class TiktokwatchError(Exception):
    """Everything that tiktokwatch raises on purpose."""


class UserError(TiktokwatchError):
    """Something that the person at the terminal can put right; the text says how."""

    exit_code = 1


class ConfigError(UserError):
    """The configuration is wrong; the text has a line for each fault."""

    exit_code = 78


class StoreError(UserError):
    """The database is missing, unreadable, of another kind or of a newer version."""


class CollectError(TiktokwatchError):
    """A poll failed. `reason` is safe to show; `retry_after` is in seconds, None where the source did not say."""

    def __init__(self, reason: str, *, retry_after: float | None = None, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.permanent = permanent


class DeliveryError(TiktokwatchError):
    """A message was not delivered."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
