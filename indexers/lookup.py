"""Finds a stored article by what a person has of it: its id, the beginning of it, or its address."""

from pathlib import Path

from marsad.annotation import StoryArticle
from marsad.article import digest
from marsad.codec import decode
from marsad.errors import OperatorError
from marsad.statefile import StateFile

SHORTEST = 4
"""Digits that the beginning of an id needs."""


def find_article(path: Path, named: str) -> StoryArticle:
    """The article that is meant, from the search store in that file; OperatorError where it is none, or one of several."""
    file = StateFile(path, synchronous="NORMAL")
    try:
        found = _by_address(file, named) if "://" in named else _by_id(file, named.lower())
    finally:
        file.close()
    if not found:
        raise OperatorError(
            f"no stored article is «{named}»: give its id, at least {SHORTEST} digits of its beginning, or its address, "
            "as «marsad search --json» and «marsad alerts --json» show them"
        )
    if len(found) > 1:
        several = ", ".join(article.article.id for article in found)
        raise OperatorError(f"«{named}» is the beginning of more than one article: {several}; give more digits")
    return found[0]


def _by_id(file: StateFile, begins: str) -> list[StoryArticle]:
    if len(begins) < SHORTEST:
        return []
    # «g» sorts behind every hex digit.
    rows = file.rows("SELECT value FROM document WHERE article >= ? AND article < ? LIMIT 2", (begins, f"{begins}g"))
    return [decode(row["value"], StoryArticle) for row in rows]


def _by_address(file: StateFile, address: str) -> list[StoryArticle]:
    """Most often the id is made of the address; else all documents are read through, about a second for a gigabyte."""
    if found := _by_id(file, digest(address)):
        return found
    rows = file.rows("SELECT article FROM document WHERE instr(value, ?) > 0 LIMIT 50", (address.encode(),))
    near = [article for row in rows for article in _by_id(file, row["article"])]
    return [article for article in near if address in (article.article.url, article.article.guid)][:2]
