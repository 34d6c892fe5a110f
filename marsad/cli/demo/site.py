"""The demo's feeds, served over real HTTP on loopback, each in its outlet's dialect, with validators."""

import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from marsad.article import article_id
from marsad.cli.demo.dialects import Entry, atom, rdf, rss
from marsad.cli.demo.scenario import DemoArticle, Outlet, Scenario


class DemoSite:
    """The outlets' web server. Use as a context manager; it listens on a free port of 127.0.0.1."""

    def __init__(self, scenario: Scenario, started: datetime) -> None:
        self._scenario = scenario
        self._started = started
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.requests = 0
        self.not_modified = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def feed_url(self, outlet: Outlet) -> str:
        """The address of an outlet's feed."""
        return f"{self.base}/{outlet.id}/feed.xml"

    def article_url(self, article: DemoArticle) -> str:
        """The address of an article, which is its guid too."""
        return f"{self.base}/{article.outlet}/{article.id}"

    def article_id(self, article: DemoArticle) -> str:
        """The id that the article gets."""
        return article_id(feed_id="", guid=self.article_url(article), url="")

    def published(self, article: DemoArticle) -> datetime:
        """When the article is published."""
        if article.minutes is not None:
            return self._started - timedelta(minutes=article.minutes)
        return self._started + timedelta(seconds=article.after)

    def document(self, outlet: Outlet, now: datetime) -> bytes:
        """The feed as it stands, in the outlet's dialect."""
        entries = [
            Entry(article, self.article_url(article), self.published(article), self._text(article, now))
            for article in self._scenario.article
            if article.outlet == outlet.id and self.published(article) <= now
        ]
        match outlet.form:
            case "atom":
                return atom(outlet.title, self.feed_url(outlet), entries)
            case "rdf":
                return rdf(outlet.title, self.base, entries)
            case "rss-windows-1256":
                return rss(outlet.title, self.base, entries, encoding="windows-1256")
            case "rss-content":
                return rss(outlet.title, self.base, entries, with_content=True)
            case "rss":
                return rss(outlet.title, self.base, entries)

    def _text(self, article: DemoArticle, now: datetime) -> str:
        edited = article.edit is not None and now >= self._started + timedelta(seconds=article.edit_after)
        return article.edit if edited and article.edit is not None else article.text

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests += 1
                found = [outlet for outlet in site._scenario.outlet if self.path == f"/{outlet.id}/feed.xml"]
                if not found:
                    self.send_error(404)
                    return
                body = site.document(found[0], datetime.now(UTC))
                etag = f'"{sha256(body).hexdigest()[:16]}"'
                if self.headers["If-None-Match"] == etag:
                    site.not_modified += 1
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", etag)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """The demo tells what arrives, not what is asked."""

        return Handler
