from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from tiktokwatch.collect.refusals import refusal

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
RESET = int(NOON.timestamp()) + 77


@dataclass(frozen=True)
class Answer:
    status_code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = "{}"

    def json(self) -> Any:
        return json.loads(self.body)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {}, None),
        (429, {"Retry-After": "12"}, 12),
        (429, {"Retry-After": "12.5"}, 12.5),
        (503, {"Retry-After": "12"}, 12),
        (429, {"Retry-After": "Sun, 20 Sep 2026 12:01:30 GMT"}, 90),
        (429, {"Retry-After": "Sun, 20 Sep 2026 12:01:30 -0000"}, 90),
        (429, {"Retry-After": "Sun, 20 Sep 2026 11:00:00 GMT"}, 0),
        (429, {"Retry-After": "soon"}, None),
        (429, {"Retry-After": "-5"}, None),
        (429, {"Retry-After": "nan"}, None),
        (429, {"Retry-After": "inf", "x-rate-limit-reset": str(RESET)}, 77),
        (429, {"Retry-After": "9" * 400}, None),
        (429, {"Retry-After": "999999999"}, 86400),
        (429, {"X-Rate-Limit-Reset": str(RESET)}, 77),
        (429, {"x-rate-limit-reset": f"{RESET}.5"}, 77.5),
        (429, {"x-rate-limit-reset": "0"}, 0),
        (503, {"x-rate-limit-reset": str(RESET)}, None),
        (429, {"x-ratelimit-reset": "59.5"}, 59.5),
    ],
)
def test_what_a_server_says_about_waiting_is_heard(status: int, headers: dict[str, str], seconds: float | None) -> None:
    error = refusal(Answer(status, CaseInsensitiveDict(headers)), name="x", now=NOON, advice={})

    assert error is not None
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (204, "x: 204, an answer that nobody expects"),
        (308, "x: 308, the server sends us elsewhere, and we do not follow"),
        (418, "x: 418, the request was refused"),
        (522, "x: 522, the server has a fault of its own"),
        (799, "x: 799, an answer that nobody expects"),
    ],
)
def test_rare_statuses_have_a_sentence_too(status: int, reason: str) -> None:
    error = refusal(Answer(status), name="x", now=NOON, advice={})

    assert error is not None
    assert (error.reason, error.permanent) == (reason, False)


def test_advice_goes_before_the_general_meaning() -> None:
    advice = {3: "moved", 404: "gone", 4: "no"}

    reasons = [str(refusal(Answer(status), name="x", now=NOON, advice=advice)) for status in (301, 404, 403)]

    assert reasons == ["x: 301, moved", "x: 404, gone", "x: 403, no"]


@pytest.mark.parametrize("body", ["", "[]", "null", "7", '"{}"', "{", "<html>", "[" * 100_000])
def test_a_200_without_a_json_object_is_a_refusal(body: str) -> None:
    assert refusal(Answer(200, body=body), name="x", now=NOON, advice={}) is not None


def test_a_200_with_a_json_object_is_none() -> None:
    assert refusal(Answer(200, body='{"data": []}'), name="x", now=NOON, advice={}) is None
