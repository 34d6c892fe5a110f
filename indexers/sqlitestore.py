"""The search store in SQLite: FTS5 over the tokens of marsad.arabic, in a file of its own that keeps its own position.

The full-text table (`textindex`) holds no text, only the index; the document beside it holds everything, compressed. Its rowid
is the article's place: it begins with the second of publication, so that the newest hits come first without sorting, a time
range is a range of rowids, and the differences between rowids, of which an index mostly consists, stay small. An index that was
made otherwise than this marsad would make it is made anew (`renewal`).
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from indexers import renewal
from indexers.query.ast import Query, TimeRange
from indexers.query.fts import expression
from indexers.store import COUNTED, Hit, SearchResult
from indexers.textindex import DAY_MS, Columns, add_words, columns, packed, remove_words, unpacked
from marsad.annotation import StoryArticle
from marsad.article import Article
from marsad.clock import now_ms
from marsad.message import Bounds, Partition
from marsad.statefile import Schema, SqlValue, StateFile, Transaction

CONSUMER = "index"
SAME_SECOND = 4096
"""Articles that may share one second of publication before the next ones count as of the second after."""
PAGE = 16_384
"""Bytes of a page of the file: a compressed document takes 2 kB, and of SQLite's 4 kB the other half would stay empty."""
READ = 100
"""Documents that are read at a time where all have to be looked at."""
MERGED = 500
"""Pages of the index that `shrink` merges at a time."""
WEIGHTS = "5.0, 1.0, 0.0"
"""What a word counts in title, body and marks where the best articles come first."""

SCHEMA = Schema(
    "search",
    3,
    """
    CREATE TABLE IF NOT EXISTS document (
        id INTEGER PRIMARY KEY, article TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, value BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS made (normal_form INTEGER NOT NULL, columns INTEGER NOT NULL, renewed_from INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS annotated_by (
        catalogue TEXT NOT NULL, day INTEGER NOT NULL, articles INTEGER NOT NULL, PRIMARY KEY (catalogue, day)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS followed (log TEXT NOT NULL) STRICT;
    DROP TABLE IF EXISTS normal_form;
    """,
)
log = structlog.get_logger(__name__)


class StoreSize(NamedTuple):
    """What a store holds, and what its file takes on the disk; `free` of the bytes can be given back by `shrink`."""

    documents: int
    bytes: int
    free: int


class Otherwise(NamedTuple):
    """How many articles other catalogues annotated, and when the first day on which one of them was fetched began, in ms."""

    articles: int
    since: int


