"""When two tellings are one happening, and what either says of it."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from marsad.annotation import Event

UNKNOWN = "@UNK"
UNNAMED_AUTHORS = ((UNKNOWN,), ("@UAF",), ())
_UNNAMED = frozenset({UNKNOWN, "@UAF", "@CVL", "@CRM", "@PRO", "@GOV"})
_TWO_SIDED = ("CONSULT", "AGREE", "COOPERATE")
_ONCE_FOR_A_PERSON = ("ASSAULT", "COERCE", "SANCTION")
"""Types that befall a named person once in an article."""


class Telling(NamedTuple):
    """One event as one sentence tells it."""

    event: Event
    sentence: int
    attack: bool = False
    """It is told by the noun of an attack, not by its dead."""
    definite: bool = False
    """The noun has the article: it may point back."""
    general: bool = False
    """It may mean attacks in general, «مكافحة التفجيرات»: an event only where it repeats one."""


def add(found: list[Telling], told: Telling, people: frozenset[str], *, title_end: int) -> None:
    """Add a telling, or join it to the one that it repeats; the body's anchor wins over the title's."""
    for number in range(len(found) - 1, -1, -1):
        known = found[number]
        in_title = known.event.anchor.start < title_end <= told.event.anchor.start
        beside = number == len(found) - 1 and known.sentence == told.sentence
        if beside and known.event.type == told.event.type == "ASSAULT" and _one_attack(known, told):
            found[number] = _with_dead(known, told)
            return
        if _same(known, told, people, in_title=in_title):
            found[number] = _joined(known, told, in_title=in_title)
            return
    if not told.general:
        found.append(told)


def _one_attack(known: Telling, told: Telling) -> bool:
    """«قتل ثلاثة في غارة», «هجوم أسفر عن مقتل ثلاثة»: the dead and their attack, side by side in a sentence."""
    one, other = known.event, told.event
    return known.attack != told.attack and not differ(one.date, other.date) and agree(one.actors, other.actors)


def _with_dead(known: Telling, told: Telling) -> Telling:
    """Both in one: anchored by the dead, who are its recipients; the attack says how, where and by whom."""
    dead, attack = (told, known) if known.attack else (known, told)
    event = dead.event
    if known.attack and event.reality != attack.event.reality:  # «هجوم لم يسفر عن قتلى»
        return known
    return dead._replace(
        event=msgspec.structs.replace(
            event,
            mode="targeted" if event.mode == "targeted" else attack.event.mode or event.mode,
            actors=better(event.actors, attack.event.actors),
            recipients=attack.event.recipients if event.recipients == (UNKNOWN,) else event.recipients,
            place=event.place or attack.event.place,
            date=event.date or attack.event.date,
            injured=event.injured if event.injured is not None else attack.event.injured,
        )
    )


def _same(known: Telling, told: Telling, people: frozenset[str], *, in_title: bool) -> bool:
    one, other = known.event, told.event
    if one.type != other.type or one.reality != other.reality or differ(one.date, other.date):
        return False
    may_be_one = _may_be_one(one.actors, other.actors) and _may_be_one(one.recipients, other.recipients)
    if in_title and may_be_one:
        return not differ(one.dead, other.dead)
    if one.type in _ONCE_FOR_A_PERSON and people & set(one.recipients) & set(other.recipients):
        return one.type != "COERCE" or not differ(one.mode, other.mode)
    if differ(one.dead, other.dead) or (differ(one.mode, other.mode) and not told.attack):
        return False
    return _same_parties(one, other, attack=told.attack and told.definite)


def _same_parties(one: Event, other: Event, *, attack: bool) -> bool:
    """Whether the second event says no more of who and where than the first; `attack`: it is a noun that points back."""
    if _vague((*other.actors, *other.recipients)) and not differ(one.place, other.place):
        return True
    if one.type in _TWO_SIDED:
        return _vague(other.actors) or bool(set(one.actors) & set(other.actors) - _UNNAMED)
    if attack and _vague(other.actors):
        return not differ(one.place, other.place)
    return one.actors == other.actors and one.recipients == other.recipients


def _may_be_one(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether the names on one side are not all other than those on the other."""
    named, also = set(some) - _UNNAMED, set(others) - _UNNAMED
    return not named or not also or not named.isdisjoint(also)


def _vague(parties: Sequence[str]) -> bool:
    return _UNNAMED.issuperset(parties)


def differ(one: object, other: object) -> bool:
    """Whether both are given and not the same."""
    return one is not None and other is not None and one != other


def agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the parties may be the same: one side says nothing, or no more than the other."""
    return UNKNOWN in (*one, *other) or set(one) <= set(other) or set(other) <= set(one)


def _joined(known: Telling, told: Telling, *, in_title: bool) -> Telling:
    """Both tellings in one: what either says, the first before the second."""
    first, second = (told, known) if in_title else (known, told)
    one, other = first.event, second.event
    return first._replace(
        sentence=told.sentence,
        event=msgspec.structs.replace(
            one,
            mode=one.mode or other.mode,
            actors=better(one.actors, other.actors),
            recipients=other.recipients if one.recipients == (UNKNOWN,) else one.recipients,
            place=one.place or other.place,
            date=one.date or other.date,
            dead=one.dead if one.dead is not None else other.dead,
            injured=one.injured if one.injured is not None else other.injured,
        ),
    )


def better(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The actors that say more: named ones before unnamed ones before none."""
    if one in UNNAMED_AUTHORS and (other not in UNNAMED_AUTHORS or one == (UNKNOWN,)):
        return other
    return one
