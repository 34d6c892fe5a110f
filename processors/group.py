"""The stage that joins articles into stories; its state is in the state file, so that a story is decided once."""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

import msgspec

from marsad.annotation import AnnotatedArticle, Membership, StoryArticle
from marsad.codec import decode, encode
from marsad.message import Message, Partition, Record
from marsad.statefile import Schema, StateFile, Transaction
from marsad.topics import ANNOTATED, STORIES, Topic
from processors.fingerprint import Fingerprint
from processors.likeness import Counts, Gist
from processors.stories import (
    ARTICLE_KEPT_MS,
    BEARERS,
    MEMBERS,
    SLICE,
    WINDOWS_KEPT,
    Decision,
    Kept,
    Rules,
    StoryData,
    decide,
    story_data,
)

SCHEMA: Final = Schema(
    "stories",
    1,
    """
    CREATE TABLE IF NOT EXISTS story_article (
        number INTEGER PRIMARY KEY AUTOINCREMENT, article TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
        story TEXT NOT NULL, time INTEGER NOT NULL, whole INTEGER, sketch BLOB, gist BLOB, membership BLOB NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS story_article_sketched ON story_article (version) WHERE sketch IS NOT NULL;
    CREATE INDEX IF NOT EXISTS story_article_version ON story_article (version);
    CREATE INDEX IF NOT EXISTS story_article_story ON story_article (story, number) WHERE sketch IS NOT NULL;
    CREATE INDEX IF NOT EXISTS story_article_all ON story_article (story, number, time);
    CREATE INDEX IF NOT EXISTS story_article_whole ON story_article (whole, number) WHERE whole IS NOT NULL;
    CREATE TABLE IF NOT EXISTS story_bearer (
        key INTEGER NOT NULL, article INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (key, article)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS story_word (word INTEGER PRIMARY KEY, articles INTEGER NOT NULL) STRICT;
    """,
)
REBUILT: Final = "group rebuilt"
"""The consumer whose positions say up to where annotated articles were decided before a rebuild."""
ALL_ARTICLES: Final = -1
"""The word that counts every article; keys of words are not negative."""

_gists = msgspec.msgpack.Decoder(Gist)
_memberships = msgspec.msgpack.Decoder(Membership)


class StorySize(NamedTuple):
    """A story in numbers."""

    story: str
    articles: int
    first: int
    """The earliest time of its articles, in ms."""
    last: int


def latest_stories(file: StateFile, limit: int) -> list[StorySize]:
    """The stories with the latest articles, the latest first."""
    file.install(SCHEMA)
    rows = file.rows(
        """
        SELECT story, count(*) AS articles, min(time) AS first, max(time) AS last FROM story_article
        GROUP BY story ORDER BY last DESC, story LIMIT ?
        """,
        (limit,),
    )
    return [StorySize(*row) for row in rows]


def newest_members(file: StateFile, story: str, limit: int) -> list[str]:
    """The ids of the last articles of a story, in order of arrival."""
    rows = file.rows("SELECT article FROM story_article WHERE story = ? ORDER BY number DESC LIMIT ?", (story, limit))
    return [row[0] for row in reversed(rows)]


class GroupItem:
    """A prepared message: where it stood, the annotated article, and what deciding needs of it."""

    def __init__(self, message: Message, annotated: AnnotatedArticle) -> None:
        self.partition = message.partition
        self.offset = message.offset
        self.annotated = annotated
        self.data = story_data(annotated)


