"""The benchmarks. A figure alone says little on a noisy machine; its ratio to a baseline measured beside it says more."""

import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from camel_tools.tokenizers.word import simple_word_tokenize
from camel_tools.utils.dediac import dediac_ar
from camel_tools.utils.normalize import (
    normalize_alef_ar,
    normalize_alef_maksura_ar,
    normalize_teh_marbuta_ar,
    normalize_unicode,
)

from benchmarks import matching, search_100k
from benchmarks.texts import articles
from indexers.query.parse import parse
from indexers.sqlitestore import SqliteStore
from marsad.annotation import Membership, StoryArticle
from marsad.arabic.letters import normal_form
from marsad.arabic.tokens import tokenize
from marsad.catalogue import load_catalogue
from marsad.config import Config
from marsad.message import Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.statefile import StateFile
from processors.annotate import Annotator

ROUNDS = 3


class Result(NamedTuple):
    """A rate, or a time, of ours beside that of a baseline."""

    ours: float
    baseline: float
    unit: str
    compared: str


def seconds(call: Callable[[], object]) -> float:
    """The shortest of a few runs, in s: the one that the machine disturbed least."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - began)
    return best


def normal_forms() -> Result:
    text = "\n".join(article.content for article in articles(100))

    def chain() -> object:
        return normalize_teh_marbuta_ar(
            normalize_alef_maksura_ar(normalize_alef_ar(dediac_ar(normalize_unicode(text))))
        )

    size = len(text) / 1e6
    return Result(
        size / seconds(lambda: normal_form(text)),
        size / seconds(chain),
        "million characters/s",
        "normal_form against camel-tools' normalisations one after the other, which do less",
    )


def tokens() -> Result:
    text = "\n".join(article.content for article in articles(100))
    size = len(text) / 1e6
    return Result(
        size / seconds(lambda: tokenize(text)),
        size / seconds(lambda: simple_word_tokenize(text)),
        "million characters/s",
        "tokenize (normal form and offsets) against camel-tools' simple_word_tokenize (neither)",
    )


def annotating() -> Result:
    annotate = Annotator(load_catalogue(Config().files("actors*.toml")))
    made = articles(100)
    return Result(
        len(made) / seconds(lambda: [annotate(article) for article in made]),
        len(made) / seconds(lambda: [simple_word_tokenize(article.content) for article in made]),
        "articles/s",
        "annotate, 500 words, one core, against camel-tools' simple_word_tokenize on the same articles",
    )


def matches() -> Result:
    found = matching.measured()
    return Result(
        found.p50,
        found.baseline,
        "ms an article",
        f"{matching.RULES} rules on 500 words, p50 (p99 {found.p99:.1f} ms, {found.megabytes:.0f} MB for rules and matcher, "
        f"{found.met:.0f} rules met an article), against a regular expression for each rule's first word",
    )


def appending() -> Result:
    records = [Record(b"key", b"x" * 5_000) for _ in range(2_000)]

    def ours() -> None:
        with tempfile.TemporaryDirectory() as directory:
            file = StateFile(Path(directory) / "marsad.db")
            file.create_topics(["bench"])
            log = SqliteLog(file)
            for at in range(0, len(records), 50):
                log.append("bench", records[at : at + 50])
            file.close()

    def plain() -> None:
        with tempfile.TemporaryDirectory() as directory:
            connection = sqlite3.connect(Path(directory) / "plain.db", isolation_level=None)
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE m (key, value)")
            for at in range(0, len(records), 50):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO m VALUES (?, ?)", records[at : at + 50])
                connection.execute("COMMIT")
            connection.close()

    return Result(
        len(records) / seconds(ours),
        len(records) / seconds(plain),
        "messages/s",
        "append of 5 kB, 50 a transaction, against inserts into a bare SQLite table",
    )


def searching() -> Result:
    catalogue = load_catalogue(Config().files("actors*.toml"))
    annotate = Annotator(catalogue)
    query = parse("غارة وقود", catalogue)
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "search.db")
        made = articles(2_000)
        for at in range(0, len(made), 200):
            store.index(
                [
                    StoryArticle(annotated=annotate(article), membership=Membership(story=article.id, relation="new"))
                    for article in made[at : at + 200]
                ],
                {},
            )
        plain = sqlite3.connect(Path(directory) / "plain.db")
        plain.execute("CREATE TABLE article (text)")
        plain.executemany("INSERT INTO article VALUES (?)", [(article.text,) for article in made])
        sql = "SELECT * FROM article WHERE text LIKE '%غارة%' AND text LIKE '%وقود%' ORDER BY rowid DESC LIMIT 10"
        count = "SELECT count(*) FROM article WHERE text LIKE '%غارة%' AND text LIKE '%وقود%'"
        result = Result(
            1000 * seconds(lambda: store.search(query, limit=10)),
            1000 * seconds(lambda: (plain.execute(sql).fetchall(), plain.execute(count).fetchall())),
            "ms",
            f"two common words with all forms in {len(made)} articles, newest 10 and their number, against LIKE",
        )
        store.close()
        plain.close()
    return result


def searching_100k() -> Result:
    found = search_100k.measured()
    return Result(
        found.p95,
        found.like,
        "ms",
        f"{search_100k.ARTICLES} articles of {search_100k.WORDS} words, rare, middling and common words alone and together, newest "
        f"10 and their number, p95 (p50 {found.p50:.1f} ms), against p50 of one LIKE over a twentieth of them in memory",
    )


ALL: dict[str, Callable[[], Result]] = {
    "normal-form": normal_forms,
    "tokens": tokens,
    "annotate": annotating,
    "match": matches,
    "append": appending,
    "search": searching,
    "search-100k": searching_100k,
}
ONLY_WHEN_NAMED = frozenset({"search-100k"})
"""The first run builds a store for some minutes."""
