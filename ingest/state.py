"""The tables of ingest in the state file: its feeds, and of every feed the articles that it has brought."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

import msgspec

from ingest.decide import EntryState, FeedState, Known, PollIntent
from ingest.lists import Listed
from ingest.shards import WHOLE, Shard
from ingest.urls import twin_key
from marsad.article import digest
from marsad.errors import OperatorError
from marsad.statefile import Schema, StateFile, Transaction

SCHEMA: Final = Schema(
    "ingest",
    2,
    """
    CREATE TABLE IF NOT EXISTS feed (
        id TEXT PRIMARY KEY, url TEXT NOT NULL UNIQUE, title TEXT NOT NULL, own_title TEXT NOT NULL,
        added INTEGER NOT NULL, active INTEGER NOT NULL,
        etag TEXT NOT NULL, last_modified TEXT NOT NULL, content_digest TEXT NOT NULL,
        next_poll INTEGER NOT NULL, failures INTEGER NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL, error TEXT,
        last_success INTEGER, polls INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS feed_due ON feed (active, next_poll);
    CREATE TABLE IF NOT EXISTS entry (
        feed_id TEXT NOT NULL, article_id TEXT NOT NULL, version INTEGER NOT NULL, first_seen INTEGER NOT NULL,
        month TEXT NOT NULL, initial INTEGER NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (article_id, feed_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS entry_key (
        feed_id TEXT NOT NULL, key TEXT NOT NULL, article_id TEXT NOT NULL,
        PRIMARY KEY (feed_id, key, article_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS entry_seen (
        feed_id TEXT NOT NULL, article_id TEXT NOT NULL, day INTEGER NOT NULL,
        PRIMARY KEY (feed_id, article_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS entry_seen_day ON entry_seen (day);
    CREATE INDEX IF NOT EXISTS entry_key_article ON entry_key (feed_id, article_id);
    CREATE TABLE IF NOT EXISTS starting_list (decided INTEGER NOT NULL) STRICT;
    """,
)
"""An `entry_key` is one of `ingest.decide.keys_of`; `entry_seen` says about when an entry was last in its feed's document, in
days since 1970; `starting_list` has a row once it is decided whether the list that ships is imported. About 1 kB an article.
"""

DAY_MS: Final = 86_400_000
SEEN_STEP: Final = 7
"""Days after which the day is written anew: a feed's document changes every few minutes, and this every week."""
FORGOTTEN_AFTER: Final = 400
"""Days for which an entry that has left its feed's document is remembered: a year, since some feeds bring old texts again."""
FORGOTTEN_AT_ONCE: Final = 200

FEED_FIELDS: Final = FeedState.__struct_fields__
ENTRY_FIELDS: Final = EntryState.__struct_fields__


def feed_id(url: str) -> str:
    """The id given to a feed when it is added under this address; it keeps it when it moves."""
    return digest("feed", url)[:12]


def add_feed(tx: Transaction, *, url: str, title: str, now: int, spread: int = 0) -> str:
    """Add a feed and give its id; OperatorError where the address is known. `url` is from `feed_address`.

    It is due at once, or where many are added together at some time within `spread` ms.
    """
    id = feed_id(url)  # noqa: A001 - it is the id
    feed = FeedState(id=id, url=url, title=title, added=now, next_poll=now + (int(id, 16) % spread if spread else 0))
    places = ", ".join(f":{name}" for name in FEED_FIELDS)
    try:
        tx.execute(f"INSERT INTO feed ({', '.join(FEED_FIELDS)}) VALUES ({places})", msgspec.structs.asdict(feed))
    except sqlite3.IntegrityError as error:
        raise OperatorError(f"the feed {url} is there already") from error
    return feed.id


def add_listed(tx: Transaction, feeds: Iterable[Listed], *, now: int, spread: int, shard: Shard = WHOLE) -> int:
    """Add the feeds of a list that are ours and not there yet under this address or a twin of it; gives how many were added."""
    known = {twin_key(row[0]) for row in tx.execute("SELECT url FROM feed")}
    added = 0
    for feed in feeds:
        if (key := twin_key(feed.url)) in known or not shard.holds(feed.url):
            continue
        known.add(key)
        try:
            add_feed(tx, url=feed.url, title=feed.title, now=now, spread=spread)
        except OperatorError:  # it was added under this address, and has moved since
            continue
        added += 1
    return added


def remove_feed(tx: Transaction, feed: FeedState) -> None:
    """Poll a feed no more. What it has brought is remembered: added again it tells none of that a second time."""
    tx.execute("DELETE FROM feed WHERE id = ?", (feed.id,))


def decide_starting_list(tx: Transaction, now: int) -> bool:
    """Whether the starting list is to be imported: once for a file, and only where nobody has added a feed before."""
    if tx.execute("SELECT 1 FROM starting_list").fetchone():
        return False
    tx.execute("INSERT INTO starting_list VALUES (?)", (now,))
    return tx.execute("SELECT 1 FROM feed").fetchone() is None


def starting_list_decided(file: StateFile) -> bool:
    """Whether `decide_starting_list` has been called for this file."""
    return bool(file.rows("SELECT 1 FROM starting_list"))


def articles_seen(file: StateFile) -> dict[str, int]:
    """How many articles are remembered of each feed that brought any."""
    return {row[0]: row[1] for row in file.rows("SELECT feed_id, count(*) FROM entry GROUP BY feed_id")}


def address_taken(tx: Transaction, url: str, id: str) -> bool:  # noqa: A002 - it is the id
    """Whether another feed than this has the address."""
    return tx.execute("SELECT 1 FROM feed WHERE url = ? AND id <> ?", (url, id)).fetchone() is not None


def list_feeds(file: StateFile) -> list[FeedState]:
    """All feeds, in the order they were added."""
    return [_feed(row) for row in file.rows(f"SELECT {', '.join(FEED_FIELDS)} FROM feed ORDER BY added, url")]


def due_feeds(file: StateFile, now: int, limit: int) -> list[FeedState]:
    """Active feeds whose next poll is at or before `now`, the longest waiting first."""
    sql = (
        f"SELECT {', '.join(FEED_FIELDS)} FROM feed WHERE active = 1 AND next_poll <= ? ORDER BY next_poll, id LIMIT ?"
    )
    return [_feed(row) for row in file.rows(sql, (now, limit))]


def next_due(file: StateFile) -> int | None:
    """When the next active feed is due, in ms; None without feeds."""
    found: int | None = file.rows("SELECT min(next_poll) FROM feed WHERE active = 1")[0][0]
    return found


def make_due(tx: Transaction, now: int) -> None:
    """Let every active feed be due now."""
    tx.execute("UPDATE feed SET next_poll = ? WHERE active = 1", (now,))


def feed_now(tx: Transaction, id: str) -> FeedState | None:  # noqa: A002 - it is the id
    """The feed as it stands in this transaction; None when it is gone."""
    row = tx.execute(f"SELECT {', '.join(FEED_FIELDS)} FROM feed WHERE id = ?", (id,)).fetchone()
    return None if row is None else _feed(row)


def known(tx: Transaction, feed: str, *, keys: Iterable[str], ids: Iterable[str]) -> Known:
    """What is remembered under these keys of the feed, and under these article ids of any feed."""
    columns = ", ".join(f"entry.{name}" for name in ENTRY_FIELDS)
    by_key: dict[str, tuple[str, ...]] = {}
    by_id: dict[str, EntryState] = {}
    for row in tx.execute(
        f"SELECT entry_key.key, {columns} FROM entry_key JOIN entry USING (feed_id, article_id) "
        "WHERE entry_key.feed_id = ? AND entry_key.key IN (SELECT value FROM json_each(?)) ORDER BY entry.version DESC",
        (feed, json.dumps(list(keys))),
    ):
        entry = _entry(row)
        by_key[row["key"]] = (*by_key.get(row["key"], ()), entry.article_id)
        by_id[entry.article_id] = entry
    rows = tx.execute(
        f"SELECT entry.feed_id, {columns} FROM entry WHERE article_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    ).fetchall()
    by_id |= {row["article_id"]: _entry(row) for row in rows if row["feed_id"] == feed}
    return Known(by_key, by_id, frozenset(row["article_id"] for row in rows if row["feed_id"] != feed))


def save(tx: Transaction, intent: PollIntent) -> None:
    """Write the feed and the entries of one poll; title and activity are the operator's and stay."""
    feed = intent.feed
    fields = [name for name in FEED_FIELDS if name not in {"id", "title", "added", "active"}]
    tx.execute(
        f"UPDATE feed SET {', '.join(f'{name} = :{name}' for name in fields)} WHERE id = :id",
        msgspec.structs.asdict(feed),
    )
    tx.executemany(
        f"INSERT OR REPLACE INTO entry (feed_id, {', '.join(ENTRY_FIELDS)}) VALUES (?{', ?' * len(ENTRY_FIELDS)})",
        [(feed.id, *msgspec.structs.astuple(entry)) for entry in intent.entries],
    )
    tx.executemany(
        "INSERT OR IGNORE INTO entry_key (feed_id, key, article_id) VALUES (?, ?, ?)",
        [(feed.id, key, article) for key, article in intent.keys],
    )
    if intent.keys:
        day = (feed.last_success or 0) // DAY_MS
        _see(tx, feed.id, {article for _, article in intent.keys}, day)
        _forget(tx, feed.id, day - FORGOTTEN_AFTER)


def _see(tx: Transaction, feed: str, articles: Iterable[str], day: int) -> None:
    tx.executemany(
        "INSERT INTO entry_seen VALUES (?, ?, ?) "
        f"ON CONFLICT DO UPDATE SET day = excluded.day WHERE excluded.day NOT BETWEEN day AND day + {SEEN_STEP - 1}",
        [(feed, article, day) for article in articles],
    )


def _forget(tx: Transaction, feed: str, before: int) -> None:
    """Forget some entries that have not been in the documents of this feed, or of one that is removed, since that day.

    Only here, after a document was read and what is in it was seen: a feed that says nothing new for years, or is away,
    keeps its entries.
    """
    old = tx.execute(
        "SELECT feed_id, article_id FROM entry_seen "
        "WHERE day < ? AND (feed_id = ? OR feed_id NOT IN (SELECT id FROM feed)) LIMIT ?",
        (before, feed, FORGOTTEN_AT_ONCE),
    ).fetchall()
    for table in ("entry_key", "entry", "entry_seen"):
        tx.executemany(f"DELETE FROM {table} WHERE feed_id = ? AND article_id = ?", [tuple(row) for row in old])


def _feed(row: sqlite3.Row) -> FeedState:
    return msgspec.convert(dict(row), FeedState, strict=False)


def _entry(row: sqlite3.Row) -> EntryState:
    return msgspec.convert({name: row[name] for name in ENTRY_FIELDS}, EntryState, strict=False)
