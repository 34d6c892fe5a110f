"""Who and what an article names: known actors, and persons it introduces in quotation marks."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from marsad.annotation import Entity
from marsad.arabic.trie import NameTrie
from marsad.catalogue import Actor, ActorMention, Catalogue
from processors.people import Person, quoted_persons
from processors.reading import Reading

Named: TypeAlias = Actor | Person


class Mention(NamedTuple):
    """Tokens from `at` up to `end` that name someone; `skip` letters of the first are proclitics."""

    who: Named
    at: int
    end: int
    skip: int


def find_mentions(reading: Reading, catalogue: Catalogue) -> list[Mention]:
    """The mentions of an article in order; none overlap and none crosses a mark."""
    known = _in_runs(reading, catalogue.find)
    quoted = quoted_persons(reading, known)
    if not quoted:
        return [Mention(it.actor, it.at, it.at + it.length, it.skip) for it in known]
    names: NameTrie[Person] = NameTrie()
    for mention in quoted:
        if mention.end - mention.at > 1:
            names.add(reading.words[mention.at : mention.end], mention.person)
    found = [Mention(it.person, it.at, it.end, 0) for it in quoted]
    found += _again(reading, names)
    found += [Mention(it.actor, it.at, it.at + it.length, it.skip) for it in known]
    return _without_overlap(found)


def _in_runs(reading: Reading, find: Callable[[list[str]], list[ActorMention]]) -> list[ActorMention]:
    return [
        mention._replace(at=mention.at + run.start)
        for run in reading.runs
        for mention in find(reading.words[run.start : run.stop])
    ]


def _again(reading: Reading, names: NameTrie[Person]) -> list[Mention]:
    """Every further place where a person's full name is written."""
    found = []
    for run in reading.runs:
        words = reading.words[run.start : run.stop]
        for at in range(len(words)):
            name = names.find(words, at, _always)
            if name is not None:
                start = run.start + at
                found.append(Mention(name.value, start, start + name.length, name.skip))
    return found


def _always(_person: Person, _words: object, _at: int, _length: int) -> bool:
    return True


def _without_overlap(mentions: list[Mention]) -> list[Mention]:
    """Of mentions that overlap the longest stays, of equals the first in the list."""
    taken: set[int] = set()
    kept = []
    for mention in sorted(mentions, key=lambda it: it.at - it.end):
        tokens = range(mention.at, mention.end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            kept.append(mention)
    return sorted(kept, key=lambda it: it.at)


def identify(reading: Reading, mentions: list[Mention]) -> dict[Named, Entity]:
    """The entities of these mentions, with ids e1, e2 … by first mention."""
    places: dict[Named, list[Mention]] = {}
    for mention in mentions:
        places.setdefault(mention.who, []).append(mention)
    return {
        who: _entity(f"e{number}", reading, who, named) for number, (who, named) in enumerate(places.items(), start=1)
    }


def _entity(number: str, reading: Reading, who: Named, named: list[Mention]) -> Entity:
    spans = tuple(reading.span(it.at, it.end, it.skip) for it in named)
    if isinstance(who, Actor):
        return Entity(
            id=number,
            type=who.type,
            kind=who.kind,
            name=who.name,
            english=who.english,
            actor=who.id,
            mentions=spans,
        )
    full = next((span for it, span in zip(named, spans, strict=True) if it.end - it.at == len(who.name)), spans[0])
    name = reading.content[full.start : full.end]
    return Entity(id=number, type="PER", kind="person", name=name, mentions=spans)
