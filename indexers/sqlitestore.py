"""The search store in SQLite: FTS5 over the tokens of marsad.arabic, in a file of its own that keeps its own position.

The full-text table holds no text, only the index; the document beside it holds everything, compressed. Its rowid is the
article's place: it begins with the second of publication, so that the newest hits come first without sorting, a time range is
a range of rowids, and the differences between rowids, of which an index mostly consists, stay small. What an old version put
into the index is taken out by handing in the same tokens again, which the stored document gives. Were the normal form or the
columns made otherwise, the index would be damaged by that, so the next writer of such a file indexes it anew, newest first and
in slices, each with a note of how far it is; it may be killed and goes on from there.
"""

import sqlite3
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias

import structlog

from indexers.query.ast import Query, TimeRange
from indexers.query.fts import expression
from indexers.query.marks import marks
from indexers.store import COUNTED, Hit, SearchResult
from marsad.annotation import StoryArticle
from marsad.arabic.letters import VERSION
from marsad.arabic.tokens import terms
from marsad.article import Article
from marsad.clock import now_ms
from marsad.codec import decode, encode
from marsad.errors import OperatorError, UndecodableError
from marsad.message import Bounds, Partition
from marsad.statefile import Schema, SqlValue, StateFile, Transaction

CONSUMER = "index"
SAME_SECOND = 4096
"""Articles that may share one second of publication before the next ones count as of the second after."""
PAGE = 16_384
"""Bytes of a page of the file: a compressed document takes 2 kB, and of SQLite's 4 kB the other half would stay empty."""
LAST = (1 << 63) - 1
SLICE = 100
"""Documents that a renewal indexes in one transaction: some 0.1 s, in which nobody else can write."""
MERGED = 500
"""Pages of the index that `shrink` merges at a time."""
COLUMNS = 2
"""Rises with every change to what `_columns` gives or to how WORDS is declared: an index made otherwise is made anew."""
WEIGHTS = "5.0, 1.0, 0.0"
"""What a word counts in title, body and marks where the best articles come first."""

WORDS = """CREATE VIRTUAL TABLE words USING fts5 (title, body, marks, content='', tokenize="ascii tokenchars ':'")"""
SCHEMA = Schema(
    "search",
    2,
    """
    CREATE TABLE IF NOT EXISTS document (
        id INTEGER PRIMARY KEY, article TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, value BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS made (normal_form INTEGER NOT NULL, columns INTEGER NOT NULL, renewed_from INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS followed (log TEXT NOT NULL) STRICT;
    DROP TABLE IF EXISTS normal_form;
    """,
)
log = structlog.get_logger(__name__)


_Columns: TypeAlias = tuple[str, str, str]
"""Title, body and marks of an article, each as tokens with a blank between them."""


class StoreSize(NamedTuple):
    """What a store holds, and what its file takes on the disk; `free` of the bytes can be given back by `shrink`."""

    documents: int
    bytes: int
    free: int


