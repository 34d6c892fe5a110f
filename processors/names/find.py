"""The names of an article that the catalogue does not know: tagged, told apart from their proclitics, and found again."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from marsad.annotation import EntityType
from marsad.arabic.clitics import Stem, names
from marsad.arabic.trie import NameTrie
from processors.names.choice import proclitics
from processors.names.lists import is_usual
from processors.names.tagger import Tagged, tagger
from processors.reading import Reading

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
    tagged = [it for it in tagger()(reading, known) if taken.isdisjoint(range(it.at, it.end))]
    found = [*sure, *_agreed([_name(reading, it, others) for it in tagged])]
    return sorted([*found, *_again(reading, found)], key=lambda it: it.at)


def _name(reading: Reading, tagged: Tagged, others: frozenset[str]) -> FoundName:
    stem = proclitics(reading.words[tagged.at], tagged.type, others)
    words = (stem.text, *reading.words[tagged.at + 1 : tagged.end])
    return FoundName(tagged.at, tagged.end, stem.skip, tagged.type, words)


def _agreed(found: Sequence[FoundName]) -> list[FoundName]:
    """One type for the same words: the one they have most often, of equals the first."""
    votes: defaultdict[tuple[str, ...], Counter[EntityType]] = defaultdict(Counter)
    for name in found:
        votes[name.words][name.type] += 1
    return [name._replace(type=votes[name.words].most_common(1)[0][0]) for name in found]


def _again(reading: Reading, found: Sequence[FoundName]) -> list[FoundName]:
    """Further places where a name stands that was found elsewhere in the article, or a person's last name."""
    trie: NameTrie[tuple[EntityType, tuple[str, ...]]] = NameTrie()
    for name in found:
        if len(name.words) > 1 or not is_usual(name.words[0]):
            trie.add(name.words, (name.type, name.words))
    for name in found:
        last = name.words[-1]
        if name.type == "PER" and len(name.words) > 1 and len(last) >= _SHORTEST_SURNAME and not is_usual(last):
            trie.add((last,), ("PER", (last,)))
    taken = {number for name in found for number in range(name.at, name.end)}
    more: list[FoundName] = []
    for run in reading.runs:
        words = reading.words[run.start : run.stop]
        at = 0
        while at < len(words):
            here = trie.find(words, at, lambda *_: True)
            place = run.start + at
            if here is None or not taken.isdisjoint(range(place, place + here.length)):
                at += 1
                continue
            type_, name_words = here.value
            more.append(FoundName(place, place + here.length, here.skip, type_, name_words))
            at += here.length
    return more


def stem_of(word: str, skip: int) -> Stem:
    """The reading of a word that leaves out `skip` letters."""
    return next((stem for stem in names(word) if stem.skip == skip), Stem(word, 0))
