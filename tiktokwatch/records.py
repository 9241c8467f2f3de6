"""The nouns of tiktokwatch, in the order in which one becomes the next.

Post -> Batch -> Tick -> Verdict -> Bucket -> Score -> Evidence -> Outage -> Transition.

All are frozen values without identity or I/O. Moments are timezone-aware datetimes in UTC; `at` is the moment of an
event, `now` only a tick's time, `start`/`end` and `since`/`through` are half-open. Counting is done in minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REMEMBERED = timedelta(weeks=5, hours=4)

LABELS = ("complaint", "meme", "policy", "recovery")
ASPECTS = (
    "app",
    "feed",
    "playback",
    "login",
    "upload",
    "counts",
    "comments",
    "search",
    "messages",
    "live",
    "shop",
    "web",
    "publishing",
)

Kind: TypeAlias = Literal["post", "reply", "quote", "repost", "official"]
Standing: TypeAlias = Literal["counted", "repeat", "copy", "repost", "late", "official", "other"]
State: TypeAlias = Literal["calm", "pending", "outage", "recovering", "unknown"]
Signal: TypeAlias = Literal["high", "low", "quiet", "blind"]


def minute_of(at: datetime) -> datetime:
    """Return the start of the minute that holds `at`."""
    return at.replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Post:
    """What one author wrote once, on one network.

    `id` is unique over all networks ("x:1849", "reddit:t3_1abc"), `author` within the source ("" where unknown).
    `text` is as the author wrote it, with a title before the body, HTML entities resolved. A post of the kind
    "official" is the word of TikTok's own accounts: an event beside an outage, never a complaint.
    """

    id: str
    source: str
    at: datetime
    author: str
    text: str
    lang: str = ""
    url: str = ""
    kind: Kind = "post"


@dataclass(frozen=True, slots=True)
class Count:
    """How many posts a source says that there were in the minute that starts at `at`."""

    source: str
    at: datetime
    posts: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one collector hands over at one poll, and how far it vouches.

    The collector vouches that `posts` holds everything its source has from `since` up to, not including, `through`; in
    a minute of which `counts` speaks, they are a sample of as many as it says. `cursor` is where it wants to go on,
    opaque to everybody else. `note` says why `since` is later than was asked for. `deleted` names what the network no
    longer has, as `forget` takes it: the id of a post, or "@author".
    """

    collector: str
    source: str
    since: datetime
    through: datetime
    posts: tuple[Post, ...] = ()
    cursor: str = ""
    note: str = ""
    counts: tuple[Count, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A span for which a collector can never vouch; it is final, whatever arrives later."""

    collector: str
    source: str
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A poll that failed; it becomes a gap only if no later poll makes up for it in time."""

    collector: str
    source: str
    at: datetime
    reason: str
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """One turn of the loop: everything that came in since the turn before."""

    now: datetime
    batches: tuple[Batch, ...] = ()
    gaps: tuple[Gap, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the classifier makes of one text: calibrated probabilities, and the labels that passed their thresholds.

    `aspects` and `places` are named in the text. `fingerprint` holds hashes of which two near-copies share at least
    one; it is empty for texts too short to be called copies of each other.
    """

    complaint: float
    meme: float
    policy: float
    recovery: float
    about_tiktok: bool
    labels: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    fingerprint: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A post with its verdict, and how it stands in the count once its minute is settled."""

    post: Post
    verdict: Verdict
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one source said in one settled minute.

    `complaints` counts people: distinct authors, copies collapsed (see `trend.people`). `elsewhere` counts posts that
    are not about TikTok, `chatter` all posts in the author's own words that are no complaint. `covered` is False where
    nobody vouches; then the counts are a lower bound. `volume` is how many posts the source itself counted, 0 where it
    did not: the other figures speak of the `posts` that were read, which may be a sample of it.
    """

    source: str
    at: datetime
    covered: bool
    posts: int = 0
    complaints: int = 0
    memes: int = 0
    policy: int = 0
    recovery: int = 0
    elsewhere: int = 0
    chatter: int = 0
    aspects: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    volume: int = 0

    @property
    def unread(self) -> int:
        """Return how many posts the source counted that nobody read."""
        return max(0, self.volume - self.posts)


@dataclass(frozen=True, slots=True)
class Score:
    """How surprising the last `window` covered minutes of a source are.

    `surprise` is -log10 of the chance of at least `observed` complaints in as many minutes with `expected` ones and,
    among so much chatter, `mistaken` ones. Where posts were left `unread`, `observed` is what the `read` ones allow to
    say of all of them (see `trend.sample`). With an `aspect`, all of it is about those who name that one.
    """

    source: str
    window: int
    observed: int
    expected: float
    surprise: float
    read: int = 0
    unread: int = 0
    mistaken: float = 0.0
    aspect: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The scores of one settled minute, fused over sources; `at` is the end of that minute, `state` what came of it.

    `window` is the span in minutes that surprised most, `scores` its row for each covered source; the counts are
    sums over that window and all covered sources, which is what the reason of a transition quotes. `usual` is what a
    calm minute of this hour holds over the covered sources, in complaints.
    """

    at: datetime
    signal: Signal
    state: State
    surprise: float = 0.0
    threshold: float = 0.0
    usual: float = 0.0
    window: int = 0
    observed: int = 0
    expected: float = 0.0
    memes: int = 0
    policy: int = 0
    recovery: int = 0
    elsewhere: int = 0
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage from the estimated onset to its end, with what is known of it so far.

    `complaints` are posts, `authors` distinct people. Rates are complaints a minute. `verdict` is one of
    technical, policy, both, partial, spill-over, chatter, `severity` one of minor, major, severe. The onset lies
    between `earliest_onset` and `latest_onset`, nineteen times in twenty.
    """

    id: int
    aspect: str
    state: State
    verdict: str
    onset: datetime
    signalled_at: datetime
    recovering_at: datetime | None = None
    ended_at: datetime | None = None
    complaints: int = 0
    authors: int = 0
    peak_per_minute: int = 0
    usual_per_minute: float = 0.0
    sources: tuple[str, ...] = ()
    aspects: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    severity: str = ""
    earliest_onset: datetime | None = None
    latest_onset: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state, dated by the end of the minute that caused it, with its reason in numbers."""

    at: datetime
    before: State
    after: State
    outage_id: int | None
    reason: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell people about an outage; `key` is the same whenever the same thing is due."""

    key: str
    at: datetime
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Expense:
    """What was bought of a source's API in the hour that starts at `at`: `units` of a `kind` ("post", "request")."""

    source: str
    at: datetime
    kind: str
    units: int
    dollars: float


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a collector has come: it vouched from `since` on, and its minutes up to `passed` are decided.

    `through` is how far it last vouched (None before its first batch); where `passed` lies beyond it, a gap was
    declared. `fault` is why the last poll failed ("" if it did not), `retry_at` when the next one is due.
    """

    collector: str
    source: str
    since: datetime | None = None
    through: datetime | None = None
    passed: datetime | None = None
    cursor: str = ""
    fault: str = ""
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """All that one tick changed; a store saves it in one transaction. Minutes before `settled` are settled."""

    tick: Tick
    settled: datetime | None = None
    judged: tuple[Judged, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    buckets: tuple[Bucket, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    outages: tuple[Outage, ...] = ()
    transitions: tuple[Transition, ...] = ()
    marks: tuple[Mark, ...] = ()
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a pipeline needs of its past to go on as if it had never stopped; everything is in order of time.

    `recent` are the posts since 24 hours before `settled` and all that wait, `buckets` those of the last `REMEMBERED`,
    `outages` those that ended within it and the newest in any case, `evidence` the last four hours, `gaps` those that
    end after `settled`, `transitions` the last two, `counts` those of minutes from `settled` on. `authors` are the
    people ("source:author") who complained since the onset of the outage that is open.
    """

    settled: datetime | None = None
    marks: tuple[Mark, ...] = ()
    recent: tuple[Judged, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    gaps: tuple[Gap, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    outages: tuple[Outage, ...] = ()
    transitions: tuple[Transition, ...] = ()
    authors: frozenset[str] = frozenset()
    counts: tuple[Count, ...] = ()
