import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from aiohttp import web

from ingest.connect import FetchLimits, open_session
from ingest.fetch import Failed, Fetched, FetchResult, NotModified, fetch
from tests.ingest.documents import item, rss
from tests.ingest.server import FeedServer, feed_server

NOW = 1_714_545_000_000
LIMITS = FetchLimits(
    user_agent="marsad-test (someone@example.org)", timeout_s=1.0, max_bytes=100_000, allow=["127.0.0.1"]
)
DOCUMENT = rss([item("عاجل", guid="1")])
R = TypeVar("R")


def served(scene: Callable[[FeedServer], Awaitable[R]]) -> R:
    async def run() -> R:
        async with feed_server() as server:
            return await scene(server)

    return asyncio.run(run())


async def get(url: str, *, etag: str = "", last_modified: str = "", limits: FetchLimits = LIMITS) -> FetchResult:
    async with open_session(limits) as session:
        return await fetch(session, url, etag=etag, last_modified=last_modified, max_bytes=limits.max_bytes, now=NOW)


def test_a_document_comes_with_what_makes_the_next_fetch_conditional() -> None:
    async def scene(server: FeedServer) -> None:
        url = server.serve("/rss", DOCUMENT, ETag='"a"', Last_Modified="Wed, 01 May 2024 09:30:00 GMT")
        first = await get(url)
        assert first == Fetched(DOCUMENT.encode(), "text/xml", '"a"', "Wed, 01 May 2024 09:30:00 GMT", url)
        assert await get(url, etag=first.etag, last_modified=first.last_modified) == NotModified()
        plain, conditional = (request.headers for request in server.asked["/rss"])
        assert "If-None-Match" not in plain
        assert plain["User-Agent"] == LIMITS.user_agent
        assert conditional["If-None-Match"] == '"a"'
        assert conditional["If-Modified-Since"] == "Wed, 01 May 2024 09:30:00 GMT"

    served(scene)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(DOCUMENT.encode())),
        ("gzip", zlib.compress(DOCUMENT.encode())),
        ("deflate", zlib.compress(DOCUMENT.encode())),
        ("identity", DOCUMENT.encode()),
    ],
)
def test_a_compressed_body_is_unpacked(encoding: str, packed: bytes) -> None:
    async def scene(server: FeedServer) -> FetchResult:
        return await get(server.serve("/rss", packed, Content_Encoding=encoding))

    found = served(scene)
    assert isinstance(found, Fetched)
    assert found.body == DOCUMENT.encode()


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (500, {}, Failed("HTTP 500 Internal Server Error")),
        (404, {}, Failed("HTTP 404 Not Found")),
        (599, {}, Failed("HTTP 599")),
        (429, {}, Failed("HTTP 429 Too Many Requests")),
        (429, {"Retry_After": "120"}, Failed("HTTP 429 Too Many Requests", 120_000)),
        (503, {"Retry_After": "Wed, 01 May 2024 06:31:00 GMT"}, Failed("HTTP 503 Service Unavailable", 60_000)),
        (503, {"Retry_After": "later"}, Failed("HTTP 503 Service Unavailable")),
        (503, {"Retry_After": "9" * 5_000}, Failed("HTTP 503 Service Unavailable")),
        (304, {}, Failed("HTTP 304 Not Modified")),
        (200, {"Content_Encoding": "br"}, Failed("the body is encoded as «br», which was not asked for")),
        (200, {"Content_Encoding": "gzip"}, Failed("the body is compressed wrongly: ")),
    ],
)
def test_what_a_server_refuses_is_a_value_with_the_reason(
    status: int, headers: dict[str, str], expected: Failed
) -> None:
    async def scene(server: FeedServer) -> FetchResult:
        return await get(server.serve("/rss", DOCUMENT, status=status, **headers))

    found = served(scene)
    assert isinstance(found, Failed)
    assert found.reason.startswith(expected.reason)
    assert found.retry_after == expected.retry_after


