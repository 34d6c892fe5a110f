"""Which names of one article name the same: the full name and the last name, the party with and without «حزب»."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marsad.annotation import EntityType
from processors.names.choice import kind_of
from processors.names.features import core
from processors.names.lists import head_kind

_PARTS = tuple[str, ...]


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
    distinct = list(dict.fromkeys(names))
    longer = {name: _longer(name, distinct) for name in distinct}

    def whole(name: Name) -> Name:
        for _ in range(len(distinct)):
            further = longer.get(name, name)
            if further == name:
                break
            name = further
        return name

    return whole


def _longer(name: Name, others: Sequence[Name]) -> Name:
    """The first of the longer names that this one is short for; a person's last name before a first name."""
    rules = _RULES[name.type]
    for rule in rules:
        for other in others:
            if other.type == name.type and len(other.words) > len(name.words) and rule(name.words, other.words):
                return other
    return next(other for other in others if other.type == name.type and _folded(other.words) == _folded(name.words))


def _folded(words: _PARTS) -> _PARTS:
    return tuple(core(word) for word in words)


def _is_end(short: _PARTS, full: _PARTS) -> bool:
    return _folded(full[-len(short) :]) == _folded(short)


def _skips_middle(short: _PARTS, full: _PARTS) -> bool:
    return len(short) > 1 and (short[0], core(short[-1])) == (full[0], core(full[-1]))


def _is_first(short: _PARTS, full: _PARTS) -> bool:
    return full[: len(short)] == short


def _lacks_head(short: _PARTS, full: _PARTS) -> bool:
    return len(full) == len(short) + 1 and head_kind(full[:1]) is not None and _is_end(short, full)


_RULES = {"PER": (_is_end, _skips_middle, _is_first), "ORG": (_lacks_head,), "LOC": ()}
