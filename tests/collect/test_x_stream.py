from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.collect.x_stream_stage import NOON, Stage, staged, until
from tests.fakes.x_stream import STREAM
from tiktokwatch.errors import CollectError


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def test_the_first_poll_is_a_search_and_the_stream_takes_over(stage: Stage) -> None:
    old = stage.publish(ago=120)
    first = stage.poll()
    stage.settled()
    stage.later(60)
    new = stage.publish(ago=20)
    stage.settled()
    second = stage.poll()
    stage.later(60)
    newer = stage.publish(ago=20)
    stage.settled()
    third = stage.poll()

    assert [post.id for post in first.posts] == [old]
    assert first.through == NOON - timedelta(seconds=30)
    assert new in {post.id for post in second.posts}
    # The search vouches up to 30 seconds ago, and the stream goes on from there.
    assert second.through == NOON + timedelta(seconds=45)
    assert newer in {post.id for post in third.posts}
    assert (third.since, third.through) == (second.through, NOON + timedelta(seconds=105))
    assert stage.searches() == 2


def test_it_asks_for_what_it_needs_and_for_no_users(stage: Stage) -> None:
    stage.poll()
    stage.settled()

    (request,) = [request for request in stage.server.requests if request.path == STREAM]
    fields = request.params["tweet.fields"].split(",")
    assert {"author_id", "created_at", "lang", "note_tweet", "referenced_tweets"} <= set(fields)
    assert not {"expansions", "user.fields"} & set(request.params)


def test_what_was_written_before_the_connection_is_left_to_the_search(stage: Stage) -> None:
    stage.poll()
    stage.settled()
    # Written before, never sent over the stream, and not in the search before 20 seconds have passed.
    name = stage.server.publish(
        text="TikTok down", at=NOON - timedelta(seconds=3), visible_at=NOON + timedelta(seconds=20)
    )
    stage.routes.withheld.add(name)
    stage.routes.do("end")
    until(lambda: len(stage.routes.connects) == 2)
    stage.published[f"x:{name}"] = NOON - timedelta(seconds=3)
    for _ in range(20):
        stage.later(5)
        stage.settled()
        stage.poll()

    assert f"x:{name}" in stage.posts
    assert stage.searches() < 12


def test_posts_come_once_and_what_is_not_vouched_for_comes_again(stage: Stage) -> None:
    stage.take_over()
    early = stage.publish(ago=20)
    late = stage.publish(ago=1)
    stage.settled()
    first = stage.poll()
    stage.later(60)
    stage.settled()
    second = stage.poll()

    assert {early, late} <= {post.id for post in first.posts}
    assert first.through <= stage.published[late]
    assert {post.id for post in second.posts} == {late}


def test_the_same_question_gets_the_same_answer(stage: Stage) -> None:
    stage.take_over()
    stage.later(30)
    for number in range(10):
        stage.publish(ago=number)
    stage.settled()
    ask = {"since": stage.since, "cursor": stage.cursor, "now": stage.now}

    first = stage.stream.collect(**ask)

    assert len(first.posts) == 10
    assert stage.stream.collect(**ask) == first


def test_a_post_that_comes_too_late_is_handed_over_once(stage: Stage) -> None:
    stage.take_over()
    stage.later(60)
    stage.settled()
    stage.poll()
    late = stage.server.publish(text="TikTok down", at=stage.since - timedelta(seconds=9), visible_at=stage.now)
    stage.settled()
    first = stage.poll()
    stage.later(60)
    stage.settled()
    second = stage.poll()

    assert [post.id for post in first.posts] == [f"x:{late}"]
    assert second.posts == ()


def test_a_quiet_stream_is_vouched_for_by_its_keep_alives(stage: Stage) -> None:
    stage.take_over()
    searches = stage.searches()
    for _ in range(5):
        stage.later(60)
        stage.settled()
        assert stage.poll().through == stage.now - timedelta(seconds=15)

    assert stage.searches() == searches
    stage.routes.is_silent = True
    stage.later(20)
    assert stage.poll().through == stage.since
    assert stage.searches() == searches
    stage.later(10)
    assert stage.poll().through == stage.now - timedelta(seconds=30)
    assert stage.searches() == searches + 1


