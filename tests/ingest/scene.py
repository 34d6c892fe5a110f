"""A state file, a clock, a feed server and a poller, and what came out of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from ingest.connect import FetchLimits
from ingest.pages import PageOutcome
from ingest.poll import Poller, PollResult
from ingest.state import add_feed
from marsad.article import Article
from marsad.codec import decode
from marsad.errors import StateFullError
from marsad.feed import FeedHealth
from marsad.statefile import StateFile, Transaction
from marsad.topics import ALL
from tests.ingest.server import FeedServer, feed_server

START = 1_714_545_000_000
LIMITS = FetchLimits(
    user_agent="marsad-test",
    timeout_s=5,
    interval_s=300,
    max_bytes=100_000,
    per_host=8,
    allow=["127.0.0.1"],
    full_text=False,
)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


class FillingFile(StateFile):
    """A state file whose disk can be filled: then nothing is committed."""

    full = False

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with super().transaction() as tx:
            yield tx
            if self.full:
                raise StateFullError("the disk is full")


class Scene:
    """A state file, a clock, a feed server and a poller, and what came out of them."""

    def __init__(self, directory: Path, server: FeedServer) -> None:
        self.clock = Clock()
        self.server = server
        self.file = FillingFile(directory / "marsad.db", clock=self.clock)
        self.file.create_topics(topic.name for topic in ALL)
        self.polls: list[PollResult] = []
        self.pages: list[PageOutcome] = []
        self.poller = self.another(LIMITS)

    def another(self, limits: FetchLimits) -> Poller:
        return Poller(
            self.file,
            limits,
            clock=self.clock,
            random=lambda: 0.5,
            on_poll=self.polls.append,
            on_page=self.pages.append,
        )

    def add(self, url: str, title: str = "") -> str:
        with self.file.transaction() as tx:
            return add_feed(tx, url=url, title=title, now=self.clock.now)

    async def later(self, minutes: int = 5) -> list[PollResult]:
        self.clock.now += minutes * 60_000
        return await self.poller.poll_due()

    def values(self, topic: str) -> list[tuple[bytes, bytes]]:
        sql = "SELECT key, value FROM message JOIN topic ON topic.id = message.topic WHERE name = ? ORDER BY offset"
        return [(row["key"], row["value"]) for row in self.file.rows(sql, (topic,))]

    def articles(self) -> list[Article]:
        found = [(key, decode(value, Article)) for key, value in self.values("marsad.articles")]
        assert [key.decode() for key, _ in found] == [article.id for _, article in found]
        return [article for _, article in found]

    def health(self) -> list[FeedHealth]:
        return [decode(value, FeedHealth) for _, value in self.values("marsad.feedhealth")]


@asynccontextmanager
async def scene_in(directory: Path) -> AsyncIterator[Scene]:
    async with feed_server() as server:
        scene = Scene(directory, server)
        try:
            yield scene
        finally:
            scene.file.close()


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the state of the scene has no event
            await asyncio.sleep(0.01)
