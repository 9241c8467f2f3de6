"""What X is asked for: the words that people use when TikTok breaks, is banned or comes back, as queries.

X bills a post that it returns, and in `counts` every one that matches counts. So a query names what people write when
something is wrong, and little of what they write every day: bare "down" also finds who is let down, calms down or is
down bad, and a phrase as "tiktok down" finds nearly everybody who means TikTok. A classifier judges what is found.

Case and accents make no difference to X's search; apostrophes split words, so that "won't" and "wont" are two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tiktokwatch.collect.query_syntax import SEARCH, check

__all__ = [
    "COMPLAINT",
    "COMPLAINTS",
    "NAMES",
    "OFFICIAL",
    "POLICIES",
    "POLICY",
    "RECOVERIES",
    "RECOVERY",
    "TRAPS",
    "check",
    "official",
]

# In Arabic the second half, as the first one may have an article on it.
NAMES = ("tiktok", "tik tok", "توك", "тикток")

# By language, the commonest first: a query holds 512 characters, and these tables fill it.
COMPLAINTS: Mapping[str, Sequence[str]] = {
    "en": (
        "tiktok down",
        "is down",
        "tiktok not",
        "tiktok won't",
        "tiktok keeps",
        "not working",
        "wont",
        "load",
        "loading",
        "glitch",
        "crash",
        "crashed",
        "broken",
        "outage",
        "log in",
        "0 views",
        "servers",
        "just me",
    ),
    "es": ("no funciona", "se cayó"),
    "pt": ("caiu",),
    "id": ("error", "ga bisa"),
    "fr": ("marche pas", "bug"),
    "de": ("geht nicht",),
    "tr": ("çöktü", "açılmıyor"),  # noqa: RUF001 - a letter of Turkish
    "ar": ("معطل", "ما يفتح"),
    "ja": ("開けない", "不具合"),
    "ru": ("не работает",),
    "vi": ("lỗi",),
}
POLICIES: Mapping[str, Sequence[str]] = {
    "en": (
        "ban",
        "banned",
        "banning",
        "divest",
        "PAFACA",
        "Supreme Court",
        "SCOTUS",
        "executive order",
        "joint venture",
        "ByteDance",
        "national security",
        "app store",
        "terms of service",
        "VPN",
    ),
    "es": ("prohibir", "prohibición"),
    "pt": ("banido", "proibir"),
    "id": ("diblokir", "larangan"),
    "fr": ("interdiction", "interdire"),
    "de": ("Verbot", "verbieten"),
    "tr": ("yasaklandı", "yasak"),  # noqa: RUF001 - as above
    "ar": ("حظر",),
    "ja": ("禁止",),
    "ru": ("запрет", "блокировка"),
    "vi": ("cấm",),
}
RECOVERIES: Mapping[str, Sequence[str]] = {
    "en": (
        "is back",
        "back up",
        "working again",
        "works again",
        "working now",
        "back to normal",
        "fixed",
        "restored",
        "resolved",
        "still down",
    ),
    "es": ("ya funciona", "volvió"),
    "pt": ("voltou", "já funciona"),
    "id": ("udah bisa", "normal lagi"),
    "fr": ("remarche", "de retour"),
    "de": ("geht wieder", "funktioniert wieder"),
    "tr": ("düzeldi", "geri geldi"),
    "ar": ("رجع", "اشتغل"),
    "ja": ("復活", "直った"),
    "ru": ("заработал", "снова работает"),
    "vi": ("đã hoạt động",),
}
# What these words also stand in: offers of software.
TRAPS = ("downloader", "download video")

_USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_PLAIN = re.compile(r"\w+")
_NO_REPOSTS = "-is:retweet"


def official(accounts: Iterable[str]) -> str:
    """Return the query for what accounts post, by their names with or without "@".

    Their replies are answers to single users and no news. Raises ValueError where a name cannot be one, where there
    is none, or where there are more than a query holds.
    """
    names = list(dict.fromkeys(account.strip().removeprefix("@") for account in accounts))
    if not names:
        raise ValueError("there is no account to ask for")
    for name in names:
        if not _USERNAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an account on X")
    query = " ".join([_any([f"from:{name}" for name in names]), "-is:reply", _NO_REPOSTS])
    if len(query) > SEARCH:
        raise ValueError(f"{len(names)} accounts are more than a query holds")
    return query


def _about_tiktok(phrases: Mapping[str, Sequence[str]], *, tags: Sequence[str], traps: Sequence[str] = ()) -> str:
    """Return the query for posts that name TikTok beside one of `phrases`, or that have one of `tags`."""
    said = _any([_term(phrase) for in_language in phrases.values() for phrase in in_language])
    named = f"{_any([_term(name) for name in NAMES])} {said}"
    found = _any([*(f"#{tag}" for tag in tags), f"({named})"])
    return " ".join([found, *(f"-{_term(trap)}" for trap in traps), _NO_REPOSTS])


def _term(phrase: str) -> str:
    return phrase if _PLAIN.fullmatch(phrase) else f'"{phrase}"'


def _any(terms: Sequence[str]) -> str:
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


COMPLAINT = _about_tiktok(COMPLAINTS, tags=("tiktokdown",), traps=TRAPS)
POLICY = _about_tiktok(POLICIES, tags=("tiktokban", "savetiktok"))
RECOVERY = _about_tiktok(RECOVERIES, tags=("tiktokisback",))
OFFICIAL = official(("TikTokSupport", "tiktokusdsjv"))
