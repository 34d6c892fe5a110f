"""The live matcher: which of many queries one article meets, and where.

What an article says is looked up among the terms, never the other way round, so the cost follows the article's length and not
the number of queries. First it is settled which terms are present: each distinct piece of text between blanks is looked up
once, and what it stands for is remembered from article to article. Then the queries that have one of their `triggers` present
are evaluated. Only for those that hold are the places sought, with offsets.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from indexers.query.ast import Attached, Query, Spelling, Term, all_terms, terms_of
from indexers.query.compiled import compiled, holds, triggers, uses
from indexers.query.marks import mark, marks
from marsad.annotation import AnnotatedArticle, Span
from marsad.arabic.clitics import Stem, names, stems
from marsad.arabic.tokens import LONGEST_REMEMBERED, Token, offset_in, terms, tokenize

REMEMBERED = 1 << 17
"""Pieces of text whose terms a matcher remembers, some 25 MB; then it begins anew. A day's news has some 50,000."""


class TermHit(NamedTuple):
    """One place that meets a term: its span in the article's content, and the written form in normal spelling."""

    term: Term
    span: Span
    form: str


class _Piece(NamedTuple):
    """What a piece of text between blanks gives: terms that it meets alone, and those that need more words or the title."""

    alone: tuple[int, ...]
    others: tuple[int, ...]


class _Field(NamedTuple):
    """Title or text, where it begins in the article's content, and its distinct pieces that give something."""

    text: str
    shift: int
    is_title: bool
    pieces: Mapping[str, _Piece]


