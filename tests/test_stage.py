"""The loop of a stage: output and position together, dead letters, waiting, and its limits."""

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

import marsad.stage
from marsad.codec import decode
from marsad.errors import NewerSchemaError, PoisonLimitError, PositionLostError, StateFullError, UndecodableError
from marsad.message import DeadLetter, Message, Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.stage import run_stage
from marsad.statefile import Schema, StateFile, Transaction
from marsad.topics import ALL, ANNOTATED, ARTICLES, DEADLETTER, Topic

SCHEMA = Schema("upper", 1, "CREATE TABLE IF NOT EXISTS seen (value TEXT UNIQUE) STRICT")


class UpperStage:
    """Says everything in capitals, once; fails at what it is told to fail at."""

    name = "upper"
    source = ARTICLES

    def __init__(self, trouble: Callable[[str, str], None] = lambda _place, _text: None) -> None:
        self._trouble = trouble

    def prepare(self, message: Message) -> str:
        text = message.value.decode()
        self._trouble("prepare", text)
        return text.upper()

    def decide(self, tx: Transaction, item: str) -> Iterable[tuple[Topic, Record]]:
        tx.execute("INSERT INTO seen VALUES (?)", (item,))
        yield ANNOTATED, Record(b"k", item.encode())
        self._trouble("decide", item)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db", largest_message=100_000)
    made.create_topics(topic.name for topic in ALL)
    made.install(SCHEMA)
    yield made
    made.close()


def run(file: StateFile, stage: UpperStage, *, until: int) -> Metrics:
    """Run the stage until so many messages are behind it."""
    metrics = Metrics(CollectorRegistry())
    stopping = threading.Event()
    source = SqliteLog(file)
    failures: list[BaseException] = []

    def target() -> None:
        try:
            run_stage(source, file, stage, stopping, metrics)
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's thread
            failures.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    for _ in range(400):
        mark = file.mark()
        if not thread.is_alive() or file.positions("upper").get(Partition(ARTICLES.name, 0), 0) >= until:
            break
        file.wait(mark, 0.05)
    stopping.set()
    thread.join()
    if failures:
        raise failures[0]
    return metrics


def put(file: StateFile, *values: str) -> None:
    SqliteLog(file).append(ARTICLES.name, [Record(b"k", value.encode()) for value in values])


def values(file: StateFile, topic: Topic) -> list[bytes]:
    return [message.value for message in SqliteLog(file).read({Partition(topic.name, 0): 0}, 1000, 0)]


def counted(metrics: Metrics, outcome: str) -> float:
    return float(metrics.messages.labels("upper", outcome)._value.get())


def fail(place: str, text: str, error: Exception) -> Callable[[str, str], None]:
    def trouble(where: str, what: str) -> None:
        if where == place and what == text:
            raise error

    return trouble


def test_output_state_and_position_advance_together(file: StateFile) -> None:
    put(file, "a", "b", "c")
    metrics = run(file, UpperStage(), until=3)
    assert values(file, ANNOTATED) == [b"A", b"B", b"C"]
    assert file.positions("upper") == {Partition(ARTICLES.name, 0): 3}
    assert counted(metrics, "done") == 3


def test_a_stage_goes_on_where_it_was(file: StateFile) -> None:
    put(file, "a")
    run(file, UpperStage(), until=1)
    put(file, "b")
    run(file, UpperStage(), until=2)
    assert values(file, ANNOTATED) == [b"A", b"B"]


