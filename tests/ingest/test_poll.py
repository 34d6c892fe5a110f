import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from ingest.decide import FeedState
from ingest.parse import FeedData, parse
from ingest.poll import PollResult, startable
from ingest.state import SCHEMA, add_feed, due_feeds, feed_id, list_feeds, next_due
from marsad.errors import OperatorError, UnknownTopicError
from marsad.statefile import StateFile
from tests.ingest.documents import item, rss
from tests.ingest.scene import LIMITS, START, scene_in, until


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
            await until(lambda: len(scene.polls) == 1)
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
            await until(lambda: len(scene.polls) == 1)
            scene.clock.now += 300_000
            await until(lambda: len(scene.polls) == 2)
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
            await until(lambda: len(scene.polls) == 1)
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


def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            document = rss([item("عاجل", guid="1")])
            scene.server.serve("/new", document)
            feed = scene.add(scene.server.redirect("/old", "/new", status=301))
            await scene.poller.poll_due()
            assert [(one.id, one.url) for one in list_feeds(scene.file)] == [(feed, scene.server.url("/new"))]
            assert [result.outcome for result in await scene.later()] == ["unchanged"]
            assert (len(scene.server.asked["/old"]), len(scene.articles())) == (1, 1)
            with pytest.raises(OperatorError, match="is there already"):
                scene.add(scene.server.url("/old"))

    asyncio.run(run())


def test_an_address_is_remembered_only_after_it_worked_and_where_no_other_feed_has_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.add(scene.server.redirect("/a", "/page", status=301))
            scene.add(scene.server.redirect("/b", "/rss", status=308))
            scene.server.serve("/page", "<html>صفحة</html>")
            scene.add(scene.server.serve("/rss", rss([item("عاجل", guid="1")])))
            await scene.poller.poll_due()
            assert sorted(feed.url for feed in list_feeds(scene.file)) == [
                scene.server.url(path) for path in ("/a", "/b", "/rss")
            ]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("status", "headers", "minutes"),
    [(410, {}, 24 * 60), (429, {}, 10), (429, {"Retry_After": "3600"}, 60), (503, {"Retry_After": "7200"}, 120)],
)
def test_a_server_that_asks_for_time_is_left_alone_for_it(
    tmp_path: Path, status: int, headers: dict[str, str], minutes: int
) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.add(scene.server.serve("/rss", "", status=status, **headers))
            await scene.poller.poll_due()
            assert await scene.later(minutes - 1) == []
            assert [result.outcome for result in await scene.later(1)] == ["failed"]

    asyncio.run(run())


def test_a_malformed_feed_is_read_aside_and_its_entries_come(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.add(scene.server.serve("/rss", rss([item("أ & ب".replace("&", "&amp;"), guid="1")]) + "<"))
            (result,) = await scene.poller.poll_due()
            assert (result.outcome, result.new) == ("read", 1)
            assert "not well-formed XML" in (result.error or "")

    asyncio.run(run())


def test_a_hostile_feed_holds_up_no_other_and_not_the_end(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            stopping = threading.Event()
            hostile = "<rss version='2.0'><channel><item>" + "<x/>" * 250_000 + "</item></channel></rss>"
            big = scene.another(msgspec.structs.replace(LIMITS, max_bytes=2_000_000))
            scene.add(scene.server.serve("/hostile", hostile))
            scene.add(scene.server.serve("/good", rss([item("عاجل", guid="1")])))
            looping = asyncio.create_task(big.poll_forever(stopping))
            await until(lambda: len(scene.polls) == 1)
            await asyncio.sleep(1)
            longest = 0.0
            for _ in range(50):
                began = time.monotonic()
                await asyncio.sleep(0.01)
                longest = max(longest, time.monotonic() - began)
            assert longest < 3  # the event loop is free: the document takes 17 s
            began = time.monotonic()
            stopping.set()
            await asyncio.wait_for(looping, 10)
            assert time.monotonic() - began < 5
            assert [result.feed_url for result in scene.polls] == [scene.server.url("/good")]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("due", "flying", "most", "expected"),
    [
        ("a1 a2 a3 b1", "", 9, "a1 a2 b1"),
        ("a1 a2 a3 b1", "a1", 9, "a2 b1"),
        ("a1 a2 a3 b1", "a1 a2", 9, "b1"),
        ("a1 a2 b1 b2", "", 3, "a1 a2 b1"),
        ("b1", "a1 a2 a3", 3, ""),
        ("", "", 9, ""),
    ],
)
def test_feeds_that_would_wait_for_their_host_take_no_place(due: str, flying: str, most: int, expected: str) -> None:
    def feeds(names: str) -> list[FeedState]:
        return [FeedState(id=name, url=f"https://{name[0]}.example/{name}") for name in names.split()]

    found = startable(feeds(due), feeds(flying), most=most, per_host=2)
    assert [feed.id for feed in found] == expected.split()
