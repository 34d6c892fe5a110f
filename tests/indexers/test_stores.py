"""Both search stores pass the contract, and what is SQLite's own."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

import indexers.renewal
import indexers.sqlitestore
import indexers.textindex
from indexers.query.parse import parse
from indexers.sqlitestore import SqliteStore
from indexers.textindex import COLUMNS, DAY_MS, unpacked
from marsad.annotation import StoryArticle
from marsad.arabic.letters import VERSION
from marsad.codec import encode
from marsad.errors import OperatorError
from marsad.message import Partition
from marsad.statefile import StateFile
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
    monkeypatch.setattr(indexers.renewal, "VERSION", VERSION + 10_000)
    monkeypatch.setattr(indexers.textindex, "terms", lambda text: ["changed"] if text else [])
    renewed = SqliteStore(tmp_path / "search.db")
    with pytest.raises(OperatorError, match="made by an older marsad or under another Python; start «marsad run»"):
        renewed.search(parse("changed", CATALOGUE), limit=1)
    renewed.renew()
    assert renewed.search(parse("changed", CATALOGUE), limit=100).total == len(made)
    assert ids(renewed, "forms:حماس") == []
    renewed.index([story_article(article("غير ذلك", name="attack", version=NOW + 1, first_seen=NOW))], {})
    assert renewed.search(parse("changed", CATALOGUE), limit=100).total == len(made)
    renewed.close()


@pytest.mark.parametrize(
    "other", [VERSION - 100, VERSION + 1, VERSION + 100, 1], ids="older newer newest ancient".split()
)
def test_an_index_of_another_unicode_is_made_anew_whether_older_or_newer(
    sqlite_store: SqliteStore, tmp_path: Path, other: int
) -> None:
    filled(sqlite_store, 3)
    with sqlite_store._file.transaction() as tx:
        tx.execute("UPDATE made SET normal_form = ?", (other,))
    sqlite_store.close()
    with (
        closing(SqliteStore(tmp_path / "search.db", writable=False)) as reader,
        pytest.raises(OperatorError, match="Python"),
    ):
        reader.search(parse("داعش", CATALOGUE), limit=1)
    with closing(SqliteStore(tmp_path / "search.db")) as renewed:
        renewed.renew()
        assert len(ids(renewed, "داعش")) == 3
        assert renewed._file.rows("SELECT normal_form FROM made")[0][0] == VERSION


def test_the_full_text_index_stays_whole_through_many_edits(sqlite_store: SqliteStore) -> None:
    for version in range(40):
        text = f"داعش رقم {version} " + "كلمة " * version
        sqlite_store.index([story_article(article(text, name="a", version=NOW + version, first_seen=NOW))], {})
    assert ids(sqlite_store, "39") == ["a"]
    assert ids(sqlite_store, "38") == []
    sqlite_store._file.rows("INSERT INTO words (words) VALUES ('integrity-check')")


def filled(store: SqliteStore, count: int) -> None:
    made = [
        story_article(article(f"داعش رقم {number}", name=str(number), age=number * 1000)) for number in range(count)
    ]
    store.index(made, {})


def whole(store: SqliteStore) -> None:
    """The index has what the documents say, and SQLite finds nothing wrong with it."""
    store._file.rows("INSERT INTO words (words) VALUES ('integrity-check')")
    assert store._file.rows("SELECT count(*) FROM words")[0][0] == store.count()


def test_the_oldest_are_removed_in_slices_with_their_words(sqlite_store: SqliteStore) -> None:
    filled(sqlite_store, 10)
    border = NOW - 4_000
    assert sqlite_store.remove_before(border, 3) == 3
    assert sorted(ids(sqlite_store, "داعش")) == [str(number) for number in range(7)]
    assert sqlite_store.remove_before(border, 3) == 2
    assert sqlite_store.remove_before(border, 3) == 0
    assert sorted(ids(sqlite_store, "داعش")) == ["0", "1", "2", "3", "4"]
    assert ids(sqlite_store, "9") == []
    whole(sqlite_store)


def counted(store: SqliteStore) -> dict[tuple[str, int], int]:
    """What is counted, after a look whether the documents say the same."""
    found = {(row["catalogue"], row["day"]): row["articles"] for row in store._file.rows("SELECT * FROM annotated_by")}
    held = [unpacked(row["value"]) for row in store._file.rows("SELECT value FROM document")]
    assert found == Counter((one.annotated.catalogue, one.article.version // DAY_MS) for one in held)
    return found


def by(catalogue: str, name: str, day: int = 0) -> StoryArticle:
    made = story_article(article(name=name, version=NOW - day * DAY_MS, first_seen=NOW - day * DAY_MS))
    return msgspec.structs.replace(made, annotated=msgspec.structs.replace(made.annotated, catalogue=catalogue))


def test_articles_are_counted_by_who_annotated_them(
    sqlite_store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sqlite_store.annotated_otherwise("A") is None
    sqlite_store.index([by("A", "1", day=2), by("A", "2", day=1), by("A", "3"), by("B", "4")], {})
    today = NOW // DAY_MS * DAY_MS
    assert counted(sqlite_store) == {
        ("A", NOW // DAY_MS - 2): 1,
        ("A", NOW // DAY_MS - 1): 1,
        ("A", NOW // DAY_MS): 1,
        ("B", NOW // DAY_MS): 1,
    }
    assert sqlite_store.annotated_otherwise("A") == (1, today)
    assert sqlite_store.annotated_otherwise("B") == (3, today - 2 * DAY_MS)
    assert sqlite_store.annotated_otherwise("B", today - DAY_MS) == (2, today - DAY_MS)
    assert sqlite_store.annotated_otherwise("B", today - DAY_MS + 1) == (1, today), (
        "of a day that is cut nothing counts"
    )
    sqlite_store.index([by("B", "3"), by("B", "2", day=1), by("A", "2", day=5)], {})
    assert sqlite_store.annotated_otherwise("B") == (1, today - 2 * DAY_MS)
    assert sqlite_store.remove_before(NOW - DAY_MS, 10) == 1
    assert sqlite_store.annotated_otherwise("B") is None
    before = counted(sqlite_store)
    sqlite_store.close()

    monkeypatch.setattr(indexers.renewal, "COLUMNS", COLUMNS + 1)
    with closing(SqliteStore(tmp_path / "search.db")) as renewed:
        assert renewed.annotated_otherwise("A") is None, "nothing is known before it is made anew"
        renewed.renew()
        assert counted(renewed) == before


def test_room_is_given_back(sqlite_store: SqliteStore) -> None:
    empty = sqlite_store.size().bytes
    for round_ in range(10):
        made = [story_article(article(f"{number} " * 500, name=f"{round_} {number}", age=1000)) for number in range(30)]
        sqlite_store.index(made, {})
    before = sqlite_store.size()
    assert before.documents == 300
    while sqlite_store.remove_before(NOW, 50):
        pass
    assert sqlite_store.size().free > 0
    while sqlite_store.shrink():
        pass
    after = sqlite_store.size()
    assert (after.documents, after.free) == (0, 0)
    assert after.bytes < empty + (before.bytes - empty) / 10
    whole(sqlite_store)


def test_a_renewal_that_is_cut_short_goes_on_where_it_was(
    sqlite_store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(sqlite_store, 12)
    sqlite_store.close()
    monkeypatch.setattr(indexers.renewal, "COLUMNS", COLUMNS + 1)
    monkeypatch.setattr(indexers.renewal, "SLICE", 5)
    for slices in (1, 2):
        first = SqliteStore(tmp_path / "search.db")
        first.renew(StopAfter(slices))
        first.close()
    store = SqliteStore(tmp_path / "search.db")
    assert sorted(ids(store, "داعش"), key=int) == [str(number) for number in range(10)]
    assert store.remove_before(NOW - 8_500, 10) == 3
    store.index([story_article(article("هجوم لداعش", name="late", age=20_000))], {})
    assert len(ids(store, "داعش")) == store.count() == 10
    whole(store)
    store.close()


class StopAfter(threading.Event):
    """Asks to stop once it has been looked at that many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.left = looks

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize(("name", "ours"), [("COLUMNS", COLUMNS - 1), ("VERSION", VERSION - 10_000)])
def test_an_index_of_a_newer_marsad_is_refused(
    sqlite_store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, ours: int
) -> None:
    filled(sqlite_store, 1)
    monkeypatch.setattr(indexers.renewal, name, ours)
    with pytest.raises(OperatorError, match="made by a newer marsad; upgrade this one"):
        SqliteStore(tmp_path / "search.db")


