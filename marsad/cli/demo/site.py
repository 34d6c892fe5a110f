"""The demo's feeds, served over real HTTP on loopback: RSS, Atom and RSS in windows-1256, with validators."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from xml.etree import ElementTree as ET

from marsad.article import article_id
from marsad.cli.demo.scenario import DemoArticle, Outlet, Scenario

ATOM = "http://www.w3.org/2005/Atom"


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
        """The feed as it stands."""
        articles = [
            article
            for article in self._scenario.article
            if article.outlet == outlet.id and self.published(article) <= now
        ]
        if outlet.form == "atom":
            return self._atom(outlet, articles)
        return self._rss(outlet, articles, "windows-1256" if outlet.form == "rss-windows-1256" else "utf-8")

    def _rss(self, outlet: Outlet, articles: Sequence[DemoArticle], encoding: str) -> bytes:
        root = ET.Element("rss", version="2.0")
        channel = ET.SubElement(root, "channel")
        ET.SubElement(channel, "title").text = outlet.title
        ET.SubElement(channel, "link").text = self.base
        for article in articles:
            item = ET.SubElement(channel, "item")
            ET.SubElement(item, "title").text = article.title
            ET.SubElement(item, "link").text = self.article_url(article)
            ET.SubElement(item, "guid").text = self.article_url(article)
            ET.SubElement(item, "pubDate").text = format_datetime(self.published(article))
            ET.SubElement(item, "description").text = _html(article)
        return _document(root, encoding)

    def _atom(self, outlet: Outlet, articles: Sequence[DemoArticle]) -> bytes:
        root = ET.Element("feed", xmlns=ATOM)
        ET.SubElement(root, "title").text = outlet.title
        ET.SubElement(root, "id").text = self.feed_url(outlet)
        for article in articles:
            entry = ET.SubElement(root, "entry")
            ET.SubElement(entry, "title").text = article.title
            ET.SubElement(entry, "id").text = self.article_url(article)
            ET.SubElement(entry, "link", href=self.article_url(article))
            ET.SubElement(entry, "published").text = self.published(article).isoformat()
            ET.SubElement(entry, "updated").text = self.published(article).isoformat()
            ET.SubElement(entry, "content", type="html").text = _html(article)
        return _document(root, "utf-8")

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


def _document(root: ET.Element, encoding: str) -> bytes:
    written: bytes = ET.tostring(root, encoding=encoding, xml_declaration=True)
    return written


def _html(article: DemoArticle) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in article.text.strip().splitlines())
