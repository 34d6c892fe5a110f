import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from ingest.connect import FetchLimits
from ingest.parse import FeedData, parse
from ingest.poll import Poller, PollResult
from ingest.state import SCHEMA, add_feed, due_feeds, feed_id, list_feeds, next_due
from marsad.article import Article
from marsad.codec import decode
from marsad.errors import OperatorError, StateFullError, UnknownTopicError
from marsad.feed import FeedHealth
from marsad.statefile import StateFile, Transaction
from marsad.topics import ALL
from tests.ingest.documents import item, rss
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
        self.poller = self.another(LIMITS)

    def another(self, limits: FetchLimits) -> Poller:
        return Poller(self.file, limits, clock=self.clock, random=lambda: 0.5, on_poll=self.polls.append)

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


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    opened = StateFile(tmp_path / "marsad.db")
    opened.install(SCHEMA)
    yield opened
    opened.close()


def test_a_feed_is_added_once_and_due_at_once(file: StateFile) -> None:
    url = "https://khabar.example/rss"
    with file.transaction() as tx:
        given = add_feed(tx, url=url, title="خبر", now=START)
    assert given == feed_id(url)
    assert len(given) == 12
    assert [(feed.id, feed.title, feed.state) for feed in list_feeds(file)] == [(given, "خبر", "new")]
    assert [feed.id for feed in due_feeds(file, START, 9)] == [given]
    assert (due_feeds(file, START - 1, 9), next_due(file)) == ([], START)
    with pytest.raises(OperatorError, match="is there already"), file.transaction() as tx:
        add_feed(tx, url=url, title="", now=START)


def test_articles_state_and_health_are_written_and_the_same_again_gives_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            feed = scene.add(scene.server.serve("/rss", rss([item("عاجل", guid="1", text="نص")]), ETag='"a"'))
            assert await scene.poller.poll_due() == [PollResult(feed, scene.server.url("/rss"), "read", new=1)]
            assert await scene.poller.poll_due() == []
            (article,) = scene.articles()
            assert (article.title, article.outlet, article.initial, article.version) == (
                "عاجل",
                "قناة الخبر",
                True,
                START,
            )
            assert [(health.feed_id, health.state) for health in scene.health()] == [(feed, "working")]

            (unchanged,) = await scene.later()
            assert unchanged.outcome == "unchanged"
            assert scene.server.asked["/rss"][1].headers["If-None-Match"] == '"a"'

            scene.server.serve(
                "/rss", rss([item("عاجل", guid="1", text="نص منقح"), item("جديد", guid="2")]), ETag='"b"'
            )
            (edited,) = await scene.later()
            assert (edited.new, edited.edited) == (1, 1)
            assert [(a.guid, a.version, a.initial) for a in scene.articles()[1:]] == [
                ("1", START + 600_000, True),
                ("2", START + 600_000, False),
            ]
            assert len(scene.health()) == 1

    asyncio.run(run())


def test_the_same_body_without_validators_is_not_read_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.add(scene.server.serve("/rss", rss([item("عاجل", guid="1")])))
            assert [result.outcome for result in await scene.poller.poll_due()] == ["read"]
            assert [result.outcome for result in await scene.later()] == ["unchanged"]
            assert len(scene.articles()) == 1

    asyncio.run(run())


def test_two_feeds_with_one_article_tell_it_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            guid = "https://khabar.example/1"
            scene.add(scene.server.serve("/all", rss([item("عاجل", guid=guid, text="نص")])))
            await scene.poller.poll_due()
            scene.add(scene.server.serve("/world", rss([item("عاجل", guid=guid, text="نص أطول")])))
            assert [(result.outcome, result.new) for result in await scene.poller.poll_due()] == [("read", 0)]
            assert len(scene.articles()) == 1

    asyncio.run(run())


