from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decide import (
    LONGEST_BACK_OFF,
    LONGEST_RETRY_AFTER,
    EntryState,
    FeedState,
    Known,
    PollIntent,
    PollTime,
    Reading,
    Validators,
    failed,
    read,
    unchanged,
)
from ingest.parse import LONGEST_GUID, LONGEST_TITLE, EntryData, FeedData, told_apart
from ingest.urls import LONGEST as LONGEST_URL
from marsad.article import TEXT_LIMIT, Article, article_id, digest
from marsad.codec import encode
from marsad.statefile import LARGEST_MESSAGE

NOW = 1_714_545_000_000
MINUTE = 60_000
FEED = FeedState(id="f1", url="https://khabar.example/rss")
TOKENS = Validators("etag", "modified", "digest")


def entry(
    guid: str = "g1", *, link: str = "", title: str = "عنوان", text: str = "نص", published: datetime | None = None
) -> EntryData:
    return EntryData(guid, link, link, title, text, published, None)


class Memory:
    """What the tables would remember."""

    def __init__(self, feed: FeedState = FEED, *, foreign: frozenset[str] = frozenset()) -> None:
        self.feed = feed
        self.entries: dict[str, EntryState] = {}
        self.keys: dict[str, dict[str, None]] = {}
        self.foreign = foreign

    def poll(
        self,
        *entries: EntryData,
        now: int = NOW,
        title: str = "قناة",
        problem: str | None = None,
        moved: str = "",
    ) -> PollIntent:
        newest = sorted(self.entries.values(), key=lambda state: -state.version)
        by_key = {
            key: tuple(state.article_id for state in newest if state.article_id in ids)
            for key, ids in self.keys.items()
        }
        known = Known(by_key, dict(self.entries), self.foreign)
        reading = Reading(FeedData(title, entries, problem), TOKENS, moved)
        intent = read(self.feed, reading, known, PollTime(now, 5 * MINUTE, 0.5))
        self.feed = intent.feed
        self.entries |= {state.article_id: state for state in intent.entries}
        for key, article in intent.keys:
            self.keys.setdefault(key, {})[article] = None
        return intent

    def articles(self, *entries: EntryData, now: int = NOW) -> tuple[Article, ...]:
        return self.poll(*entries, now=now).articles


def test_a_new_entry_becomes_an_article_with_everything_in_it() -> None:
    published = datetime(2024, 4, 30, 23, 0, tzinfo=UTC)
    (article,) = Memory().articles(entry("g1", link="https://khabar.example/1", published=published))
    assert article == Article(
        id=article_id(feed_id="f1", guid="g1", url=""),
        version=NOW,
        first_seen=NOW,
        feed_id="f1",
        feed_url="https://khabar.example/rss",
        outlet="قناة",
        guid="g1",
        url="https://khabar.example/1",
        title="عنوان",
        text="نص",
        published=published,
        updated=None,
        month="2024-04",
        initial=True,
        truncated=False,
    )


def test_an_edit_is_a_later_version_of_the_same_article() -> None:
    memory = Memory()
    (first,) = memory.articles(entry(published=datetime(2024, 4, 30, tzinfo=UTC)))
    (second,) = memory.articles(entry(text="نص منقح", published=datetime(2024, 5, 2, tzinfo=UTC)), now=NOW + MINUTE)
    assert second.version == NOW + MINUTE
    assert [(a.id, a.first_seen, a.month, a.initial) for a in (first, second)] == [(first.id, NOW, "2024-04", True)] * 2


def test_a_version_rises_even_when_the_clock_goes_back() -> None:
    memory = Memory()
    memory.articles(entry())
    (second,) = memory.articles(entry(text="منقح"), now=NOW - MINUTE)
    assert second.version == NOW + 1


