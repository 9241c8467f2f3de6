"""Records to rows and back: what was concluded. See `rows` for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from sqlite3 import Row
from typing import Any

from tiktokwatch.records import Evidence, Outage, Score, Transition
from tiktokwatch.store.cells import listed, moment, moment_in, moment_or_null, packed, unlisted, unpacked
from tiktokwatch.store.rows import Columns

_EVIDENCE_FLOATS = ("surprise", "threshold", "usual", "expected")
_SCORE_FLOATS = ("surprise", "expected", "mistaken")


def evidence_row(evidence: Evidence) -> Columns:
    """Return the evidence of one minute."""
    return {
        "at": moment(evidence.at),
        "signal": evidence.signal,
        "state": evidence.state,
        "surprise": evidence.surprise,
        "threshold": evidence.threshold,
        "usual": evidence.usual,
        "window": evidence.window,
        "observed": evidence.observed,
        "expected": evidence.expected,
        "memes": evidence.memes,
        "policy": evidence.policy,
        "recovery": evidence.recovery,
        "elsewhere": evidence.elsewhere,
        "scores": listed([_score(score) for score in evidence.scores]),
    }


def evidence_of(row: Row) -> Evidence:
    """Return the evidence of one minute."""
    return _evidence_in(dict(row) | {"scores": unlisted(row["scores"])})


def outage_row(outage: Outage) -> Columns:
    """Return an outage as far as it is known."""
    return {
        "id": outage.id,
        "aspect": packed(outage.aspect),
        "state": outage.state,
        "verdict": packed(outage.verdict),
        "onset": moment(outage.onset),
        "signalled_at": moment(outage.signalled_at),
        "recovering_at": moment_or_null(outage.recovering_at),
        "ended_at": moment_or_null(outage.ended_at),
        "complaints": outage.complaints,
        "authors": outage.authors,
        "peak_per_minute": outage.peak_per_minute,
        "usual_per_minute": outage.usual_per_minute,
        "sources": listed(outage.sources),
        "aspects": listed(dict(outage.aspects)),
        "places": listed(dict(outage.places)),
        "reason": packed(outage.reason),
        "severity": packed(outage.severity),
        "earliest_onset": moment_or_null(outage.earliest_onset),
        "latest_onset": moment_or_null(outage.latest_onset),
    }


def outage_of(row: Row) -> Outage:
    """Return an outage as far as it is known."""
    return Outage(
        id=row["id"],
        aspect=unpacked(row["aspect"]),
        state=row["state"],
        verdict=unpacked(row["verdict"]),
        onset=datetime.fromisoformat(row["onset"]),
        signalled_at=datetime.fromisoformat(row["signalled_at"]),
        recovering_at=moment_in(row["recovering_at"]),
        ended_at=moment_in(row["ended_at"]),
        complaints=row["complaints"],
        authors=row["authors"],
        peak_per_minute=row["peak_per_minute"],
        usual_per_minute=row["usual_per_minute"],
        sources=tuple(unlisted(row["sources"])),
        aspects=unlisted(row["aspects"]),
        places=unlisted(row["places"]),
        reason=unpacked(row["reason"]),
        severity=unpacked(row["severity"]),
        earliest_onset=moment_in(row["earliest_onset"]),
        latest_onset=moment_in(row["latest_onset"]),
    )


def transition_row(transition: Transition) -> Columns:
    """Return a transition; its evidence is kept whole, because the table of evidence is pruned."""
    evidence = evidence_row(transition.evidence)
    evidence["scores"] = [_score(score) for score in transition.evidence.scores]
    return {
        "outage_id": transition.outage_id,
        "at": moment(transition.at),
        "before": transition.before,
        "after": transition.after,
        "reason": packed(transition.reason),
        "evidence": listed(_speakable(evidence)),
    }


def transition_of(row: Row) -> Transition:
    """Return a transition."""
    return Transition(
        at=datetime.fromisoformat(row["at"]),
        before=row["before"],
        after=row["after"],
        outage_id=row["outage_id"],
        reason=unpacked(row["reason"]),
        evidence=_evidence_in(unlisted(row["evidence"])),
    )


def _score(score: Score) -> Columns:
    columns = {
        "source": score.source,
        "window": score.window,
        "observed": score.observed,
        "expected": score.expected,
        "surprise": score.surprise,
    }
    # A year has half a million minutes; in most of them, most sources are read whole and nothing is in doubt.
    beside = {"read": score.read, "unread": score.unread, "mistaken": score.mistaken, "aspect": score.aspect}
    return _speakable(columns | {name: value for name, value in beside.items() if value})


def _speakable(record: Columns) -> Columns:
    """Return the record in words of JSON, which has none for an infinite surprise."""
    return {
        name: repr(value) if isinstance(value, float) and not isfinite(value) else value
        for name, value in record.items()
    }


def _evidence_in(columns: Mapping[str, Any]) -> Evidence:
    scores = tuple(
        Score(**score | {name: float(score[name]) for name in _SCORE_FLOATS if name in score})
        for score in columns["scores"]
    )
    floats = {name: float(columns[name]) for name in _EVIDENCE_FLOATS if name in columns}
    return Evidence(**dict(columns) | floats | {"at": datetime.fromisoformat(columns["at"]), "scores": scores})
