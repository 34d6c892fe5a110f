"""The full-text table of the search store: what an article has in it, and how that is put in and taken out again.

The table holds no text, only the index, so an article's words are taken out by handing in the same tokens once more, which its
stored document gives. Beside it, `annotated_by` counts the indexed articles of each catalogue and day of fetch.
"""

import sqlite3
import zlib
from pathlib import Path
from typing import NamedTuple

import structlog

from indexers.query.marks import marks
from marsad.annotation import StoryArticle
from marsad.arabic.tokens import terms
from marsad.codec import decode, encode
from marsad.errors import UndecodableError
from marsad.statefile import Transaction

COLUMNS = 3
"""Rises with every change to what `columns` gives or to how WORDS is declared: an index made otherwise is made anew."""
DAY_MS = 86_400_000
WORDS = """CREATE VIRTUAL TABLE words USING fts5 (title, body, marks, content='', tokenize="ascii tokenchars ':'")"""
log = structlog.get_logger(__name__)


class Columns(NamedTuple):
    """Title, body and marks of an article, each as tokens with a blank between them, and what it is counted under."""

    title: str
    body: str
    marks: str
    catalogue: str
    day: int
    """Of the fetch of this version, in days since 1970: by that the log of articles is ordered, too."""


def columns(article: StoryArticle) -> Columns:
    """What an article has in the index."""
    return Columns(
        " ".join(terms(article.article.title)),
        " ".join(terms(article.article.text)),
        " ".join(marks(article.annotated)),
        article.annotated.catalogue,
        article.article.version // DAY_MS,
    )


def columns_of(row: sqlite3.Row, path: Path | None = None) -> Columns | None:
    """What a stored document has in the index; None, which is logged, where it cannot be read any more."""
    try:
        return columns(unpacked(row["value"]))
    except (UndecodableError, zlib.error) as error:
        log.error("a stored document cannot be read", path=str(path), document=row["id"], reason=str(error))  # noqa: TRY400 - the reason says it all
        return None


def add_words(tx: Transaction, place: int, made: Columns) -> None:
    """Put an article's words into the index."""
    tx.execute("INSERT INTO words (rowid, title, body, marks) VALUES (?, ?, ?, ?)", (place, *made[:3]))
    tx.execute(
        "INSERT INTO annotated_by VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET articles = articles + 1",
        (made.catalogue, made.day),
    )


def remove_words(tx: Transaction, row: sqlite3.Row) -> bool:
    """Take a stored document's words out of the index; False where it cannot be read, and they cannot be taken out any more."""
    made = columns_of(row)
    if made is None:
        return False
    tx.execute(
        "INSERT INTO words (words, rowid, title, body, marks) VALUES ('delete', ?, ?, ?, ?)", (row["id"], *made[:3])
    )
    counted = (made.catalogue, made.day)
    tx.execute("UPDATE annotated_by SET articles = articles - 1 WHERE catalogue = ? AND day = ?", counted)
    tx.execute("DELETE FROM annotated_by WHERE catalogue = ? AND day = ? AND articles = 0", counted)
    return True


def packed(article: StoryArticle) -> bytes:
    """An article as a document is stored."""
    return zlib.compress(encode(article))


def unpacked(value: bytes) -> StoryArticle:
    """A stored document; those of the first version of this store were not compressed."""
    return decode(value if value.startswith(b"{") else zlib.decompress(value), StoryArticle)
