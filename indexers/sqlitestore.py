"""The search store in SQLite: FTS5 over the tokens of marsad.arabic, in a file of its own that keeps its own position.

The full-text table holds no text, only the index; the document beside it holds everything. Its rowid begins with the time of
publication, so that the newest hits come first without sorting. What an old version put into the index is taken out by
handing in the same tokens again, which the stored document gives; were the normal form another (`letters.VERSION`), the
index would be damaged by that, so a file of another version is indexed anew from its documents when it is opened.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from indexers.query.ast import Query
from indexers.query.fts import actor_mark, expression
from indexers.store import SearchResult
from marsad.annotation import StoryArticle
from marsad.arabic.letters import VERSION
from marsad.arabic.tokens import terms
from marsad.clock import now_ms
from marsad.codec import decode, encode
from marsad.message import Partition
from marsad.statefile import Schema, StateFile, Transaction

CONSUMER = "index"
SAME_MS = 1024
"""Articles that may share one millisecond of publication before the next ones are sorted a millisecond later."""

SCHEMA = Schema(
    "search",
    1,
    """
    CREATE TABLE IF NOT EXISTS document (
        id INTEGER PRIMARY KEY, article TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, value BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS normal_form (version INTEGER NOT NULL) STRICT;
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
        title, body, marks, content='', tokenize="unicode61 remove_diacritics 0"
    );
    """,
)
log = structlog.get_logger(__name__)


class SqliteStore:
    """The store in one SQLite file; `synchronous` is NORMAL, so that after a power cut it is never ahead of its log."""

    def __init__(self, path: Path, *, clock: Callable[[], int] = now_ms) -> None:
        self._file = StateFile(path, clock=clock, synchronous="NORMAL")
        self._file.install(SCHEMA)
        self._renew()

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        """One transaction for the documents and the positions."""
        with self._file.transaction() as tx:
            for article in batch:
                _put(tx, article)
            tx.advance(CONSUMER, positions)

    def positions(self) -> Mapping[Partition, int]:
        """The positions in this file."""
        return self._file.positions(CONSUMER)

    def search(self, query: Query, *, limit: int) -> SearchResult:
        """Newest first by rowid."""
        match = expression(query)
        rows = self._file.rows(
            "SELECT d.value FROM words w JOIN document d ON d.id = w.rowid WHERE words MATCH ? ORDER BY w.rowid DESC LIMIT ?",
            (match, limit),
        )
        total = self._file.rows("SELECT count(*) FROM words WHERE words MATCH ?", (match,))[0][0]
        return SearchResult([decode(row["value"], StoryArticle) for row in rows], total)

    def get(self, article_id: str) -> StoryArticle | None:
        """The article of that id."""
        rows = self._file.rows("SELECT value FROM document WHERE article = ?", (article_id,))
        return decode(rows[0]["value"], StoryArticle) if rows else None

    def count(self) -> int:
        """How many articles are held."""
        return int(self._file.rows("SELECT count(*) FROM document")[0][0])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _renew(self) -> None:
        """Index all documents anew where the index was made with another normal form."""
        with self._file.transaction() as tx:
            row = tx.execute("SELECT version FROM normal_form").fetchone()
            if row is not None and row[0] == VERSION:
                return
            tx.execute("DELETE FROM normal_form")
            tx.execute("INSERT INTO normal_form VALUES (?)", (VERSION,))
            if row is None:
                return
            log.warning("indexing anew", path=str(self._file.path), old=row[0], new=VERSION)
            tx.execute("INSERT INTO words (words) VALUES ('delete-all')")
            for document in tx.execute("SELECT id, value FROM document").fetchall():
                _add_words(tx, document["id"], decode(document["value"], StoryArticle))


def _put(tx: Transaction, article: StoryArticle) -> None:
    found = tx.execute("SELECT id, version, value FROM document WHERE article = ?", (article.article.id,)).fetchone()
    if found is not None:
        if found["version"] > article.article.version:
            return
        _remove(tx, found)
    number = _free_number(tx, article.article.time)
    tx.execute(
        "INSERT INTO document VALUES (?, ?, ?, ?)",
        (number, article.article.id, article.article.version, encode(article)),
    )
    _add_words(tx, number, article)


def _remove(tx: Transaction, row: sqlite3.Row) -> None:
    title, body, marks = _columns(decode(row["value"], StoryArticle))
    tx.execute(
        "INSERT INTO words (words, rowid, title, body, marks) VALUES ('delete', ?, ?, ?, ?)",
        (row["id"], title, body, marks),
    )
    tx.execute("DELETE FROM document WHERE id = ?", (row["id"],))


def _add_words(tx: Transaction, number: int, article: StoryArticle) -> None:
    tx.execute("INSERT INTO words (rowid, title, body, marks) VALUES (?, ?, ?, ?)", (number, *_columns(article)))


def _columns(article: StoryArticle) -> tuple[str, str, str]:
    """Title, body and marks, each as tokens with a blank between them."""
    actors = dict.fromkeys(entity.actor for entity in article.annotated.entities if entity.actor)
    return (
        " ".join(terms(article.article.title)),
        " ".join(terms(article.article.text)),
        " ".join(actor_mark(actor) for actor in actors),
    )


def _free_number(tx: Transaction, time: int) -> int:
    """A rowid that sorts by time of publication, behind those of the same millisecond."""
    first = time * SAME_MS
    row = tx.execute("SELECT max(id) FROM document WHERE id BETWEEN ? AND ?", (first, first + SAME_MS - 1)).fetchone()
    number = first if row[0] is None else row[0] + 1
    while tx.execute("SELECT 1 FROM document WHERE id = ?", (number,)).fetchone():
        number += 1
    return int(number)
