"""The rules of X's filtered stream: ours are kept as we want them, those of others are left alone.

Rules belong to the app at X and outlive every connection. Ours are known by a prefix of their tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from tiktokwatch.errors import CollectError

PREFIX = "tiktokwatch:"
LONGEST = 1024


class RulesClient(Protocol):
    """The part of `tweepy.StreamingClient` that is about rules, returning dicts."""

    def get_rules(self) -> Any:
        """Return all rules."""

    def add_rules(self, add: Any, **params: Any) -> Any:
        """Add rules, or only try them."""

    def delete_rules(self, ids: Any, **params: Any) -> Any:
        """Delete rules by their ids."""


def checked(rules: Mapping[str, str]) -> dict[str, str]:
    """Return `rules` (tag: query) with our prefix before the tags. Raises ValueError where X would take none of one."""
    if not rules:
        raise ValueError("rules: the stream needs one at least")
    for tag, query in rules.items():
        if not 1 <= len(query) <= LONGEST:
            raise ValueError(f"rules: {tag} has {len(query)} characters; X takes 1 to {LONGEST}")
    if len(set(rules.values())) < len(rules):
        raise ValueError("rules: two of them ask for the same; X takes each query once")
    return {PREFIX + tag: query for tag, query in rules.items()}


def sync(client: RulesClient, wanted: Mapping[str, str], *, name: str, secret: str) -> frozenset[str]:
    """Let the rules at X be those in `wanted` (tag with our prefix: query), and return the ids that answer to them.

    X holds each query once: where somebody else has the same one under a tag of his own, his rule does for us both.
    Raises CollectError, permanent where X refuses a query; then the rules are as they were. What X says of a query is
    quoted, but for `secret`.
    """
    present = list(_rules(client.get_rules(), name=name))
    kept: dict[str, str] = {}
    obsolete: list[str] = []
    for rule in present:
        tag, query = rule.get("tag"), rule["value"]
        is_ours = isinstance(tag, str) and tag.startswith(PREFIX)
        if query in wanted.values() and query not in kept and (not is_ours or wanted.get(str(tag)) == query):
            kept[query] = rule["id"]
        elif is_ours:
            obsolete.append(rule["id"])
    missing = {tag: query for tag, query in wanted.items() if query not in kept}
    added: list[str] = []
    if missing:
        # A query that X does not take must not cost us the rules that we have.
        _add(client, missing, name=name, secret=secret, dry_run="true")
    if obsolete:
        client.delete_rules(obsolete)
    if missing:
        added = _add(client, missing, name=name, secret=secret)
    return frozenset((*kept.values(), *added))


def _add(client: RulesClient, rules: Mapping[str, str], *, name: str, secret: str, **params: str) -> list[str]:
    """Add rules, and return the ids under which X keeps them. `dry_run` is a word: X does not know tweepy's True."""
    from tweepy import StreamRule  # noqa: PLC0415 - takes half a second

    from tiktokwatch.collect.x_connection import complaint, mappings  # noqa: PLC0415 - with the above

    answer = client.add_rules([StreamRule(value=query, tag=tag) for tag, query in rules.items()], **params)
    ids = [rule["id"] for rule in _rules(answer, name=name)]
    for error in mappings(answer.get("errors")):
        if error.get("title") != "DuplicateRule":
            why = complaint({"errors": [error]}, secret=secret)
            raise CollectError(f"{name}: stream: a rule was refused: {why}", permanent=True)
        ids.extend(value for value in [error.get("id")] if isinstance(value, str))
    return ids


def _rules(answer: Any, *, name: str) -> Iterator[dict[str, Any]]:
    """Return the rules in an answer that have what every rule has; tags are optional."""
    data = answer.get("data", []) if isinstance(answer, dict) and isinstance(answer.get("meta"), dict) else None
    if not isinstance(data, list):
        raise CollectError(f"{name}: stream: the answer is JSON, but not one about rules")
    for rule in data:
        if isinstance(rule, dict) and isinstance(rule.get("id"), str) and isinstance(rule.get("value"), str):
            yield rule