class GroupStage:
    """Joins each article to a story, or opens one.

    A version that it has already, annotated anew perhaps, passes with the membership that was decided; an older one is dropped.
    """

    name = "group"
    source: Topic = ANNOTATED

    def __init__(self, file: StateFile, rules: Rules = Rules()) -> None:  # noqa: B008 - a value that never changes
        self._rules = rules
        file.install(SCHEMA)

    def prepare(self, message: Message) -> GroupItem:
        """The article and what was read of it; UndecodableError where the message is none."""
        return GroupItem(message, decode(message.value, AnnotatedArticle))

    def decide(self, tx: Transaction, item: GroupItem) -> list[tuple[Topic, Record]]:
        """The article with its story, which is decided here and never again; nothing where it was taken over in a rebuild."""
        memory = StoryTables(tx)
        membership = memory.recalled(item.data.article, item.data.version)
        if membership is not None and item.offset < memory.rebuilt_up_to(item.partition):
            return []
        if membership is None:
            decision = decide(item.data, memory, self._rules)
            if decision is None:
                return []
            memory.remember(item.data, decision)
            memory.prune(item.data.version, self._rules)
            membership = decision.membership
        value = encode(StoryArticle(annotated=item.annotated, membership=membership))
        return [(STORIES, Record(item.data.article.encode(), value))]

    def restore(self, tx: Transaction, message: Message) -> None:
        """Take over a decision from marsad.stories, where the state file was lost."""
        decided = decode(message.value, StoryArticle)
        data = story_data(decided.annotated)
        memory = StoryTables(tx)
        again = decide(data, memory, self._rules)
        if again is not None:
            memory.remember(data, again._replace(membership=decided.membership))
            memory.prune(data.version, self._rules)


