"""The SQLite file of a process: its message log, its positions and its stages' tables, written in one transaction.

A stage's output, its state and its position are committed together or not at all, so a process may be killed at any point.
One process writes at a time (`marsad.lock`); its threads take turns on a lock of ours, because SQLite's own back-off lets single
writes wait for half a second. Other processes may read, and now and then write. Never do slow work inside a transaction.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from marsad.clock import now_ms
from marsad.errors import (
    MarsadError,
    OperatorError,
    StateBusyError,
    StateCorruptError,
    StateFullError,
    StateUnwritableError,
    TooLargeError,
    UnknownTopicError,
)
from marsad.message import Partition, Record

SqlValue: TypeAlias = str | bytes | int | float | None
SqlParameters: TypeAlias = Sequence[SqlValue] | Mapping[str, SqlValue]

LARGEST_MESSAGE: Final = 1_000_000
"""Most bytes of key and value together that a log takes; the same limit holds for every log."""
BUSY_TIMEOUT_MS: Final = 5_000
FOREIGN_LOOK_S: Final = 0.25
"""How often a waiting reader looks whether another process has committed."""


class Schema(NamedTuple):
    """The tables of one module. A changed `ddl` needs a higher `version` and the statements that bring older files up to it."""

    name: str
    version: int
    ddl: str


LOG_SCHEMA = Schema(
    "log",
    1,
    """
    CREATE TABLE IF NOT EXISTS topic (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
        start INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0, last_time INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE IF NOT EXISTS message (
        topic INTEGER NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX IF NOT EXISTS message_place ON message (topic, offset);
    CREATE INDEX IF NOT EXISTS message_time ON message (topic, time, offset);
    CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL) STRICT;
    INSERT INTO identity SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM identity);
    CREATE TABLE IF NOT EXISTS position (
        consumer TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL,
        PRIMARY KEY (consumer, topic, partition)
    ) STRICT, WITHOUT ROWID;
    """,
)


class Mark(NamedTuple):
    """What a reader had seen of commits when it looked: those of its own process, and those of others."""

    own: int
    foreign: int


class StateFile:
    """One SQLite file. Every thread has a connection of its own; all are closed by `close`."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], int] = now_ms,
        largest_message: int = LARGEST_MESSAGE,
        synchronous: str = "FULL",
        writable: bool = True,
    ) -> None:
        """Open the file, or create it where it is to be writable; one that is not needs no lock, no room and no right to write.

        `synchronous` is SQLite's: with FULL a power cut loses nothing that was committed.
        """
        self.path = path
        self.clock = clock
        self.largest_message = largest_message
        self._synchronous = synchronous
        self._writable = writable
        self._closed = False
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        self._committed = threading.Condition()
        self._commits = 0
        self.install(LOG_SCHEMA)

    def install(self, schema: Schema) -> None:
        """Create the tables of a module where they are missing; refuses a file that a newer marsad has written."""
        if not self._writable:
            begun = self.rows("SELECT 1 FROM sqlite_master WHERE name = 'schema'")
            self._check(schema, self.rows("SELECT version FROM schema WHERE name = ?", (schema.name,)) if begun else [])
            return
        with self.transaction() as tx:
            tx.execute("CREATE TABLE IF NOT EXISTS schema (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT")
            self._check(schema, tx.execute("SELECT version FROM schema WHERE name = ?", (schema.name,)).fetchall())
            for statement in filter(str.strip, schema.ddl.split(";")):
                tx.execute(statement)
            tx.execute("INSERT OR REPLACE INTO schema VALUES (?, ?)", (schema.name, schema.version))

    def _check(self, schema: Schema, found: Sequence[sqlite3.Row]) -> None:
        if found and found[0]["version"] > schema.version:
            raise OperatorError(
                f"{self.path}: the tables «{schema.name}» have version {found[0]['version']}, and this marsad knows up to "
                f"{schema.version}: the file was written by a newer marsad; upgrade this one"
            )
        if not found and not self._writable:
            raise OperatorError(
                f"{self.path}: the tables «{schema.name}» are not there yet: start «marsad run» on this data directory once"
            )

    @property
    def identity(self) -> str:
        """What tells this file from any other, and from the one that takes its place when it is lost."""
        return str(self.rows("SELECT id FROM identity")[0]["id"])

    def create_topics(self, names: Iterable[str]) -> None:
        """Create the topics that are missing."""
        with self.transaction() as tx:
            tx.executemany("INSERT OR IGNORE INTO topic (name) VALUES (?)", [(name,) for name in names])

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """One unit of work: committed whole at the end of the block, or rolled back when it raises."""
        connection = self.connection()
        nested = connection.in_transaction
        if nested:
            raise RuntimeError("a transaction inside a transaction of the same thread")
        with self._writing, self.translated():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self, connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        with self._committed:
            self._commits += 1
            self._committed.notify_all()

    def rows(self, sql: str, parameters: SqlParameters = ()) -> list[sqlite3.Row]:
        """The rows of a query, read to the end: an open cursor would keep the write-ahead log growing."""
        with self.translated():
            return self.connection().execute(sql, parameters).fetchall()

    def used_bytes(self) -> int:
        """Bytes of the file that hold something; what was deleted and is not yet given back does not count."""
        (used,) = self.rows(
            "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        )
        return int(used[0])

    def shrink(self, pages: int = 2_000) -> int:
        """Give up to so many free pages back to the disk; returns how many went. Takes a moment for each thousand."""
        before = self.rows("PRAGMA freelist_count")[0][0]
        with self._writing, self.translated():
            # executescript steps the statement to its end: execute would free a single page.
            self.connection().executescript(f"PRAGMA incremental_vacuum({pages})")
        with self._committed:
            self._commits += 1
            self._committed.notify_all()
        return max(0, int(before - self.rows("PRAGMA freelist_count")[0][0]))

    def positions(self, consumer: str) -> dict[Partition, int]:
        """Where a consumer goes on reading."""
        found = self.rows("SELECT topic, partition, next FROM position WHERE consumer = ?", (consumer,))
        return {Partition(row["topic"], row["partition"]): row["next"] for row in found}

    def mark(self) -> Mark:
        """Take this before looking for something new, and give it to `wait` when nothing was found: no commit is missed."""
        with self.translated():
            return Mark(self._commits, self.connection().execute("PRAGMA data_version").fetchone()[0])

    def wait(self, mark: Mark, timeout: float) -> None:
        """Return once anything has been committed since the mark was taken, or after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            with self._committed:
                if self._commits != mark.own or self._committed.wait_for(
                    lambda: self._commits != mark.own, min(left, FOREIGN_LOOK_S)
                ):
                    return
            if self.mark().foreign != mark.foreign:
                return

    def close(self) -> None:
        """Close the connections of all threads; the last one out folds the write-ahead log into the file."""
        self._closed = True
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            if self._closed:
                raise RuntimeError(f"{self.path} is closed")
            found = self._local.connection = self._connect()
            self._connections.append(found)
        return found

    def _connect(self) -> sqlite3.Connection:
        if not self._writable:
            return self._connect_to_read()
        with self.translated():
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            # auto_vacuum has to be set before the journal mode, or it stays off.
            connection.executescript(
                f"""
                PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};
                PRAGMA auto_vacuum = INCREMENTAL;
                PRAGMA journal_mode = WAL;
                PRAGMA journal_size_limit = 16777216;
                PRAGMA synchronous = {self._synchronous};
                PRAGMA foreign_keys = ON;
                """
            )
            return connection

    def _connect_to_read(self) -> sqlite3.Connection:
        """A connection that writes nothing; a file without a write-ahead log is read where nothing may be written, too."""
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        if not self.path.with_name(f"{self.path.name}-wal").exists() and not os.access(self.path.parent, os.W_OK):
            address += "&immutable=1"
        with self.translated():
            connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            connection.execute("SELECT 1 FROM sqlite_master")
            return connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """SQLite's errors, as what the caller may do about them."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            known = _marsad_error(error, self.path)
            if known is None:
                raise
            raise known from error


