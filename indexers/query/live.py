"""The live matcher: which of many queries one article meets, and where.

A token is reduced to its candidate stems and the terms are looked up by stem, so the cost follows the article's length and
not the number of queries; only queries that have a term in the article are evaluated.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from indexers.query.ast import ActorTerm, And, Attached, Or, Query, Spelling, Term, all_terms, terms_of
from marsad.annotation import AnnotatedArticle, Span
from marsad.arabic.clitics import Stem, names, stems
from marsad.arabic.tokens import Token, offset_in, tokenize


class TermHit(NamedTuple):
    """One place that meets a term: its span in the article's content, and the written form in normal spelling."""

    term: Term
    span: Span
    form: str


class Matcher:
    """A fixed set of queries by name, ready to be asked about articles; safe to share between threads."""

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._queries = dict(queries)
        self._by_first: dict[Attached, defaultdict[str, list[Spelling]]] = {
            "forms": defaultdict(list),
            "proclitics": defaultdict(list),
            "nothing": defaultdict(list),
        }
        self._by_actor: dict[str, list[ActorTerm]] = defaultdict(list)
        self._needing: dict[Term, list[str]] = defaultdict(list)
        for term in dict.fromkeys(term for query in self._queries.values() for term in all_terms(query)):
            if isinstance(term, ActorTerm):
                self._by_actor[term.actor].append(term)
            else:
                self._by_first[term.attached][term.words[0]].append(term)
        for name, query in self._queries.items():
            for term in dict.fromkeys(terms_of(query)):
                self._needing[term].append(name)

    def match(self, annotated: AnnotatedArticle) -> dict[str, list[TermHit]]:
        """The queries that the article meets, each with the places of its terms in order; empty where it meets none."""
        hits: dict[Term, list[TermHit]] = defaultdict(list)
        for hit in self._hits(annotated):
            hits[hit.term].append(hit)
        candidates = {name: None for term in hits for name in self._needing[term]}
        return {
            name: sorted(_places(self._queries[name], hits), key=lambda hit: hit.span)
            for name in self._queries
            if name in candidates and _holds(self._queries[name], hits)
        }

    def _hits(self, annotated: AnnotatedArticle) -> Iterator[TermHit]:
        for entity in annotated.entities:
            for term in self._by_actor.get(entity.actor or "", ()):
                for span in entity.mentions:
                    yield TermHit(term, span, " ".join(_words(annotated.article.content[span.start : span.end])))
        title_end = len(annotated.article.title) + 1
        yield from self._spelled(annotated.article.title, 0)
        yield from self._spelled(annotated.article.text, title_end)

    def _spelled(self, text: str, shift: int) -> Iterator[TermHit]:
        """Hits of spellings in one field; nothing runs across two fields."""
        tokens = tokenize(text)
        for at, token in enumerate(tokens):
            for attached, candidates in _candidates(token.text):
                index = self._by_first[attached]
                if not index:
                    continue
                for stem in candidates:
                    for term in index.get(stem.text, ()):
                        if _follow(tokens, at, term.words):
                            start = offset_in(text, token, stem.skip) + shift
                            last = tokens[at + len(term.words) - 1]
                            form = " ".join(found.text for found in tokens[at : at + len(term.words)])
                            yield TermHit(term, Span(start, last.end + shift), form)


def _candidates(token: str) -> Sequence[tuple[Attached, Sequence[Stem]]]:
    return ("forms", stems(token)), ("proclitics", names(token)), ("nothing", (Stem(token, 0),))


def _follow(tokens: Sequence[Token], at: int, words: Sequence[str]) -> bool:
    """Whether the words after the first stand behind token `at`."""
    return len(words) == 1 or (
        at + len(words) <= len(tokens)
        and all(tokens[at + number].text == words[number] for number in range(1, len(words)))
    )


def _words(surface: str) -> list[str]:
    return [token.text for token in tokenize(surface)]


def _holds(query: Query, hits: Mapping[Term, Sequence[TermHit]]) -> bool:
    match query:
        case And(must, must_not):
            return all(_holds(part, hits) for part in must) and not any(_holds(part, hits) for part in must_not)
        case Or(parts):
            return any(_holds(part, hits) for part in parts)
        case _:
            return query in hits


def _places(query: Query, hits: Mapping[Term, Sequence[TermHit]]) -> Iterator[TermHit]:
    for term in dict.fromkeys(terms_of(query)):
        yield from hits.get(term, ())
