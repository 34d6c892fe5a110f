"""How long searches take over 100,000 stored articles; the store is built once and kept in the user's cache directory."""

import itertools
import os
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.corpus import Corpus
from indexers.query.parse import parse
from indexers.sqlitestore import SqliteStore
from indexers.textindex import COLUMNS
from marsad.annotation import StoryArticle
from marsad.arabic.letters import VERSION
from marsad.catalogue import load_catalogue
from marsad.config import Config

ARTICLES = 100_000
WORDS = 300
DAYS = 60
BATCH = 500
QUERIES = 200


class Searching(NamedTuple):
    """Times in ms: p50 and p95 of searches, and p50 of a LIKE over a twentieth of the articles."""

    p50: float
    p95: float
    like: float


def cache_directory() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marsad-benchmarks"


def batches(articles: Iterator[StoryArticle]) -> Iterator[list[StoryArticle]]:
    while batch := list(itertools.islice(articles, BATCH)):
        yield batch


def built(corpus: Corpus, count: int = ARTICLES) -> Path:
    """The path of a store of that many articles, made where it is not there whole."""
    path = cache_directory() / f"search-{count}-{VERSION}.{COLUMNS}.db"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.making")
    store = SqliteStore(unfinished)
    indexing = 0.0
    for batch in batches(corpus.articles(count, words=WORDS, days=DAYS)):
        began = time.perf_counter()
        store.index(batch, {})
        indexing += time.perf_counter() - began
    print(
        f"built {path}: {count / indexing:,.0f} articles/s indexed, {store.size().bytes / count:,.0f} bytes an article"
    )
    store.close()
    unfinished.rename(path)
    return path


def queries(corpus: Corpus) -> list[str]:
    """A third each: rare words, middling ones, common ones; alone, two together, with OR, NOT, a phrase, an actor, an event."""
    rng = random.Random(5)
    ranks = ((5_000, 40_000), (200, 5_000), (0, 200))
    forms = ("{0}", "{0} {1}", "{0} OR {1}", "{0} -{1}", '"{0} {1}"', "داعش {0}", "event:ASSAULT {0}", "title:{0}")
    made = []
    for number in range(QUERIES):
        first, last = ranks[number % 3]
        words = [corpus.lemmas[rng.randrange(first, last)] for _ in range(2)]
        made.append(forms[number // 3 % len(forms)].format(*words))
    return made


def times(took: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    ordered = sorted(took)
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]


def measured() -> Searching:
    catalogue = load_catalogue(Config().files("actors*.toml"))
    corpus = Corpus(catalogue)
    path = built(corpus)
    store = SqliteStore(path)
    parsed = [parse(text, catalogue) for text in queries(corpus)]
    took = []
    for query in parsed:
        began = time.perf_counter()
        store.search(query, limit=10)
        took.append(1000 * (time.perf_counter() - began))
    p50, p95 = times(took)
    store.close()
    return Searching(p50, p95, like(corpus))


def like(corpus: Corpus) -> float:
    plain = sqlite3.connect(":memory:")
    plain.execute("CREATE TABLE article (text)")
    some = corpus.articles(ARTICLES // 20, words=WORDS, days=DAYS)
    plain.executemany("INSERT INTO article VALUES (?)", ((one.article.content,) for one in some))
    took = []
    for word in corpus.lemmas[200:5_000:300]:
        began = time.perf_counter()
        plain.execute("SELECT count(*) FROM article WHERE text LIKE ?", (f"%{word}%",)).fetchall()
        took.append(1000 * (time.perf_counter() - began))
    plain.close()
    return times(took)[0]