class StoryTables:
    """The memory of stories in a state file, for one decision."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._read: dict[int, Kept] = {}

    def recalled(self, article: str, version: int) -> Membership | None:
        """What was decided on this very version."""
        row = self._tx.execute(
            "SELECT membership FROM story_article WHERE article = ? AND version = ?", (article, version)
        ).fetchone()
        return None if row is None else _memberships.decode(row["membership"])

    def rebuilt_up_to(self, partition: Partition) -> int:
        """Before which offset an article that is known is in marsad.stories already; 0 where nothing was rebuilt."""
        row = self._tx.execute(
            "SELECT next FROM position WHERE consumer = ? AND topic = ? AND partition = ?",
            (REBUILT, partition.topic, partition.number),
        ).fetchone()
        return 0 if row is None else int(row["next"])

    def known(self, article: str) -> tuple[int, str] | None:
        """As `Memory` says."""
        row = self._tx.execute("SELECT version, story FROM story_article WHERE article = ?", (article,)).fetchone()
        return None if row is None else (row["version"], row["story"])

    def repeated(self, whole: int, first: int, last: int) -> tuple[str, str, int] | None:
        """As `Memory` says."""
        row = self._tx.execute(
            """
            SELECT article, story, time
            FROM (SELECT * FROM story_article WHERE whole = ? ORDER BY number DESC LIMIT ?)
            WHERE time BETWEEN ? AND ? ORDER BY number DESC LIMIT 1
            """,
            (whole, BEARERS, first, last),
        ).fetchone()
        return None if row is None else (row["article"], row["story"], row["time"])

    def counts(self, words: Sequence[int]) -> Counts:
        """As `Memory` says."""
        found: dict[int, int] = {}
        for word in (ALL_ARTICLES, *words):
            row = self._tx.execute("SELECT articles FROM story_word WHERE word = ?", (word,)).fetchone()
            if row is not None:
                found[word] = row[0]
        return Counts(found.pop(ALL_ARTICLES, 0), found)

    def bearers(self, key: int, first: int, last: int) -> list[int]:
        """As `Memory` says."""
        found = self._tx.execute(
            """
            SELECT article FROM (SELECT article, time FROM story_bearer WHERE key = ? ORDER BY article DESC LIMIT ?)
            WHERE time BETWEEN ? AND ?
            """,
            (key, BEARERS, first, last),
        ).fetchall()
        return [row[0] for row in found]

    def kept(self, number: int) -> Kept:
        """As `Memory` says."""
        if number in self._read:
            return self._read[number]
        row = self._tx.execute("SELECT * FROM story_article WHERE number = ?", (number,)).fetchone()
        found = self._read[number] = Kept(
            row["article"],
            row["story"],
            row["time"],
            partial(Fingerprint.unpack, row["sketch"]),
            partial(_gists.decode, row["gist"]),
        )
        return found

    def members(self, story: str, first: int, last: int) -> list[Kept]:
        """As `Memory` says."""
        numbers: set[int] = set()
        for order, looked_at, taken in (("ASC", MEMBERS, 1), ("DESC", MEMBERS - 1, MEMBERS - 1)):
            found = self._tx.execute(
                f"""
                SELECT number FROM (
                    SELECT number, time FROM story_article WHERE story = ? AND sketch IS NOT NULL ORDER BY number {order} LIMIT ?
                ) WHERE time BETWEEN ? AND ? ORDER BY number {order} LIMIT ?
                """,
                (story, looked_at, first, last, taken),
            ).fetchall()
            numbers.update(row[0] for row in found)
        return [self.kept(number) for number in sorted(numbers)]

    def remember(self, data: StoryData, decision: Decision) -> None:
        """Keep the newest version in place of an older one."""
        row = self._tx.execute("SELECT * FROM story_article WHERE article = ?", (data.article,)).fetchone()
        if row is not None:
            self._forget(row["number"], row["sketch"], row["gist"])
        gist = decision.gist
        number = self._tx.execute(
            """
            INSERT INTO story_article (article, version, story, time, whole, sketch, gist, membership)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (article) DO UPDATE SET version = excluded.version, time = excluded.time, whole = excluded.whole,
                sketch = excluded.sketch, gist = excluded.gist, membership = excluded.membership
            RETURNING number
            """,
            (
                data.article,
                data.version,
                decision.membership.story,
                data.time,
                data.whole,
                None if gist is None else data.fingerprint.pack(),
                None if gist is None else msgspec.msgpack.encode(gist),
                msgspec.msgpack.encode(decision.membership),
            ),
        ).fetchall()[0]["number"]
        if gist is not None:
            keys = dict.fromkeys((*data.fingerprint.indexed, *gist.indexed))
            self._tx.executemany("INSERT INTO story_bearer VALUES (?, ?, ?)", [(it, number, data.time) for it in keys])
            self._tx.executemany(
                "INSERT INTO story_word VALUES (?, 1) ON CONFLICT (word) DO UPDATE SET articles = articles + 1",
                [(it,) for it in (ALL_ARTICLES, *gist.indexed)],
            )

    def _forget(self, number: int, sketch: bytes | None, packed: bytes | None) -> None:
        if sketch is None or packed is None:
            return
        words = _gists.decode(packed).indexed
        keys = (*Fingerprint.unpack(sketch).indexed, *words)
        self._tx.executemany("DELETE FROM story_bearer WHERE key = ? AND article = ?", [(it, number) for it in keys])
        counted = [(it,) for it in (ALL_ARTICLES, *words)]
        self._tx.executemany("UPDATE story_word SET articles = articles - 1 WHERE word = ?", counted)
        self._tx.executemany("DELETE FROM story_word WHERE word = ? AND articles <= 0", counted)

    def prune(self, fetched: int, rules: Rules) -> None:
        """Forget a slice of the sketches that are no longer compared, and of the articles too old to be edited."""
        old = self._tx.execute(
            """
            SELECT number, sketch, gist FROM story_article WHERE sketch IS NOT NULL AND version < ?
            ORDER BY version, number LIMIT ?
            """,
            (fetched - WINDOWS_KEPT * rules.window_ms, SLICE),
        ).fetchall()
        for row in old:
            self._forget(row["number"], row["sketch"], row["gist"])
        self._tx.executemany(
            "UPDATE story_article SET sketch = NULL, gist = NULL WHERE number = ?", [(row["number"],) for row in old]
        )
        self._tx.execute(
            """
            DELETE FROM story_article WHERE number IN (
                SELECT number FROM story_article WHERE version < ? AND sketch IS NULL ORDER BY version, number LIMIT ?
            )
            """,
            (fetched - ARTICLE_KEPT_MS, SLICE),
        )