class Matcher:
    """A fixed set of queries by name, ready to be asked about articles; safe to share between threads."""

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._names = tuple(queries)
        self._queries = tuple(queries.values())
        self._terms = tuple(dict.fromkeys(term for query in self._queries for term in all_terms(query)))
        numbers = {term: number for number, term in enumerate(self._terms)}
        self._nodes = tuple(compiled(query, numbers.__getitem__) for query in self._queries)
        self._wanted = tuple(tuple({numbers[term]: None for term in terms_of(query)}) for query in self._queries)
        self._waiting: dict[int, list[int]] = defaultdict(list)
        used = uses(self._queries)
        for place, query in enumerate(self._queries):
            for term in triggers(query, used):
                self._waiting[numbers[term]].append(place)
        self._spellings = {number: term for number, term in enumerate(self._terms) if isinstance(term, Spelling)}
        self._by_first: dict[Attached, dict[str, list[int]]] = {"forms": {}, "proclitics": {}, "nothing": {}}
        self._by_mark: dict[str, list[int]] = defaultdict(list)
        self._seconds: dict[str, int] = {}
        self._needs: dict[int, int] = {}
        """What else has to be there: a number that stands for a phrase's second word, which rules most phrases out."""
        for number, term in enumerate(self._terms):
            if not isinstance(term, Spelling):
                self._by_mark[mark(term)].append(number)
                continue
            self._by_first[term.attached].setdefault(term.words[0], []).append(number)
            if len(term.words) > 1:
                self._needs[number] = self._seconds.setdefault(term.words[1], -2 - len(self._seconds))
            elif term.in_title:
                self._needs[number] = _ANYTHING
        self._title_only = {number for number, term in self._spellings.items() if term.in_title}
        self._something: dict[str, _Piece] = {}
        self._nothing: set[str] = set()

    def match(self, annotated: AnnotatedArticle) -> dict[str, list[TermHit]]:
        """The queries that the article meets, each with the places of its terms in order; empty where it meets none."""
        title, text = annotated.article.title, annotated.article.text
        fields = (
            _Field(title, 0, is_title=True, pieces=self._pieces(title)),
            _Field(text, len(title) + 1, is_title=False, pieces=self._pieces(text)),
        )
        present = self._present(annotated, fields)
        asked = {place for number in self._waiting.keys() & present for place in self._waiting[number]}
        met = sorted(place for place in asked if holds(self._nodes[place], present))
        if not met:
            return {}
        wanted = {number for place in met for number in self._wanted[place]} & present
        hits = self._places(annotated, fields, wanted)
        return {
            self._names[place]: sorted(
                (hit for number in self._wanted[place] for hit in hits.get(number, ())), key=lambda hit: hit.span
            )
            for place in met
        }

    def _present(self, annotated: AnnotatedArticle, fields: Iterable[_Field]) -> AbstractSet[int]:
        """The numbers of the terms that the article meets."""
        present: set[int] = set()
        if self._by_mark:
            for name in self._by_mark.keys() & marks(annotated).keys():
                present.update(self._by_mark[name])
        needs, spellings = self._needs, self._spellings
        for field in fields:
            here = {_ANYTHING}
            for found in field.pieces.values():
                here.update(found.alone)
            present |= here
            phrases: dict[str, list[int]] = defaultdict(list)
            for piece, found in field.pieces.items():
                for number in found.others:
                    if needs[number] in here and (field.is_title or number not in self._title_only):
                        if len(spellings[number].words) == 1:
                            present.add(number)
                        elif number not in present:
                            phrases[piece].append(number)
            present |= {number for number, _ in self._spelled(field, phrases)}
        return present

    def _pieces(self, text: str) -> Mapping[str, _Piece]:
        """The distinct pieces of a text that give something."""
        something = self._something
        return {
            piece: found
            for piece in set(text.split()) - self._nothing
            if (found := something.get(piece) or self._look_up(piece)) is not _NOTHING
        }

    def _look_up(self, piece: str) -> _Piece:
        """What a piece gives, remembered for the next article."""
        numbers = {number for token in terms(piece) for number, _ in self._beginning(token)}
        simple = {number for number in numbers if number not in self._needs}
        simple |= {self._seconds[token] for token in terms(piece) if token in self._seconds}
        found = _Piece(tuple(simple), tuple(numbers - simple)) if numbers or simple else _NOTHING
        if len(piece) <= LONGEST_REMEMBERED:
            if len(self._something) + len(self._nothing) >= REMEMBERED:
                self._something, self._nothing = {}, set()
            if found is _NOTHING:
                self._nothing.add(piece)
            else:
                self._something[piece] = found
        return found

    def _beginning(self, token: str) -> Iterator[tuple[int, int]]:
        """The spellings whose first word a token mentions, each with how many letters of the token stand outside it."""
        candidates: Sequence[tuple[Attached, Sequence[Stem]]] = (
            ("forms", stems(token)),
            ("proclitics", names(token)),
            ("nothing", (Stem(token, 0),)),
        )
        for attached, found in candidates:
            index = self._by_first[attached]
            for stem in found if index else ():
                for number in index.get(stem.text, ()):
                    yield number, stem.skip

    def _places(
        self, annotated: AnnotatedArticle, fields: Iterable[_Field], wanted: AbstractSet[int]
    ) -> Mapping[int, Sequence[TermHit]]:
        """Every place that meets one of these terms."""
        found: dict[int, list[TermHit]] = defaultdict(list)
        content = annotated.article.content
        spelled = self._spellings.keys() & wanted
        if len(spelled) < len(wanted):
            places = marks(annotated)
            for number in wanted - spelled:
                term = self._terms[number]
                assert not isinstance(term, Spelling)
                for span in dict.fromkeys(places.get(mark(term), ())):
                    found[number].append(TermHit(term, span, " ".join(terms(content[span.start : span.end]))))
        for field in fields:
            here = spelled if field.is_title else spelled - self._title_only
            apart = here.isdisjoint
            by_piece = {
                piece: here for piece, gives in field.pieces.items() if not (apart(gives.alone) and apart(gives.others))
            }
            for number, hit in self._spelled(field, by_piece):
                found[number].append(hit)
        return found

    def _spelled(self, field: _Field, by_piece: Mapping[str, Collection[int]]) -> Iterator[tuple[int, TermHit]]:
        """Hits in one field of the spellings that begin in a piece, in no order; nothing runs across two fields."""
        for piece, wanted in by_piece.items():
            beginning = [
                (at, number, skip)
                for at, token in enumerate(terms(piece))
                for number, skip in self._beginning(token)
                if number in wanted
            ]
            for start in _occurrences(field.text, piece):
                for at, number, skip in beginning:
                    term = self._spellings[number]
                    run = _tokens(field.text, start, at + len(term.words))[at:]
                    words = [token.text for token in run]
                    if words[1:] == list(term.words[1:]):
                        first = offset_in(field.text, run[0], skip)
                        span = Span(first + field.shift, run[-1].end + field.shift)
                        yield number, TermHit(term, span, " ".join(words))


_NOTHING = _Piece((), ())
_ANYTHING = -1
_PIECE = re.compile(r"\S+")


def _occurrences(text: str, piece: str) -> Iterator[int]:
    """Where a piece stands between blanks or ends of the text."""
    start = text.find(piece)
    while start >= 0:
        end = start + len(piece)
        if (start == 0 or text[start - 1].isspace()) and (end == len(text) or text[end].isspace()):
            yield start
        start = text.find(piece, end)


def _tokens(text: str, start: int, count: int) -> list[Token]:
    """At most `count` tokens from the piece of text at `start` on."""
    found: list[Token] = []
    for piece in _PIECE.finditer(text, start):
        at = piece.start()
        found += [Token(token.text, token.start + at, token.end + at) for token in tokenize(piece.group())]
        if len(found) >= count:
            break
    return found[:count]
