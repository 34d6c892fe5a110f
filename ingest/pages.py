"""The shell that fetches the pages of articles for their text, each once, and only within the time of the poll."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Literal, NamedTuple, TypeAlias
from weakref import WeakValueDictionary

import aiohttp
import structlog

from ingest.aside import Aside, AsideError, PageTask
from ingest.connect import FetchLimits
from ingest.decide import LONGEST_RETRY_AFTER
from ingest.fetch import Failed, Fetched, FetchResult, fetch
from ingest.urls import host_of
from marsad.article import Article

AT_ONCE: Final = 4
"""Pages of one poll that are fetched at the same time; of one host no more than `fetch.per_host`."""
MARKUP_TYPES: Final = ("html", "xml")

PageOutcome: TypeAlias = Literal["taken", "no more", "failed", "refused", "late"]

LATE: Final[tuple[PageOutcome, str]] = ("late", "")

log = structlog.get_logger(__name__)


class Hosts:
    """Places for requests to each host; belongs to one event loop."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def place(self, url: str) -> AsyncIterator[None]:
        """Wait for a place at the host of this address, and hold it."""
        host = host_of(url)
        places = self._places.get(host)
        if places is None:
            places = self._places[host] = asyncio.Semaphore(self._per_host)
        async with places:
            yield


class Net(NamedTuple):
    """What polls fetch and read with; belongs to one event loop."""

    session: aiohttp.ClientSession
    hosts: Hosts
    aside: Aside


class Pages:
    """Fetches pages. `on_page` is called for each, on the event loop."""

    def __init__(
        self, limits: FetchLimits, *, clock: Callable[[], int], on_page: Callable[[PageOutcome], None]
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._on_page = on_page
        self._resting: dict[str, int] = {}
        """Until when hosts have asked to be left alone, in ms."""

    async def texts(self, net: Net, articles: Sequence[Article]) -> dict[str, str]:
        """The texts of these articles by id, where their pages give any in time; it raises nothing."""
        began = time.monotonic()
        places = asyncio.Semaphore(AT_ONCE)
        tasks = {asyncio.create_task(self._text(net, article, places)): article for article in articles}
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self._limits.page_timeout_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        texts = {}
        for task, article in tasks.items():
            outcome, text = LATE if task.cancelled() else task.result()
            self._on_page(outcome)
            if text:
                texts[article.id] = text
        if articles:
            log.info(
                "pages read",
                feed_id=articles[0].feed_id,
                pages=len(articles),
                taken=len(texts),
                seconds=round(time.monotonic() - began, 3),
            )
        return texts

    async def _text(self, net: Net, article: Article, places: asyncio.Semaphore) -> tuple[PageOutcome, str]:
        try:
            async with places, net.hosts.place(article.url):
                if self._resting.get(host_of(article.url), 0) > self._clock():
                    return "failed", ""
                fetched = await fetch(
                    net.session,
                    article.url,
                    etag="",
                    last_modified="",
                    max_bytes=self._limits.page_max_bytes,
                    now=self._clock(),
                )
            if isinstance(fetched, Failed):
                return self._failed(article, fetched), ""
            text = await _read(net.aside, article, fetched)
        except AsideError as error:
            log.warning("page cannot be read", url=article.url, error=str(error))
            return "failed", ""
        except Exception:
            log.exception("page failed in a way that is not known", url=article.url)
            return "failed", ""
        return "taken" if text else "no more", text

    def _failed(self, article: Article, failure: Failed) -> PageOutcome:
        """Note what a failure means for the pages to come."""
        log.info("page not fetched", url=article.url, error=failure.reason)
        if failure.retry_after:
            now = self._clock()
            self._resting = {host: until for host, until in self._resting.items() if until > now}
            self._resting[host_of(article.url)] = now + min(failure.retry_after, LONGEST_RETRY_AFTER)
        return "refused" if failure.refused else "failed"


async def _read(aside: Aside, article: Article, fetched: FetchResult) -> str:
    """The text of the article on the page that came; "" where it is no page."""
    if not isinstance(fetched, Fetched):
        return ""
    if fetched.content_type and not any(kind in fetched.content_type.lower() for kind in MARKUP_TYPES):
        return ""
    return await aside.page(
        PageTask(body=fetched.body, content_type=fetched.content_type, title=article.title, summary=article.text)
    )
