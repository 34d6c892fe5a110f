"""Both search stores pass the contract, and what is SQLite's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import indexers.sqlitestore
from indexers.query.parse import parse
from indexers.sqlitestore import SqliteStore
from marsad.message import Partition
from tests.contracts.search_store import SearchStoreContract, ids, stored
from tests.indexers.memory_store import MemoryStore
from tests.samples import CATALOGUE, NOW, article, story_article


class TestMemoryStore(SearchStoreContract):
    """The whole contract."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "search.db")
    yield made
    made.close()


class TestSqliteStore(SearchStoreContract):
    """The whole contract."""

    @pytest.fixture
    def store(self, sqlite_store: SqliteStore) -> SqliteStore:
        return sqlite_store


def test_another_process_searches_while_one_writes(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    stored(sqlite_store)
    other = SqliteStore(tmp_path / "search.db")
    assert ids(other, "حماس") == ["hamas"]
    assert other.positions() == {Partition("marsad.stories", 0): 12}
    other.close()


def test_an_index_of_another_normal_form_is_made_anew(
    sqlite_store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stored(sqlite_store)
    sqlite_store.close()
    monkeypatch.setattr(indexers.sqlitestore, "VERSION", 2)
    monkeypatch.setattr(indexers.sqlitestore, "terms", lambda text: ["changed"] if text else [])
    renewed = SqliteStore(tmp_path / "search.db")
    assert renewed.search(parse("changed", CATALOGUE), limit=100).total == len(made)
    assert ids(renewed, "forms:حماس") == []
    renewed.index([story_article(article("غير ذلك", name="attack", version=NOW + 1, first_seen=NOW))], {})
    assert renewed.search(parse("changed", CATALOGUE), limit=100).total == len(made)
    renewed.close()


def test_the_full_text_index_stays_whole_through_many_edits(sqlite_store: SqliteStore) -> None:
    for version in range(40):
        text = f"داعش رقم {version} " + "كلمة " * version
        sqlite_store.index([story_article(article(text, name="a", version=NOW + version, first_seen=NOW))], {})
    assert ids(sqlite_store, "39") == ["a"]
    assert ids(sqlite_store, "38") == []
    sqlite_store._file.rows("INSERT INTO words (words) VALUES ('integrity-check')")
