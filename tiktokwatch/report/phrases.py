"""What each state, verdict, aspect and source is called, and what to do about it: every sentence in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tiktokwatch.records import State
from tiktokwatch.report.printable import printable


@dataclass(frozen=True, slots=True)
class Signboard:
    """How a state is shown: a word first, a shape second, a colour last."""

    word: str
    symbol: str
    ascii_symbol: str
    colour: str


SIGNBOARDS: Mapping[State, Signboard] = {
    "calm": Signboard("CALM", "○", "o", "green"),
    "pending": Signboard("UNCLEAR", "◐", "~", "yellow"),
    "outage": Signboard("OUTAGE", "●", "X", "red"),
    "recovering": Signboard("RECOVERING", "◒", "^", "cyan"),
    "unknown": Signboard("UNKNOWN", "?", "?", "magenta"),
}

HEADLINES: Mapping[tuple[str, str], str] = {
    ("calm", ""): "People complain about TikTok no more than usual.",
    ("pending", ""): "More people complain than usual. It may be the start of an outage, or nothing.",
    ("outage", "technical"): "TikTok is failing for many people.",
    ("outage", "partial"): "One part of TikTok is failing for many people: {aspect}.",
    ("outage", "policy"): "TikTok is blocked rather than broken: people speak of a ban.",
    ("outage", "both"): "TikTok is failing for many people, and a ban or a block is much of the talk.",
    ("outage", "spill-over"): "Another service is failing, and TikTok is drawn into the talk.",
    ("outage", "chatter"): "There is much talk of TikTok failing, and little sign that it does.",
    ("recovering", ""): "Complaints about TikTok are dying down.",
    ("unknown", "stale"): "There is no fresh data, so nothing can be said about the present.",
    ("unknown", "blind"): "No source can be read at the moment, so nothing can be said about the present.",
    ("unknown", "never"): "Nothing has been watched yet.",
}

ADVICE: Mapping[tuple[str, str], str] = {
    ("calm", ""): "Nobody else complains: try another network, another device, or tiktok.com in a browser.",
    ("pending", ""): "Wait some minutes before you change anything, and look again.",
    ("outage", "technical"): "It is TikTok, not you: reinstalling will not help.",
    ("outage", "partial"): "It is TikTok, not you: the rest of the app may work, and reinstalling will not help.",
    ("outage", "policy"): "It is a decision, not a fault: nothing that you change on your device will undo it.",
    ("outage", "both"): "It is not you: reinstalling will not help. Look for what TikTok or your government announced.",
    ("outage", "spill-over"): "Look at the other service first; TikTok itself may be fine.",
    ("outage", "chatter"): "If TikTok fails for you, try another network or tiktok.com in a browser.",
    ("recovering", ""): "It was TikTok, not you: close the app, wait a little and open it again. No need to reinstall.",
    ("unknown", "stale"): "Is the watcher running? Start it with: tiktokwatch run",
    ("unknown", "blind"): "See below why the sources cannot be read; the watcher tries again by itself.",
    ("unknown", "never"): "Start the watcher with: tiktokwatch run (or see how it works: tiktokwatch demo)",
}

OUTAGE_NOUNS: Mapping[str, tuple[str, str]] = {
    "technical": ("outage", "outages"),
    "partial": ("partial outage", "partial outages"),
    "policy": ("policy blackout", "policy blackouts"),
    "both": ("outage amid a policy blackout", "outages amid a policy blackout"),
    "spill-over": ("spill-over from another service", "spill-overs from another service"),
    "chatter": ("surge of talk", "surges of talk"),
}

VERDICTS: Mapping[str, str] = {
    "technical": "technical fault",
    "partial": "technical fault of one part",
    "policy": "policy: blocked on purpose",
    "both": "technical fault and policy",
    "spill-over": "another service failed",
    "chatter": "talk only",
}

ASPECTS: Mapping[str, str] = {
    "app": "the whole app",
    "feed": "the feed",
    "playback": "playing videos",
    "login": "logging in",
    "upload": "uploading",
    "counts": "views, likes and followers",
    "comments": "comments",
    "search": "search",
    "messages": "messages",
    "live": "LIVE",
    "shop": "the Shop",
    "web": "tiktok.com",
    "publishing": "the publishing API",
}

SOURCES: Mapping[str, str] = {
    "x": "X",
    "reddit": "Reddit",
    "bluesky": "Bluesky",
    "hackernews": "Hacker News",
    "mastodon": "Mastodon",
}

NOISE: Mapping[str, str] = {
    "policy": "about bans and politics",
    "meme": "jokes",
    "recovery": "that it is back",
    "elsewhere": "not about TikTok",
}


def headline(state: State, cause: str, *, aspect: str = "") -> str:
    """Return the sentence for a state; `cause` is the verdict of an outage, or why nothing is known."""
    return _fitting(HEADLINES, state, cause).format(aspect=aspect_words(aspect))


def advice(state: State, cause: str) -> str:
    """Return what somebody for whom TikTok fails had best do."""
    return _fitting(ADVICE, state, cause)


def _fitting(table: Mapping[tuple[str, str], str], state: State, cause: str) -> str:
    fallback = {"outage": "technical", "unknown": "blind"}.get(state, "")
    return table.get((state, cause)) or table[(state, fallback)]


def outage_noun(verdict: str, *, many: bool = False) -> str:
    """Return what an outage of this verdict is called."""
    return OUTAGE_NOUNS.get(verdict, OUTAGE_NOUNS["technical"])[many]


def kind_words(verdict: str, aspect: str) -> str:
    """Return a verdict as people read it, with the part of TikTok that it is about."""
    return f"{VERDICTS.get(verdict, printable(verdict))}, {aspect_words(aspect)}"


def aspect_words(aspect: str) -> str:
    """Return a part of TikTok as people call it."""
    return ASPECTS.get(aspect, printable(aspect))


def source_words(source: str) -> str:
    """Return a network as people call it."""
    return SOURCES.get(source, printable(source))