def test_only_what_the_first_successful_poll_brings_is_initial() -> None:
    memory = Memory(failed(FEED, "HTTP 500", PollTime(NOW, MINUTE, 0.5)).feed)
    (old,) = memory.articles(entry("g1"))
    (new,) = memory.articles(entry("g1"), entry("g2"), now=NOW + MINUTE)
    assert (old.initial, new.initial, new.guid) == (True, False, "g2")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (entry("g1", link="https://a.example/1"), entry("g1", link="https://b.example/x"), "nothing"),
        (entry("g1", link="https://a.example/1"), entry("https://a.example/1", link="https://a.example/1"), "nothing"),
        (entry("", link="https://a.example/1"), entry("", link="https://a.example/1", text="منقح"), "edit"),
        (entry("g1", link="https://a.example/1"), entry("", link="https://a.example/1", text="منقح"), "edit"),
        (entry("", link="https://a.example/1"), entry("https://a.example/1", text="منقح"), "new"),
        (entry("g1", link="https://a.example/"), entry("g2", link="https://a.example/", text="عاجل آخر"), "new"),
        (entry("g1", title="عاجل"), entry("g2", title="عاجل"), "new"),
    ],
    ids=[
        "the address changed",
        "the guid changed and the rest is the same",
        "edited, known by its address",
        "the feed gives no guids any more",
        "guid and text changed at once: told again rather than lost",
        "all flashes have one address",
        "the same words under another guid",
    ],
)
def test_an_entry_is_known_again(before: EntryData, after: EntryData, expected: str) -> None:
    memory = Memory()
    (first,) = memory.articles(before)
    second = memory.articles(after, now=NOW + MINUTE)
    ids = [article.id == first.id for article in second]
    # digest("https://a.example/1") is the id both of a guid and of an address: then a new guid is still an edit
    edit_by_id = after.guid == before.url and not before.guid
    assert ids == {"nothing": [], "edit": [True], "new": [edit_by_id]}[expected]


def test_a_changed_rule_for_addresses_renames_no_known_article() -> None:
    memory = Memory()
    raw = "https://a.example/1?x=1"
    (first,) = memory.articles(EntryData("", raw, "https://a.example/1", "عنوان", "نص", None, None))
    (second,) = memory.articles(EntryData("", raw, raw, "عنوان", "منقح", None, None), now=NOW + 1)
    assert second.id == first.id


def test_of_two_entries_with_one_guid_the_first_counts() -> None:
    (article,) = Memory().articles(entry(text="الأول"), entry(text="الثاني"))
    assert article.text == "الأول"


def test_an_article_that_another_feed_brought_is_left_to_it() -> None:
    guid = "https://khabar.example/1"
    intent = Memory(foreign=frozenset({digest(guid)})).poll(entry(guid), entry("g2"))
    assert [article.guid for article in intent.articles] == ["g2"]
    assert {article for _, article in intent.keys} == {intent.articles[0].id}


def test_a_long_text_is_cut_and_says_so() -> None:
    (article,) = Memory().articles(entry(text="ن" * TEXT_LIMIT))
    assert (len(article.text.encode()), article.truncated) == (TEXT_LIMIT, True)


def test_the_largest_article_fits_into_a_message() -> None:
    longest = entry("g" * LONGEST_GUID, link="u" * LONGEST_URL, title='"' * LONGEST_TITLE, text='"\\' * TEXT_LIMIT)
    (article,) = Memory().articles(longest)
    assert len(article.id) + len(encode(article)) < LARGEST_MESSAGE


@pytest.mark.parametrize(
    ("operator", "own", "before", "outlet"),
    [
        ("اسم", "قناة", "", "اسم"),
        ("", "قناة", "قديم", "قناة"),
        ("", "", "قديم", "قديم"),
        ("", "", "", "khabar.example"),
    ],
)
def test_the_outlet_is_what_the_operator_says_or_the_feed_or_its_host(
    operator: str, own: str, before: str, outlet: str
) -> None:
    memory = Memory(msgspec.structs.replace(FEED, title=operator, own_title=before))
    assert memory.poll(entry(), title=own).articles[0].outlet == outlet


entries = st.builds(
    entry,
    st.sampled_from(["", "g1", "g2", "https://a.example/1"]),
    link=st.sampled_from(["", "https://a.example/1", "https://a.example/2"]),
    title=st.sampled_from(["أ", "ب"]),
    text=st.sampled_from(["س", "ص", ""]),
).filter(lambda made: bool(made.guid or made.url))


@settings(deadline=None)  # machines under load are slow
@given(st.lists(st.lists(entries, max_size=5), min_size=1, max_size=5))
def test_the_same_document_again_gives_nothing_and_versions_rise(documents: list[list[EntryData]]) -> None:
    memory = Memory()
    versions: dict[str, int] = {}
    for number, document in enumerate(documents):
        for article in memory.articles(*told_apart(document), now=NOW - number):
            assert article.version > versions.get(article.id, 0)
            versions[article.id] = article.version
        assert memory.articles(*told_apart(document), now=NOW + 1) == ()


