"""An index stage in a thread, on a log of its own."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from elasticsearch import ApiError
from prometheus_client import CollectorRegistry

from indexers.elastic.store import ElasticStore
from indexers.index import run_index
from marsad.annotation import StoryArticle
from marsad.codec import decode, encode
from marsad.errors import RetryableError
from marsad.message import DeadLetter, Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.statefile import StateFile
from marsad.topics import ALL, DEADLETTER, STORIES

HERE = Partition(STORIES.name, 0)


class RunningStage:
    """The stage, its log, and what has become of it."""

    def __init__(self, file: StateFile, store: ElasticStore) -> None:
        self.log = SqliteLog(file)
        self.metrics = Metrics(CollectorRegistry())
        self.failures: list[BaseException] = []
        self._store = store
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            run_index(self.log, self._store, self._stopping, self.metrics, prepare=self._store.prepare)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.failures.append(error)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def put(self, articles: Sequence[StoryArticle]) -> None:
        self.log.append(STORIES.name, [Record(one.article.id.encode(), encode(one)) for one in articles])

    def retries(self) -> float:
        """How often it had to wait and try again."""
        return float(self.metrics.retries.labels("index")._value.get())

    def letters(self) -> list[DeadLetter]:
        found = self.log.read({Partition(DEADLETTER.name, 0): 0}, 1_000, 0)
        return [decode(message.value, DeadLetter) for message in found]


@contextmanager
def running(folder: Path, store: ElasticStore) -> Iterator[RunningStage]:
    """A stage that runs until the block ends, and has not failed then."""
    file = StateFile(folder / "marsad.db")
    file.create_topics(topic.name for topic in ALL)
    stage = RunningStage(file, store)
    stage.start()
    try:
        yield stage
    finally:
        stage.stop()
        file.close()
    assert not stage.failures, stage.failures[0]


def until(holds: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not _holds(holds):
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.05)


def _holds(holds: Callable[[], bool]) -> bool:
    """An index that is only being made cannot be asked yet."""
    try:
        return holds()
    except (RetryableError, ApiError):
        return False
