"""The shell around ingest: fetches what is due, side by side, and commits each poll whole."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Final, Literal, NamedTuple, TypeAlias

import aiohttp
import structlog

from ingest import decide, state
from ingest.decide import FeedState, PollIntent, PollTime, Validators
from ingest.fetch import Failed, Fetched, FetchLimits, FetchResult, NotModified, fetch, open_session
from ingest.parse import FeedData, parse
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
THREADS: Final = 4
"""Documents parsed and committed at the same time, off the event loop."""

log = structlog.get_logger(__name__)

Outcome: TypeAlias = Literal["read", "unchanged", "failed", "deferred", "gone"]


class PollResult(NamedTuple):
    """How one poll went. Deferred: it could not be recorded, and the feed stays due; gone: the feed was removed meanwhile."""

    feed_id: str
    feed_url: str
    outcome: Outcome
    new: int = 0
    edited: int = 0
    error: str | None = None
    """What went wrong; with «read», what could not be read of the document."""


class Reading(NamedTuple):
    """A document that was read, with what makes the next fetch conditional."""

    data: FeedData
    validators: Validators


class Poller:
    """Polls the feeds of a state file. `clock` is in ms since 1970, `random` gives numbers from 0 to 1.

    `on_poll` is called for every poll, on the event loop.
    """

    def __init__(
        self,
        file: StateFile,
        limits: FetchLimits,
        *,
        clock: Callable[[], int],
        random: Callable[[], float],
        on_poll: Callable[[PollResult], None] = lambda _: None,
    ) -> None:
        """Install the tables of ingest in the file; its topics are there already."""
        file.install(state.SCHEMA)
        self._file = file
        self._limits = limits
        self._clock = clock
        self._random = random
        self._on_poll = on_poll
        # The state file keeps a connection for each thread, so these live as long as the poller.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ingest")

    async def poll_due(self) -> list[PollResult]:
        """Poll every feed that is due now, once; RetryableError where the state file cannot be read."""
        places = asyncio.Semaphore(self._limits.concurrency)
        async with open_session(self._limits) as session:
            feeds = state.due_feeds(self._file, self._clock(), limit=-1)
            polls = (self._poll(session, feed, places) for feed in feeds)
            results = await asyncio.gather(*polls, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if isinstance(result, PollResult)]

    async def poll_forever(self, stopping: threading.Event) -> None:
        """Poll feeds as they fall due until `stopping` is set: then fetches are dropped, and commits under way are finished.

        OperatorError of the state file ends it.
        """
        flying: dict[str, asyncio.Task[PollResult]] = {}
        held_until = 0.0
        places = asyncio.Semaphore(self._limits.concurrency)
        async with open_session(self._limits) as session:
            try:
                while not stopping.is_set():
                    wait = LOOK_S
                    try:
                        if time.monotonic() >= held_until:
                            for feed in self._due(flying):
                                flying[feed.id] = asyncio.create_task(self._poll(session, feed, places))
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

    def _due(self, flying: dict[str, "asyncio.Task[PollResult]"]) -> list[FeedState]:
        free = AHEAD * self._limits.concurrency - len(flying)
        if free <= 0:
            return []
        due = state.due_feeds(self._file, self._clock(), limit=free + len(flying))
        return [feed for feed in due if feed.id not in flying][:free]

    def _until_next_due(self) -> float:
        """Seconds to the next look; feeds in flight are due still, so while there are any it is the shortest."""
        due = state.next_due(self._file)
        return LOOK_S if due is None else min(max((due - self._clock()) / 1000, STEP_S), LOOK_S)

    async def _poll(self, session: aiohttp.ClientSession, feed: FeedState, places: asyncio.Semaphore) -> PollResult:
        """One poll of one feed, whatever happens; only an OperatorError comes out."""
        async with places:
            began = time.monotonic()
            try:
                result = await self._fetch_and_commit(session, feed)
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

    async def _fetch_and_commit(self, session: aiohttp.ClientSession, feed: FeedState) -> PollResult:
        try:
            fetched = await fetch(
                session,
                feed.url,
                etag=feed.etag,
                last_modified=feed.last_modified,
                max_bytes=self._limits.max_bytes,
                now=self._clock(),
            )
            return await self._in_thread(feed, fetched)
        except (OperatorError, RetryableError):
            raise
        except Exception as error:
            log.exception("poll failed in a way that is not known", feed_id=feed.id, feed_url=feed.url)
            return await self._in_thread(feed, Failed(f"unexpected {type(error).__name__}: {error}"))

    async def _in_thread(self, feed: FeedState, fetched: FetchResult) -> PollResult:
        """Interpret and commit off the event loop; when cancelled, wait for the thread first: the file may be closed next."""
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._commit, feed, fetched)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            raise

    def _commit(self, feed: FeedState, fetched: FetchResult) -> PollResult:
        reading = interpret(feed, fetched)
        at = PollTime(self._clock(), int(self._limits.interval_s * 1000), self._random())
        with self._file.transaction() as tx:
            now = state.feed_now(tx, feed.id)
            if now is None or not now.active:
                return PollResult(feed.id, feed.url, "gone")
            intent = _intent(tx, now, reading, at)
            state.save(tx, intent)
            tx.append(ARTICLES.name, [Record(article.id.encode(), encode(article)) for article in intent.articles])
            if intent.health is not None:
                tx.append(FEEDHEALTH.name, [Record(feed.id.encode(), encode(intent.health))])
        return _result(intent, reading)


def interpret(feed: FeedState, fetched: FetchResult) -> Reading | NotModified | Failed:
    """What came, read; the body that was read the last time counts as not modified."""
    if not isinstance(fetched, Fetched):
        return fetched
    body = sha256(fetched.body).hexdigest()
    if body == feed.content_digest:
        return NotModified()
    data = parse(fetched.body, content_type=fetched.content_type, feed_url=fetched.final_url)
    if data.problem and not data.entries:
        return Failed(data.problem)
    return Reading(data, Validators(fetched.etag, fetched.last_modified, body))


def _intent(tx: Transaction, feed: FeedState, reading: Reading | NotModified | Failed, at: PollTime) -> PollIntent:
    match reading:
        case Failed():
            return decide.failed(feed, reading.reason, at, retry_after=reading.retry_after)
        case NotModified():
            return decide.unchanged(feed, at)
        case Reading(data, validators):
            keys = [key for entry in data.entries for key in decide.keys_of(entry)]
            known = state.known(tx, feed.id, keys=keys, ids=[decide.new_id(feed, entry) for entry in data.entries])
            return decide.read(feed, data, known, validators, at)


def _result(intent: PollIntent, reading: Reading | NotModified | Failed) -> PollResult:
    outcomes: dict[type, Outcome] = {Reading: "read", NotModified: "unchanged", Failed: "failed"}
    new = sum(entry.version == entry.first_seen for entry in intent.entries)
    edited = len(intent.entries) - new
    return PollResult(intent.feed.id, intent.feed.url, outcomes[type(reading)], new, edited, intent.feed.error)


def _landed(flying: dict[str, "asyncio.Task[PollResult]"]) -> list[PollResult]:
    """Results of the polls that have ended, which are no longer in flight."""
    ended = [feed for feed, task in flying.items() if task.done()]
    return [flying.pop(feed).result() for feed in ended]


async def _pause(stopping: threading.Event, seconds: float) -> None:
    """Sleep that long, or until `stopping` is set."""
    end = time.monotonic() + seconds
    while not stopping.is_set() and (left := end - time.monotonic()) > 0:  # noqa: ASYNC110 - another thread sets it
        await asyncio.sleep(min(left, STEP_S))