def test_a_body_over_the_limit_fails() -> None:
    async def scene(server: FeedServer) -> None:
        exact = await get(server.serve("/exact", b"x" * LIMITS.max_bytes))
        assert isinstance(exact, Fetched)
        over = await get(server.serve("/over", b"x" * (LIMITS.max_bytes + 1)))
        assert over == Failed("the body is over 100000 bytes")

    served(scene)


def test_a_gzip_bomb_is_not_unpacked_beyond_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)

    async def scene(server: FeedServer) -> FetchResult:
        url = server.serve("/bomb", bomb, Content_Encoding="gzip")
        tracemalloc.start()
        return await get(url)

    assert served(scene) == Failed("the body is over 100000 bytes")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000  # 200 MB, were it unpacked


def test_a_compressed_body_that_ends_too_early_fails() -> None:
    async def scene(server: FeedServer) -> FetchResult:
        return await get(server.serve("/rss", gzip.compress(DOCUMENT.encode())[:-20], Content_Encoding="gzip"))

    assert served(scene) == Failed("the compressed body ends too early")


def test_five_redirects_are_followed_and_no_more() -> None:
    async def scene(server: FeedServer) -> None:
        server.serve("/5", DOCUMENT)
        for number in range(5):
            server.redirect(f"/{number}", f"/{number + 1}")
        found = await get(server.url("/0"))
        assert isinstance(found, Fetched)
        assert found.final_url == server.url("/5")
        assert await get(server.redirect("/first", "/0")) == Failed("over 5 redirects")
        assert await get(server.redirect("/loop", "/loop")) == Failed("over 5 redirects")

    served(scene)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "http://", "http://[::1"]
)
def test_a_redirect_to_anything_but_http_is_not_followed(location: str) -> None:
    async def scene(server: FeedServer) -> FetchResult:
        return await get(server.redirect("/rss", location))

    found = served(scene)
    assert isinstance(found, Failed)
    assert "address" in found.reason


@pytest.mark.parametrize("slow", ["before the answer", "within the body"])
def test_a_slow_server_is_left_in_time(slow: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if slow == "within the body":
            await response.prepare(request)
            await response.write(b"<rss>")
        await asyncio.sleep(30)
        return response

    async def scene(server: FeedServer) -> FetchResult:
        server.answers["/slow"] = answer
        return await get(server.url("/slow"), limits=FetchLimits(user_agent="t", timeout_s=0.2, allow=["127.0.0.1"]))

    began = time.monotonic()
    assert served(scene) == Failed("no whole answer in time")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://name.invalid/", "http://a..b/", "http://" + "x" * 300 + "/"]
)
def test_a_server_that_is_not_there_is_a_value_too(url: str) -> None:
    found = asyncio.run(get(url))
    assert isinstance(found, Failed)
    assert found.reason


def test_a_body_that_ends_before_its_length_fails() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>")
        writer.close()
        await writer.wait_closed()

    async def scene() -> FetchResult:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            return await get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")

    found = asyncio.run(scene())
    assert isinstance(found, Failed)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([301, 308], "/end"),
        ([301, 302, 301], "/1"),
        ([302, 301], ""),
        ([307], ""),
        ([], ""),
    ],
)
def test_permanent_redirects_up_to_the_first_other_one_say_where_a_feed_is_from_now_on(
    steps: list[int], expected: str
) -> None:
    async def scene(server: FeedServer) -> None:
        server.serve("/end", DOCUMENT)
        names = [*(f"/{number}" for number in range(len(steps))), "/end"]
        for number, status in enumerate(steps):
            server.redirect(names[number], names[number + 1], status=status)
        found = await get(server.url(names[0]))
        assert isinstance(found, Fetched)
        assert found.moved == (server.url(expected) if expected else "")

    served(scene)


def test_a_feed_that_is_gone_says_so() -> None:
    async def scene(server: FeedServer) -> FetchResult:
        return await get(server.serve("/rss", "", status=410))

    assert served(scene) == Failed("HTTP 410 Gone", gone=True)
