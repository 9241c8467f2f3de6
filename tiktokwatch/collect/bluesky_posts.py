"""Events of Bluesky's Jetstream, out of the frames in which it sends them: posts, deletions, the passing of time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tiktokwatch.collect.plain_text import LONGEST, sound
from tiktokwatch.records import EPOCH, Kind, Post

COLLECTION = "app.bsky.feed.post"
# In bytes; the frames of posts are a thousandth of it.
LARGEST = 2**20

# A frame of Jetstream begins so; where one does not, the whole of it is read. Further in, a post may hold anything.
_HEAD = re.compile(rb'\{"did":"[^"\\]{1,256}","time_us":([0-9]{15,17}),"kind":"')
_DID = re.compile(r"did:[a-z]{1,32}:[A-Za-z0-9._:%-]{1,200}")
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9-]{1,32})?")
# What is not about posts that are looked for, but must be read all the same.
_OPERATIONS = (b'"delete"', b'"update"', b'"account"')
_GONE = frozenset({"deleted", "takendown"})

# Bluesky has no posts from before 2022; nothing here will be read after 2099.
_FIRST = 1_640_995_200_000_000
_LAST = 4_102_444_800_000_000
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Event:
    """What one frame says: when it was sent, in microseconds since 1970, and a post, or what is `gone`, if any.

    `gone` is as `forget` takes it: the id of a post, or "@author".
    """

    time_us: int
    post: Post | None = None
    gone: str = ""


class Reader:
    """Reads frames, and of the posts in them those that have one of `keywords` in them, in any case.

    A keyword counts in the text, the description of an image and the title of a link. What a client says about when a
    post was written is believed if it lies within `honest` before it was sent.
    """

    def __init__(self, *, keywords: Sequence[str], honest: timedelta) -> None:
        self._keywords = tuple(keyword.casefold() for keyword in keywords)
        self._needles = tuple(keyword.encode() for keyword in self._keywords)
        self._is_plain = all(keyword.isascii() for keyword in self._keywords)
        self._honest = honest

    def read(self, frame: bytes) -> Event:
        """Return the event in a frame; raises ValueError with a short reason where there is none."""
        if len(frame) > LARGEST:
            raise ValueError("a frame larger than any event")
        head = _HEAD.match(frame)
        if head is not None and not self._may_matter(frame):
            return Event(_time(int(head[1])))
        event = _object(frame)
        time_us = _time(event.get("time_us"))
        if event.get("kind") == "account":
            return Event(time_us, gone=_gone_author(event))
        commit = event.get("commit")
        if event.get("kind") != "commit" or not isinstance(commit, dict) or commit.get("collection") != COLLECTION:
            return Event(time_us)
        name = f"{_matching(_DID, event.get('did'))}/{_matching(_RKEY, commit.get('rkey'))}"
        if commit.get("operation") in ("delete", "update"):
            return Event(time_us, gone=f"bluesky:{name}")
        if commit.get("operation") != "create" or not isinstance(commit.get("record"), dict):
            raise ValueError("a commit of no kind that is known here")
        return Event(time_us, post=self._post(name, commit["record"], EPOCH + time_us * _MICROSECOND))

    def _may_matter(self, frame: bytes) -> bool:
        """Tell at little cost whether a frame may hold a keyword or a deletion; Jetstream escapes no letters."""
        text = frame.lower() if self._is_plain else frame.decode(errors="replace").casefold().encode()
        return any(needle in text for needle in self._needles) or any(word in frame for word in _OPERATIONS)

    def _post(self, name: str, record: Mapping[str, Any], sent: datetime) -> Post | None:
        text = _text(record.get("text"))
        if not self._has_keyword(text):
            # Whoever reads the text should see why it is here.
            beside = [part for part in _beside(record.get("embed")) if self._has_keyword(part)]
            if not beside:
                return None
            text = "\n\n".join(part for part in (text, *beside) if part)
        if len(text) > LONGEST:
            raise ValueError("a text longer than any post")
        did, rkey = name.split("/")
        return Post(
            id=f"bluesky:{name}",
            source="bluesky",
            at=self._at(record.get("createdAt"), sent),
            author=did,
            text=text,
            lang=_language(record.get("langs")),
            url=f"https://bsky.app/profile/{did}/post/{rkey}",
            kind=_kind(record),
        )

    def _has_keyword(self, text: str) -> bool:
        folded = text.casefold()
        return any(keyword in folded for keyword in self._keywords)

    def _at(self, created: object, sent: datetime) -> datetime:
        try:
            at = datetime.fromisoformat(created) if isinstance(created, str) else sent
            return at.astimezone(sent.tzinfo) if at.tzinfo and sent - self._honest <= at <= sent else sent
        except (ValueError, OverflowError):
            return sent


def _object(frame: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        raise ValueError("a frame that is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("a frame without an object")  # noqa: TRY004 - one kind of frame that is none among others
    return value


def _time(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and _FIRST <= value < _LAST:
        return value
    raise ValueError("a frame without a time")


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise ValueError("a frame whose did or rkey is none")


def _gone_author(event: Mapping[str, Any]) -> str:
    account = event.get("account")
    if not isinstance(account, dict) or account.get("active") is not False or account.get("status") not in _GONE:
        return ""
    return f"@{_matching(_DID, event.get('did'))}"


def _text(value: object) -> str:
    return sound(value).strip() if isinstance(value, str) else ""


def _beside(embed: object) -> Iterator[str]:
    """Yield the descriptions of images and of a video, and the title of a link, which may lie beside a quoted post."""
    if not isinstance(embed, dict):
        return
    media = embed.get("media")
    for part in (embed, media if isinstance(media, dict) else {}):
        images = part.get("images")
        for image in (part, *(images if isinstance(images, list) else ())):
            yield _text(image.get("alt")) if isinstance(image, dict) else ""
        external = part.get("external")
        yield _text(external.get("title")) if isinstance(external, dict) else ""


def _language(value: object) -> str:
    first = value[0] if isinstance(value, list) and value else None
    is_tag = isinstance(first, str) and _LANGUAGE.fullmatch(first)
    return re.split("[-_]", str(first))[0].lower() if is_tag else ""


def _kind(record: Mapping[str, Any]) -> Kind:
    if record.get("reply"):
        return "reply"
    embed = record.get("embed")
    is_quote = isinstance(embed, dict) and str(embed.get("$type")).startswith("app.bsky.embed.record")
    return "quote" if is_quote else "post"
