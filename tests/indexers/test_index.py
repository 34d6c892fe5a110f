"""The loop that copies from the log into a store: what is refused is given up alone, and the store's position counts."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from indexers.index import run_index
from indexers.store import RefusedError
from marsad.annotation import StoryArticle
from marsad.codec import decode, encode
from marsad.errors import PoisonLimitError, RetryableError
from marsad.message import DeadLetter, Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.statefile import StateFile
from marsad.topics import ALL, DEADLETTER, STORIES
from tests.indexers.memory_store import MemoryStore
from tests.samples import article, story_article

HERE = Partition(STORIES.name, 0)


class PickyStore(MemoryStore):
    """Refuses articles that say so, and is away when told."""

    away = 0

    def empty(self) -> None:
        """What a person does who removes its file."""
        self._hits, self._positions = {}, {}

    def index(self, batch: Sequence[StoryArticle], positions: Mapping[Partition, int]) -> None:
        if self.away:
            self.away -= 1
            raise RetryableError("the store is away")
        refused = [(one, "too bad") for one in batch if "bad" in one.article.text]
        super().index([one for one in batch if "bad" not in one.article.text], {} if refused else positions)
        if refused:
            raise RefusedError(refused)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db")
    made.create_topics(topic.name for topic in ALL)
    yield made
    made.close()


def put(file: StateFile, *texts: str) -> None:
    made = [story_article(article(text, name=f"{number} {text}")) for number, text in enumerate(texts)]
    SqliteLog(file).append(STORIES.name, [Record(one.article.id.encode(), encode(one)) for one in made])


def indexing(file: StateFile, store: MemoryStore, until: Callable[[], bool]) -> None:
    """Index in a thread until something holds; raises what the stage raises."""
    stopping = threading.Event()
    failures: list[BaseException] = []

    def target() -> None:
        try:
            run_index(SqliteLog(file), store, stopping, Metrics(CollectorRegistry()))
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's thread
            failures.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    for _ in range(600):
        if not thread.is_alive() or until():
            break
        threading.Event().wait(0.02)
    held = until()
    stopping.set()
    thread.join()
    if failures:
        raise failures[0]
    assert held


def letters(file: StateFile) -> list[DeadLetter]:
    found = SqliteLog(file).read({Partition(DEADLETTER.name, 0): 0}, 1_000, 0)
    return [decode(message.value, DeadLetter) for message in found]


def test_what_the_store_refuses_becomes_a_dead_letter_and_its_neighbours_are_held(file: StateFile) -> None:
    put(file, "first", "bad", "second", "bad again", "third")
    store = PickyStore()
    indexing(file, store, lambda: store.positions().get(HERE) == 5)
    assert store.count() == 3
    assert [(one.offset, one.reason, one.stage) for one in letters(file)] == [
        (1, "too bad", "index"),
        (3, "too bad", "index"),
    ]


def test_a_store_that_is_away_is_waited_for(file: StateFile) -> None:
    put(file, "first", "second")
    store = PickyStore()
    store.away = 2
    indexing(file, store, lambda: store.positions().get(HERE) == 2)
    assert store.count() == 2
    assert not letters(file)


def test_a_store_that_refuses_everything_ends_the_stage(file: StateFile) -> None:
    put(file, *["bad"] * 120)
    with pytest.raises(PoisonLimitError, match="too bad"):
        indexing(file, PickyStore(), lambda: False)


def test_a_store_that_is_emptied_is_filled_again(file: StateFile) -> None:
    put(file, "first", "second")
    store = PickyStore()
    indexing(file, store, lambda: store.count() == 2)
    emptied: list[bool] = []

    def filled_again() -> bool:
        if not emptied:
            store.empty()
            emptied.append(True)
        return store.count() == 2

    indexing(file, store, filled_again)
