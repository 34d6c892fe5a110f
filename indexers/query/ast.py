"""What a query says, once parsed."""

from typing import Literal, NamedTuple, TypeAlias

Attached = Literal["forms", "proclitics", "nothing"]
Field = Literal["event", "place", "source", "feed"]


class Spelling(NamedTuple):
    """Words side by side as written, in normal form, and what may be attached to the first of them."""

    words: tuple[str, ...]
    attached: Attached
    typed: str
    """As the query has it; equal queries typed otherwise are different terms only for display."""
    in_title: bool = False
    """Only the title counts."""


class ActorTerm(NamedTuple):
    """Any mention of a known actor, as `annotate` decided them."""

    actor: str
    typed: str


class Marked(NamedTuple):
    """Something that is known of an article and need not be written in it; `marks` says which values an article has."""

    field: Field
    value: str
    typed: str


Term: TypeAlias = Spelling | ActorTerm | Marked


class And(NamedTuple):
    """All of `must`, and none of `must_not`; `must` is never empty."""

    must: tuple["Query", ...]
    must_not: tuple["Query", ...]


class Or(NamedTuple):
    """At least one of them."""

    any: tuple["Query", ...]


Query: TypeAlias = Spelling | ActorTerm | Marked | And | Or


class TimeRange(NamedTuple):
    """Times of publication from `since` up to, not including, `until`, in ms; None where there is no bound."""

    since: int | None = None
    until: int | None = None


class Search(NamedTuple):
    """A query for stored articles, with the times that it is restricted to."""

    query: Query
    times: TimeRange


def terms_of(query: Query) -> list[Term]:
    """The terms whose presence can make the query hold: those under a NOT are left out."""
    match query:
        case And(must, _):
            return [term for part in must for term in terms_of(part)]
        case Or(parts):
            return [term for part in parts for term in terms_of(part)]
        case _:
            return [query]


def all_terms(query: Query) -> list[Term]:
    """Every term of the query, those under a NOT included."""
    match query:
        case And(must, must_not):
            return [term for part in (*must, *must_not) for term in all_terms(part)]
        case Or(parts):
            return [term for part in parts for term in all_terms(part)]
        case _:
            return [query]
