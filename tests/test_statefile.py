"""The state file: transactions, waking, the lock, and what its errors say."""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from marsad.errors import (
    OperatorError,
    StateCorruptError,
    StateFullError,
    StateUnwritableError,
    TooLargeError,
    UnknownTopicError,
)
from marsad.message import Partition, Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.statefile import Schema, StateFile

TOPIC = "things"
HERE = Partition(TOPIC, 0)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db")
    made.create_topics([TOPIC])
    made.install(Schema("test", 1, "CREATE TABLE IF NOT EXISTS thing (name TEXT) STRICT"))
    yield made
    made.close()


def count(file: StateFile) -> tuple[int, int, int]:
    """Rows of state, messages, position."""
    things = file.rows("SELECT count(*) FROM thing")[0][0]
    return things, SqliteLog(file).bounds(TOPIC)[HERE].next, file.positions("stage").get(HERE, 0)


def test_output_state_and_position_are_committed_together(file: StateFile) -> None:
    with file.transaction() as tx:
        tx.execute("INSERT INTO thing VALUES ('a')")
        tx.append(TOPIC, [Record(b"k", b"v")])
        tx.advance("stage", {HERE: 7})
    assert count(file) == (1, 1, 7)


def test_nothing_of_a_transaction_that_raises_stays(file: StateFile) -> None:
    with pytest.raises(ZeroDivisionError), file.transaction() as tx:
        tx.execute("INSERT INTO thing VALUES ('a')")
        tx.append(TOPIC, [Record(b"k", b"v")])
        tx.advance("stage", {HERE: 7})
        raise ZeroDivisionError
    assert count(file) == (0, 0, 0)


def test_an_attempt_is_undone_alone(file: StateFile) -> None:
    with file.transaction() as tx:
        tx.execute("INSERT INTO thing VALUES ('kept')")
        with pytest.raises(ZeroDivisionError), tx.attempt():
            tx.execute("INSERT INTO thing VALUES ('undone')")
            tx.append(TOPIC, [Record(b"k", b"v")])
            raise ZeroDivisionError
        with tx.attempt():
            tx.execute("INSERT INTO thing VALUES ('kept too')")
    assert count(file) == (2, 0, 0)


def test_a_record_over_the_limit_and_an_unknown_topic_are_refused(file: StateFile) -> None:
    with pytest.raises(TooLargeError, match="over the limit of 1000000"), file.transaction() as tx:
        tx.append(TOPIC, [Record(b"k", b"v" * 1_000_000)])
    with pytest.raises(UnknownTopicError, match="nowhere"), file.transaction() as tx:
        tx.append("nowhere", [])


def test_a_transaction_inside_a_transaction_is_a_bug_and_not_a_deadlock(file: StateFile) -> None:
    with pytest.raises(RuntimeError, match="inside"), file.transaction(), file.transaction():
        pass
    assert count(file) == (0, 0, 0)


def test_a_file_keeps_its_identity_and_shares_it_with_no_other(file: StateFile, tmp_path: Path) -> None:
    again, other = StateFile(file.path), StateFile(tmp_path / "other.db")
    assert file.identity == again.identity != other.identity
    again.close()
    other.close()


def test_threads_take_turns_and_nothing_is_lost(file: StateFile) -> None:
    def write() -> None:
        for _ in range(50):
            with file.transaction() as tx:
                (number,) = tx.execute("SELECT count(*) FROM thing").fetchone()
                tx.execute("INSERT INTO thing VALUES (?)", (str(number),))
                tx.append(TOPIC, [Record(b"k", str(number).encode())])

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(file) == (200, 200, 0)
    values = [message.value for message in SqliteLog(file).read({HERE: 0}, 500, 0)]
    assert values == [str(number).encode() for number in range(200)]


def test_a_waiting_thread_wakes_at_once(file: StateFile) -> None:
    woken: list[float] = []

    def reader() -> None:
        SqliteLog(file).read({HERE: 0}, 1, 10)
        woken.append(time.monotonic())

    thread = threading.Thread(target=reader)
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    SqliteLog(file).append(TOPIC, [Record(b"k", b"v")])
    thread.join()
    assert woken[0] - began < 2


