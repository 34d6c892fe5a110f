"""What the tables of ingest remember, and for how long."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import state
from ingest.decide import EntryState, FeedState, PollIntent
from ingest.lists import Listed
from marsad.statefile import StateFile

DAY = 86_400_000
START = 20_000 * DAY


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    opened = StateFile(tmp_path / "marsad.db")
    opened.install(state.SCHEMA)
    yield opened
    opened.close()


def add(file: StateFile, url: str) -> FeedState:
    with file.transaction() as tx:
        state.add_feed(tx, url=url, title="", now=START)
    return next(feed for feed in state.list_feeds(file) if feed.url == url)


def poll(file: StateFile, feed: FeedState, articles: str, day: int) -> None:
    """A document with these articles was read that many days after the start."""
    now = START + day * DAY
    known = {row[0] for row in file.rows("SELECT article_id FROM entry")}
    entries = tuple(
        EntryState(article_id=name, version=now, first_seen=now, month="2024-10", initial=False, digest="d")
        for name in articles.split()
        if name not in known
    )
    after = FeedState(id=feed.id, url=feed.url, state="working", last_success=now)
    keys = tuple((f"guid {name}", name) for name in articles.split())
    with file.transaction() as tx:
        state.save(tx, PollIntent(feed=after, entries=entries, keys=keys))


def remembered(file: StateFile) -> str:
    found = [{row[0] for row in file.rows(f"SELECT article_id FROM {table}")} for table in ("entry", "entry_key")]
    assert found[0] == found[1]
    return " ".join(sorted(found[0]))


def test_an_entry_is_forgotten_long_after_it_left_the_document_and_no_sooner(file: StateFile) -> None:
    feed = add(file, "https://a.example/")
    poll(file, feed, "old static", 0)
    for day in range(0, 800, 5):
        poll(file, feed, "static new", day)
        assert remembered(file) == ("new old static" if day <= state.FORGOTTEN_AFTER else "new static")


def test_a_feed_that_was_away_for_years_keeps_what_its_document_still_has(file: StateFile) -> None:
    feed = add(file, "https://a.example/")
    poll(file, feed, "one two", 0)
    poll(file, feed, "one three", 3_000)
    assert remembered(file) == "one three"


def test_a_busy_feed_takes_nothing_from_a_quiet_one_and_clears_up_after_a_removed_one(file: StateFile) -> None:
    quiet, removed, busy = (add(file, f"https://{name}.example/") for name in "abc")
    poll(file, quiet, "quiet", 0)
    poll(file, removed, "removed", 0)
    with file.transaction() as tx:
        state.remove_feed(tx, removed)
    poll(file, busy, "busy", 10)
    assert remembered(file) == "busy quiet removed"
    poll(file, busy, "busy", 500)
    assert remembered(file) == "busy quiet"


def test_much_is_forgotten_in_slices(file: StateFile) -> None:
    feed = add(file, "https://a.example/")
    poll(file, feed, " ".join(f"a{number}" for number in range(450)), 0)
    left = []
    for day in (500, 501, 502):
        poll(file, feed, "new", day)
        left.append(len(remembered(file).split()))
    assert left == [251, 51, 1]


def test_the_day_is_written_once_a_week(file: StateFile) -> None:
    feed = add(file, "https://a.example/")
    days = []
    for day in range(16):
        poll(file, feed, "one", day)
        days.append(file.rows("SELECT day FROM entry_seen")[0][0] - START // DAY)
    assert days == [0] * 7 + [7] * 7 + [14] * 2


def test_a_feed_that_is_removed_and_added_again_knows_what_it_told(file: StateFile) -> None:
    feed = add(file, "https://a.example/")
    poll(file, feed, "one", 0)
    with file.transaction() as tx:
        state.remove_feed(tx, feed)
        assert state.feed_now(tx, feed.id) is None
    again = add(file, "https://a.example/")
    with file.transaction() as tx:
        assert list(state.known(tx, again.id, keys=["guid one"], ids=[]).by_id) == ["one"]


def test_the_starting_list_is_decided_once_and_for_those_who_have_no_feed(file: StateFile) -> None:
    with file.transaction() as tx:
        assert state.decide_starting_list(tx, START)
        assert not state.decide_starting_list(tx, START)


def test_who_has_feeds_gets_no_starting_list(file: StateFile) -> None:
    feed = add(file, "https://a.example/")
    with file.transaction() as tx:
        assert not state.decide_starting_list(tx, START)
        state.remove_feed(tx, feed)
        assert not state.decide_starting_list(tx, START)


def test_a_list_adds_what_is_not_there_under_any_of_its_names_and_spreads_the_first_polls(file: StateFile) -> None:
    add(file, "https://www.a.example/rss")
    listed = [Listed(number, f"https://{number}.example/", "") for number in range(100)]
    twins = [
        Listed(1, "http://a.example/rss/", ""),
        Listed(2, "https://b.example/x?y", ""),
        Listed(3, "http://www.b.example/x?y", ""),
    ]
    with file.transaction() as tx:
        assert state.add_listed(tx, [*twins, *listed], now=START, spread=60_000) == 101
        assert state.add_listed(tx, [*twins, *listed], now=START, spread=60_000) == 0
    due = sorted(feed.next_poll - START for feed in state.list_feeds(file))
    assert (due[0], due[-1] < 60_000) == (0, True)
    assert all(len([one for one in due if second <= one < second + 10_000]) < 35 for second in range(0, 60_000, 10_000))
