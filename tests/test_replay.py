"""Dead letters and stretches of the log, into the log again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marsad.codec import encode
from marsad.message import DEAD_LETTER_SOURCE_LIMIT, Message, Partition, Record, dead_letter
from marsad.messagelog.sqlite import SqliteLog
from marsad.replay import SCHEMA, SLICE, ends, newest, replay_letters, stretch, waiting_letters
from marsad.statefile import StateFile
from marsad.topics import ALL, ARTICLES, DEADLETTER


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db")
    made.create_topics(topic.name for topic in ALL)
    made.install(SCHEMA)
    yield made
    made.close()


def put(file: StateFile, *values: bytes) -> None:
    SqliteLog(file).append(ARTICLES.name, [Record(b"key", value) for value in values])


def give_up(file: StateFile, offset: int, *, stage: str = "annotate") -> None:
    log = SqliteLog(file)
    (message,) = log.read({Partition(ARTICLES.name, 0): offset}, 1, 0)
    log.append(DEADLETTER.name, [Record(message.key, encode(dead_letter(stage, message, "bad")))])


def values(file: StateFile) -> list[bytes]:
    return [message.value for message in stretch(SqliteLog(file), ARTICLES)]


def test_a_dead_letter_is_replayed_once(file: StateFile) -> None:
    put(file, b"a", b"bad", b"c")
    give_up(file, 1)
    letters = list(waiting_letters(file, SqliteLog(file)))
    assert [(one.letter.offset, one.record) for one in letters] == [(1, Record(b"key", b"bad"))]
    assert replay_letters(file, letters) == 1
    assert values(file) == [b"a", b"bad", b"c", b"bad"]
    assert list(waiting_letters(file, SqliteLog(file))) == []
    replay_letters(file, letters)
    assert values(file) == [b"a", b"bad", b"c", b"bad"]


def test_the_source_is_taken_from_the_letter_where_the_log_has_it_no_more(file: StateFile) -> None:
    put(file, b"bad", b"x" * (DEAD_LETTER_SOURCE_LIMIT + 1))
    give_up(file, 0)
    give_up(file, 1)
    SqliteLog(file).trim(ARTICLES.name, 2)
    whole, cut = waiting_letters(file, SqliteLog(file))
    assert whole.record == Record(b"key", b"bad")
    assert cut.record is None
    assert replay_letters(file, [whole, cut]) == 1
    assert [one.offset for one in waiting_letters(file, SqliteLog(file))] == [1]


def test_a_whole_source_over_the_letters_limit_is_taken_from_the_log(file: StateFile) -> None:
    put(file, b"x" * (DEAD_LETTER_SOURCE_LIMIT + 1))
    give_up(file, 0)
    (letter,) = waiting_letters(file, SqliteLog(file))
    assert letter.record is not None
    assert len(letter.record.value) == DEAD_LETTER_SOURCE_LIMIT + 1


def test_a_stretch_runs_over_slices_and_ends_where_it_was_asked_to(file: StateFile) -> None:
    put(file, *(str(number).encode() for number in range(SLICE + 50)))
    log, here = SqliteLog(file), Partition(ARTICLES.name, 0)
    assert len(list(stretch(log, ARTICLES))) == SLICE + 50
    assert [one.offset for one in stretch(log, ARTICLES, {here: 198}, {here: 202})] == [198, 199, 200, 201]
    assert [one.offset for one in stretch(log, ARTICLES, {here: 248}, {here: 999})] == [248, 249]
    log.trim(ARTICLES.name, 100)
    assert next(iter(stretch(log, ARTICLES, {here: 0}))).offset == 100


def test_of_each_key_the_last_is_replayed_so_that_replays_do_not_grow(file: StateFile) -> None:
    log, here = SqliteLog(file), Partition(ARTICLES.name, 0)
    log.append(ARTICLES.name, [Record(key, value) for key, value in ((b"a", b"1"), (b"b", b"1"), (b"a", b"2"))])
    for _ in range(3):
        again = list(newest(log, ARTICLES, {here: 0}, ends(log, ARTICLES)))
        assert [(one.key, one.value) for one in again] == [(b"b", b"1"), (b"a", b"2")]
        log.append(ARTICLES.name, [Record(one.key, one.value) for one in again])
    assert [one.offset for one in newest(log, ARTICLES, {here: 0}, {here: 2})] == [0, 1]


def test_a_letter_about_a_topic_that_is_no_more_is_shown_and_not_replayed(file: StateFile) -> None:
    message = Message(Partition("gone", 0), 0, 0, b"key", b"bad")
    SqliteLog(file).append(DEADLETTER.name, [Record(b"key", encode(dead_letter("old", message, "bad")))])
    (letter,) = waiting_letters(file, SqliteLog(file))
    assert letter.record is None
    assert replay_letters(file, [letter]) == 0
