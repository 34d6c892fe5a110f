"""The shell around ingest: fetches what is due, side by side, and commits each poll whole."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

import structlog

from ingest import decide, fulltext, state
from ingest.aside import Aside, AsideError
from ingest.connect import FetchLimits, open_session
from ingest.decide import FeedState, PollIntent, PollTime, Reading
from ingest.fetch import Failed, Fetched, NotModified, fetch
from ingest.pages import Hosts, Net, PageOutcome, Pages
from ingest.reading import ReadResult, Slow, read_here, taken
from ingest.urls import host_of
from marsad.article import Article
from marsad.codec import encode
from marsad.errors import OperatorError, RetryableError
from marsad.message import Record
from marsad.statefile import StateFile, Transaction
from marsad.topics import ARTICLES, FEEDHEALTH

STEP_S: Final = 0.1
"""How often a wait looks whether it should end."""
LOOK_S: Final = 1.0
"""How often the feeds due are looked up, at least: the `feeds` command adds some from outside."""
HOLD_S: Final = 5.0
"""How long nothing is polled after the state file could not be written."""
AHEAD: Final = 4
"""Polls begun for each place in `concurrency`: the others wait for theirs."""
MOST_LOOKED_AT: Final = 2_000
"""Feeds due that are looked through for those whose host has a place."""
THREADS: Final = 4
"""Documents parsed and committed at the same time, off the event loop."""

R = TypeVar("R")
log = structlog.get_logger(__name__)

Outcome: TypeAlias = Literal["read", "unchanged", "failed", "deferred", "gone"]


class PollResult(NamedTuple):
    """How one poll went. Deferred: it could not be recorded, and the feed stays due; gone: the feed was removed meanwhile."""

    feed_id: str
    feed_url: str
    outcome: Outcome
    new: int = 0
    edited: int = 0
    pages: int = 0
    """Articles whose text is from their page."""
    error: str | None = None
    """What went wrong; with «read», what could not be read of the document."""


class Poller:
    """Polls the feeds of a state file. `clock` is in ms since 1970, `random` gives numbers from 0 to 1.

    `on_poll` is called for every poll and `on_page` for every page, on the event loop.
    """

    def __init__(
        self,
        file: StateFile,
        limits: FetchLimits,
        *,
        clock: Callable[[], int],
        random: Callable[[], float],
        on_poll: Callable[[PollResult], None] = lambda _: None,
        on_page: Callable[[PageOutcome], None] = lambda _: None,
    ) -> None:
        """Install the tables of ingest in the file; its topics are there already."""
        file.install(state.SCHEMA)
        self._file = file
        self._limits = limits
        self._clock = clock
        self._random = random
        self._on_poll = on_poll
        self._pages = Pages(limits, clock=clock, on_page=on_page)
        # The state file keeps a connection for each thread, so these live as long as the poller.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ingest")

    async def poll_due(self) -> list[PollResult]:
        """Poll every feed that is due now, once; RetryableError where the state file cannot be read."""
        places = asyncio.Semaphore(self._limits.concurrency)
        async with self._net() as net:
            feeds = state.due_feeds(self._file, self._clock(), limit=-1)
            polls = (self._poll(net, feed, places) for feed in feeds)
            results = await asyncio.gather(*polls, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if isinstance(result, PollResult)]

    async def poll_forever(self, stopping: threading.Event) -> None:
        """Poll feeds as they fall due until `stopping` is set: then fetches are dropped, and commits under way are finished.

        OperatorError of the state file ends it.
        """
        flying: dict[FeedState, asyncio.Task[PollResult]] = {}
        held_until = 0.0
        places = asyncio.Semaphore(self._limits.concurrency)
        async with self._net() as net:
            try:
                while not stopping.is_set():
                    wait = LOOK_S
                    try:
                        if time.monotonic() >= held_until:
                            for feed in self._due(flying):
                                flying[feed] = asyncio.create_task(self._poll(net, feed, places))
                            wait = self._until_next_due()
                    except RetryableError as error:
                        log.warning("feeds cannot be looked up", error=str(error))
                        held_until = time.monotonic() + HOLD_S
                    await _pause(stopping, wait)
                    if any(result.outcome == "deferred" for result in _landed(flying)):
                        held_until = time.monotonic() + HOLD_S
            finally:
                for task in flying.values():
                    task.cancel()
                await asyncio.gather(*flying.values(), return_exceptions=True)

    @asynccontextmanager
    async def _net(self) -> AsyncIterator[Net]:
        with Aside() as aside:
            async with open_session(self._limits) as session:
                yield Net(session, Hosts(self._limits.per_host), aside)

    def _due(self, flying: Iterable[FeedState]) -> list[FeedState]:
        due = state.due_feeds(self._file, self._clock(), limit=MOST_LOOKED_AT)
        return startable(due, flying, most=AHEAD * self._limits.concurrency, per_host=self._limits.per_host)

    def _until_next_due(self) -> float:
        """Seconds to the next look; feeds in flight are due still, so while there are any it is the shortest."""
        due = state.next_due(self._file)
        return LOOK_S if due is None else min(max((due - self._clock()) / 1000, STEP_S), LOOK_S)

    async def _poll(self, net: Net, feed: FeedState, places: asyncio.Semaphore) -> PollResult:
        """One poll of one feed, whatever happens; only an OperatorError comes out."""
        async with places:
            began = time.monotonic()
            try:
                result = await self._fetch_and_commit(net, feed)
            except RetryableError as error:
                result = PollResult(feed.id, feed.url, "deferred", error=str(error))
            except OperatorError:
                raise
            except Exception as error:
                log.exception(
                    "poll cannot be recorded, for a reason that is not known", feed_id=feed.id, feed_url=feed.url
                )
                result = PollResult(feed.id, feed.url, "deferred", error=f"unexpected {type(error).__name__}: {error}")
        tell = log.warning if result.outcome in {"failed", "deferred"} else log.info
        tell("feed polled", **result._asdict(), seconds=round(time.monotonic() - began, 3))
        self._on_poll(result)
        return result

    async def _fetch_and_commit(self, net: Net, feed: FeedState) -> PollResult:
        try:
            reading = await self._read(net, feed)
            articles = await self._in_thread(self._wanted, feed, reading)
            texts = await self._pages.texts(net, articles)
            return await self._in_thread(self._commit, feed, reading, texts)
        except (OperatorError, RetryableError):
            raise
        except Exception as error:
            log.exception("poll failed in a way that is not known", feed_id=feed.id, feed_url=feed.url)
            return await self._in_thread(self._commit, feed, Failed(f"unexpected {type(error).__name__}: {error}"), {})

    async def _read(self, net: Net, feed: FeedState) -> ReadResult:
        async with net.hosts.place(feed.url):
            fetched = await fetch(
                net.session,
                feed.url,
                etag=feed.etag,
                last_modified=feed.last_modified,
                max_bytes=self._limits.max_bytes,
                now=self._clock(),
            )
        reading = await self._in_thread(read_here, feed, fetched)
        if not isinstance(reading, Slow):
            return reading
        assert isinstance(fetched, Fetched)
        try:
            return taken(fetched, await net.aside.feed(reading.task))
        except AsideError as error:
            return Failed(str(error))

    async def _in_thread(self, work: Callable[..., R], *arguments: object) -> R:
        """Do it off the event loop; when cancelled, wait for the thread first: the file may be closed next."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    def _wanted(self, feed: FeedState, reading: ReadResult) -> list[Article]:
        """The articles of this poll whose pages are to be fetched; nothing is written."""
        if not self._limits.full_text or not isinstance(reading, Reading):
            return []
        with self._file.transaction() as tx:
            now = state.feed_now(tx, feed.id)
            intent = None if now is None else _intent(tx, now, reading, self._now())
        return [] if intent is None else fulltext.wanted(intent.articles, self._limits.pages_per_poll)

    def _commit(self, feed: FeedState, reading: ReadResult, texts: Mapping[str, str]) -> PollResult:
        with self._file.transaction() as tx:
            now = state.feed_now(tx, feed.id)
            if now is None or not now.active:
                return PollResult(feed.id, feed.url, "gone")
            intent = fulltext.with_texts(_intent(tx, now, reading, self._now()), texts)
            state.save(tx, intent)
            tx.append(ARTICLES.name, [Record(article.id.encode(), encode(article)) for article in intent.articles])
            if intent.health is not None:
                tx.append(FEEDHEALTH.name, [Record(feed.id.encode(), encode(intent.health))])
        if intent.feed.url != feed.url:
            log.info("feed moved", feed_id=feed.id, before=feed.url, feed_url=intent.feed.url)
        return _result(intent, reading, len(texts))

    def _now(self) -> PollTime:
        return PollTime(self._clock(), int(self._limits.interval_s * 1000), self._random())