class Transaction:
    """A transaction of a state file, good until its block ends."""

    def __init__(self, file: StateFile, connection: sqlite3.Connection) -> None:
        self._file = file
        self._connection = connection

    def execute(self, sql: str, parameters: SqlParameters = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[SqlParameters]) -> None:
        """Run one statement for each row."""
        self._connection.executemany(sql, rows)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that is undone alone when it raises; the rest of the transaction stays."""
        self.execute("SAVEPOINT attempt")
        try:
            with self._file.translated():
                yield
        except BaseException:
            if self._connection.in_transaction:  # a full disk rolls everything back by itself
                self.execute("ROLLBACK TO attempt")
                self.execute("RELEASE attempt")
            raise
        self.execute("RELEASE attempt")

    def append(self, topic: str, records: Sequence[Record]) -> None:
        """Append to a topic of this file's log; TooLargeError, with nothing appended, where one record is over the limit."""
        for record in records:
            check_size(topic, record, self._file.largest_message)
        row = self.execute("SELECT id, next, last_time FROM topic WHERE name = ?", (topic,)).fetchone()
        if row is None:
            raise UnknownTopicError(f"{self._file.path} has no topic «{topic}»")
        number, first, last_time = row
        now = max(self._file.clock(), last_time)  # time never goes back within a topic, whatever the clock does
        self.executemany(
            "INSERT INTO message (topic, offset, time, key, value) VALUES (?, ?, ?, ?, ?)",
            [(number, offset, now, record.key, record.value) for offset, record in enumerate(records, first)],
        )
        self.execute("UPDATE topic SET next = ?, last_time = ? WHERE id = ?", (first + len(records), now, number))

    def advance(self, consumer: str, positions: Mapping[Partition, int]) -> None:
        """Move a consumer's positions."""
        self.executemany(
            "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)",
            [(consumer, partition.topic, partition.number, offset) for partition, offset in positions.items()],
        )


def check_size(topic: str, record: Record, limit: int) -> None:
    """TooLargeError where key and value together are over the limit in bytes."""
    size = len(record.key) + len(record.value)
    if size > limit:
        key = record.key[:64].decode(errors="replace")
        raise TooLargeError(f"a message of {size} bytes for {topic} (key {key}) is over the limit of {limit}")


def _marsad_error(error: sqlite3.DatabaseError, path: Path) -> MarsadError | None:
    """The error of ours for one of SQLite's; None for a fault in our own SQL."""
    code = getattr(error, "sqlite_errorcode", None)
    match None if code is None else code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StateFullError(f"{path}: the disk is full; nothing is lost, it goes on once there is room")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StateBusyError(f"{path}: another process held the file for over {BUSY_TIMEOUT_MS / 1000:.0f} s")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StateCorruptError(
                f"{path}: the file is damaged ({error}): stop marsad, put a backup in its place, or move it away to start anew"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StateUnwritableError(
                f"{path}: cannot be opened for writing ({error}): check that the directory exists and who may write there"
            )
        case sqlite3.SQLITE_IOERR:
            return StateFullError(f"{path}: the disk refused to read or write ({error})")
        case _:
            return None