@pytest.mark.parametrize(
    ("place", "text", "error", "reason"),
    [
        ("prepare", "bad", UndecodableError("no article"), "no article"),
        ("prepare", "bad", ValueError("surprise"), "ValueError: surprise"),
        ("decide", "BAD", UndecodableError("no good"), "no good"),
        ("decide", "BAD", KeyError("surprise"), "KeyError: 'surprise'"),
    ],
)
def test_one_bad_message_becomes_a_dead_letter_and_leaves_no_trace_in_the_state(
    file: StateFile, place: str, text: str, error: Exception, reason: str
) -> None:
    put(file, "a", "bad", "c")
    metrics = run(file, UpperStage(fail(place, text, error)), until=3)
    assert values(file, ANNOTATED) == [b"A", b"C"]
    assert [row["value"] for row in file.rows("SELECT value FROM seen ORDER BY value")] == ["A", "C"]
    (letter,) = [decode(value, DeadLetter) for value in values(file, DEADLETTER)]
    assert (letter.stage, letter.topic, letter.offset, letter.reason) == ("upper", ARTICLES.name, 1, reason)
    assert letter.source == b"bad"
    assert (counted(metrics, "done"), counted(metrics, "dead")) == (2, 1)


def test_a_value_that_is_too_large_to_pass_on_is_a_dead_letter(file: StateFile) -> None:
    put(file, "a", "ŉ" * 45_000, "c")  # two bytes in small, three in capitals
    run(file, UpperStage(), until=3)
    assert values(file, ANNOTATED) == [b"A", b"C"]
    (letter,) = [decode(value, DeadLetter) for value in values(file, DEADLETTER)]
    assert "over the limit of 100000" in letter.reason


def test_a_newer_schema_stops_the_stage_with_nothing_taken(file: StateFile) -> None:
    put(file, "a", "new")
    with pytest.raises(NewerSchemaError):
        run(file, UpperStage(fail("prepare", "new", NewerSchemaError("upgrade"))), until=2)
    assert values(file, ANNOTATED) == []
    assert file.positions("upper") == {}


def test_too_many_bad_messages_in_a_row_stop_the_stage(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marsad.stage, "POISON_LIMIT", 3)
    put(file, "a", *["bad"] * 4)
    with pytest.raises(PoisonLimitError, match="4 messages in a row"):
        run(file, UpperStage(fail("prepare", "bad", ValueError("no"))), until=5)
    assert values(file, DEADLETTER) == []


def test_too_many_failing_decisions_in_a_row_stop_the_stage_too(file: StateFile) -> None:
    def trouble(place: str, _text: str) -> None:
        if place == "decide":
            raise ValueError("a bug of ours")

    put(file, *(str(number) for number in range(3 * marsad.stage.BATCH)))
    with pytest.raises(PoisonLimitError, match=r"101 messages in a row.*a bug of ours"):
        run(file, UpperStage(trouble), until=150)
    assert len(values(file, DEADLETTER)) == 2 * marsad.stage.BATCH


def test_a_stage_that_is_to_stop_leaves_its_batch_for_the_next_time(file: StateFile) -> None:
    put(file, "a", "b", "c")
    stopping = threading.Event()

    def trouble(_place: str, _text: str) -> None:
        stopping.set()

    run_stage(SqliteLog(file), file, UpperStage(trouble), stopping, Metrics(CollectorRegistry()))
    assert file.positions("upper") == {}
    assert values(file, ANNOTATED) == []


def test_a_full_disk_is_waited_out_and_nothing_is_lost(file: StateFile) -> None:
    failures = iter([StateFullError("full")] * 2)

    def trouble(place: str, _text: str) -> None:
        if place == "decide":
            for error in failures:
                raise error

    put(file, "a", "b")
    metrics = run(file, UpperStage(trouble), until=2)
    assert values(file, ANNOTATED) == [b"A", b"B"]
    assert values(file, DEADLETTER) == []
    assert metrics.retries.labels("upper")._value.get() == 2


def test_a_lost_position_stops_the_stage(file: StateFile) -> None:
    put(file, "a")
    run(file, UpperStage(), until=1)
    put(file, "b", "c")
    SqliteLog(file).trim(ARTICLES.name, 3)
    with pytest.raises(PositionLostError, match="position 1 is outside"):
        run(file, UpperStage(), until=3)


def test_a_new_stage_begins_with_the_first_message_that_is_kept(file: StateFile) -> None:
    put(file, "a", "b", "c")
    SqliteLog(file).trim(ARTICLES.name, 2)
    run(file, UpperStage(), until=3)
    assert values(file, ANNOTATED) == [b"C"]
