"""The names of an article that the catalogue does not know: tagged, told apart from their proclitics, and found again."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from marsad.annotation import EntityType
from marsad.arabic.clitics import Stem, definite, names, with_proclitics
from marsad.arabic.trie import NameTrie
from processors.names.choice import proclitics
from processors.names.lists import head_kind, is_usual
from processors.names.tagger import Tagged, tagger
from processors.reading import Reading

_NAMED_AFTER = ("armed_group", "other")
"""Kinds whose names often are a first word and a person: «كتيبة خالد بن الوليد»."""
_SHORTEST_SURNAME = 3
"""Letters of a word that is taken for a person named in full elsewhere."""


class FoundName(NamedTuple):
    """Tokens from `at` up to `end` that name a thing; `skip` letters of the first are proclitics."""

    at: int
    end: int
    skip: int
    type: EntityType
    words: tuple[str, ...]
    """Its tokens without the proclitics, the article restored."""


def find_names(reading: Reading, known: Sequence[Tagged], sure: Sequence[FoundName]) -> list[FoundName]:
    """The names in order; none overlap and none crosses a mark.

    Where names are known the tagger is told so and may find longer ones; those that are sure stand as they are.
    """
    others = frozenset(reading.words)
    taken = {number for name in sure for number in range(name.at, name.end)}
    tagged = [_with_head(reading, it) for it in tagger()(reading, known)]
    own = [_name(reading, it, others) for it in tagged if taken.isdisjoint(range(it.at, it.end))]
    found = [*sure, *_agreed(_apart(own))]
    return sorted([*found, *_again(reading, found)], key=lambda it: it.at)


def _name(reading: Reading, tagged: Tagged, others: frozenset[str]) -> FoundName:
    word = reading.words[tagged.at]
    stem = proclitics(word, tagged.type, others.intersection(it.text for it in names(word)))
    words = (stem.text, *reading.words[tagged.at + 1 : tagged.end])
    return FoundName(tagged.at, tagged.end, stem.skip, tagged.type, words)


def _with_head(reading: Reading, tagged: Tagged) -> Tagged:
    """A person's name behind «كتيبة», «جامعة» is part of the name of what bears it."""
    before = tagged.at - 1
    if tagged.type != "PER" or before < 0 or reading.between(tagged.at) != " ":
        return tagged
    if any(head_kind([stem.text]) in _NAMED_AFTER and not definite(stem.text) for stem in names(reading.words[before])):
        return Tagged(before, tagged.end, "ORG")
    return tagged


def _apart(found: Sequence[FoundName]) -> list[FoundName]:
    """The names without those that begin inside the one before."""
    kept: list[FoundName] = []
    for name in found:
        if not kept or name.at >= kept[-1].end:
            kept.append(name)
    return kept


def _agreed(found: Sequence[FoundName]) -> list[FoundName]:
    """One type for the same words: the one they have most often, of equals the first."""
    votes: defaultdict[tuple[str, ...], Counter[EntityType]] = defaultdict(Counter)
    for name in found:
        votes[name.words][name.type] += 1
    return [name._replace(type=votes[name.words].most_common(1)[0][0]) for name in found]


def _again(reading: Reading, found: Sequence[FoundName]) -> list[FoundName]:
    """Further places where a name stands that was found elsewhere in the article, or a person's last name."""
    wanted = {name.words: name.type for name in found if len(name.words) > 1 or not is_usual(name.words[0])}
    for name in found:
        last = name.words[-1]
        if name.type == "PER" and len(name.words) > 1 and len(last) >= _SHORTEST_SURNAME and not is_usual(last):
            wanted.setdefault((last,), "PER")
    trie: NameTrie[tuple[str, ...]] = NameTrie()
    for words in wanted:
        trie.add(words, words)
    firsts = {form for words in wanted for form in with_proclitics(words[0])}
    taken = {number for name in found for number in range(name.at, name.end)}
    more: list[FoundName] = []
    for run in reading.runs:
        tokens = reading.words[run.start : run.stop]
        for at, token in enumerate(tokens):
            here = trie.find(tokens, at, _always) if token in firsts else None
            place = run.start + at
            if here is None or not taken.isdisjoint(range(place, place + here.length)):
                continue
            taken.update(range(place, place + here.length))
            more.append(FoundName(place, place + here.length, here.skip, wanted[here.value], here.value))
    return more


def _always(_words: tuple[str, ...], _tokens: Sequence[str], _at: int, _length: int) -> bool:
    return True


def stem_of(word: str, skip: int) -> Stem:
    """The reading of a word that leaves out `skip` letters."""
    return next((stem for stem in names(word) if stem.skip == skip), Stem(word, 0))
