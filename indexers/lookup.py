"""Finds a stored article by what a person has of it: its id, the beginning of it, or its address."""

from collections.abc import Sequence
from typing import Protocol

from marsad.annotation import StoryArticle
from marsad.article import digest
from marsad.errors import OperatorError

SHORTEST = 4
"""Digits that the beginning of an id needs."""


class Lookup(Protocol):
    """What a search store has for people who hold a piece of an article."""

    def beginning_with(self, begins: str, limit: int) -> Sequence[StoryArticle]:
        """At most `limit` articles whose id begins so."""

    def at_address(self, address: str, limit: int) -> Sequence[StoryArticle]:
        """At most `limit` articles with this address or guid."""


def find_article(store: Lookup, named: str) -> StoryArticle:
    """The article that is meant; OperatorError where it is none, or one of several."""
    found: Sequence[StoryArticle] = ()
    if "://" in named:  # most often the id is made of the address
        found = store.beginning_with(digest(named), 1) or store.at_address(named, 2)
    elif len(named) >= SHORTEST:
        found = store.beginning_with(named.lower(), 2)
    if not found:
        raise OperatorError(
            f"no stored article is «{named}»: give its id, at least {SHORTEST} digits of its beginning, or its address, "
            "as «marsad search --json» and «marsad alerts --json» show them"
        )
    if len(found) > 1:
        several = ", ".join(article.article.id for article in found)
        raise OperatorError(f"«{named}» is more than one article: {several}; give more digits")
    return found[0]
