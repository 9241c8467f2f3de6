from datetime import timedelta

from tests.report.fake_reading import FakeReading, judged, utc
from tiktokwatch.report import quotes

START = utc(2026, 11, 22, 13)
MINUTES = [START + timedelta(minutes=n) for n in range(60)]


def test_a_quote_names_a_place_and_a_link_but_nobody() -> None:
    reddit = judged(
        "hi u/ann, feed is grey",
        START,
        author="bob",
        source="reddit",
        url="https://www.reddit.com/r/TikTokHelp/comments/1abc/grey/",
    )
    assert quotes.quoted(reddit) == quotes.Quote(
        START, "r/TikTokHelp", "hi @…, feed is grey", "https://www.reddit.com/r/TikTokHelp/comments/1abc/grey/"
    )
    assert quotes.quoted(judged("feed is grey", START, author="bob")).where == "X"
    assert "bob" not in repr(quotes.quoted(judged("feed is grey", START, author="bob")))


def test_copies_and_near_copies_are_quoted_once() -> None:
    posts = [
        judged("tiktok feed is grey for everybody here", MINUTES[0], fingerprint=(1, 2)),
        judged("an entirely other wording of the very copy", MINUTES[1], fingerprint=(2, 3)),
        judged("TikTok feed is GREY for everybody!", MINUTES[2]),
        judged("cannot log in any more", MINUTES[3]),
        judged("", MINUTES[4]),
        judged("🙃", MINUTES[5]),
    ]
    assert quotes.different(posts, limit=5) == [posts[0], posts[3]]
    assert quotes.different(posts, limit=1) == posts[:1]
    assert quotes.different(posts, limit=5, beside=[posts[3]]) == posts[:1]


def test_the_latest_come_newest_first() -> None:
    reading = FakeReading(all_judged=[judged(f"word{n} other{n} tiktok", at) for n, at in enumerate(MINUTES)])
    found = quotes.latest(reading, since=START, until=MINUTES[-1], limit=3)
    assert [quote.at for quote in found] == MINUTES[-2:-5:-1]


def test_a_span_is_quoted_from_its_whole_length() -> None:
    reading = FakeReading(
        all_judged=[judged(f"word{n} other{n} more{n} again{n} tiktok", at) for n, at in enumerate(MINUTES)]
    )
    found = quotes.over(reading, since=START, until=START + timedelta(hours=1))
    assert [(quote.at - START) // timedelta(minutes=12) for quote in found] == [0, 1, 2, 3, 4]


def test_the_surest_of_those_that_say_something_are_taken() -> None:
    posts = []
    for n, at in enumerate(MINUTES[::12]):
        posts += [
            judged(f"down{n}", at, complaint=0.99),
            judged(f"all{n} videos{n} on{n} my{n} feed{n} are grey", at + timedelta(minutes=1), complaint=0.97),
            judged(f"well{n} it{n} may{n} be{n} a little slow", at + timedelta(minutes=2), complaint=0.6),
        ]
    found = quotes.over(FakeReading(all_judged=posts), since=START, until=START + timedelta(hours=1))
    assert [quote.text for quote in found] == [judged.post.text for judged in posts[1::3]]


def test_where_a_part_is_silent_the_others_stand_in() -> None:
    posts = [judged(f"word{n} other{n} more{n}", at) for n, at in enumerate(MINUTES[:3])]
    reading = FakeReading(all_judged=posts)
    assert len(quotes.over(reading, since=START, until=START + timedelta(hours=1))) == 3
    assert quotes.over(FakeReading(), since=START, until=START + timedelta(hours=1)) == ()
