"""The query language of X, as far as it can be checked without asking X, which takes no query that is not in order.

Operators and rules are those that X documents for its search (docs.x.com, "Build a query" and "Operators"): a space
binds tighter than OR, a dash negates what it stands before but never a group, and some operators only narrow what
others find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

SEARCH = 512
_DEEPEST = 50

_STANDALONE = frozenset(
    {
        "bounding_box",
        "context",
        "conversation_id",
        "entity",
        "from",
        "geo_bounding_box",
        "in_reply_to_status_id",
        "in_reply_to_tweet_id",
        "list",
        "place",
        "place_country",
        "point_radius",
        "quotes_of_status_id",
        "quotes_of_tweet_id",
        "retweets_of",
        "retweets_of_status_id",
        "retweets_of_tweet_id",
        "to",
        "url",
    }
)
_NARROWING = frozenset({"has", "is", "lang", "min_likes", "min_replies", "min_reposts"})
_VALUES: Mapping[str, frozenset[str]] = {
    "is": frozenset({"nullcast", "quote", "reply", "retweet", "verified"}),
    "has": frozenset(
        {"cashtags", "geo", "hashtags", "images", "links", "media", "media_link", "mentions", "video_link", "videos"}
    ),
}
# What people remember of older searches, and what there is in its place.
_FORMER: Mapping[str, str] = {
    "min_faves": "min_likes:",
    "min_retweets": "min_reposts:",
    "filter": "has: or is:",
    "include": "has: or is:",
    "since": "no operator, the time is asked for apart",
    "until": "no operator, the time is asked for apart",
    "near": "place: or point_radius:",
    "within": "place: or point_radius:",
    "geocode": "point_radius:",
    "source": "no operator",
    "sample": "an operator of streams alone",
}
_MARK = re.compile(r'-?\(|\)|-?(?:[A-Za-z_]+:|[#@$])?(?:"[^"]*"|\[[^\]]*\])(?:~\d+)?|[^\s()"]+|"')
_OPERATOR = re.compile(r"([A-Za-z_]+):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition as it is written, without its dash: a word, a "phrase", a #tag, or an operator with its value."""

    text: str
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """What must hold together."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What may hold in the place of each other."""

    parts: tuple[Node, ...]


Node: TypeAlias = "Term | All | Either"


def check(query: str, longest: int = SEARCH) -> list[str]:
    """Return what X would have against a query of at most `longest` characters, in words; nothing if it is in order."""
    if not query.strip():
        return ["the query is empty"]
    faults = []
    if len(query) > longest:
        faults.append(f"the query is {len(query)} characters long, and X takes {longest}")
    if query.count('"') % 2:
        return [*faults, 'a quotation mark (") is not closed']
    marks = _marks(query)
    faults += [fault for mark in marks for fault in _term_faults(mark)]
    if any(mark == "-(" for mark in marks):
        faults.append("a group in brackets cannot be negated: put a dash before each of its words")
    marks = ["(" if mark == "-(" else mark for mark in marks]
    try:
        tree = _parsed(marks)
    except ValueError as error:
        return [*faults, str(error)]
    return faults + _unanchored(tree)


def parse(query: str) -> Node:
    """Return a query as the tree that X makes of it. Raises ValueError where `check` finds its structure at fault."""
    if query.count('"') % 2:
        raise ValueError('a quotation mark (") is not closed')
    return _parsed(_marks(query))


def _marks(query: str) -> list[str]:
    return _MARK.findall(query)


def _term_faults(mark: str) -> Iterator[str]:
    text = mark.removeprefix("-")
    if mark in ("(", "-(", ")", "OR"):
        return
    if text.upper() in ("OR", "AND"):
        yield f'"{text}" is no word to search for: a space means and, OR in capitals means or'
    elif not text.strip('"#@$[]'):
        yield f"{mark} stands for nothing"
    elif "~" in text and text.startswith('"'):
        yield f"{text}: nearness is an operator of streams alone"
    elif match := _OPERATOR.fullmatch(text):
        yield from _operator_faults(match[1].lower(), match[2], is_negated=mark != text)


def _operator_faults(name: str, value: str, *, is_negated: bool) -> Iterator[str]:
    if name in _FORMER:
        yield f"{name}: is not known to X any more; there is {_FORMER[name]}"
    elif name not in _STANDALONE | _NARROWING:
        yield f"{name}: is no operator of X; put what holds a colon in quotation marks"
    elif not value.strip('"'):
        yield f"{name}: has no value"
    elif name in _VALUES and value.lower() not in _VALUES[name]:
        yield f"{name}:{value} is no operator of X; there are {', '.join(sorted(_VALUES[name]))}"
    elif (name, value.lower()) == ("is", "nullcast") and not is_negated:
        yield "is:nullcast must be negated"


def _parsed(marks: Sequence[str]) -> Node:
    """Return the tree of brackets, ORs and terms. Raises ValueError where brackets or ORs do not fit."""
    # Each open bracket keeps the alternatives before it and, in the last of them, what must hold together.
    open_groups: list[list[list[Node]]] = [[[]]]
    for mark in marks:
        if mark == "-(":
            raise ValueError("a group in brackets cannot be negated: put a dash before each of its words")
        if mark == "(":
            open_groups.append([[]])
            if len(open_groups) > _DEEPEST:
                raise ValueError(f"brackets stand more than {_DEEPEST - 1} deep in each other")
        elif mark == ")":
            if len(open_groups) == 1:
                raise ValueError("a bracket is closed that was not opened")
            node = _closed(open_groups.pop())
            open_groups[-1][-1].append(node)
        elif mark == "OR":
            open_groups[-1].append([])
        else:
            open_groups[-1][-1].append(Term(mark.removeprefix("-"), is_negated=mark.startswith("-")))
    if len(open_groups) > 1:
        raise ValueError("a bracket is not closed")
    return _closed(open_groups[0])


def _closed(alternatives: list[list[Node]]) -> Node:
    if alternatives == [[]]:
        raise ValueError("there is nothing between two brackets")
    if not all(alternatives):
        raise ValueError("OR must stand between two things")
    parts = [parts[0] if len(parts) == 1 else All(tuple(parts)) for parts in alternatives]
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _unanchored(tree: Node) -> list[str]:
    alternatives = tree.parts if isinstance(tree, Either) else (tree,)
    return [
        f"{_written(node)} cannot stand alone: put a word, a phrase, a #tag or from: beside it"
        for node in alternatives
        if not _finds(node)
    ]


def _finds(node: Node) -> bool:
    """Say whether a node finds posts by itself, or only narrows what another finds."""
    if isinstance(node, All):
        return any(map(_finds, node.parts))
    if isinstance(node, Either):
        return all(map(_finds, node.parts))
    operator = _OPERATOR.fullmatch(node.text)
    return not node.is_negated and (operator is None or operator[1].lower() not in _NARROWING)


def _written(node: Node) -> str:
    if isinstance(node, Term):
        return "-" * node.is_negated + node.text
    joined = (" OR " if isinstance(node, Either) else " ").join(map(_written, node.parts))
    return f"({joined})" if isinstance(node, Either) else joined
