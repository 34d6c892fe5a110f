"""Persons in quotation marks, found where the text introduces them.

That is a name in quotation marks behind «المدعو», «القيادي», «القيادي في داعش» and their like. A quoted by-name behind
«الملقب بـ» belongs to the person just named.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from marsad.catalogue import ActorMention
from processors.names.same import Name
from processors.reading import CLOSING, OPENING, Gap, Reading
from processors.tables import forms, rows

_WORDS = {role: frozenset(forms(words)) for role, words in rows("processors", "introducers.tsv")}
_NAME = _WORDS["name"]
_ALIAS = _WORDS["alias"]
_NEVER = _WORDS["never"]
_SHORTEST, _LONGEST = 2, 6
"""Words of a quoted name."""
_ALIAS_REACH = 4
"""Words that may stand between a person and «الملقب»."""


class PersonMention(NamedTuple):
    """A person named by the tokens from `at` up to `end`."""

    person: Name
    at: int
    end: int


def quoted_persons(reading: Reading, known: Sequence[ActorMention]) -> list[PersonMention]:
    """Quoted names of persons, in order; a quotation that is a known actor's name is not among them."""
    exact = {(mention.at, mention.at + mention.length) for mention in known}
    other = {number for mention in known for number in _tokens(mention) if mention.actor.type != "PER"}
    found: list[PersonMention] = []
    for at, end, role in _quotations(reading, known):
        words = tuple(reading.words[at:end])
        if (at, end) in exact or other & set(range(at, end)) or _NEVER & set(words) or any(map(str.isdigit, words)):
            continue
        if role == "name" and _SHORTEST <= end - at <= _LONGEST:
            found.append(PersonMention(Name("PER", words), at, end))
        elif role == "alias" and found and _near(reading, found[-1].end, at):
            found.append(PersonMention(found[-1].person, at, end))
    return found


def _tokens(mention: ActorMention) -> range:
    return range(mention.at, mention.at + mention.length)


def _near(reading: Reading, end: int, at: int) -> bool:
    return at - end <= _ALIAS_REACH and all(gap < Gap.SENTENCE for gap in reading.gaps[end : at + 1])


def _quotations(reading: Reading, known: Sequence[ActorMention]) -> Iterator[tuple[int, int, str]]:
    """Quotations right behind an introducer, with what it says of them: «name» or «alias»."""
    ends = {mention.at: mention.at + mention.length for mention in known if mention.actor.type == "ORG"}
    for number, word in enumerate(reading.words):
        role = "name" if word in _NAME else "alias" if word in _ALIAS else None
        at = number + 1
        if role is None or at >= len(reading.words):
            continue
        if role == "alias" and reading.words[at] == "ب":
            at += 1
        if role == "name":  # «القيادي في داعش «…»»
            at = ends.get(at + (reading.words[at] == "في"), at)
        end = _quotation_end(reading, at)
        if end is not None:
            yield at, end, role


def _quotation_end(reading: Reading, at: int) -> int | None:
    """The end of the quotation that opens right before token `at`."""
    if at >= len(reading.words) or not any(mark in OPENING for mark in reading.between(at)):
        return None
    if reading.gaps[at] is not Gap.SOFT:
        return None
    for end in range(at + 1, min(at + _LONGEST, len(reading.words)) + 1):
        if any(mark in CLOSING for mark in reading.between(end)):
            return end
        if reading.gaps[end] is not Gap.SOFT:
            return None
    return None