class SqliteStore:
    """The store in one SQLite file; `synchronous` is NORMAL, so that after a power cut it is never ahead of its log."""

    def __init__(self, path: Path, *, clock: Callable[[], int] = now_ms, writable: bool = True) -> None:
        """Open or create the file, or open it only to search; OperatorError where a newer marsad has made it."""
        if writable and not path.exists():
            _create(path)
        self._file = StateFile(path, clock=clock, synchronous="NORMAL", writable=writable)
        self._file.install(SCHEMA)
        self._renewed = False
        rows = self._file.rows("SELECT normal_form, columns FROM made")
        if rows and (rows[0]["normal_form"] > VERSION or rows[0]["columns"] > COLUMNS):
            raise OperatorError(f"{path}: the index was made by a newer marsad; upgrade this one")
        if not rows and writable:
            with self._file.transaction() as tx:
                if not tx.execute("SELECT 1 FROM made UNION ALL SELECT 1 FROM document LIMIT 1").fetchone():
                    _begin_anew(tx, renewed_from=None)

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        """One transaction for the documents and the positions; what takes time is done before it."""
        self.renew()
        prepared = [_prepared(article) for article in batch]
        with self._file.transaction() as tx:
            for document in prepared:
                _put(tx, document)
            tx.advance(CONSUMER, positions)
        if self._file.rows("SELECT 1 FROM made WHERE columns = 0"):
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
        self._answers()
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
        hits = [Hit(row["id"], _unpacked(row["value"])) for row in rows]
        return SearchResult(hits, min(counted, COUNTED), exact=counted <= COUNTED)

    def get(self, article_id: str) -> StoryArticle | None:
        """The article of that id."""
        rows = self._file.rows("SELECT value FROM document WHERE article = ?", (article_id,))
        return _unpacked(rows[0]["value"]) if rows else None

    def beginning_with(self, begins: str, limit: int) -> list[StoryArticle]:
        """At most `limit` articles whose id begins so."""
        # «g» sorts behind every hex digit.
        rows = self._file.rows(
            "SELECT value FROM document WHERE article >= ? AND article < ? LIMIT ?", (begins, f"{begins}g", limit)
        )
        return [_unpacked(row["value"]) for row in rows]

    def at_address(self, address: str, limit: int) -> list[StoryArticle]:
        """At most `limit` articles with this address or guid; reads all documents, some seconds for 100,000."""
        found: list[StoryArticle] = []
        last = LAST
        while len(found) < limit:
            rows = self._file.rows(
                "SELECT id, value FROM document WHERE id < ? ORDER BY id DESC LIMIT ?", (last, SLICE)
            )
            if not rows:
                break
            last = rows[-1]["id"]
            articles = (_unpacked(row["value"]) for row in rows)
            found += [one for one in articles if address in (one.article.url, one.article.guid)]
        return found[:limit]

    def count(self) -> int:
        """How many articles are held."""
        return int(self._file.rows("SELECT count(*) FROM document")[0][0])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def renew(self, stopping: threading.Event | None = None) -> None:
        """Index all documents anew, in slices, where the index was made otherwise; returns early when asked to stop."""
        while not self._renewed and not (stopping is not None and stopping.is_set()):
            with self._file.transaction() as tx:
                self._renewed = _renew_slice(tx, self._file.path)

    def remove_before(self, time_ms: int, limit: int) -> int:
        """Remove at most `limit` of the oldest articles published before a time; returns how many. One transaction."""
        last, _ = _places(TimeRange(since=time_ms))
        with self._file.transaction() as tx:
            made = tx.execute("SELECT renewed_from FROM made WHERE normal_form = ? AND columns = ?", (VERSION, COLUMNS))
            row = made.fetchone()
            # What a renewal has not come to yet is not in the index; where none has begun, nothing counts as being there.
            indexed_from = LAST if row is None else row["renewed_from"] or 0
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

    def _answers(self) -> None:
        """Say so where the index does not have everything, or refuse where it cannot be asked."""
        if self._renewed:
            return
        rows = self._file.rows("SELECT normal_form, columns, renewed_from FROM made")
        if not rows or (rows[0]["normal_form"], rows[0]["columns"]) != (VERSION, COLUMNS):
            raise OperatorError(
                f"{self._file.path}: the index was made by an older marsad; start «marsad run», which makes it anew"
            )
        if rows[0]["renewed_from"] is not None:
            log.warning("the index is being made anew: older articles are not found yet", path=str(self._file.path))


