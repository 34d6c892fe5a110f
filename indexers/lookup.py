"""Finds a stored article by what a person has of it: its id, the beginning of it, or its address."""

from contextlib import closing
from pathlib import Path

from indexers.sqlitestore import SqliteStore
from marsad.annotation import StoryArticle
from marsad.article import digest
from marsad.errors import OperatorError

SHORTEST = 4
"""Digits that the beginning of an id needs."""


def find_article(path: Path, named: str) -> StoryArticle:
    """The article that is meant, from the search store in that file; OperatorError where it is none, or one of several."""
    with closing(SqliteStore(path, writable=False)) as store:
        if "://" in named:  # most often the id is made of the address
            found = store.beginning_with(digest(named), 1) or store.at_address(named, 2)
        else:
            found = store.beginning_with(named.lower(), 2) if len(named) >= SHORTEST else []
    if not found:
        raise OperatorError(
            f"no stored article is «{named}»: give its id, at least {SHORTEST} digits of its beginning, or its address, "
            "as «marsad search --json» and «marsad alerts --json» show them"
        )
    if len(found) > 1:
        several = ", ".join(article.article.id for article in found)
        raise OperatorError(f"«{named}» is more than one article: {several}; give more digits")
    return found[0]
