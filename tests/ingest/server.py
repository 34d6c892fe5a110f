"""A real feed server on the loopback, which does what it is told and remembers what it was asked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FeedServer:
    """Answers by path; `asked` are the requests so far, by path."""

    def __init__(self) -> None:
        self.base = ""
        self.answers: dict[str, Answer] = {}
        self.asked: dict[str, list[web.Request]] = {}

    def url(self, path: str) -> str:
        return self.base + path

    def serve(self, path: str, document: str | bytes, *, status: int = 200, **headers: str) -> str:
        """Answer with a document, or 304 to the ETag that it is served with; gives the address."""
        body = document.encode() if isinstance(document, str) else document
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(request: web.Request) -> web.Response:
            if "ETag" in named and request.headers.get("If-None-Match") == named["ETag"]:
                return web.Response(status=304)
            return web.Response(status=status, body=body, headers={"Content-Type": "text/xml", **named})

        self.answers[path] = answer
        return self.url(path)

    def redirect(self, path: str, location: str, *, status: int = 302) -> str:
        async def answer(_request: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": location})

        self.answers[path] = answer
        return self.url(path)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.setdefault(request.path, []).append(request)
        return await self.answers[request.path](request)


@asynccontextmanager
async def feed_server() -> AsyncIterator[FeedServer]:
    server = FeedServer()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.base = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