def test_a_store_of_the_first_version_is_brought_up_to_this_one(tmp_path: Path) -> None:
    old = StateFile(tmp_path / "search.db")
    with old.transaction() as tx:
        for statement in (
            "CREATE TABLE document (id INTEGER PRIMARY KEY, article TEXT UNIQUE, version INTEGER, value BLOB) STRICT",
            "CREATE TABLE normal_form (version INTEGER NOT NULL) STRICT",
            "INSERT INTO normal_form VALUES (1)",
            "CREATE VIRTUAL TABLE words USING fts5 (title, body, marks, content='')",
            "INSERT INTO schema VALUES ('search', 1)",
        ):
            tx.execute(statement)
        made = story_article(article("هجوم لداعش", name="old"))
        tx.execute(
            "INSERT INTO document VALUES (?, ?, ?, ?)",
            (made.article.time // 1000 * 4096, made.article.id, made.article.version, encode(made)),
        )
    old.close()
    store = SqliteStore(tmp_path / "search.db")
    store.renew()
    assert ids(store, "داعش") == ["old"]
    assert store.get(made.article.id) == made
    store.close()


def test_many_articles_of_one_second_spill_into_the_next(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexers.sqlitestore, "SAME_SECOND", 4)
    sqlite_store.index([story_article(article("داعش", name=str(number))) for number in range(11)], {})
    assert len(ids(sqlite_store, "داعش")) == 11


def test_searches_and_writes_at_the_same_time_are_all_answered(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    reader = SqliteStore(tmp_path / "search.db")
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(40):
                sqlite_store.index([story_article(article("داعش", name=str(number)))], {})
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    seen = [0]
    while writer.is_alive():
        seen.append(reader.search(parse("داعش", CATALOGUE), limit=50).total)
    writer.join()
    assert not failures
    assert seen == sorted(seen)
    assert len(ids(reader, "داعش")) == 40
    reader.close()
