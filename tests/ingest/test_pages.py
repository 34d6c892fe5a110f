"""Polls that fetch the pages of articles for their text."""

import asyncio
import time
from pathlib import Path

import msgspec
from aiohttp import web

from ingest.state import list_feeds
from tests.ingest.documents import item, rss
from tests.ingest.pages import BODY, SUMMARY, TITLE, page
from tests.ingest.scene import LIMITS, Scene, scene_in

FULL = msgspec.structs.replace(LIMITS, full_text=True, page_timeout_s=10)


def summary(scene: Scene, number: int, *, text: str = SUMMARY, title: str = TITLE) -> str:
    return item(title, guid=f"g{number}", link=scene.server.url(f"/{number}"), text=text)


def serve_page(scene: Scene, number: int, document: str | None = None) -> None:
    scene.server.serve(f"/{number}", document or page(), Content_Type="text/html; charset=utf-8")


async def hang(_request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


def test_a_summary_becomes_the_text_of_its_page_and_later_polls_make_no_edit_of_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.poller = scene.another(FULL)
            serve_page(scene, 1)
            scene.add(scene.server.serve("/rss", rss([summary(scene, 1)])))
            (first,) = await scene.poller.poll_due()
            assert (first.new, first.pages, scene.pages) == (1, 1, ["taken"])
            (article,) = scene.articles()
            assert article.text == BODY

            serve_page(scene, 1, page(body=BODY + "\nوأضاف أن القافلة غادرت."))
            scene.server.serve("/rss", rss([item("خبر آخر", guid="g2", text="نص " * 300), summary(scene, 1)]))
            (second,) = await scene.later()
            assert (second.new, second.edited, len(scene.server.asked["/1"])) == (1, 0, 1)

            scene.server.serve("/rss", rss([summary(scene, 1, text=SUMMARY.replace("شهرين", "ثلاثة أشهر"))]))
            (third,) = await scene.later()
            assert (third.new, third.edited, len(scene.server.asked["/1"])) == (0, 1, 2)
            assert scene.articles()[-1].text.endswith("غادرت.")
            assert scene.articles()[-1].id == article.id

    asyncio.run(run())


def test_a_slow_page_holds_its_article_for_the_time_of_the_setting_and_nothing_else(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.poller = scene.another(msgspec.structs.replace(FULL, page_timeout_s=3))
            serve_page(scene, 1)
            scene.server.answers["/2"] = hang
            scene.add(scene.server.serve("/rss", rss([summary(scene, 1), summary(scene, 2)])))
            began = time.monotonic()
            (result,) = await scene.poller.poll_due()
            assert time.monotonic() - began < 8
            assert (result.new, result.pages, sorted(scene.pages)) == (2, 1, ["late", "taken"])
            assert {article.guid: article.text for article in scene.articles()} == {"g1": BODY, "g2": SUMMARY}
            serve_page(scene, 2)
            scene.server.serve("/rss", rss([summary(scene, 1), summary(scene, 2), item("خبر", guid="3")]))
            (later,) = await scene.later()
            assert (later.new, later.edited) == (
                1,
                0,
            )  # one attempt: an article does not change because its site woke up
            assert len(scene.server.asked["/2"]) == 1

    asyncio.run(run())


def test_whatever_a_page_is_the_article_comes_with_what_the_feed_says(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.poller = scene.another(FULL)
            serve_page(scene, 1, "<html><body><p>يستخدم هذا الموقع ملفات تعريف الارتباط</p></body></html>")
            scene.server.serve("/2", "", status=403)
            scene.server.serve("/3", page(), Content_Type="application/pdf")
            scene.server.serve("/4", "x" * (FULL.page_max_bytes + 1), Content_Type="text/html")
            scene.server.redirect("/5", "http://127.0.0.2:1/")
            items = [*(summary(scene, number) for number in range(1, 6)), item("بلا رابط", guid="6", text="قصير")]
            scene.add(scene.server.serve("/rss", rss(items)))
            (result,) = await scene.poller.poll_due()
            assert (result.outcome, result.new, result.pages) == ("read", 6, 0)
            assert sorted(scene.pages) == ["failed", "failed", "no more", "no more", "refused"]
            assert {article.text for article in scene.articles()} == {SUMMARY, "قصير"}

    asyncio.run(run())


def test_no_more_pages_are_fetched_than_the_setting_says(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.poller = scene.another(msgspec.structs.replace(FULL, pages_per_poll=2))
            for number in range(5):
                serve_page(scene, number)
            scene.add(scene.server.serve("/rss", rss([summary(scene, number) for number in range(5)])))
            (result,) = await scene.poller.poll_due()
            assert (result.new, result.pages, len(scene.pages)) == (5, 2, 2)

    asyncio.run(run())


def test_a_site_that_asks_to_be_left_alone_is_asked_for_no_page_until_then(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            scene.poller = scene.another(msgspec.structs.replace(FULL, pages_per_poll=1))
            scene.server.serve("/1", "", status=429, Retry_After="600")
            for number in (2, 3):
                serve_page(scene, number)
            scene.add(scene.server.serve("/rss", rss([summary(scene, 1)])))
            await scene.poller.poll_due()
            scene.server.serve("/rss", rss([summary(scene, 2), summary(scene, 1)]))
            await scene.later(5)
            assert "/2" not in scene.server.asked
            scene.server.serve("/rss", rss([summary(scene, 3), summary(scene, 2), summary(scene, 1)]))
            await scene.later(6)
            assert scene.pages == ["failed", "failed", "taken"]

    asyncio.run(run())


def test_of_one_host_no_more_is_asked_at_once_than_the_setting_says_pages_included(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene_in(tmp_path) as scene:
            running, most = 0, 0

            async def answer(request: web.Request) -> web.Response:
                nonlocal running, most
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.02)
                running -= 1
                if request.path.startswith("/rss"):
                    return web.Response(text=rss([summary(scene, number) for number in range(4)]))
                return web.Response(text=page(), content_type="text/html")

            for number in range(6):
                scene.server.answers[f"/{number}"] = scene.server.answers[f"/rss{number}"] = answer
                scene.add(scene.server.url(f"/rss{number}"))
            poller = scene.another(msgspec.structs.replace(FULL, per_host=2))
            results = await poller.poll_due()
            assert [result.outcome for result in results] == ["read"] * 6
            assert most == 2
            assert len(list_feeds(scene.file)) == 6

    asyncio.run(run())
