"""How long the live matcher takes for one article where ten thousand rules are in force."""

import random
import re
import resource
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.corpus import Corpus
from indexers.query.ast import Spelling, all_terms
from indexers.query.live import Matcher
from indexers.query.parse import parse
from marsad.catalogue import load_catalogue
from marsad.config import Config

RULES = 10_000
SEEN = 2_000
"""Articles that the matcher has met before it is measured, as it has in a process that runs."""
MEASURED = 300
BASELINE = 3
ROUNDS = 3


class Matching(NamedTuple):
    """Times in ms an article, the memory that rules and matcher take in MB, and rules that an article meets."""

    p50: float
    p99: float
    baseline: float
    megabytes: float
    met: float


def rules(corpus: Corpus, names: Sequence[str], count: int) -> list[str]:
    """Queries as people watch for things: mostly several terms, of actors, middling, common and rare words."""
    rng = random.Random(3)

    def rare() -> str:
        return corpus.lemmas[rng.randrange(10_000, 40_000)]

    def middling() -> str:
        return corpus.lemmas[int(1_000 * 20 ** rng.random())]

    def common() -> str:
        return corpus.lemmas[rng.randrange(20, 500)]

    def actor() -> str:
        return rng.choice(names)

    kinds: list[Callable[[], str]] = [
        rare,
        lambda: f"{actor()} {middling()}",
        lambda: f"{actor()} ({middling()} OR {middling()} OR {rare()})",
        lambda: f'"{middling()} {middling()}"',
        lambda: f'"{common()} {middling()}" OR {rare()}',
        lambda: f"{middling()} {middling()}",
        lambda: f"({middling()} OR {middling()} OR {rare()}) {common()} {actor()}",
        lambda: f"{actor()} {middling()} -{common()}",
        lambda: f"event:ASSAULT {middling()} {common()} -{middling()}",
        lambda: f"title:{rare()} OR {rare()} {rare()}",
    ]
    return [actor() if number % 500 == 0 else kinds[number % len(kinds)]() for number in range(count)]


def measured() -> Matching:
    catalogue = load_catalogue(Config().files("actors*.toml"))
    corpus = Corpus(catalogue)
    articles = [one.annotated for one in corpus.articles(SEEN + MEASURED, words=500, days=30)]
    texts = rules(corpus, [actor.name for actor in catalogue.actors.values()], RULES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    queries = {str(number): parse(text, catalogue) for number, text in enumerate(texts)}
    matcher = Matcher(queries)
    for article in articles[:SEEN]:
        matcher.match(article)
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    took = sorted(min(_ms(lambda one=one: matcher.match(one)) for _ in range(ROUNDS)) for one in articles[SEEN:])  # type: ignore[misc] # mypy infers no lambda with a default
    met = sum(len(matcher.match(one)) for one in articles[SEEN:]) / MEASURED
    words = dict.fromkeys(
        term.words[0] for query in queries.values() for term in all_terms(query) if isinstance(term, Spelling)
    )
    patterns = [re.compile(rf"\b[وفبلك]?(?:ال)?{re.escape(word)}\b") for word in list(words)[:RULES]]

    def regular_expressions() -> None:
        for article in articles[:BASELINE]:
            for pattern in patterns:
                pattern.search(article.article.content)

    baseline = _ms(regular_expressions) / BASELINE
    return Matching(took[len(took) // 2], took[int(len(took) * 0.99)], baseline, megabytes, met)


def _ms(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)
