import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from ingest.aside import Aside, AsideError, FeedTask, PageTask
from ingest.parse import is_quick, parse
from tests.ingest.documents import item, rss
from tests.ingest.pages import BODY, SUMMARY, TITLE, page

FEED = rss([item("عاجل", guid="1", text="نص", date="Wed, 01 May 2024 09:30:00 +0300")])
HOSTILE_PAGE = ("<p>القافلة " * 80_000).encode()
"""Takes trafilatura ten seconds for a megabyte."""
HOSTILE_FEED = "<rss version='2.0'><channel><item>" + "<x/>" * 250_000 + "</item></channel></rss>"
"""Takes feedparser 17 s."""
R = TypeVar("R")


def feed_task(document: str) -> FeedTask:
    return FeedTask(body=document.encode(), content_type="text/xml", feed_url="https://khabar.example/rss")


def page_task(body: bytes) -> PageTask:
    return PageTask(body=body, content_type="text/html", title=TITLE, summary=SUMMARY)


def with_aside(scene: Callable[[Aside], Awaitable[R]], *, feed_s: float = 60, page_s: float = 60) -> R:
    async def run() -> R:
        with Aside(feed_s=feed_s, page_s=page_s) as aside:
            return await scene(aside)

    return asyncio.run(run())


def test_a_document_read_aside_says_the_same() -> None:
    async def scene(aside: Aside) -> None:
        broken = FEED.replace("</channel>", "&</channel>")
        for document in (FEED, broken, ""):
            task = feed_task(document)
            assert await aside.feed(task) == parse(
                task.body, content_type=task.content_type, feed_url="https://khabar.example/rss"
            )
        assert BODY.splitlines()[0] in await aside.page(page_task(page().encode()))
        assert await aside.page(page_task(b"<html>")) == ""

    with_aside(scene)


@pytest.mark.parametrize("kind", ["page", "feed"])
def test_what_takes_too_long_is_given_up_and_the_next_is_read(kind: str) -> None:
    async def scene(aside: Aside) -> None:
        await aside.feed(feed_task(FEED))  # it is started
        began = time.monotonic()
        with pytest.raises(AsideError, match=r"over 1.5 s to read"):
            await (aside.page(page_task(HOSTILE_PAGE)) if kind == "page" else aside.feed(feed_task(HOSTILE_FEED)))
        assert time.monotonic() - began < 8
        assert (await aside.feed(feed_task(FEED))).entries

    with_aside(scene, page_s=1.5, feed_s=1.5)


def test_a_child_that_dies_is_started_again() -> None:
    async def scene(aside: Aside) -> None:
        await aside.feed(feed_task(FEED))
        assert aside._child is not None
        os.kill(aside._child.pid, signal.SIGKILL)
        with pytest.raises(AsideError):
            await aside.feed(feed_task(FEED))
        assert (await aside.feed(feed_task(FEED))).entries

    with_aside(scene)


def test_closing_ends_it_at_once_whatever_it_is_doing() -> None:
    async def run() -> None:
        with Aside() as aside:
            reading = asyncio.create_task(aside.page(page_task(HOSTILE_PAGE)))
            await asyncio.sleep(1.5)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        with pytest.raises(AsideError):
            await reading

    before = threading.active_count()
    asyncio.run(run())
    assert threading.active_count() <= before + 1


@pytest.mark.parametrize(
    ("document", "quick"),
    [
        (FEED, True),
        ("", True),
        ("<!DOCTYPE html><html><br></html>", True),
        (FEED.replace("</channel>", "&</channel>"), False),
        (FEED.replace("<channel>", "<channel><media:x/>"), False),
        (HOSTILE_FEED, False),
        (rss([item("خبر", guid="1", text="نص " * 500_000)]), True),
    ],
    ids=["a feed", "nothing", "a page", "malformed", "unbound prefix", "too much markup", "long"],
)
def test_only_what_is_quick_to_read_is_read_in_the_process_itself(document: str, *, quick: bool) -> None:
    assert is_quick(document.encode(), "text/xml") == quick
    if quick:
        began = time.process_time()
        parse(document.encode(), content_type="text/xml", feed_url="https://khabar.example/rss")
        assert time.process_time() - began < 5
