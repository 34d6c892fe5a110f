"""Queries over numbered terms, so that whether one holds is a matter of a few set operations."""

from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import NamedTuple, TypeAlias

from indexers.query.ast import And, Or, Query, Spelling, Term, all_terms


class All(NamedTuple):
    """Every number of `terms` and every one of `parts`, and none of what is `without`."""

    terms: frozenset[int]
    parts: tuple["Node", ...]
    without: frozenset[int]
    without_parts: tuple["Node", ...]


class Some(NamedTuple):
    """At least one number of `terms` or one of `parts`."""

    terms: frozenset[int]
    parts: tuple["Node", ...]


Node: TypeAlias = All | Some


def compiled(query: Query, number: Callable[[Term], int]) -> Node:
    """The query over the numbers of its terms."""
    match query:
        case And(must, must_not):
            return All(*_split(must, number), *_split(must_not, number))
        case Or(parts):
            return Some(*_split(parts, number))
        case _:
            return Some(frozenset((number(query),)), ())


def _split(parts: Iterable[Query], number: Callable[[Term], int]) -> tuple[frozenset[int], tuple[Node, ...]]:
    parts = tuple(parts)
    alone = frozenset(number(part) for part in parts if not isinstance(part, And | Or))
    return alone, tuple(compiled(part, number) for part in parts if isinstance(part, And | Or))


def holds(node: Node, present: AbstractSet[int]) -> bool:
    """Whether the query holds where exactly these terms are present."""
    if isinstance(node, Some):
        return not node.terms.isdisjoint(present) or any(holds(part, present) for part in node.parts)
    return (
        node.terms <= present
        and node.without.isdisjoint(present)
        and all(holds(part, present) for part in node.parts)
        and not any(holds(part, present) for part in node.without_parts)
    )


def uses(queries: Iterable[Query]) -> Counter[Term]:
    """How many queries name each term."""
    return Counter(term for query in queries for term in dict.fromkeys(all_terms(query)))


def triggers(query: Query, used: Counter[Term]) -> frozenset[Term]:
    """Terms of which at least one is present wherever the query holds, as few and as rare as may be.

    Of what an AND requires one part is enough: that whose terms the fewest queries share, since those that all rules name are
    also those that most articles have; a phrase is rarer than its words.
    """
    match query:
        case And(must, _):
            return min((triggers(part, used) for part in must), key=lambda found: _cost(found, used))
        case Or(parts):
            return frozenset[Term]().union(*(triggers(part, used) for part in parts))
        case _:
            return frozenset((query,))


def _cost(terms: Iterable[Term], used: Counter[Term]) -> float:
    return sum(used[term] / (len(term.words) if isinstance(term, Spelling) else 1) for term in terms)
