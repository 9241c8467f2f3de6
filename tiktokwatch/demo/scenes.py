"""What is said when: the calm of three days, the decoys in it, and the one outage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal, TypeAlias

from tiktokwatch.demo.moments import START, Curve, daily, drawn, exactly
from tiktokwatch.demo.people import Crowd, Person
from tiktokwatch.demo.texts import Writer, words

Network: TypeAlias = Literal["x", "reddit"]
Form: TypeAlias = Literal["post", "repost", "submission", "comment", "link"]

ONSET = datetime.fromisoformat("2026-03-04T18:05:00+00:00")
OUTAGE_END = datetime.fromisoformat("2026-03-04T20:10:00+00:00")

# The outage begins in the east of the United States.
_EAST_ALONE = timedelta(minutes=15)

# In minutes from the onset: twelve minutes of rise, seventy at the top, forty of decay, and a tail.
_COMPLAINTS: Curve = (
    *((0, 0.8), (3, 3), (6, 7), (9, 10.5), (12, 13.5), (82, 13.5), (90, 9)),
    *((100, 4.5), (110, 2), (118, 0.9), (125, 0.3), (150, 0.12), (190, 0)),
)
_JOKES: Curve = ((2, 0), (12, 1.4), (40, 2.2), (80, 1.8), (110, 0.7), (160, 0.2), (240, 0))
_REPOSTS: Curve = ((8, 0), (20, 1), (80, 0.6), (110, 0.1), (130, 0))
_RECOVERY: Curve = ((75, 0), (80, 1), (85, 3), (95, 3.5), (110, 2), (125, 0.8), (160, 0.15), (200, 0))

_BURST: Curve = ((0, 0.3), (15, 1), (50, 1), (90, 0.2))
_AFTERNOON: Curve = ((0, 0.4), (30, 1), (150, 1), (180, 0.3))
_EVENING: Curve = ((0, 0.3), (30, 1), (100, 1), (135, 0.4))
_EVEN: Curve = ((0, 1), (30, 1))
_VIRAL: Curve = ((0, 0.2), (10, 1), (60, 0.5), (110, 0))

_OUTAGE_ASPECTS = (*("feed",) * 10, *("login",) * 7, *("app",) * 2)
_CALM_ASPECTS = (
    *("feed", "login", "app", "playback", "upload", "counts", "comments", "messages", "live", "search", "shop"),
    *("feed", "login", "app", "playback", "upload", "counts", "comments", "live", "web", "publishing"),
    *("feed", "app", "upload", "counts"),
)

# Where a scene plays: its subreddit, and the share of it that is on X.
_ELSEWHERE = {
    "complaints": ("TikTokHelp", 0.75),
    "outage": ("TikTokHelp", 0.75),
    "outage jokes": ("TikTok", 0.85),
    "recovery": ("TikTokHelp", 0.75),
    "instagram": ("Instagram", 0.78),
    "ban": ("politics", 0.7),
    "policy": ("technology", 0.7),
    "news": ("technology", 0.6),
}
_USUAL = ("TikTok", 0.78)

# Shares of habits.
_IN_SHORT = 0.5
_WITH_AN_ENDING = 0.5
_COMMENTS = 0.65
_TALK_OF_NEWS = 0.2
_SAY_WHERE = 0.3

VIRAL = (
    "tiktok is down for me again, third time this week. My feed won't load, I was logged out twice and support sends "
    "me the same form every time. Does anybody at that company actually work there?"
)
_SPAM = (
    "{app} is down{mark} use this {vpn} by Falcon Tunnel and unblock your feed in {number} seconds, free premium trial "
    "without registration, works worldwide{end}"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A post before it is written down in the shape of its network.

    `body` stands below the title of a submission, `of` is what a repost repeats, `link` what a post points to.
    """

    at: datetime
    network: Network
    scene: str
    form: Form
    author: Person
    text: str
    body: str = ""
    subreddit: str = ""
    link: str = ""
    of: Draft | None = None


