"""The renewal of a search store's index: made anew where another normal form, another Unicode or other columns made it.

Edits take words out of the index by handing in the same tokens again, which would damage one that was made otherwise. So the
next writer of such a file drops the index and indexes all documents anew, newest first and in slices, each with a note in the
table `made` of how far it is; it may be killed and goes on from there. Until it is whole a search finds the newer articles only.
"""

import sqlite3
from pathlib import Path

import structlog

from indexers.textindex import COLUMNS, WORDS, add_words, columns_of
from marsad.arabic.letters import VERSION, rules_of
from marsad.errors import OperatorError
from marsad.statefile import StateFile, Transaction

SLICE = 100
"""Documents that are indexed anew in one transaction: some 0.1 s, in which nobody else can write."""
LAST = (1 << 63) - 1
"""The last place that a document may have."""
log = structlog.get_logger(__name__)


def refuse_newer(file: StateFile) -> None:
    """OperatorError where a newer marsad has made the index."""
    rows = file.rows("SELECT normal_form, columns FROM made")
    if rows and (rules_of(rows[0]["normal_form"]) > rules_of(VERSION) or rows[0]["columns"] > COLUMNS):
        raise OperatorError(f"{file.path}: the index was made by a newer marsad; upgrade this one")


def begin_new(file: StateFile) -> None:
    """Make the index of a file that holds neither documents nor an index yet."""
    if file.rows("SELECT 1 FROM made"):
        return
    with file.transaction() as tx:
        if not tx.execute("SELECT 1 FROM made UNION ALL SELECT 1 FROM document LIMIT 1").fetchone():
            _begin_anew(tx, renewed_from=None)


def check_answers(file: StateFile) -> None:
    """Say so where the index does not have everything, or OperatorError where it cannot be asked."""
    rows = _ours(file)
    if not rows:
        raise OperatorError(
            f"{file.path}: the index was made by an older marsad or under another Python; start «marsad run», which makes it "
            "anew"
        )
    if rows[0]["renewed_from"] is not None:
        log.warning("the index is being made anew: older articles are not found yet", path=str(file.path))


def is_ours(file: StateFile) -> bool:
    """Whether the index was made as this marsad makes it, or is being made anew so."""
    return bool(_ours(file))


def indexed_from(tx: Transaction) -> int:
    """The first place whose document is in the index; where it was made otherwise, nothing counts as being there."""
    made = tx.execute("SELECT renewed_from FROM made WHERE normal_form = ? AND columns = ?", (VERSION, COLUMNS))
    row = made.fetchone()
    return LAST if row is None else row["renewed_from"] or 0


def spoil(tx: Transaction) -> None:
    """The index has words that cannot be taken out any more, so it is to be made anew."""
    tx.execute("UPDATE made SET columns = 0")


def is_spoilt(file: StateFile) -> bool:
    """Whether `spoil` was called since the index was made."""
    return bool(file.rows("SELECT 1 FROM made WHERE columns = 0"))


def renew_slice(tx: Transaction, path: Path) -> bool:
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
        if (made := columns_of(document, path)) is None:
            tx.execute("DELETE FROM document WHERE id = ?", (document["id"],))
        else:
            add_words(tx, document["id"], made)
    tx.execute("UPDATE made SET renewed_from = ?", (documents[-1]["id"] if documents else None,))
    return not documents


def _ours(file: StateFile) -> list[sqlite3.Row]:
    return file.rows("SELECT renewed_from FROM made WHERE normal_form = ? AND columns = ?", (VERSION, COLUMNS))


def _begin_anew(tx: Transaction, *, renewed_from: int | None) -> None:
    tx.execute("DROP TABLE IF EXISTS words")
    tx.execute(WORDS)
    tx.execute("DELETE FROM annotated_by")
    tx.execute("DELETE FROM made")
    tx.execute("INSERT INTO made VALUES (?, ?, ?)", (VERSION, COLUMNS, renewed_from))
