"""What a poll means: which articles are new or edited, what to remember, how the feed does and when it is polled next.

Pure: (what we knew, what the source said, now) to what we want. All times are in ms.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from ingest.parse import EntryData, FeedData
from ingest.urls import host_of
from marsad.article import Article, article_id, capped, digest, month_of
from marsad.feed import FeedHealth

LONGEST_BACK_OFF: Final = 6 * 3_600_000
"""A feed that fails is tried again after this at the latest, in ms."""
LONGEST_RETRY_AFTER: Final = 24 * 3_600_000
"""Most that a server's Retry-After can put a poll off, in ms."""
GONE_WAIT: Final = 24 * 3_600_000
"""A feed whose server says that it is gone for good is asked again after this, in ms: now and then a site says so by mistake."""
JITTER: Final = 0.1
"""A delay is between so much shorter and longer than its plain value, so that feeds added together drift apart."""
LONGEST_ERROR: Final = 500


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a feed."""

    id: str
    """Given once, when the feed is added."""
    url: str
    title: str = ""
    """As the operator calls it; "" where the feed's own title serves."""
    own_title: str = ""
    added: int = 0
    active: bool = True
    etag: str = ""
    last_modified: str = ""
    content_digest: str = ""
    """Of the body that was last read with success."""
    next_poll: int = 0
    failures: int = 0
    """Polls that failed in a row."""
    state: Literal["new", "working", "failing"] = "new"
    since: int = 0
    error: str | None = None
    """What went wrong at the last poll; a feed that works has one where its document could be read in part only."""
    last_success: int | None = None
    polls: int = 0

    @property
    def outlet(self) -> str:
        """Who publishes: the operator's name for the feed, else its own, else the host."""
        return self.title or self.own_title or host_of(self.url)


class EntryState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one article of a feed."""

    article_id: str
    version: int
    first_seen: int
    month: str
    initial: bool
    digest: str
    """Of title and text of the newest version."""


class Known(NamedTuple):
    """What is remembered that a document may speak of."""

    by_key: Mapping[str, tuple[str, ...]]
    """Article ids of this feed, the newest first, by the keys that they have had, see `keys_of`."""
    by_id: Mapping[str, EntryState]
    """Entries of this feed by article id: all of `by_key`, and those whose id a new entry would get."""
    foreign: frozenset[str]
    """Article ids that another feed brought first: it alone tells their edits, or two feeds would edit in turns for ever."""


class Validators(NamedTuple):
    """What lets the next fetch be answered with «not modified»."""

    etag: str
    last_modified: str
    content_digest: str


class Reading(NamedTuple):
    """A document that was read."""

    data: FeedData
    validators: Validators
    moved: str = ""
    """The feed's address from now on, where the site has moved it for good."""


class PollTime(NamedTuple):
    """When a poll ended, the usual wait between two, and a random number from 0 to 1 for the jitter."""

    now: int
    interval: int
    random: float