def test_a_long_post_is_read_to_its_end_in_either_spelling(stage: Stage) -> None:
    stage.take_over()
    text = "TikTok is down " * 40
    for name in ("note_tweet", "note_post"):
        stage.publish(text[:280], **{name: {"text": text}})
    stage.publish("RT", referenced_posts=[{"type": "reposted", "id": "7"}])
    stage.settled()

    kinds = {post.text: post.kind for post in stage.poll().posts}

    assert kinds == {text: "post", "RT": "repost"}


def test_posts_for_the_rules_of_others_are_dropped(stage: Stage) -> None:
    stage.routes.rules["77"] = {"value": "cats"}
    stage.take_over()
    ours = next(number for number in stage.routes.rules if number != "77")
    cases = {
        "1": [{"id": "77"}],
        "2": [{"id": "77"}, {"id": ours}],
        "3": [{"id": ours, "tag": "tiktokwatch:outage"}],
        "4": [],
        "5": [{"tag": "no id"}],
        "6": "nonsense",
        "7": None,
    }
    begin = stage.stream._intake.received
    for last, rules in cases.items():
        number = str(2_000_000_000_000_000_000 + int(last))
        tweet = {"id": number, "text": last, "created_at": f"{stage.now:%Y-%m-%dT%H:%M:%SZ}"}
        stage.routes.say({"data": tweet, "matching_rules": rules})
    until(lambda: stage.stream._intake.received == begin + len(cases))

    assert {post.text for post in stage.poll().posts} == {"2", "3", "4", "5", "6", "7"}


def test_duplicates_edits_and_deletions(stage: Stage) -> None:
    stage.take_over()
    name, gone = stage.publish("TikTok down"), stage.publish("deleted soon")
    stage.publish("TikTok down!", edit_history_tweet_ids=[name[2:], "9"])
    stage.settled()
    tweet = next(tweet for tweet in stage.server._tweets if f"x:{tweet.number}" == name)
    stage.routes.say(stage.routes.body(tweet))
    stage.routes.say({"data": {"delete": {"tweet": {"id": gone[2:], "author_id": "5"}}}})
    stage.routes.say({"delete": {"status": {"id": 5, "id_str": "5"}}})
    stage.routes.say({"delete": {"post": {"id": "no number"}}})
    stage.routes.say({"delete": []})
    received = stage.stream._intake.received
    until(lambda: len(stage.stream._intake._items) == 6)
    del stage.published[gone]

    batch = stage.poll()

    assert [post.text for post in batch.posts] == ["TikTok down", "TikTok down!"]
    assert batch.deleted == (gone, "x:5")
    assert stage.poll().deleted == ()
    # The one that came twice was sent twice, and X counts what it sends.
    assert stage.stream._intake.received in (received, received + 1)


def test_what_the_search_still_shows_after_its_deletion_came_is_deleted_again(stage: Stage) -> None:
    gone, kept = stage.publish("deleted soon", ago=120), stage.publish("TikTok down", ago=110)
    # As if the stream had spoken of it while it was whole.
    stage.stream._gone.append(gone)

    batch = stage.poll()

    assert {post.id for post in batch.posts} == {gone, kept}
    assert batch.deleted == (gone,)


def test_too_many_posts_push_out_the_oldest_and_the_search_finds_them() -> None:
    with staged(capacity=50) as stage:
        stage.take_over()
        searches = stage.searches()
        stage.later(60)
        for number in range(120):
            stage.publish(f"TikTok down {number}", ago=40)
        stage.settled()
        stage.poll()

        assert len(stage.stream._intake._items) == 0
        assert stage.searches() == searches + 2
        assert len(stage.posts) == 120
        assert stage.poll().through == stage.now - timedelta(seconds=30)