class Stage:
    """Plays all scenes, from one seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._crowd = Crowd(self._rng("crowd"))
        self._writer = Writer(self._rng("texts"))
        self._dice = self._rng("dice")

    def _rng(self, name: str) -> Random:
        return Random(f"{self._seed}/{name}")  # noqa: S311  # no secret: it has to be the same every time

    def play(self) -> list[Draft]:
        """Return everything that is written in the three days, in order of time."""
        drafts = [*self._calm(), *self._decoys(), *self._outage(), *self._news()]
        return sorted(drafts, key=lambda draft: (draft.at, draft.author.number))

    def _calm(self) -> Iterator[Draft]:
        for at in drawn(self._rng("ordinary"), daily(least=0.0, rhythm=0.62)):
            text = self._writer.line("ordinary")
            if self._dice.random() < _WITH_AN_ENDING:
                mark = self._dice.choice((".", ",", " -")) if text[-1].isalnum() else ""
                text = f"{text}{mark} {self._writer.line('endings')}"
            yield self._say("ordinary", at, text, who=self._crowd.regular())
        for at in drawn(self._rng("complaints"), daily(least=0.022, rhythm=0.075)):
            yield self._complain("complaints", at, self._dice.choice(_CALM_ASPECTS))
        for at in drawn(self._rng("jokes"), daily(least=0.0, rhythm=0.03)):
            yield self._say("jokes", at, self._writer.line("jokes"), who=self._crowd.regular())
        for at in drawn(self._rng("policy"), daily(least=0.0, rhythm=0.012)):
            yield self._say("policy", at, self._writer.line("policies"))

    def _decoys(self) -> Iterator[Draft]:
        for number, at in enumerate(exactly(self._rng("instagram"), 200, _BURST, start=_at(0, 16, 0))):
            pool = "instagram" if number % 9 > 1 else "instagram_tiktok"
            yield self._say("instagram", at, self._writer.line(pool))
        for at in exactly(self._rng("ban"), 250, _BURST, start=_at(0, 22, 0)):
            yield self._say("ban", at, self._writer.line("policies"))
        for at in exactly(self._rng("wifi"), 60, _BURST, start=_at(1, 1, 15)):
            yield self._say("wifi", at, self._writer.line("wifi"))
        for at in exactly(self._rng("spam"), 120, _EVEN, start=_at(1, 14, 0)):
            yield self._spam(at)
        for at in exactly(self._rng("joke day"), 150, _AFTERNOON, start=_at(1, 18, 0)):
            yield self._say("joke day", at, self._writer.line("jokes"))
        yield from self._viral_post(_at(1, 22, 0))

    def _spam(self, at: datetime) -> Draft:
        pick = self._dice.choice
        text = _SPAM.format(
            app=pick(("tiktok", "TikTok", "tik tok", "TIKTOK")),
            mark=pick((",", "!", " -", "...")),
            vpn=pick(("vpn", "VPN", "vpn app")),
            number=pick(("5", "10", "30")),
            end=pick(("", "", " 🔥", " 👀", " #tiktokdown", " #tiktok")),
        )
        link = f"https://fastvpn.example/{self._dice.randrange(16**5):05x}"
        return Draft(at, "x", "spam", "post", self._crowd.stranger(), text, link=link)

    def _viral_post(self, at: datetime) -> Iterator[Draft]:
        original = Draft(at, "x", "viral", "post", self._crowd.stranger(), VIRAL)
        yield original
        for later in exactly(self._rng("viral"), 300, _VIRAL, start=at):
            yield Draft(later, "x", "viral", "repost", self._crowd.stranger(), VIRAL, of=original)

    def _outage(self) -> Iterator[Draft]:
        moments = drawn(self._rng("outage"), _COMPLAINTS, start=ONSET)
        complaints = [self._complain("outage", at, self._dice.choice(_OUTAGE_ASPECTS)) for at in moments]
        yield from complaints
        loudest = [draft for draft in complaints if draft.network == "x"][10:300:40]
        for at in drawn(self._rng("outage reposts"), _REPOSTS, start=ONSET):
            earlier = [draft for draft in loudest if draft.at < at]
            if earlier:
                of = self._dice.choice(earlier)
                yield Draft(at, "x", "outage reposts", "repost", self._crowd.somebody(), of.text, of=of)
        for at in drawn(self._rng("outage jokes"), _JOKES, start=ONSET):
            yield self._say("outage jokes", at, self._writer.line("outage_jokes"))
        for at in drawn(self._rng("recovery"), _RECOVERY, start=ONSET):
            yield self._say("recovery", at, self._writer.line("recoveries"))

    def _news(self) -> Iterator[Draft]:
        for at in exactly(self._rng("news"), 70, _EVENING, start=_at(2, 21, 40)):
            if self._dice.random() < _TALK_OF_NEWS:
                yield self._say("news", at, self._writer.line("news/talk"))
                continue
            text, link = self._writer.line("news"), f"{self._dice.choice(words('link'))}/{self._dice.randrange(10**5)}"
            subreddit, share = _ELSEWHERE["news"]
            if self._dice.random() < share:
                yield Draft(at, "x", "news", "post", self._crowd.somebody(), text, link=link)
            else:
                yield Draft(at, "reddit", "news", "link", self._crowd.somebody(), text, subreddit=subreddit, link=link)

    def _complain(self, scene: str, at: datetime, aspect: str) -> Draft:
        is_early = ONSET <= at < ONSET + _EAST_ALONE
        places = "east" if is_early else "place"
        in_short = aspect in _OUTAGE_ASPECTS and self._dice.random() < _IN_SHORT
        write = self._writer.short_complaint if in_short else self._writer.complaint
        text = write(aspect, places=places)
        if is_early and self._dice.random() < _SAY_WHERE:
            text = f"{text} ({self._dice.choice(words('east'))})"
        return self._say(scene, at, text)

    def _say(self, scene: str, at: datetime, text: str, *, who: Person | None = None) -> Draft:
        """Return what somebody, by default a stranger, writes on the network that the dice choose."""
        author, text = who or self._crowd.somebody(), self._writer.varied(text)
        subreddit, share = _ELSEWHERE.get(scene, _USUAL)
        if self._dice.random() < share:
            return Draft(at, "x", scene, "post", author, text)
        if self._dice.random() < _COMMENTS:
            return Draft(at, "reddit", scene, "comment", author, text, subreddit=subreddit)
        body = self._writer.line("contexts") if scene in ("complaints", "outage") else ""
        return Draft(at, "reddit", scene, "submission", author, text, body=body, subreddit=subreddit)


def _at(day: int, hour: int, minute: int) -> datetime:
    return START + timedelta(days=day, hours=hour, minutes=minute)