def test_failures_double_the_wait_up_to_six_hours_and_success_ends_them() -> None:
    feed, waits = FEED, []
    for _ in range(9):
        feed = failed(feed, "HTTP 500", PollTime(NOW, 5 * MINUTE, 0.5)).feed
        waits.append((feed.next_poll - NOW) // MINUTE)
    assert waits == [10, 20, 40, 80, 160, 320, 360, 360, 360]
    assert (feed.failures, feed.polls) == (9, 9)
    working = unchanged(feed, PollTime(NOW, 5 * MINUTE, 0.5)).feed
    assert (working.failures, working.next_poll, working.error) == (0, NOW + 5 * MINUTE, None)


@pytest.mark.parametrize(("random", "wait"), [(0.0, 4.5), (0.5, 5), (1.0, 5.5)])
def test_jitter_moves_a_poll_by_a_tenth(random: float, wait: float) -> None:
    assert unchanged(FEED, PollTime(NOW, 5 * MINUTE, random)).feed.next_poll == NOW + wait * MINUTE


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(0, 10 * MINUTE), (MINUTE, 10 * MINUTE), (30 * MINUTE, 30 * MINUTE), (10**15, LONGEST_RETRY_AFTER)],
)
def test_a_server_that_asks_for_time_gets_it_within_reason(asked: int, wait: int) -> None:
    assert failed(FEED, "HTTP 503", PollTime(NOW, 5 * MINUTE, 0.5), retry_after=asked).feed.next_poll == NOW + wait


def test_an_interval_over_the_longest_back_off_stays() -> None:
    slow = 2 * LONGEST_BACK_OFF
    assert failed(FEED, "HTTP 500", PollTime(NOW, slow, 0.5)).feed.next_poll == NOW + slow


def test_health_is_told_at_the_first_poll_and_when_it_changes() -> None:
    at = PollTime(NOW, MINUTE, 0.5)
    steps = [unchanged, unchanged, failed, failed, unchanged]
    feed, told = FEED, []
    for step in steps:
        intent = failed(feed, "HTTP 500", at) if step is failed else unchanged(feed, at)
        feed = intent.feed
        told.append(intent.health and (intent.health.state, intent.health.failures, intent.health.error))
    assert told == [("working", 0, None), None, ("failing", 1, "HTTP 500"), None, ("working", 0, None)]


def test_a_document_that_was_read_in_part_is_remembered_until_it_changes() -> None:
    memory = Memory()
    memory.poll(entry(), problem="not well-formed XML")
    assert (memory.feed.state, memory.feed.error) == ("working", "not well-formed XML")
    at = PollTime(NOW, MINUTE, 0.5)
    assert unchanged(memory.feed, at).feed.error == "not well-formed XML"
    assert unchanged(failed(memory.feed, "HTTP 500", at).feed, at).feed.error is None


def test_a_feed_that_moved_for_good_keeps_its_id_and_is_polled_at_its_new_address() -> None:
    memory = Memory()
    (first,) = memory.articles(entry())
    moved = memory.poll(entry(), entry("g2"), moved="https://new.example/rss", now=NOW + MINUTE)
    assert (moved.feed.id, moved.feed.url) == ("f1", "https://new.example/rss")
    assert [(article.feed_url, article.guid) for article in moved.articles] == [("https://new.example/rss", "g2")]
    assert memory.articles(entry(text="منقح"), now=NOW + 2 * MINUTE)[0].id == first.id


@pytest.mark.parametrize(
    ("failures", "asked", "hours"), [(0, 0, 24), (30, 0, 24), (0, 3_600_000, 24)], ids=["first", "again", "with a wish"]
)
def test_a_feed_that_is_gone_is_asked_once_a_day(failures: int, asked: int, hours: int) -> None:
    feed = msgspec.structs.replace(FEED, failures=failures)
    after = failed(feed, "HTTP 410 Gone", PollTime(NOW, 5 * MINUTE, 0.5), retry_after=asked, gone=True).feed
    assert after.next_poll - NOW == hours * 60 * MINUTE
    assert after.state == "failing"
    assert "marsad feeds remove f1" in (after.error or "")
