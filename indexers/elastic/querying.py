"""A query as Elasticsearch's query DSL over the fields of `mapping`.

The words of a query are in normal form already, which may not be made of itself again, so none of it is analyzed: a word is a
choice of terms, a phrase a chain of them without gaps, and everything else a keyword. A filter decides what is found, exactly as
the live matcher does; how good it is, is asked for apart.
"""

import base64
import json
from collections.abc import Sequence
from typing import Any

from indexers.elastic.documents import MARK_FIELDS
from indexers.elastic.mapping import SAME_SECOND
from indexers.query.ast import ActorTerm, And, Marked, Or, Query, Spelling, TimeRange, terms_of
from indexers.query.fts import written_forms

TITLE_COUNTS = 5.0
"""What a word of the title counts where one of the text counts 1."""
RANKED_FORMS = 500
"""Written forms that rank articles, at most: Elasticsearch limits the clauses of a query, and some of so many rank well enough."""
DEEPEST = 10
"""Levels of a query after which the rest is handed in sealed: Elasticsearch counts at most 30 in one piece."""

Clause = dict[str, Any]


def found_by(query: Query, times: TimeRange = TimeRange()) -> Clause:  # noqa: B008 - a value that never changes
    """What the query finds in a time range, to the second."""
    place: Clause = {}
    if times.since is not None:
        place["gte"] = -(-times.since // 1000) * SAME_SECOND
    if times.until is not None:
        place["lt"] = -(-times.until // 1000) * SAME_SECOND
    within = [{"range": {"place": place}}] if place else []
    return {"bool": {"filter": [filtered(query), *within]}}


def filtered(query: Query, depth: int = 1) -> Clause:
    """What the query finds."""
    if depth % DEEPEST == 0 and isinstance(query, And | Or):
        return {"wrapper": {"query": base64.b64encode(json.dumps(filtered(query, depth + 1)).encode()).decode()}}
    match query:
        case And(must, must_not):
            return {
                "bool": {
                    "filter": [filtered(part, depth + 1) for part in must],
                    "must_not": [filtered(part, depth + 1) for part in must_not],
                }
            }
        case Or(parts):
            return _any([filtered(part, depth + 1) for part in parts])
        case ActorTerm(actor, _):
            return {"term": {MARK_FIELDS["actor"]: actor}}
        case Marked(field, value, _):
            return {"term": {MARK_FIELDS[field]: value}}
        case Spelling():
            return _any([_spelled(query, field) for field in _fields(query)])


def ranked_by(query: Query) -> list[Clause]:
    """What makes an article say more of the query than another that it finds."""
    left = RANKED_FORMS
    clauses: list[Clause] = []
    for term in dict.fromkeys(terms_of(query)):
        if isinstance(term, Spelling) and (left := left - len(written_forms(term))) >= 0:
            clauses += [_scored(term, field) for field in _fields(term)]
    return clauses


def _fields(spelling: Spelling) -> Sequence[str]:
    return ("title",) if spelling.in_title else ("title", "text")


def _any(clauses: Sequence[Clause]) -> Clause:
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": list(clauses), "minimum_should_match": 1}}


def _spelled(spelling: Spelling, field: str) -> Clause:
    forms = written_forms(spelling)
    if len(spelling.words) == 1:
        return {"terms": {field: forms}}
    return {"intervals": {field: _chain(forms, spelling.words[1:])}}


def _scored(spelling: Spelling, field: str) -> Clause:
    forms = written_forms(spelling)
    boost = TITLE_COUNTS if field == "title" else 1.0
    if len(spelling.words) == 1:
        return {"match": {field: {"query": " ".join(forms), "analyzer": "whitespace", "boost": boost}}}
    return {"intervals": {field: {**_chain(forms, spelling.words[1:]), "boost": boost}}}


def _chain(first: Sequence[str], rest: Sequence[str]) -> Clause:
    """One of the first words and then the rest, side by side."""
    begins = [_word(form) for form in first]
    return {
        "all_of": {
            "ordered": True,
            "max_gaps": 0,
            "intervals": [{"any_of": {"intervals": begins}}, *(_word(word) for word in rest)],
        }
    }


def _word(word: str) -> Clause:
    return {"match": {"query": word, "analyzer": "keyword"}}
