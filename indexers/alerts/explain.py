"""Why a query holds for an article, or does not: term by term, with the places."""

from typing import Literal, NamedTuple

from indexers.query.ast import And, Or, Query
from indexers.query.live import Matcher, TermHit
from marsad.annotation import AnnotatedArticle


class Explained(NamedTuple):
    """A query, or a part of one, on one article."""

    kind: Literal["all", "any", "not", "term"]
    holds: bool
    typed: str = ""
    """The term as the query has it."""
    hits: tuple[TermHit, ...] = ()
    """Where the term stands, in order."""
    parts: tuple["Explained", ...] = ()


def explain(query: Query, annotated: AnnotatedArticle) -> Explained:
    """The query taken apart; each term is asked of the live matcher, so nothing is explained otherwise than it is decided."""
    match query:
        case And(must, must_not):
            parts = tuple(explain(part, annotated) for part in must)
            nots = tuple(_negated(explain(part, annotated)) for part in must_not)
            return Explained("all", all(part.holds for part in (*parts, *nots)), parts=(*parts, *nots))
        case Or(choices):
            parts = tuple(explain(part, annotated) for part in choices)
            return Explained("any", any(part.holds for part in parts), parts=parts)
        case _:
            hits = tuple(Matcher({"term": query}).match(annotated).get("term", ()))
            return Explained("term", bool(hits), query.typed, hits)


def _negated(part: Explained) -> Explained:
    return Explained("not", not part.holds, parts=(part,))