class PollIntent(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll wants written, in one transaction."""

    feed: FeedState
    articles: tuple[Article, ...] = ()
    entries: tuple[EntryState, ...] = ()
    """New and changed ones."""
    keys: tuple[tuple[str, str], ...] = ()
    """(key, article id), of all entries of the document."""
    health: FeedHealth | None = None


def keys_of(entry: EntryData) -> tuple[str, ...]:
    """What an entry is remembered by: its own key, which means one article, and its address, which may mean several.

    Its own is the guid, else the link as written, which no rule of ours about addresses changes.
    """
    own = f"guid {entry.guid}" if entry.guid else f"link {entry.link}"
    return (own, f"url {entry.url}") if entry.url else (own,)


def new_id(feed: FeedState, entry: EntryData) -> str:
    """The article id of an entry that is not remembered."""
    return article_id(feed_id=feed.id, guid=entry.guid, url=entry.url)


def read(feed: FeedState, reading: Reading, known: Known, at: PollTime) -> PollIntent:
    """What a document means that could be read; of two entries that are one article the first counts."""
    data = reading.data
    named = msgspec.structs.replace(
        feed,
        url=reading.moved or feed.url,
        own_title=data.title or feed.own_title,
        **reading.validators._asdict(),
    )
    articles: dict[str, Article] = {}
    entries: dict[str, EntryState] = {}
    keys: dict[tuple[str, str], None] = {}
    seen: set[str] = set()
    ids, states = dict(known.by_key), dict(known.by_id)
    for entry in data.entries:
        content = digest(entry.title, entry.text)
        identity = _recalled(entry, content, ids, states) or new_id(feed, entry)
        before = states.get(identity)
        if before is None and identity in known.foreign:
            continue
        for key in keys_of(entry):  # of a repeated entry too: it shall be known as the same the next time
            keys[key, identity] = None
            ids[key] = tuple(dict.fromkeys((*ids.get(key, ()), identity)))
        if identity not in seen and (before is None or before.digest != content):
            states[identity] = _edited(before, content, at) if before else _first(identity, entry, content, feed, at)
            entries[identity] = states[identity]
            articles[identity] = _article(named, entry, states[identity])
        seen.add(identity)
    return msgspec.structs.replace(
        _working(named, data.problem, at),
        articles=tuple(articles.values()),
        entries=tuple(entries.values()),
        keys=tuple(keys),
    )


def unchanged(feed: FeedState, at: PollTime) -> PollIntent:
    """What «not modified», or the same body again, means."""
    return _working(feed, feed.error if feed.state == "working" else None, at)


def failed(feed: FeedState, error: str, at: PollTime, *, retry_after: int = 0, gone: bool = False) -> PollIntent:
    """What a failure means: a longer wait for each in a row, and no shorter one than the server asks for."""
    failures = feed.failures + 1
    delay = min(at.interval * 2 ** min(failures, 20), max(LONGEST_BACK_OFF, at.interval))
    if gone:
        delay = max(GONE_WAIT, delay)
        error = f"{error}: the site says that this feed is there no more; «marsad feeds remove {feed.id}» drops it"
    wait = max(_spread(delay, at.random), min(retry_after, LONGEST_RETRY_AFTER))
    after = msgspec.structs.replace(
        feed, next_poll=at.now + wait, failures=failures, error=error[:LONGEST_ERROR], polls=feed.polls + 1
    )
    return _with_health(after, "failing", at.now)


def _working(feed: FeedState, problem: str | None, at: PollTime) -> PollIntent:
    after = msgspec.structs.replace(
        feed,
        next_poll=at.now + _spread(at.interval, at.random),
        failures=0,
        error=None if problem is None else problem[:LONGEST_ERROR],
        last_success=at.now,
        polls=feed.polls + 1,
    )
    return _with_health(after, "working", at.now)


def _with_health(feed: FeedState, state: Literal["working", "failing"], now: int) -> PollIntent:
    """The intent, with a record of the feed's health where that is not what it was."""
    if feed.state == state:
        return PollIntent(feed=feed)
    feed = msgspec.structs.replace(feed, state=state, since=now)
    health = FeedHealth(
        feed_id=feed.id,
        feed_url=feed.url,
        title=feed.outlet,
        state=state,
        since=now,
        failures=feed.failures,
        error=feed.error,
    )
    return PollIntent(feed=feed, health=health)


def _spread(delay: int, random: float) -> int:
    """The delay with jitter; `random` is from 0 to 1."""
    return int(delay * (1 - JITTER + 2 * JITTER * random))


def _recalled(
    entry: EntryData, content: str, ids: Mapping[str, tuple[str, ...]], states: Mapping[str, EntryState]
) -> str | None:
    """The id of the article that an entry is known as.

    Its own key decides, for ever. An unknown guid under a known address is another article (feeds link all of their flashes
    to one page), unless it says the very same: then the feed has changed its guids. Without a guid the address decides.
    """
    own, *address = keys_of(entry)
    if own in ids:
        return ids[own][0]
    candidates = [article for key in address for article in ids.get(key, ())]
    same = [article for article in candidates if states[article].digest == content]
    return next(iter(same or ([] if entry.guid else candidates)), None)


def _edited(before: EntryState, content: str, at: PollTime) -> EntryState:
    return msgspec.structs.replace(before, version=max(at.now, before.version + 1), digest=content)


def _first(identity: str, entry: EntryData, content: str, feed: FeedState, at: PollTime) -> EntryState:
    return EntryState(
        article_id=identity,
        version=at.now,
        first_seen=at.now,
        month=month_of(entry.published, at.now),
        initial=feed.last_success is None,
        digest=content,
    )


def _article(feed: FeedState, entry: EntryData, state: EntryState) -> Article:
    text, truncated = capped(entry.text)
    return Article(
        id=state.article_id,
        version=state.version,
        first_seen=state.first_seen,
        feed_id=feed.id,
        feed_url=feed.url,
        outlet=feed.outlet,
        guid=entry.guid,
        url=entry.url,
        title=entry.title,
        text=text,
        published=entry.published,
        updated=entry.updated,
        month=state.month,
        initial=state.initial,
        truncated=truncated,
    )