def test_a_watch_with_every_trouble_hands_over_each_post(stage: Stage) -> None:
    troubles = ["", "end", "half", "junk", "reset", "", "close", "disconnect", "refused", ""]
    stage.poll()
    alone = 0
    for number in range(120):
        stage.later(10)
        for _ in range(number % 4):
            stage.publish(f"TikTok down {number}", ago=number % 11)
        stage.settled()
        # What was sent so far has come; what breaks does so during the poll, or between it and the next one.
        trouble = troubles[number // 6 % len(troubles)] if number % 6 == 0 else ""
        if trouble in ("end", "half", "reset", "close"):
            stage.routes.do(trouble)
        elif trouble == "junk":
            stage.routes.say(b"{{{")
        elif trouble == "disconnect":
            stage.routes.say({"errors": [{"title": "x", "disconnect_type": "Upstream"}]})
        elif trouble == "refused":
            stage.routes.refuse("503", "html")
            stage.routes.do("end")
        for _ in range(number % 5):
            stage.publish(f"TikTok broken {number}", ago=number % 7)
        before = stage.searches()
        stage.poll()
        alone += stage.searches() == before
    stage.later(60)
    stage.settled()
    stage.poll()

    assert len(stage.published) > 300
    assert set(stage.posts) == set(stage.published)
    assert alone > 20


def test_a_poll_fails_only_where_both_fail_and_says_why(stage: Stage) -> None:
    stage.routes.refuse(*["403"] * 9)
    stage.poll()
    until(lambda: stage.waiting.pauses)
    stage.later(60)
    stage.server.fail("503", on="/recent")

    with pytest.raises(CollectError) as caught:
        stage.poll()

    assert caught.value.reason == (
        "x: 503, the server has a fault of its own; "
        "stream: 403, this app may not use the stream: check its project and plan in the developer console"
    )
    assert not caught.value.permanent


def test_a_token_that_is_refused_everywhere_is_a_permanent_fault(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.make(bearer_token="wrong", search=stage.server.collector(bearer_token="wrong"))
    with pytest.raises(CollectError):
        stage.poll()
    until(lambda: len(stage.waiting.pauses) > 2)

    with pytest.raises(CollectError, match=r"the bearer token was refused.*; stream: 401") as caught:
        stage.poll()

    assert caught.value.permanent
    assert stage.waiting.pauses[:2] == [900, 900]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "wrong" not in caplog.text


def test_a_fault_of_our_own_ends_the_next_poll(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.take_over()

    def fault(*_: object) -> None:
        raise LookupError("ours")

    monkeypatch.setattr(stage.stream._intake, "heard", fault)
    until(lambda: stage.stream._supervisor._fault)
    until(lambda: not stage.stream._supervisor._thread.is_alive())

    with pytest.raises(LookupError, match="ours"):
        stage.poll()


def test_the_token_is_never_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stage.take_over()
    stage.routes.refuse("403", "503", "html", "too-many", "429", "402")
    stage.routes.do("end")
    until(lambda: len(stage.routes.connects) == 8)

    assert caplog.records
    assert stage.server.token not in caplog.text
    assert "authorization" not in caplog.text.lower()


def test_recorded_lines_of_the_stream_are_understood(stage: Stage) -> None:
    recorded = Path(__file__).parents[3] / "shared/data/payloads/x/twarc_csv/streaming_output_with_error.jsonl"
    if not recorded.is_file():
        pytest.skip("no recorded answers beside the checkout")
    lines = [line for line in recorded.read_bytes().split(b"\n") if line.strip()]
    posts = [line for line in lines if line.startswith(b'{"data": {') and line.endswith(b"}")]
    stage.take_over()
    intake = stage.stream._intake
    intake._ours = frozenset(str(rule["id"]) for line in posts for rule in json.loads(line)["matching_rules"])
    before = intake.received
    for line in lines:
        stage.routes.say(line)
    until(lambda: intake.received - before + intake.unreadable == len(lines))

    assert intake.received - before == len(posts) > 0
    assert intake.unreadable > 0
    assert len({item.id for item in intake._items}) > 0
