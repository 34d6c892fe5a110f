"""Which names of one article name the same: the full name and the last name, the party with and without «حزب»."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from marsad.annotation import EntityType
from processors.names.choice import kind_of
from processors.names.features import core
from processors.names.lists import head_kind

_LONGEST = 8
"""Words of a name behind which no short form of it begins."""


@dataclass(frozen=True)
class Name:
    """A thing known from this article alone, by the fullest name it is given; «Name» of equal words is one thing."""

    type: EntityType
    words: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Its kind, as its words tell it."""
        return kind_of(self.type, self.words)


def fullest(names: Sequence[Name]) -> Callable[[Name], Name]:
    """A map from each of an article's names, given in order, to the name that it is short for, or to itself."""
    first_of: dict[Name, Name] = {}
    for name in dict.fromkeys(names):
        first_of.setdefault(_folded(name), name)
    index = _Index(first_of)
    longer = {folded: _longer(folded, index) for folded in first_of}

    def whole(name: Name) -> Name:
        folded = _folded(name)
        while (further := longer.get(folded)) is not None:
            folded = further
        return first_of.get(folded, name)

    return whole


class _Index:
    """The folded names of an article of two words and more, by the words that a short form of them may have."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.by_end: defaultdict[Name, list[Name]] = defaultdict(list)
        self.by_edges: defaultdict[Name, list[Name]] = defaultdict(list)
        self.by_start: defaultdict[Name, list[Name]] = defaultdict(list)
        for name in names:
            for cut in range(1, min(len(name.words), _LONGEST)):
                self.by_end[Name(name.type, name.words[cut:])].append(name)
                self.by_start[Name(name.type, name.words[:cut])].append(name)
            self.by_edges[Name(name.type, name.words[:1] + name.words[-1:])].append(name)


def _longer(name: Name, index: _Index) -> Name | None:
    """The first of the longer names that this one is short for: by its end, before by its start."""
    if name.type == "ORG":
        return next((it for it in index.by_end[name] if len(it.words) == len(name.words) + 1 and _headed(it)), None)
    if name.type == "LOC":
        return None
    edges = index.by_edges[name] if len(name.words) > 1 else []
    found = [it for it in (*index.by_end[name], *edges, *index.by_start[name]) if len(it.words) > len(name.words)]
    return found[0] if found else None


def _headed(name: Name) -> bool:
    return head_kind(name.words[:1]) is not None


def _folded(name: Name) -> Name:
    return Name(name.type, tuple(core(word) for word in name.words))
