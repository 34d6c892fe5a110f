"""A stored article is found by what a person has of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexers.lookup import find_article
from indexers.sqlitestore import SqliteStore
from marsad.article import digest
from marsad.errors import OperatorError
from tests.samples import article, story_article

URL = "http://127.0.0.1/a"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "search.db")
    yield made
    made.close()


def hold(store: SqliteStore, *names: str) -> None:
    store.index([story_article(article(f"خبر {name}", name=name)) for name in names], {})


def test_by_its_id_the_beginning_of_it_or_its_address(store: SqliteStore) -> None:
    hold(store, "a", "b")
    expected = digest("a")
    for named in (expected, expected[:6], expected[:6].upper(), URL):
        assert find_article(store, named).article.id == expected


@pytest.mark.parametrize("named", ["", "abc", "ffffffff", "http://127.0.0.1/z", "http://127.0.0.1/"])
def test_what_is_not_stored_is_said_so(store: SqliteStore, named: str) -> None:
    hold(store, "a", "b")
    with pytest.raises(OperatorError, match="no stored article is"):
        find_article(store, named)


def test_a_beginning_of_two_is_said_so(store: SqliteStore) -> None:
    names: dict[str, str] = {}
    pair = next(
        (names[digest(str(number))[:4]], str(number))
        for number in range(10_000)
        if names.setdefault(digest(str(number))[:4], str(number)) != str(number)
    )
    hold(store, *pair)
    with pytest.raises(OperatorError, match="more than one article"):
        find_article(store, digest(pair[0])[:4])
