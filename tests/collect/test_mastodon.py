from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.mastodon import MastodonServer
from tests.fakes.web import as_json
from tiktokwatch.collect import mastodon
from tiktokwatch.errors import CollectError
from tiktokwatch.records import Batch

NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
SINCE = NOON - timedelta(minutes=30)
STATUS = {
    "id": "1",
    "uri": "https://a.example/users/ann/statuses/1",
    "url": "https://a.example/@ann/1",
    "created_at": "2026-09-20T11:59:00.000Z",
    "content": "<p>TikTok is down</p>",
    "account": {"acct": "ann@a.example"},
    "language": "en",
}


@pytest.fixture
def server() -> Iterator[MastodonServer]:
    with MastodonServer() as server:
        server.clock = lambda: NOON
        yield server


def ago(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


def poll(server: MastodonServer, *, since: datetime = SINCE, cursor: str = "", **options: object) -> Batch:
    collector = server.collector(**options)
    try:
        return collector.collect(since=since, cursor=cursor, now=server.clock())
    finally:
        collector.close()


def post(**fields: Any) -> Any:
    return mastodon.post({**STATUS, **fields}, host="b.example")


def test_hashtags_are_read_one_by_one_and_what_has_both_comes_once(server: MastodonServer) -> None:
    uri = server.publish(text="#TikTok is down", at=ago(60))
    both = server.publish(text="#TikTok is down", at=ago(90), uri=uri, hashtag="tiktokdown")

    batch = poll(server, hashtags=("tiktok", "#tiktokdown", "à"))

    assert {request.path for request in server.requests} == {
        "/api/v1/timelines/tag/tiktok",
        "/api/v1/timelines/tag/tiktokdown",
        "/api/v1/timelines/tag/%C3%A0",
    }
    assert [post.id for post in batch.posts] == [f"mastodon:{uri}"]
    assert both != uri
    assert (batch.since, batch.through, batch.note) == (SINCE, ago(30), "")
    assert set(json.loads(batch.cursor)) == {"tiktok", "tiktokdown"}


def test_a_status_with_all_that_it_has(server: MastodonServer) -> None:
    uri = server.publish(
        text="TikTok isn't working\n\n#tiktok & more", at=ago(60), spoiler_text="outage", language="de-AT"
    )

    (found,) = poll(server).posts

    assert found.id == f"mastodon:{uri}"
    assert found.at == ago(60)
    assert found.author == "ann@elsewhere.example"
    assert found.text == "outage\n\nTikTok isn't working\n\n#tiktok & more"
    assert (found.lang, found.kind) == ("de", "post")
    assert found.url.startswith("https://elsewhere.example/@ann/")


def test_pages_are_read_until_they_are_old(server: MastodonServer) -> None:
    names = [f"mastodon:{server.publish(text='TikTok', at=ago(40 + 3 * number))}" for number in range(900)]

    batch = poll(server, since=ago(600))

    assert set(names[:180]) <= {post.id for post in batch.posts} <= set(names[:240])
    assert batch.note == ""
    assert len(server.requests) <= 7


def test_what_comes_late_from_elsewhere_is_found(server: MastodonServer) -> None:
    late = server.publish(text="TikTok", at=ago(100), visible_at=ago(-30))
    first = poll(server)
    server.clock = lambda: NOON + timedelta(minutes=1)

    second = poll(server, since=first.through, cursor=first.cursor)

    assert first.posts == ()
    assert [post.id for post in second.posts] == [f"mastodon:{late}"]


def test_what_lies_behind_the_last_page_is_a_gap(server: MastodonServer) -> None:
    for number in range(200):
        server.publish(text="TikTok", at=ago(40 + number))

    batch = poll(server, max_pages=2)

    assert len(batch.posts) == 80
    assert ago(40 + 79) < batch.since < ago(40 + 70)
    assert batch.note == "mastodon: more than 80 posts of one hashtag since 20 Sep 11:30:00"
    assert poll(server, since=ago(110), max_pages=2).note == ""


def test_a_timeline_that_empties_itself_is_not_believed(server: MastodonServer) -> None:
    uri = server.publish(text="TikTok", at=ago(60))
    first = poll(server)
    server.delete(uri)
    server.clock = lambda: NOON + timedelta(minutes=1)

    with pytest.raises(CollectError, match="empty, which it was not before"):
        poll(server, since=first.through, cursor=first.cursor)


@pytest.mark.parametrize(
    ("kind", "reason", "retry_after", "permanent"),
    [
        ("401", "401, this instance shows hashtags to its members alone: choose another one", None, True),
        ("422", "422, this instance shows hashtags to its members alone: choose another one", None, False),
        ("404", "404, there is no Mastodon at this address: check base_url", None, False),
        ("429", "429, too many requests", 45, False),
        ("object", "the answer is JSON, but not that of a timeline", None, False),
        ("strangers", "the answer is JSON, but not that of a timeline", None, False),
        ("html", "the answer is not a JSON list: a web page, or cut off", None, False),
    ],
)
def test_refusals(
    server: MastodonServer, kind: str, reason: str, retry_after: float | None, *, permanent: bool
) -> None:
    server.fail(kind)

    with pytest.raises(CollectError) as caught:
        poll(server)

    assert caught.value.reason == f"mastodon: {reason}"
    assert (caught.value.retry_after, caught.value.permanent) == (retry_after, permanent)


def test_the_quota_is_honoured(server: MastodonServer) -> None:
    server.quota = 1
    poll(server)

    with pytest.raises(CollectError) as caught:
        poll(server)

    assert caught.value.retry_after == 45


@pytest.mark.parametrize(
    "fields",
    [
        {"uri": None},
        {"uri": "javascript:alert(1)"},
        {"uri": "https://a.example/\u202e"},
        {"uri": "https://a.example/" + "x" * 600},
        {"created_at": None},
        {"created_at": 5},
        {"created_at": "soon"},
        {"created_at": "2026-09-20T12:00:00"},
        {"content": ""},
        {"content": "<p><br></p>"},
        {"content": {"text": "TikTok"}},
        {"content": "x" * 100_001},
        {"reblog": {"id": "1"}},
    ],
)
def test_a_status_that_is_no_post(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"status|repost|longer"):
        post(**fields)


@pytest.mark.parametrize(
    ("account", "author"),
    [({"acct": "bob"}, "bob@b.example"), ({"acct": ""}, ""), ({"acct": 5}, ""), (None, ""), ({"acct": "x" * 301}, "")],
)
def test_authors(account: Any, author: str) -> None:
    assert post(account=account).author == author


def test_fields_of_other_types_are_left_out() -> None:
    plain = post()

    assert post(language=5).lang == post(language="<script>").lang == ""
    assert post(url="javascript:alert(1)").url == STATUS["uri"]
    assert post(spoiler_text=[1]).text == plain.text
    assert (post(in_reply_to_id="5").kind, post(quote={"state": "accepted"}).kind) == ("reply", "quote")


def test_one_status_that_is_none_does_not_spoil_a_page(server: MastodonServer) -> None:
    page = [{**STATUS, "id": "2", "uri": 5}, STATUS, {**STATUS, "id": "0", "created_at": None}]
    server.web._respond = lambda request: as_json([] if "max_id" in request.params else page)

    assert [post.id for post in poll(server).posts] == [f"mastodon:{STATUS['uri']}"]