def _create(path: Path) -> None:
    """An empty file with our size of page, which cannot be changed later; whoever cannot be created, StateFile says why."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"PRAGMA page_size = {PAGE}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
        )


def _renew_slice(tx: Transaction, path: Path) -> bool:
    """Index the next slice of documents, newest first; whether there was none left."""
    row = tx.execute("SELECT normal_form, columns, renewed_from FROM made").fetchone()
    if row is None or (row["normal_form"], row["columns"]) != (VERSION, COLUMNS):
        log.warning("indexing anew", path=str(path), normal_form=VERSION, columns=COLUMNS)
        _begin_anew(tx, renewed_from=LAST)
        return False
    if row["renewed_from"] is None:
        return True
    sql = "SELECT id, value FROM document WHERE id < ? ORDER BY id DESC LIMIT ?"
    documents = tx.execute(sql, (row["renewed_from"], SLICE)).fetchall()
    for document in documents:
        if (columns := _columns_of(document, path)) is None:
            tx.execute("DELETE FROM document WHERE id = ?", (document["id"],))
        else:
            _add_words(tx, document["id"], columns)
    tx.execute("UPDATE made SET renewed_from = ?", (documents[-1]["id"] if documents else None,))
    return not documents


def _begin_anew(tx: Transaction, *, renewed_from: int | None) -> None:
    tx.execute("DROP TABLE IF EXISTS words")
    tx.execute(WORDS)
    tx.execute("DELETE FROM made")
    tx.execute("INSERT INTO made VALUES (?, ?, ?)", (VERSION, COLUMNS, renewed_from))


class _Document(NamedTuple):
    """An article as it is stored and indexed."""

    article: Article
    value: bytes
    columns: _Columns


def _prepared(article: StoryArticle) -> _Document:
    return _Document(article.article, zlib.compress(encode(article)), _columns(article))


def _put(tx: Transaction, document: _Document) -> None:
    article = document.article
    found = tx.execute("SELECT id, version, value FROM document WHERE article = ?", (article.id,)).fetchone()
    if found is not None:
        if found["version"] > article.version:
            return
        _remove(tx, found, indexed=True)
    place = _free_place(tx, article.time)
    tx.execute("INSERT INTO document VALUES (?, ?, ?, ?)", (place, article.id, article.version, document.value))
    _add_words(tx, place, document.columns)


def _remove(tx: Transaction, row: sqlite3.Row, *, indexed: bool) -> None:
    columns = _columns_of(row) if indexed else None
    if columns is not None:
        tx.execute(
            "INSERT INTO words (words, rowid, title, body, marks) VALUES ('delete', ?, ?, ?, ?)", (row["id"], *columns)
        )
    elif indexed:  # its words cannot be taken out of the index any more, so the next opening makes that anew
        tx.execute("UPDATE made SET columns = 0")
    tx.execute("DELETE FROM document WHERE id = ?", (row["id"],))


def _columns_of(row: sqlite3.Row, path: Path | None = None) -> _Columns | None:
    """What a stored document has in the index; None, which is logged, where it cannot be read any more."""
    try:
        return _columns(_unpacked(row["value"]))
    except (UndecodableError, zlib.error) as error:
        log.error("a stored document cannot be read", path=str(path), document=row["id"], reason=str(error))  # noqa: TRY400 - the reason says it all
        return None


def _add_words(tx: Transaction, place: int, columns: _Columns) -> None:
    tx.execute("INSERT INTO words (rowid, title, body, marks) VALUES (?, ?, ?, ?)", (place, *columns))


def _columns(article: StoryArticle) -> _Columns:
    """Title, body and marks, each as tokens with a blank between them."""
    return (
        " ".join(terms(article.article.title)),
        " ".join(terms(article.article.text)),
        " ".join(marks(article.annotated)),
    )


def _unpacked(value: bytes) -> StoryArticle:
    """A stored document; those of the first version of this store were not compressed."""
    return decode(value if value.startswith(b"{") else zlib.decompress(value), StoryArticle)


def _places(times: TimeRange) -> tuple[int, int]:
    """The first and the last place of a time range, to the second."""
    first = 0 if times.since is None else -(-times.since // 1000) * SAME_SECOND
    last = LAST if times.until is None else -(-times.until // 1000) * SAME_SECOND - 1
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
