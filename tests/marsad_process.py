"""A real marsad in a process of its own, a configuration for it, and outlets that it polls over real HTTP."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, NamedTuple, Self
from xml.sax.saxutils import escape

MARSAD = str(Path(sys.executable).with_name("marsad"))

SETTINGS = """
[fetch]
interval_s = 0.2
timeout_s = 5
allow = ["127.0.0.1"]
full_text = false
[log]
format = "json"
"""
RULES = """
[receivers.file]
type = "jsonl"
path = "alerts.jsonl"
[[rule]]
id = "daesh"
query = "داعش"
receivers = ["file"]
[[rule]]
id = "qasad"
query = "قسد"
receivers = ["file"]
"""


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MARSAD_")}


def marsad(*arguments: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [MARSAD, *map(str, arguments)],
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=environment(),
        timeout=100,
    )


def write_config(directory: Path, *, settings: str = SETTINGS, rules: str = RULES, feeds: str = "") -> Path:
    """A configuration directory; without `feeds` a run on it begins with none, and asks nothing of the internet."""
    directory.mkdir()
    (directory / "feeds.tsv").write_text(feeds, encoding="utf-8")
    (directory / "marsad.toml").write_text(settings, encoding="utf-8")
    (directory / "alerts.toml").write_text(rules, encoding="utf-8")
    return directory


class Service:
    """`marsad run` on a data directory; its log goes to a file."""

    def __init__(self, config: Path, data: Path, log: Path, command: str = "run") -> None:
        self._log = log
        self._out: IO[bytes] = log.open("ab")
        self._begin = log.stat().st_size
        self.process = subprocess.Popen(
            [MARSAD, command, "--config", str(config), "--data", str(data)],
            stdout=subprocess.DEVNULL,
            stderr=self._out,
            env=environment(),
        )

    def events(self) -> list[dict[str, object]]:
        """What this process has logged."""
        with self._log.open("rb") as file:
            file.seek(self._begin)
            lines = file.read().decode().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def said(self, event: str, **fields: object) -> bool:
        """Whether it has logged such an event, with these fields."""
        return any(found["event"] == event and fields.items() <= found.items() for found in self.events())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._out.close()


class Item(NamedTuple):
    """An article as an outlet publishes it."""

    guid: str
    title: str
    text: str
    published: str


class Outlets:
    """Feeds at /0, /1 … on loopback; what they publish may change at any time."""

    def __init__(self, count: int) -> None:
        self._items: list[list[Item]] = [[] for _ in range(count)]
        self._lock = threading.Lock()
        self._served: dict[str, float] = {}
        outlets = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = outlets.document(int(self.path.strip("/")))
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] # a reader may be killed
        self.urls = [f"http://127.0.0.1:{self._server.server_port}/{number}" for number in range(count)]

    def publish(self, outlet: int, items: Sequence[Item]) -> None:
        with self._lock:
            self._items[outlet] += items

    def edit(self, outlet: int, guid: str, text: str) -> None:
        """Change the text of a published article."""
        with self._lock:
            self._items[outlet] = [
                item._replace(text=text) if item.guid == guid else item for item in self._items[outlet]
            ]

    def served(self, guid: str) -> float:
        """When an article was first given to a reader, by the monotonic clock; waits until it is."""
        while guid not in self._served:
            time.sleep(0.002)
        return self._served[guid]

    def document(self, outlet: int) -> bytes:
        with self._lock:
            items = list(self._items[outlet])
            for item in items:
                self._served.setdefault(item.guid, time.monotonic())
        entries = "".join(
            f"<item><guid>{escape(item.guid)}</guid><title>{escape(item.title)}</title><link>{escape(item.guid)}</link>"
            f"<pubDate>{item.published}</pubDate><description>{escape(item.text)}</description></item>"
            for item in items
        )
        return f"<rss version='2.0'><channel><title>وكالة {outlet}</title>{entries}</channel></rss>".encode()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