class SqliteStore:
    """The store in one SQLite file; `synchronous` is NORMAL, so that after a power cut it is never ahead of its log."""

    def __init__(self, path: Path, *, clock: Callable[[], int] = now_ms, writable: bool = True) -> None:
        """Open or create the file, or open it only to search; OperatorError where a newer marsad has made it."""
        if writable and not path.exists():
            _create(path)
        self._file = StateFile(path, clock=clock, synchronous="NORMAL", writable=writable)
        self._file.install(SCHEMA)
        self._renewed = False
        renewal.refuse_newer(self._file)
        if writable:
            renewal.begin_new(self._file)

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        """One transaction for the documents and the positions; what takes time is done before it."""
        self.renew()
        prepared = [_prepared(article) for article in batch]
        with self._file.transaction() as tx:
            for document in prepared:
                _put(tx, document)
            tx.advance(CONSUMER, positions)
        if renewal.is_spoilt(self._file):
            self._renewed = False

    def follow(self, log_identity: str, bounds: Mapping[Partition, Bounds]) -> None:
        """Begin at the start of the log where it is not the one that the positions belong to, or has lost its end.

        What is held already stays; what comes again replaces its like.
        """
        with self._file.transaction() as tx:
            row = tx.execute("SELECT log FROM followed").fetchone()
            ahead = any(position > bounds[partition].next for partition, position in self.positions().items())
            if row is not None and (row["log"] != log_identity or ahead):
                log.warning(
                    "the log is not the one that was indexed: indexing it from its start", path=str(self._file.path)
                )
                tx.execute("DELETE FROM position WHERE consumer = ?", (CONSUMER,))
            tx.execute("DELETE FROM followed")
            tx.execute("INSERT INTO followed VALUES (?)", (log_identity,))

    def positions(self) -> Mapping[Partition, int]:
        """The positions in this file."""
        return self._file.positions(CONSUMER)

    def search(
        self,
        query: Query,
        *,
        limit: int,
        times: TimeRange = TimeRange(),  # noqa: B008 - a value that never changes
        before: int | None = None,
        best: bool = False,
    ) -> SearchResult:
        """Newest first by rowid. Each statement is a read of its own: none keeps the write-ahead log from being folded in."""
        if not self._renewed:
            renewal.check_answers(self._file)
        first, last = _places(times)
        asked: dict[str, SqlValue] = {
            "match": expression(query),
            "first": first,
            "last": last,
            "limit": limit,
            "counted": COUNTED,
        }
        found = "SELECT rowid AS place, {} FROM words WHERE words MATCH :match AND rowid BETWEEN :first AND :last"
        counted = self._file.rows(f"SELECT count(*) FROM ({found.format('1')} LIMIT :counted + 1)", asked)[0][0]
        if best:
            ranked = found.format(f"bm25(words, {WEIGHTS}) AS score") + " ORDER BY rowid DESC LIMIT :counted"
            sql = f"SELECT place FROM ({ranked}) ORDER BY score, place DESC LIMIT :limit"
        else:
            asked["last"] = last if before is None else min(last, before - 1)
            sql = found.format("1") + " ORDER BY rowid DESC LIMIT :limit"
        rows = [
            row
            for place in self._file.rows(sql, asked)
            for row in self._file.rows("SELECT id, value FROM document WHERE id = ?", (place["place"],))
        ]
        hits = [Hit(row["id"], unpacked(row["value"])) for row in rows]
        return SearchResult(hits, min(counted, COUNTED), exact=counted <= COUNTED)

    def get(self, article_id: str) -> StoryArticle | None:
        """The article of that id."""
        rows = self._file.rows("SELECT value FROM document WHERE article = ?", (article_id,))
        return unpacked(rows[0]["value"]) if rows else None

    def beginning_with(self, begins: str, limit: int) -> list[StoryArticle]:
        """At most `limit` articles whose id begins so."""
        # «g» sorts behind every hex digit.
        rows = self._file.rows(
            "SELECT value FROM document WHERE article >= ? AND article < ? LIMIT ?", (begins, f"{begins}g", limit)
        )
        return [unpacked(row["value"]) for row in rows]

    def at_address(self, address: str, limit: int) -> list[StoryArticle]:
        """At most `limit` articles with this address or guid; reads all documents, some seconds for 100,000."""
        found: list[StoryArticle] = []
        last = renewal.LAST
        while len(found) < limit:
            rows = self._file.rows("SELECT id, value FROM document WHERE id < ? ORDER BY id DESC LIMIT ?", (last, READ))
            if not rows:
                break
            last = rows[-1]["id"]
            articles = (unpacked(row["value"]) for row in rows)
            found += [one for one in articles if address in (one.article.url, one.article.guid)]
        return found[:limit]

    def count(self) -> int:
        """How many articles are held."""
        return int(self._file.rows("SELECT count(*) FROM document")[0][0])

    def annotated_otherwise(self, catalogue: str, since: int = 0) -> Otherwise | None:
        """The articles that another version of the catalogue annotated, of the days that began at a time in ms or later.

        None where there are none; an index that is yet to be made anew counts none.
        """
        if not renewal.is_ours(self._file):
            return None
        (row,) = self._file.rows(
            "SELECT sum(articles) AS articles, min(day) AS day FROM annotated_by WHERE catalogue <> ? AND day >= ?",
            (catalogue, -(-since // DAY_MS)),
        )
        return Otherwise(row["articles"], row["day"] * DAY_MS) if row["articles"] else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def renew(self, stopping: threading.Event | None = None) -> None:
        """Index all documents anew, in slices, where the index was made otherwise; returns early when asked to stop."""
        while not self._renewed and not (stopping is not None and stopping.is_set()):
            with self._file.transaction() as tx:
                self._renewed = renewal.renew_slice(tx, self._file.path)

    def remove_before(self, time_ms: int, limit: int) -> int:
        """Remove at most `limit` of the oldest articles published before a time; returns how many. One transaction."""
        last, _ = _places(TimeRange(since=time_ms))
        with self._file.transaction() as tx:
            indexed_from = renewal.indexed_from(tx)
            sql = "SELECT id, value FROM document WHERE id < ? ORDER BY id LIMIT ?"
            rows = tx.execute(sql, (last, limit)).fetchall()
            for document in rows:
                _remove(tx, document, indexed=document["id"] >= indexed_from)
        return len(rows)

    def shrink(self, pages: int = MERGED) -> int:
        """Merge a slice of the index and give at most so many free pages back to the disk; 0 where there is nothing left to do.

        The file gets shorter when SQLite next folds its write-ahead log in.
        """
        with self._file.transaction() as tx:
            before = tx.execute("SELECT total_changes()").fetchone()[0]
            tx.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
            changes = tx.execute("SELECT total_changes()").fetchone()[0] - before
        merged = int(changes >= 2)  # noqa: PLR2004 - by the documentation of FTS5 a merge that did nothing changes less
        return self._file.shrink(pages) + merged

    def used_bytes(self) -> int:
        """Bytes of the file that hold something."""
        return self._file.used_bytes()

    def size(self) -> StoreSize:
        """How many articles are held and what that takes."""
        page, pages, free = (
            int(self._file.rows(f"PRAGMA {name}")[0][0]) for name in ("page_size", "page_count", "freelist_count")
        )
        return StoreSize(self.count(), page * pages, page * free)


def _create(path: Path) -> None:
    """An empty file with our size of page, which cannot be changed later; whoever cannot be created, StateFile says why."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"PRAGMA page_size = {PAGE}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
        )


class _Document(NamedTuple):
    """An article as it is stored and indexed."""

    article: Article
    value: bytes
    columns: Columns


def _prepared(article: StoryArticle) -> _Document:
    return _Document(article.article, packed(article), columns(article))


def _put(tx: Transaction, document: _Document) -> None:
    article = document.article
    found = tx.execute("SELECT id, version, value FROM document WHERE article = ?", (article.id,)).fetchone()
    if found is not None:
        if found["version"] > article.version:
            return
        _remove(tx, found, indexed=True)
    place = _free_place(tx, article.time)
    tx.execute("INSERT INTO document VALUES (?, ?, ?, ?)", (place, article.id, article.version, document.value))
    add_words(tx, place, document.columns)


def _remove(tx: Transaction, row: sqlite3.Row, *, indexed: bool) -> None:
    if indexed and not remove_words(tx, row):
        renewal.spoil(tx)
    tx.execute("DELETE FROM document WHERE id = ?", (row["id"],))


def _places(times: TimeRange) -> tuple[int, int]:
    """The first and the last place of a time range, to the second."""
    first = 0 if times.since is None else -(-times.since // 1000) * SAME_SECOND
    last = renewal.LAST if times.until is None else -(-times.until // 1000) * SAME_SECOND - 1
    return first, last


def _free_place(tx: Transaction, time: int) -> int:
    """A place that sorts by the second of publication, behind those of the same second."""
    first = time // 1000 * SAME_SECOND
    while True:
        row = tx.execute(
            "SELECT max(id) FROM document WHERE id BETWEEN ? AND ?", (first, first + SAME_SECOND - 1)
        ).fetchone()
        if row[0] is None:
            return first
        if row[0] < first + SAME_SECOND - 1:
            return int(row[0]) + 1
        first += SAME_SECOND
