"""Feeds as files that a container serves; what they publish grows."""

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

COUNT = 2
EVERY = 5
"""One article in so many is watched for."""


class Outlets:
    """Two feeds in a folder, and how much they have published."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._items: list[list[str]] = [[] for _ in range(COUNT)]
        self.published = 0
        self.watched = 0
        self.publish(0)

    @property
    def urls(self) -> list[str]:
        """Where other containers find them."""
        return [f"http://feeds:8000/{number}.xml" for number in range(COUNT)]

    def publish(self, count: int) -> None:
        """So many more articles, each unlike the others."""
        for _ in range(count):
            number = self.published
            watched = number % EVERY == 0
            self.published += 1
            self.watched += watched
            who = "تنظيم داعش" if watched else "المجلس المحلي"
            title = f"{who} في الناحية {number}"
            text = " ".join(f"قال {who} في البيان {number} إن البند {number * 100 + part} قائم." for part in range(8))
            date = format_datetime(datetime.now(UTC))
            self._items[number % COUNT].insert(
                0,
                f"<item><guid>urn:test:{number}</guid><title>{escape(title)}</title><pubDate>{date}</pubDate>"
                f"<description>{escape(text)}</description></item>",
            )
        for number, items in enumerate(self._items):
            feed = f'<rss version="2.0"><channel><title>منفذ {number}</title>{"".join(items)}</channel></rss>'
            fresh = self._folder / f"{number}.new"
            fresh.write_text(feed, encoding="utf-8")
            fresh.replace(self._folder / f"{number}.xml")  # a reader sees the old or the new