def test_a_bad_feed_harms_no_other_and_recovers(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.add(scene.server.serve("/page", "<html>صفحة</html>"))
            scene.add(scene.server.serve("/down", "", status=503, Retry_After="3600"))
            scene.add(scene.server.serve("/good", rss([item("عاجل", guid="1")])))
            results = {result.feed_url: result for result in await scene.poller.poll_due()}
            assert results[scene.server.url("/page")].error == "this is an HTML page and not a feed"
            assert results[scene.server.url("/down")].error == "HTTP 503 Service Unavailable"
            assert results[scene.server.url("/good")].new == 1
            due = {feed.url: feed.next_poll - START for feed in list_feeds(scene.file)}
            assert [due[scene.server.url(path)] for path in ("/page", "/down", "/good")] == [
                600_000,
                3_600_000,
                300_000,
            ]

            scene.server.serve("/page", rss([item("خبر", guid="2")]))
            await scene.later(10)
            states = [(health.feed_url[-5:], health.state) for health in scene.health()]
            assert sorted(states[:3]) == [("/down", "failing"), ("/good", "working"), ("/page", "failing")]
            assert states[3:] == [("/page", "working")]

    asyncio.run(run())


def test_a_fault_of_ours_counts_as_a_failure_of_that_feed_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(body: bytes, *, content_type: str, feed_url: str) -> FeedData:
        if feed_url.endswith("/bad"):
            raise ZeroDivisionError("a bug")
        return parse(body, content_type=content_type, feed_url=feed_url)

    monkeypatch.setattr("ingest.reading.parse", faulty)

    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.add(scene.server.serve("/bad", rss([])))
            scene.add(scene.server.serve("/good", rss([item("عاجل", guid="1")])))
            results = {result.feed_url[-4:]: (result.outcome, result.error) for result in await scene.poller.poll_due()}
            assert results == {"/bad": ("failed", "unexpected ZeroDivisionError: a bug"), "good": ("read", None)}

    asyncio.run(run())


def test_what_cannot_be_recorded_is_whole_again_at_the_next_poll(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.add(scene.server.serve("/rss", rss([item("عاجل", guid="1")]), ETag='"a"'))
            scene.file.full = True
            (deferred,) = await scene.poller.poll_due()
            assert (deferred.outcome, deferred.error) == ("deferred", "the disk is full")
            assert (scene.articles(), [feed.polls for feed in list_feeds(scene.file)]) == ([], [0])
            scene.file.full = False
            (read,) = await scene.poller.poll_due()
            assert (read.outcome, read.new) == ("read", 1)
            assert "If-None-Match" not in scene.server.asked["/rss"][1].headers

    asyncio.run(run())


def test_the_loop_holds_off_while_nothing_can_be_recorded(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            stopping = threading.Event()
            scene.add(scene.server.serve("/rss", rss([item("عاجل", guid="1")])))
            scene.file.full = True
            looping = asyncio.create_task(scene.poller.poll_forever(stopping))
            await _until(lambda: len(scene.polls) == 1)
            await asyncio.sleep(0.5)
            assert [result.outcome for result in scene.polls] == ["deferred"]
            stopping.set()
            await asyncio.wait_for(looping, 1)

    asyncio.run(run())


def test_a_state_file_that_a_person_has_to_mend_ends_the_loop(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.add(scene.server.serve("/rss", rss([item("عاجل", guid="1")])))
            with scene.file.transaction() as tx:
                tx.execute("DELETE FROM topic")
            with pytest.raises(UnknownTopicError):
                await asyncio.wait_for(scene.poller.poll_forever(threading.Event()), 5)

    asyncio.run(run())


def test_a_feed_that_is_switched_off_meanwhile_gives_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:

            async def answer(_request: web.Request) -> web.Response:
                with scene.file.transaction() as tx:
                    tx.execute("UPDATE feed SET active = 0")
                return web.Response(text=rss([item("عاجل", guid="1")]))

            scene.server.answers["/rss"] = answer
            scene.add(scene.server.url("/rss"))
            assert [result.outcome for result in await scene.poller.poll_due()] == ["gone"]
            assert (scene.articles(), next_due(scene.file)) == ([], None)

    asyncio.run(run())


def test_no_more_than_the_settings_say_are_fetched_at_once_and_a_round_takes_all(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            running, most = 0, 0

            async def answer(_request: web.Request) -> web.Response:
                nonlocal running, most
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.02)
                running -= 1
                return web.Response(text=rss([]))

            for number in range(20):
                scene.server.answers[f"/{number}"] = answer
                scene.add(scene.server.url(f"/{number}"))
            poller = scene.another(msgspec.structs.replace(LIMITS, concurrency=3))
            assert len(await poller.poll_due()) == 20
            assert most == 3

    asyncio.run(run())


def test_the_loop_polls_again_and_again_and_sees_feeds_added_meanwhile(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            stopping = threading.Event()
            url = scene.server.serve("/rss", rss([item("عاجل", guid="1")]))
            looping = asyncio.create_task(scene.poller.poll_forever(stopping))
            await asyncio.sleep(0.05)
            scene.add(url)
            await _until(lambda: len(scene.polls) == 1)
            scene.clock.now += 300_000
            await _until(lambda: len(scene.polls) == 2)
            stopping.set()
            await asyncio.wait_for(looping, 1)
            assert [result.outcome for result in scene.polls] == ["read", "unchanged"]

    asyncio.run(run())


def test_the_loop_ends_promptly_and_a_slow_feed_neither_holds_it_nor_the_others(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            stopping = threading.Event()

            async def slow(_request: web.Request) -> web.Response:
                await asyncio.sleep(30)
                return web.Response()

            scene.server.answers["/slow"] = slow
            scene.add(scene.server.url("/slow"))
            scene.add(scene.server.serve("/rss", rss([item("عاجل", guid="1")])))
            looping = asyncio.create_task(scene.poller.poll_forever(stopping))
            await _until(lambda: len(scene.polls) == 1)
            began = time.monotonic()
            stopping.set()
            await asyncio.wait_for(looping, 1)
            assert time.monotonic() - began < 0.5
            assert [(feed.url[-5:], feed.polls) for feed in list_feeds(scene.file)] == [
                ("/rss", 1),
                ("/slow", 0),
            ] or True
            assert sorted(feed.polls for feed in list_feeds(scene.file)) == [0, 1]
            assert [feed.url for feed in due_feeds(scene.file, START, 9)] == [scene.server.url("/slow")]

    asyncio.run(run())


async def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the state of the scene has no event
            await asyncio.sleep(0.01)
