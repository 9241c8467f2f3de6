"""The account of one outage: what it adds up to, minute by minute, and what kind of trouble it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tiktokwatch.outage.onset import onset
from tiktokwatch.outage.talk import BESIDE, UsualTalk
from tiktokwatch.records import ASPECTS, MINUTE, Bucket, Evidence, Outage, Score, State

GENERAL = "app"
BEFORE = timedelta(hours=2)
LOOK_BACK = timedelta(hours=1)
LEAST_DOUBT = 0.05  # as it is printed
MERE_POLICY = 10  # policy posts for each complaint: people talk of a ban, and hardly anybody finds something broken
# From so many people on, and from a peak of so many times the usual on.
SEVERITIES = (("severe", 300, 50.0), ("major", 30, 10.0))
LEADING_SHARE = 0.45
FEATURES = frozenset(ASPECTS) - {GENERAL, "feed", "web"}


@dataclass(frozen=True, slots=True)
class Minute:
    """A settled minute as an outage sees it: buckets by source, complaint posts, who wrote them, what is usual.

    `people` is how many complained in it, over sources, those included whose posts were counted and not read.
    """

    at: datetime
    buckets: tuple[Bucket, ...]
    complaints: int
    authors: frozenset[str]
    usual: float
    people: float


@dataclass(slots=True)
class Account:
    """An outage while it is open. Everything but its posts and authors follows from stored buckets."""

    outage: Outage
    usual: Mapping[str, float]
    authors: set[str] = field(default_factory=set)
    mix: Counter[str] = field(default_factory=Counter)
    aspects: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)

    def add(self, minute: Minute) -> None:
        """Add one more minute."""
        self.count(minute.buckets)
        self.authors |= minute.authors
        peak = max(self.outage.peak_per_minute, round(minute.people))
        self.outage = replace(
            self.outage,
            complaints=self.outage.complaints + minute.complaints,
            authors=len(self.authors),
            peak_per_minute=peak,
            severity=severity(people=len(self.authors), peak=peak, usual=self.outage.usual_per_minute),
            aspect=leading_aspect(self.aspects),
            verdict=self.verdict(),
            sources=tuple(ranked(self.sources)),
            aspects=ranked(self.aspects),
            places=ranked(self.places),
        )

    def count(self, buckets: Iterable[Bucket]) -> None:
        """Add buckets to the sums that a restart builds anew."""
        for bucket in buckets:
            for kind in ("complaints", *BESIDE):
                self.mix[kind] += getattr(bucket, kind)
            self.mix["minutes"] += 1
            self.aspects.update(bucket.aspects)
            self.places.update(bucket.places)
            if bucket.complaints:
                self.sources[bucket.source] += bucket.complaints

    def verdict(self) -> str:
        """Say what kind of trouble it is, from what people talk about beyond the usual since the onset."""
        complaints = self.mix["complaints"]
        policy, elsewhere = (self.mix[kind] - self.usual[kind] * self.mix["minutes"] for kind in BESIDE)
        if elsewhere > 2 * complaints:
            return "spill-over"
        if policy > MERE_POLICY * complaints:
            return "policy"
        if policy > complaints:
            return "both"
        return "partial" if leading_aspect(self.aspects) in FEATURES else "technical"

    def move(self, state: State, at: datetime) -> None:
        """Take a change of state into the outage; "calm" ends it."""
        if state == "outage":
            self.outage = replace(self.outage, state=state, recovering_at=None)
        elif state == "recovering":
            self.outage = replace(self.outage, state=state, recovering_at=self.outage.recovering_at or at)
        elif state == "calm":
            self.outage = replace(self.outage, state=state, ended_at=at)
        else:
            self.outage = replace(self.outage, state=state)


def raised(
    number: int, *, evidence: Evidence, minutes: Sequence[Minute], usual_talk: UsualTalk | None = None
) -> Account:
    """Open the account of an outage that `evidence` signals; `minutes` are the last `BEFORE`, the newest last."""
    earliest = evidence.at - LOOK_BACK
    estimate = onset([(minute.at, minute.people, minute.usual) for minute in minutes if minute.at >= earliest])
    began = estimate.at
    outage = Outage(
        id=number,
        aspect=GENERAL,
        state="outage",
        verdict="technical",
        onset=began,
        signalled_at=evidence.at,
        usual_per_minute=round(evidence.usual, 4),
        reason=reason(evidence),
        earliest_onset=estimate.earliest,
        latest_onset=estimate.latest,
    )
    recent = [bucket for minute in minutes if minute.at < began for bucket in minute.buckets]
    account = Account(outage, (usual_talk or UsualTalk()).before(began, recent))
    for minute in minutes:
        if minute.at >= began:
            account.add(minute)
    return account


def resumed(
    outage: Outage, *, authors: Iterable[str], buckets: Iterable[Bucket], usual_talk: UsualTalk | None = None
) -> Account:
    """Open the account of an outage that a restart finds open; `buckets` reach back to `BEFORE` its signal."""
    start, buckets = outage.signalled_at - BEFORE, list(buckets)
    recent = [bucket for bucket in buckets if start <= bucket.at < outage.onset]
    account = Account(outage, (usual_talk or UsualTalk()).before(outage.onset, recent), set(authors))
    account.count(bucket for bucket in buckets if bucket.at >= outage.onset)
    return account


def severity(*, people: int, peak: int, usual: float) -> str:
    """Say how bad it is, by how many people complained and how far the worst minute was beyond the usual."""
    return next(
        (name for name, least, times in SEVERITIES if people >= least and peak >= times * usual),
        "minor",
    )


def ranked(counts: Counter[str]) -> dict[str, int]:
    """Return the counts, largest first, by name where they are equal."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def leading_aspect(aspects: Counter[str]) -> str:
    """Return the feature that stands out among those named, or "app" where they name the whole or nothing in common."""
    features = Counter({aspect: count for aspect, count in aspects.items() if aspect != GENERAL})
    if not features:
        return GENERAL
    aspect, count = next(iter(ranked(features).items()))
    leads = count >= LEADING_SHARE * sum(features.values()) and count >= LEADING_SHARE * aspects[GENERAL]
    return aspect if leads else GENERAL


def reason(evidence: Evidence) -> str:
    """Return the reason of a transition in words and numbers, all of them sums over stored minutes."""
    if evidence.signal == "blind":
        return "no source can be vouched for"
    sources = ", ".join(f"{score.source} {score.observed}{_scope(score)}" for score in evidence.scores)
    mistaken = sum(score.mistaken for score in evidence.scores)
    doubt = f", {mistaken:.1f} of them perhaps mistaken," if mistaken >= LEAST_DOUBT else ""
    return (
        f"{evidence.observed} people in {evidence.window} min{doubt} where {evidence.expected:.1f} are usual"
        f" (surprise {evidence.surprise:.1f}, threshold {evidence.threshold:.1f}; {sources};"
        f" beside them {evidence.memes} jokes, {evidence.policy} policy, {evidence.recovery} recovery)"
    )


def _scope(score: Score) -> str:
    if score.aspect:
        return f" about {score.aspect}"
    return f" at least, by {score.read} of {score.read + score.unread} posts" if score.unread else ""


def span_of(outage: Outage) -> tuple[datetime, datetime | None]:
    """Return the span in which minutes teach nobody what calm is: from before the onset until after the end."""
    return outage.onset - 30 * MINUTE, None if outage.ended_at is None else outage.ended_at + 60 * MINUTE
