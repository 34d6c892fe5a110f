"""The stage that joins articles into stories; its state is in the state file, so that a story is decided once."""

from collections import Counter
from typing import Final

from marsad.annotation import AnnotatedArticle, Membership, StoryArticle
from marsad.codec import decode, encode
from marsad.message import Message, Record
from marsad.statefile import Schema, StateFile, Transaction
from marsad.topics import ANNOTATED, STORIES, Topic
from processors.stories import (
    BEARERS,
    CANDIDATES,
    THRESHOLD,
    WINDOW_MS,
    Fingerprint,
    Known,
    StoryData,
    decide,
    story_data,
)

SCHEMA: Final = Schema(
    "stories",
    1,
    """
    CREATE TABLE IF NOT EXISTS story_article (
        number INTEGER PRIMARY KEY, article TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, story TEXT NOT NULL,
        time INTEGER NOT NULL, sketch BLOB
    ) STRICT;
    CREATE INDEX IF NOT EXISTS story_article_sketched ON story_article (version) WHERE sketch IS NOT NULL;
    CREATE INDEX IF NOT EXISTS story_article_version ON story_article (version);
    CREATE TABLE IF NOT EXISTS story_hash (
        hash INTEGER NOT NULL, article INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (hash, article)
    ) STRICT, WITHOUT ROWID;
    """,
)
DAY_MS: Final = 24 * 3600 * 1000
SKETCHES_KEPT: Final = 2
"""For how many windows after its fetch an article may be joined: one, and another for copies that are fetched late."""
ARTICLE_KEPT_MS: Final = 90 * DAY_MS
"""How long an article's story is remembered, so that a late edit stays in it."""
SLICE: Final = 20
"""Most rows that one article's turn prunes."""


class GroupItem:
    """A prepared message: the annotated article and what deciding needs of it."""

    def __init__(self, annotated: AnnotatedArticle) -> None:
        self.annotated = annotated
        self.data = story_data(annotated.article)


class GroupStage:
    """Joins each article to a story, or opens one; emits nothing for a version that it has, or a newer one of, already."""

    name = "group"
    source: Topic = ANNOTATED

    def __init__(self, file: StateFile, *, threshold: float = THRESHOLD, window_ms: int = WINDOW_MS) -> None:
        self._threshold = threshold
        self._window = window_ms
        file.install(SCHEMA)

    def prepare(self, message: Message) -> GroupItem:
        """The article and its fingerprint; UndecodableError where the message is none."""
        return GroupItem(decode(message.value, AnnotatedArticle))

    def decide(self, tx: Transaction, item: GroupItem) -> list[tuple[Topic, Record]]:
        """The article with its story, which is decided here and never again."""
        membership = self._membership(tx, item.data)
        if membership is None:
            return []
        _remember(tx, item.data, membership.story)
        _prune(tx, item.data.version, SKETCHES_KEPT * self._window)
        value = encode(StoryArticle(annotated=item.annotated, membership=membership))
        return [(STORIES, Record(item.data.article.encode(), value))]

    def restore(self, tx: Transaction, message: Message) -> None:
        """Take over a decision from marsad.stories, where the state file was lost."""
        decided = decode(message.value, StoryArticle)
        data = story_data(decided.article)
        known = _known(tx, data.article)
        if known is None or known[0] < data.version:
            _remember(tx, data, decided.membership.story)

    def _membership(self, tx: Transaction, data: StoryData) -> Membership | None:
        known = _known(tx, data.article)
        if known is None:
            return decide(data, _candidates(tx, data, self._window), self._threshold)
        version, story = known
        return None if version >= data.version else Membership(story=story, relation="edit")


def _known(tx: Transaction, article: str) -> tuple[int, str] | None:
    """Version and story of an article, where it was decided before."""
    row = tx.execute("SELECT version, story FROM story_article WHERE article = ?", (article,)).fetchone()
    return None if row is None else (row["version"], row["story"])


def _candidates(tx: Transaction, data: StoryData, window: int) -> list[Known]:
    """The articles inside the window that share the most indexed hashes, then the first that came."""
    shared: Counter[int] = Counter()
    for value in data.fingerprint.indexed:
        bearers = tx.execute(
            """
            SELECT article FROM (SELECT article, time FROM story_hash WHERE hash = ? ORDER BY article DESC LIMIT ?)
            WHERE time BETWEEN ? AND ?
            """,
            (value, BEARERS, data.time - window, data.time + window),
        ).fetchall()
        shared.update(row["article"] for row in bearers)
    nearest = sorted(shared, key=lambda number: (-shared[number], number))[:CANDIDATES]
    return [_candidate(tx, number) for number in nearest]


def _candidate(tx: Transaction, number: int) -> Known:
    row = tx.execute("SELECT article, story, sketch FROM story_article WHERE number = ?", (number,)).fetchone()
    return Known(row["article"], row["story"], Fingerprint.unpack(row["sketch"]))


def _remember(tx: Transaction, data: StoryData, story: str) -> None:
    """Keep the newest version's sketch in place of an older one's."""
    row = tx.execute("SELECT number, sketch FROM story_article WHERE article = ?", (data.article,)).fetchone()
    if row is not None:
        _forget_hashes(tx, row["number"], row["sketch"])
    number = tx.execute(
        """
        INSERT INTO story_article (article, version, story, time, sketch) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (article) DO UPDATE SET version = excluded.version, time = excluded.time, sketch = excluded.sketch
        RETURNING number
        """,
        (data.article, data.version, story, data.time, data.fingerprint.pack()),
    ).fetchall()[0]["number"]
    tx.executemany(
        "INSERT INTO story_hash VALUES (?, ?, ?)", [(it, number, data.time) for it in data.fingerprint.indexed]
    )


def _forget_hashes(tx: Transaction, number: int, sketch: bytes | None) -> None:
    if sketch is not None:
        hashes = Fingerprint.unpack(sketch).indexed
        tx.executemany("DELETE FROM story_hash WHERE hash = ? AND article = ?", [(it, number) for it in hashes])


def _prune(tx: Transaction, fetched: int, sketch_kept: int) -> None:
    """Forget a slice of the sketches that are no longer compared, and of the articles too old to be edited."""
    old = tx.execute(
        "SELECT number, sketch FROM story_article WHERE sketch IS NOT NULL AND version < ? ORDER BY version LIMIT ?",
        (fetched - sketch_kept, SLICE),
    ).fetchall()
    for row in old:
        _forget_hashes(tx, row["number"], row["sketch"])
    tx.executemany("UPDATE story_article SET sketch = NULL WHERE number = ?", [(row["number"],) for row in old])
    tx.execute(
        """
        DELETE FROM story_article WHERE number IN (
            SELECT number FROM story_article WHERE version < ? AND sketch IS NULL ORDER BY version LIMIT ?
        )
        """,
        (fetched - ARTICLE_KEPT_MS, SLICE),
    )
