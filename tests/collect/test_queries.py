from __future__ import annotations

import pytest

from tests.collect.x_matching import matches
from tiktokwatch.collect import queries

SHIPPED = {
    "complaint": queries.COMPLAINT,
    "policy": queries.POLICY,
    "recovery": queries.RECOVERY,
    "official": queries.OFFICIAL,
}
LANGUAGES = {"en", "es", "pt", "id", "fr", "de", "tr", "ar", "ja", "ru", "vi"}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_in_order(name: str) -> None:
    assert queries.check(SHIPPED[name]) == []
    assert len(SHIPPED[name]) <= 512


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        (queries.COMPLAINT, queries.COMPLAINTS),
        (queries.POLICY, queries.POLICIES),
        (queries.RECOVERY, queries.RECOVERIES),
    ],
)
def test_every_phrase_of_every_language_is_asked_for(query: str, phrases: dict[str, tuple[str, ...]]) -> None:
    assert set(phrases) == LANGUAGES
    for in_language in phrases.values():
        assert in_language
        assert [phrase for phrase in in_language if not matches(query, f"TikTok {phrase}")] == []


@pytest.mark.parametrize(
    "text",
    [
        "is TikTok down or is it my phone",
        "Why is TikTok down again?!",
        "#TikTokDown",
        "tiktok not working in Leeds",
        "tik tok is not working since lunch",
        "my tiktok feed wont refresh",
        "TikTok keeps closing itself on me",
        "nothing loads, tiktok stays on the loading wheel",
        "the tiktok fyp refuses to load",
        "there's a glitch on tiktok and every video repeats",
        "TikTok crashed three times this morning",
        "tiktok is broken, no captions no comments",
        "TikTok outage in Brazil?",
        "tiktok says error 4 when i post",
        "cannot log in to tiktok, the code never comes",
        "posted on TikTok two hours ago: 0 views",
        "did the tiktok servers catch fire",
        "is it just me or has tiktok gone quiet on all phones",
        "TikTok no funciona en Lima",
        "¿se cayo tiktok?",
        "o TikTok caiu de novo",
        "tiktok gue ga bisa dibuka",
        "TikTok ne marche pas chez moi",
        "bei mir geht nicht mal mehr tiktok auf",
        "TikTok çöktü mü?",
        "التيك توك معطل عندكم؟",
        "تيك توك ما يفتح",
        "TikTok開けないんだけど",
        "TikTokの不具合かな",
        "тикток не работает уже час",
        "TikTok bị lỗi rồi mọi người ơi",
    ],
)
def test_complaints_are_found(text: str) -> None:
    assert matches(queries.COMPLAINT, text)


@pytest.mark.parametrize(
    "text",
    [
        "TikTok downloader without watermark, error free",
        "download video from tiktok, no loading, no ads",
        "i put my tiktok away and sat down",
        "that tiktok let me down",
        "calm down, it was one tiktok",
        "down bad over a guy from tiktok",
        "new tiktok dance, who is in",
        "follow me on tiktok",
        "saw this recipe on tiktok and it works",
        "Instagram is not working for anyone",
        "is the bank's app down?",
        "congress votes on the tiktok ban today",
        "working on my next tiktok",
        "the views from my window, on tiktok now",
        "my top 3 tiktoks of the week",
    ],
)
def test_traps_and_daily_chatter_are_not(text: str) -> None:
    assert not matches(queries.COMPLAINT, text)


def test_policy_is_found_and_complaints_are_not() -> None:
    assert matches(queries.POLICY, "SCOTUS hears the TikTok case")
    assert matches(queries.POLICY, "so is TikTok banned on Sunday")
    assert matches(queries.POLICY, "#TikTokBan")
    assert not matches(queries.POLICY, "tiktok down?")
    assert not matches(queries.POLICY, "Supreme Court to rule on a tax")


def test_recovery_is_found_and_complaints_are_not() -> None:
    assert matches(queries.RECOVERY, "TikTok is back!!")
    assert matches(queries.RECOVERY, "tiktok works again in Kenya")
    assert matches(queries.RECOVERY, "o tiktok voltou")
    assert not matches(queries.RECOVERY, "tiktok down?")
    assert not matches(queries.RECOVERY, "my back hurts from that tiktok dance")


@pytest.mark.parametrize("query", [queries.COMPLAINT, queries.POLICY, queries.RECOVERY, queries.OFFICIAL])
def test_reposts_are_not_asked_for(query: str) -> None:
    assert query.endswith(" -is:retweet")


def test_official_names_accounts_and_leaves_out_replies() -> None:
    assert queries.OFFICIAL == "(from:TikTokSupport OR from:tiktokusdsjv) -is:reply -is:retweet"
    assert queries.official(["@TikTokSupport", " TikTokSupport"]) == "from:TikTokSupport -is:reply -is:retweet"


@pytest.mark.parametrize(
    ("accounts", "reason"),
    [
        ([], "no account"),
        (["tik tok"], "not the name"),
        ([""], "not the name"),
        (["a OR b"], "not the name"),
        (["a" * 16], "not the name"),
        (["тикток"], "not the name"),
        ([f"account{number}" for number in range(40)], "more than a query holds"),
    ],
)
def test_accounts_that_cannot_be_are_refused(accounts: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        queries.official(accounts)