def startable(due: Iterable[FeedState], flying: Iterable[FeedState], *, most: int, per_host: int) -> list[FeedState]:
    """Which feeds that are due are polled now, beside those that are: of one host only as many as it answers at once.

    Feeds that would wait for their host must not take the places of others.
    """
    under_way = list(flying)
    ids = {feed.id for feed in under_way}
    hosts = Counter(host_of(feed.url) for feed in under_way)
    found: list[FeedState] = []
    for feed in due:
        host = host_of(feed.url)
        if feed.id not in ids and hosts[host] < per_host and len(under_way) + len(found) < most:
            found.append(feed)
            hosts[host] += 1
    return found


def _intent(tx: Transaction, feed: FeedState, reading: ReadResult, at: PollTime) -> PollIntent:
    match reading:
        case Failed():
            return decide.failed(feed, reading.reason, at, retry_after=reading.retry_after, gone=reading.gone)
        case NotModified():
            return decide.unchanged(feed, at)
        case Reading(data):
            keys = [key for entry in data.entries for key in decide.keys_of(entry)]
            known = state.known(tx, feed.id, keys=keys, ids=[decide.new_id(feed, entry) for entry in data.entries])
            if reading.moved and state.address_taken(tx, reading.moved, feed.id):
                reading = reading._replace(moved="")
            return decide.read(feed, reading, known, at)


def _result(intent: PollIntent, reading: ReadResult, pages: int) -> PollResult:
    outcomes: dict[type, Outcome] = {Reading: "read", NotModified: "unchanged", Failed: "failed"}
    new = sum(entry.version == entry.first_seen for entry in intent.entries)
    edited = len(intent.entries) - new
    return PollResult(intent.feed.id, intent.feed.url, outcomes[type(reading)], new, edited, pages, intent.feed.error)


def _landed(flying: dict[FeedState, "asyncio.Task[PollResult]"]) -> list[PollResult]:
    """Results of the polls that have ended, which are no longer in flight."""
    ended = [feed for feed, task in flying.items() if task.done()]
    return [flying.pop(feed).result() for feed in ended]


async def _pause(stopping: threading.Event, seconds: float) -> None:
    """Sleep that long, or until `stopping` is set."""
    end = time.monotonic() + seconds
    while not stopping.is_set() and (left := end - time.monotonic()) > 0:  # noqa: ASYNC110 - another thread sets it
        await asyncio.sleep(min(left, STEP_S))
