"""A set of names, found in a stream of tokens at a cost that does not grow with their number."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from marsad.arabic.clitics import names, splits
from marsad.arabic.spellings import canonical
from marsad.arabic.tokens import WORDS_REMEMBERED

V = TypeVar("V")
Holds: TypeAlias = Callable[[V, Sequence[str], int, int], bool]


class Found(NamedTuple, Generic[V]):
    """A name that begins at a token: what it stands for, how many tokens it takes, how many letters of the first it leaves out."""

    value: V
    length: int
    skip: int


class _First(NamedTuple):
    """What the first token of a name may be, in its canonical spelling; `alone` where it may also be a name of one token."""

    text: str
    skip: int
    alone: bool


@lru_cache(WORDS_REMEMBERED)
def _firsts(token: str) -> tuple[_First, ...]:
    """The lexicon decides for a name of one token; in a longer one the words behind show that «ونيس الفرنسية» begins with «و»."""
    plain = {stem.skip for stem in names(token)}
    return tuple(_First(canonical(text), skip, skip in plain) for text, skip in splits(token))


class NameTrie(Generic[V]):
    """Names as sequences of normal-form tokens in any spelling, each with a value; a name added twice keeps the first value."""

    def __init__(self) -> None:
        self._root: dict[str, _Node[V]] = {}

    def add(self, name: Sequence[str], value: V) -> V:
        """Add a name; returns the value that stands for it, which is an earlier one where it was known."""
        if not name:
            raise ValueError("a name needs at least one token")
        level = self._root
        node = _Node[V]()
        for token in map(canonical, name):
            found = level.get(token)
            if found is None:
                found = level[token] = _Node()
            node = found
            level = node.next
        if node.value is None:
            node.value = value
        return node.value

    def exact(self, tokens: Sequence[str], at: int) -> Found[V] | None:
        """The longest name that begins at token number `at` with nothing attached to it."""
        return self._longest(tokens, at, (_First(canonical(tokens[at]), 0, alone=True),), _always)

    def find(self, tokens: Sequence[str], at: int, holds: Holds[V]) -> Found[V] | None:
        """The longest name that begins at token number `at`, with or without proclitics; of two, the one with fewer.

        A name counts only where `holds(value, tokens, at, length)` says so.
        """
        return self._longest(tokens, at, _firsts(tokens[at]), holds)

    def _longest(self, tokens: Sequence[str], at: int, firsts: Iterable[_First], holds: Holds[V]) -> Found[V] | None:
        best: Found[V] | None = None
        for first in firsts:
            node = self._root.get(first.text)
            length = 1
            while node is not None:
                value = node.value
                if (
                    value is not None
                    and (length > 1 or first.alone)
                    and (best is None or length > best.length)
                    and holds(value, tokens, at, length)
                ):
                    best = Found(value, length, first.skip)
                node = node.next.get(canonical(tokens[at + length])) if at + length < len(tokens) else None
                length += 1
        return best


def _always(_value: object, _tokens: Sequence[str], _at: int, _length: int) -> bool:
    return True


class _Node(Generic[V]):
    __slots__ = ("next", "value")

    def __init__(self) -> None:
        self.next: dict[str, _Node[V]] = {}
        self.value: V | None = None