def test_a_commit_between_the_look_and_the_wait_is_not_missed(file: StateFile) -> None:
    mark = file.mark()
    SqliteLog(file).append(TOPIC, [Record(b"k", b"v")])
    began = time.monotonic()
    file.wait(mark, 20)
    assert time.monotonic() - began < 10


def test_waiting_ends_after_its_timeout(file: StateFile) -> None:
    began = time.monotonic()
    file.wait(file.mark(), 0.3)
    assert 0.25 <= time.monotonic() - began < 5


def test_a_file_of_a_newer_marsad_is_refused(file: StateFile) -> None:
    with file.transaction() as tx:
        tx.execute("UPDATE schema SET version = 9 WHERE name = 'test'")
    with pytest.raises(OperatorError, match="«test» have version 9, and this marsad knows up to 1"):
        file.install(Schema("test", 1, ""))


@pytest.mark.parametrize("content", [b"this is no database at all, but text that is long enough" * 20, None])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "marsad.db"
    if content is None:
        made = StateFile(path)
        made.create_topics([TOPIC])
        made.close()
        whole = path.read_bytes()
        content = whole[:100] + b"\xff" * (len(whole) - 100)
    path.write_bytes(content)
    with pytest.raises(StateCorruptError, match="damaged") as caught:
        StateFile(path).create_topics(["more"])
    assert str(path) in str(caught.value)


def test_a_reader_of_an_empty_file_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "marsad.db").touch()
    with pytest.raises(OperatorError, match="are not there yet: start «marsad run»"):
        StateFile(tmp_path / "marsad.db", writable=False)


def test_a_reader_needs_no_right_to_write_and_gets_none(file: StateFile) -> None:
    SqliteLog(file).append(TOPIC, [Record(b"k", b"v")])
    reader = StateFile(file.path, writable=False)
    assert SqliteLog(reader).read({HERE: 0}, 1, 0)[0].value == b"v"
    with pytest.raises(StateUnwritableError), reader.transaction() as tx:
        tx.execute("INSERT INTO thing VALUES ('a')")
    with file.transaction(), pytest.raises(OperatorError, match="«other» are not there yet"):
        reader.install(Schema("other", 1, "CREATE TABLE other (x)"))  # it waits for no writer either
    reader.close()
    with pytest.raises(StateUnwritableError):
        StateFile(file.path.with_name("nowhere.db"), writable=False)
    assert not file.path.with_name("nowhere.db").exists()


def test_nothing_is_written_once_the_file_is_closed(file: StateFile) -> None:
    file.close()
    with pytest.raises(RuntimeError, match="is closed"), file.transaction():
        pass


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateUnwritableError, match="nowhere"):
        StateFile(tmp_path / "nowhere" / "marsad.db")


def test_a_full_disk_is_an_error_to_wait_out_and_nothing_is_half_done(file: StateFile) -> None:
    limit = file.connection().execute("PRAGMA page_count").fetchone()[0]
    file.connection().execute(f"PRAGMA max_page_count = {limit}")
    with pytest.raises(StateFullError, match="full"), file.transaction() as tx:
        tx.execute("INSERT INTO thing VALUES ('a')")
        with tx.attempt():
            tx.append(TOPIC, [Record(b"k", b"v" * 500_000)])
    file.connection().execute("PRAGMA max_page_count = 1000000")
    assert count(file) == (0, 0, 0)


def test_sql_that_is_wrong_stays_a_bug(file: StateFile) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        file.rows("SELECT * FROM missing")


WRITER = """
import sys
from pathlib import Path
from marsad.message import Partition, Record
from marsad.statefile import StateFile
file = StateFile(Path(sys.argv[1]))
while True:
    with file.transaction() as tx:
        tx.execute("INSERT INTO thing VALUES ('a')")
        tx.append("things", [Record(b"k", b"x" * 5_000)] * 3)
        (position,) = tx.execute("SELECT coalesce(max(next), 0) FROM position").fetchone()
        tx.advance("stage", {Partition("things", 0): position + 1})
    print("committed", flush=True)
"""


@pytest.mark.faults
def test_a_kill_at_any_moment_leaves_state_output_and_position_equal(file: StateFile) -> None:
    for pause in (0.0, 0.01, 0.02, 0.05, 0.08):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file.path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "committed\n"
            time.sleep(pause)
            writer.kill()
        things, messages, position = count(file)
        assert things == position
        assert messages == 3 * things
        assert things > 0
